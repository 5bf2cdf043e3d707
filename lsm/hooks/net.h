/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets: making them, and every way in which an address is given. */
#pragma once

#include "../decide/grants.h"
#include "../kern/host.h"
#include "../kern/listener.h"
#include "../kern/object.h"
#include "process.h"

#define GL_MSG_FASTOPEN 0x20000000u

/* struct sockaddr_in and sockaddr_in6, as far as they are read. */
struct gl_sockaddr {
	__u16 family;
	__u16 port; /* network order */
	__u32 v4;   /* in6: flow label */
	__u32 v6[4];
};

#define GL_X_NET(n, bits)                                                                \
	__noinline int gl_net_decide_##n(const struct gl_blob_##n *blob,                 \
					 struct gl_request *r)                           \
	{                                                                                \
		if (!blob || !r)                                                         \
			return 0;                                                        \
		r->verdict =                                                             \
		    gl_net_decide(blob->image, (1u << (bits)) - 1, &r->net.endpoint);    \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_NET)

static __noinline int gl_net_ask(const struct gl_subject *s, struct gl_request *r)
{
#define GL_NET_CALL(n) gl_net_decide_##n(blob, r)
	return GL_WITH_IMAGE(s, GL_NET_CALL);
}

/* What the socket is; remembered in the request. 0, which is no family that can
 * be granted, if it has no struct sock any more. */
GL_INLINE __u32 gl_sock_describe(struct socket *sock, struct gl_request *r)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return GL_AF_UNSPEC;
	r->net.family = sk->__sk_common.skc_family;
	r->net.type = sk->sk_type;
	r->net.protocol = sk->sk_protocol;
	r->net.endpoint.kind =
	    gl_socket_kind(r->net.family, r->net.type, r->net.protocol);
	return r->net.family;
}

GL_INLINE int gl_is_inet(__u32 family)
{
	return family == GL_AF_INET || family == GL_AF_INET6;
}

/* An address given for an IPv4 or IPv6 socket. Its own family decides how it is
 * read, as in the kernel; AF_UNSPEC is read as IPv4. Gives the family that it
 * has, or -1 if it could not be read. */
GL_INLINE int gl_endpoint_read(struct gl_request *r, __u64 address, __u32 len)
{
	struct gl_sockaddr a = {};
	struct gl_endpoint *e = &r->net.endpoint;

	if (len < 8 || bpf_probe_read_kernel(&a, len >= 24 ? 24 : 8, (void *)address))
		return -1;
	e->port = bpf_ntohs(a.port);
	e->v6 = a.family == GL_AF_INET6;
	if (e->v6 && len < 24)
		return -1;
	if (e->v6) {
		for (int i = 0; i < 4; i++)
			e->address[i] = bpf_ntohl(a.v6[i]);
		gl_endpoint_normalise(e);
	} else {
		e->address[0] = bpf_ntohl(a.v4);
	}
	return a.family;
}

GL_INLINE int gl_net_check(struct gl_subject *s, struct gl_request *r, __u32 op)
{
	r->class_ = GL_CLASS_NET;
	r->access = 1u << op;
	r->net.endpoint.op = op;
	if (gl_net_ask(s, r))
		r->verdict = gl_failure(gl_head(s), 0);
	return gl_conclude(s, r, -GL_EACCES);
}

/* An address that could not be understood is refused like any failure. */
GL_INLINE int gl_net_unreadable(struct gl_subject *s, struct gl_request *r, __u32 op)
{
	gl_count(GL_COUNTER_OBJECT_UNREADABLE);
	r->class_ = GL_CLASS_NET;
	r->access = 1u << op;
	r->net.endpoint.op = op;
	r->verdict = gl_failure(gl_head(s), 0);
	return gl_conclude(s, r, -GL_EACCES);
}

GL_INLINE int gl_socket_check(struct gl_subject *s, struct gl_request *r)
{
	const struct gl_head *head = gl_head(s);

	r->class_ = GL_CLASS_NET;
	r->access = 1u << GL_NET_CREATE;
	r->net.endpoint.op = GL_NET_CREATE;
	r->verdict =
	    head ? gl_socket_decide((const __u8 *)&head->image, r->net.endpoint.kind)
		 : gl_failure(head, 0);
	return gl_conclude(s, r, -GL_EACCES);
}

SEC("lsm/socket_create")
int BPF_PROG(glacis_socket_create, int family, int type, int protocol, int kern, int ret)
{
	struct gl_subject s = {};
	int who;

	if (ret || kern)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = GL_HOOK_SOCKET_CREATE};
	r.net.family = family;
	r.net.type = type;
	r.net.protocol = protocol;
	r.net.endpoint.kind = gl_socket_kind(family, type, protocol);
	return gl_socket_check(&s, &r);
}

/* A name of an abstract Unix socket, read by the path automaton like a path that
 * begins with '@'. */
struct gl_abstract {
	struct gl_name low, high;
};

#define GL_X_ABSTRACT(n, bits)                                                           \
	__noinline int gl_abstract_decide_##n(const struct gl_blob_##n *blob,            \
					      const struct gl_abstract *name, __u32 len, \
					      struct gl_request *r)                      \
	{                                                                                \
		const __u32 mask = (1u << (bits)) - 1;                                   \
		__u32 high = len > GL_NAME_CHUNK ? len - GL_NAME_CHUNK : 0;              \
		__u32 state;                                                             \
                                                                                         \
		if (!blob || !name || !r)                                                \
			return 0;                                                        \
		state =                                                                  \
		    gl_feed_##n(blob, &name->high, gl_path_start(blob->image), high);    \
		state = gl_feed_##n(blob, &name->low, state, len - high);                \
		r->state = state;                                                        \
		r->path.accept = gl_path_accept(blob->image, mask, state);               \
		r->verdict =                                                             \
		    gl_file_decide(blob->image, mask, &r->path.accept, r->access, 0);    \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_ABSTRACT)

/* `address` is that of a struct sockaddr_un, whose name begins with a NUL. The
 * name is fed with '@' in that NUL's place. */
static __noinline int gl_abstract_ask(const struct gl_subject *s, struct gl_request *r,
				      __u64 address, __u32 len)
{
	struct gl_abstract name = {};

	len -= 2;
	if (len > 108)
		return -1;
	GL_KEEP(len);
	if (len > 108 || bpf_probe_read_kernel(&name, len, (void *)(address + 2)))
		return -1;
	name.low.bytes[0] = '@';
#define GL_ABSTRACT_CALL(n) gl_abstract_decide_##n(blob, &name, len, r)
	return GL_WITH_IMAGE(s, GL_ABSTRACT_CALL);
}

GL_INLINE int gl_abstract_check(struct gl_subject *s, struct gl_request *r, __u64 address,
				__u32 len, __u32 access)
{
	r->class_ = GL_CLASS_FILE;
	r->access = access;
	if (gl_abstract_ask(s, r, address, len))
		r->verdict = gl_failure(gl_head(s), access);
	return gl_conclude(s, r, -GL_EACCES);
}

GL_INLINE int gl_unix_bind(struct gl_subject *s, struct gl_request *r, __u64 address,
			   __u32 len)
{
	__u8 first = 1;

	if (len <= 2)
		return 0; /* the kernel picks a name that nobody granted or needs */
	if (bpf_probe_read_kernel(&first, 1, (void *)(address + 2)))
		return gl_net_unreadable(s, r, GL_NET_BIND);
	if (first)
		return 0; /* a path: decided in path_mknod, resolved */
	return gl_abstract_check(s, r, address, len, GL_FILE_UNIX_BIND);
}

SEC("lsm/socket_bind")
int BPF_PROG(glacis_socket_bind, struct socket *sock, struct sockaddr *address, int len,
	     int ret)
{
	struct gl_subject s = {};
	__u32 family;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = GL_HOOK_SOCKET_BIND};
	family = gl_sock_describe(sock, &r);
	if (family == GL_AF_UNIX) {
		who = r.net.type == GL_SOCK_DGRAM ? gl_listener_keep(&s, sock) : 0;
		return who ? who : gl_unix_bind(&s, &r, (__u64)address, len);
	}
	if (!gl_is_inet(family)) /* by kind alone */
		return gl_socket_check(&s, &r);
	if (gl_endpoint_read(&r, (__u64)address, len) < 0)
		return gl_net_unreadable(&s, &r, GL_NET_BIND);
	return gl_net_check(&s, &r, GL_NET_BIND);
}

SEC("lsm/socket_connect")
int BPF_PROG(glacis_socket_connect, struct socket *sock, struct sockaddr *address,
	     int len, int ret)
{
	struct gl_subject s = {};
	__u16 short_family = 0;
	__u32 family;
	int who, given;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = GL_HOOK_SOCKET_CONNECT};
	family = gl_sock_describe(sock, &r);
	if (family == GL_AF_UNIX)
		return 0; /* decided where the peer is known: below */
	if (!gl_is_inet(family))
		return gl_socket_check(&s, &r);
	given = gl_endpoint_read(&r, (__u64)address, len);
	if (given < 0 && len >= 2 && !bpf_probe_read_kernel(&short_family, 2, address))
		given = short_family == GL_AF_UNSPEC ? GL_AF_UNSPEC : -1;
	if (given == GL_AF_UNSPEC)
		return 0; /* dissolves an association, makes none */
	if (given < 0)
		return gl_net_unreadable(&s, &r, GL_NET_CONNECT);
	return gl_net_check(&s, &r, GL_NET_CONNECT);
}

/* The address that a socket has, as one that could be bound. */
GL_INLINE void gl_sock_local(struct socket *sock, struct gl_endpoint *e, __u32 v6)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return;
	e->port = sk->__sk_common.skc_num;
	e->v6 = v6;
	if (!v6) {
		e->address[0] = bpf_ntohl(sk->__sk_common.skc_rcv_saddr);
		return;
	}
	bpf_core_read(e->address, 16, &sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
	for (int i = 0; i < 4; i++)
		e->address[i] = bpf_ntohl(e->address[i]);
	gl_endpoint_normalise(e);
}

/* listen(2) on a socket that was never bound takes a port of the kernel's
 * choice: it is asked like bind, with the address the socket has. */
SEC("lsm/socket_listen")
int BPF_PROG(glacis_socket_listen, struct socket *sock, int backlog, int ret)
{
	struct gl_subject s = {};
	__u32 family;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = GL_HOOK_SOCKET_LISTEN};
	family = gl_sock_describe(sock, &r);
	if (family == GL_AF_UNIX)
		return gl_listener_keep(&s, sock);
	if (!gl_is_inet(family))
		return 0; /* it was bound, and that was decided */
	gl_sock_local(sock, &r.net.endpoint, family == GL_AF_INET6);
	return gl_net_check(&s, &r, GL_NET_BIND);
}

/* A message with an address of its own: a datagram, or TCP fast open, which
 * connects without connect(2), as a message of SCTP does. A stream ignores the
 * address otherwise. */
SEC("lsm/socket_sendmsg")
int BPF_PROG(glacis_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size,
	     int ret)
{
	__u64 name = (__u64)msg->msg_name;
	struct gl_subject s = {};
	__u32 family, op = GL_NET_SEND;
	int who;

	if (ret || !name)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = GL_HOOK_SOCKET_SENDMSG};
	family = gl_sock_describe(sock, &r);
	if (!gl_is_inet(family))
		return 0; /* Unix: unix_may_send; others by kind, at creation */
	if (r.net.type == GL_SOCK_STREAM && r.net.endpoint.kind != GL_SOCKET_SCTP) {
		if (!(msg->msg_flags & GL_MSG_FASTOPEN))
			return 0;
		op = GL_NET_CONNECT;
	}
	if (gl_endpoint_read(&r, name, msg->msg_namelen) < 0)
		return gl_net_unreadable(&s, &r, op);
	return gl_net_check(&s, &r, op);
}

/*
 * A service in a mount namespace of its own, whose root is the host's folder all the
 * same (ProtectSystem= of systemd), speaks to what was bound outside of it: the
 * service manager, the log. Then the path is the one in the host's root, which
 * only those have a say in who mount there. A container's root is another folder,
 * and what is bound in another such namespace may be named by anybody: both stay
 * foreign.
 */
static __noinline int gl_unix_of_host(struct gl_request *r)
{
	struct gl_root host = {};

	gl_host_root(&host);
	if (!host.mnt || host.dentry != r->path.root_dentry ||
	    host.mnt == r->path.root_mnt)
		return 0;
	r->path.root_mnt = host.mnt;
	return 1;
}

/* Once more from the host's root, where that may be done. */
GL_INLINE void gl_unix_decide(struct gl_subject *s, struct gl_request *r)
{
	int error = gl_path_root(s, r);

	gl_object_owner(r);
	for (int i = 0; i < 2 && !error; i++) {
		error = gl_path_ask_from_root(s, r);
		if (r->ending != GL_ENDING_FOREIGN_ROOT ||
		    r->verdict.decision == GL_ALLOW || !gl_unix_of_host(r))
			break;
	}
	if (error)
		r->verdict = gl_failure(gl_head(s), r->access);
}

/* Where a peer's path and name are; 0 if they can be read. */
GL_INLINE int gl_unix_find(__u64 other, struct gl_request *r, __u64 *name, __u32 *len)
{
	struct unix_sock *peer = (void *)other;
	struct unix_address *address = NULL;

	if (bpf_core_read(&r->dentry, 8, &peer->path.dentry) ||
	    bpf_core_read(&r->mnt, 8, &peer->path.mnt) ||
	    bpf_core_read(&address, 8, &peer->addr))
		return -1;
	*name = address ? (__u64)&address->name : 0;
	return address && bpf_core_read(len, 4, &address->len) ? -1 : 0;
}

/* What rules about who listens there say: the id of one that grants, or 0. The request is
 * as it was, but for its verdict, unless one refuses. */
static __noinline __u32 gl_unix_ask_listener(const struct gl_subject *s,
					     struct gl_request *r)
{
	if (GL_WITH_IMAGE(s, GL_TASK_CALL))
		return 0;
	if (gl_peer_refuses(&r->verdict))
		return 0;
	__builtin_memset(&r->peer, 0, sizeof(r->peer));
	return r->verdict.decision == GL_ALLOW ? r->verdict.rule : 0;
}

/* The peer of a Unix socket: by the path at which it was bound, resolved when it was, or
 * by its abstract name; and by who listens there. One without a name, where nobody can
 * listen, came as a descriptor or is one end of a pair. */
GL_INLINE int gl_unix_peer(struct sock *other, __u32 hook, __u32 access)
{
	struct gl_subject s = {};
	__u32 len = 0, opened_by;
	__u64 name = 0;
	int who;

	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {.hook = hook, .class_ = GL_CLASS_FILE, .access = access};
	if (gl_unix_find((__u64)other, &r, &name, &len))
		return gl_object_unreadable(&s, &r);
	if (!r.dentry && !name)
		return 0;
	gl_listener_describe(&s, other, &r);
	opened_by = gl_unix_ask_listener(&s, &r);
	if (gl_peer_refuses(&r.verdict)) {
		r.class_ = GL_CLASS_TASK;
		r.access = GL_TASK_CONNECT;
		return gl_conclude(&s, &r, -GL_EACCES);
	}
	if (r.dentry)
		gl_unix_decide(&s, &r);
	else if (gl_abstract_ask(&s, &r, name, len))
		r.verdict = gl_failure(gl_head(&s), access);
	if (opened_by && gl_peer_opens(&r.verdict))
		r.verdict = gl_verdict_of(GL_ALLOW, GL_REASON_RULE, opened_by, 0);
	return r.dentry ? gl_object_conclude(&s, &r) : gl_conclude(&s, &r, -GL_EACCES);
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(glacis_unix_stream_connect, struct sock *sock, struct sock *other,
	     struct sock *newsk, int ret)
{
	return ret ? ret
		   : gl_unix_peer(other, GL_HOOK_UNIX_STREAM_CONNECT,
				  GL_FILE_UNIX_CONNECT);
}

SEC("lsm/unix_may_send")
int BPF_PROG(glacis_unix_may_send, struct socket *sock, struct socket *other, int ret)
{
	struct sock *peer = other->sk;

	if (ret || !peer)
		return ret;
	return gl_unix_peer(peer, GL_HOOK_UNIX_MAY_SEND, GL_FILE_UNIX_SEND);
}
