/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What kind of socket (family, type, protocol) is. What is not listed has no
 * kind and is refused: a new family needs a line here before it can be granted.
 * Numbers are those of the kernel's uapi (linux/socket.h, linux/in.h,
 * linux/netlink.h); they are repeated because the uapi headers of sockets can't
 * be included by BPF programs and C++ at once.
 */
#pragma once

#include "load.h"

enum gl_af {
	GL_AF_UNSPEC = 0,
	GL_AF_UNIX = 1,
	GL_AF_INET = 2,
	GL_AF_INET6 = 10,
	GL_AF_NETLINK = 16,
	GL_AF_PACKET = 17,
	GL_AF_RDS = 21,
	GL_AF_CAN = 29,
	GL_AF_TIPC = 30,
	GL_AF_BLUETOOTH = 31,
	GL_AF_ALG = 38,
	GL_AF_VSOCK = 40,
	GL_AF_KCM = 41,
	GL_AF_SMC = 43,
	GL_AF_XDP = 44,
};

enum gl_sock_type {
	GL_SOCK_STREAM = 1,
	GL_SOCK_DGRAM = 2,
	GL_SOCK_RAW = 3,
	GL_SOCK_SEQPACKET = 5,
	GL_SOCK_DCCP = 6,
	GL_SOCK_PACKET = 10, /* obsolete: AF_INET with it is AF_PACKET */
};

enum gl_ipproto {
	GL_IPPROTO_IP = 0,
	GL_IPPROTO_ICMP = 1,
	GL_IPPROTO_TCP = 6,
	GL_IPPROTO_UDP = 17,
	GL_IPPROTO_DCCP = 33,
	GL_IPPROTO_ICMPV6 = 58,
	GL_IPPROTO_SCTP = 132,
	GL_IPPROTO_UDPLITE = 136,
	GL_IPPROTO_SMC = 256,
	GL_IPPROTO_MPTCP = 262,
};

GL_INLINE __u32 gl_socket_kind_inet(__u32 type, __u32 protocol)
{
	switch (type) {
	case GL_SOCK_STREAM:
		if (protocol == GL_IPPROTO_IP || protocol == GL_IPPROTO_TCP)
			return GL_SOCKET_TCP;
		if (protocol == GL_IPPROTO_MPTCP)
			return GL_SOCKET_MPTCP;
		if (protocol == GL_IPPROTO_SMC)
			return GL_SOCKET_SMC;
		return protocol == GL_IPPROTO_SCTP ? GL_SOCKET_SCTP : GL_SOCKET_NONE;
	case GL_SOCK_DGRAM:
		if (protocol == GL_IPPROTO_IP || protocol == GL_IPPROTO_UDP)
			return GL_SOCKET_UDP;
		if (protocol == GL_IPPROTO_ICMP || protocol == GL_IPPROTO_ICMPV6)
			return GL_SOCKET_PING;
		return protocol == GL_IPPROTO_UDPLITE ? GL_SOCKET_UDPLITE
						      : GL_SOCKET_NONE;
	case GL_SOCK_SEQPACKET:
		return protocol == GL_IPPROTO_IP || protocol == GL_IPPROTO_SCTP
			   ? GL_SOCKET_SCTP
			   : GL_SOCKET_NONE;
	case GL_SOCK_DCCP:
		return GL_SOCKET_DCCP;
	case GL_SOCK_RAW:
		return GL_SOCKET_RAW;
	case GL_SOCK_PACKET:
		return GL_SOCKET_PACKET;
	}
	return GL_SOCKET_NONE;
}

GL_INLINE __u32 gl_socket_kind_netlink(__u32 protocol)
{
	switch (protocol) {
	case 0:
		return GL_SOCKET_NETLINK_ROUTE;
	case 4:
		return GL_SOCKET_NETLINK_DIAG;
	case 9:
		return GL_SOCKET_NETLINK_AUDIT;
	case 15:
		return GL_SOCKET_NETLINK_UEVENT;
	case 16:
		return GL_SOCKET_NETLINK_GENERIC;
	}
	return GL_SOCKET_NETLINK_OTHER;
}

GL_INLINE __u32 gl_socket_kind(__u32 family, __u32 type, __u32 protocol)
{
	switch (family) {
	case GL_AF_UNIX:
		return GL_SOCKET_UNIX;
	case GL_AF_INET:
	case GL_AF_INET6:
		return gl_socket_kind_inet(type, protocol);
	case GL_AF_NETLINK:
		return gl_socket_kind_netlink(protocol);
	case GL_AF_PACKET:
		return GL_SOCKET_PACKET;
	case GL_AF_RDS:
		return GL_SOCKET_RDS;
	case GL_AF_CAN:
		return GL_SOCKET_CAN;
	case GL_AF_TIPC:
		return GL_SOCKET_TIPC;
	case GL_AF_BLUETOOTH:
		return GL_SOCKET_BLUETOOTH;
	case GL_AF_ALG:
		return GL_SOCKET_ALG;
	case GL_AF_VSOCK:
		return GL_SOCKET_VSOCK;
	case GL_AF_KCM:
		return GL_SOCKET_KCM;
	case GL_AF_SMC:
		return GL_SOCKET_SMC;
	case GL_AF_XDP:
		return GL_SOCKET_XDP;
	}
	return GL_SOCKET_NONE;
}

/* The table group in which a kind's addresses are looked up. */
GL_INLINE __u32 gl_socket_group(__u32 kind)
{
	switch (kind) {
	case GL_SOCKET_TCP:
		return GL_NET_GROUP_TCP;
	case GL_SOCKET_UDP:
	case GL_SOCKET_UDPLITE:
		return GL_NET_GROUP_UDP;
	case GL_SOCKET_PING:
	case GL_SOCKET_RAW:
	case GL_SOCKET_SCTP:
	case GL_SOCKET_MPTCP:
	case GL_SOCKET_DCCP:
		return GL_NET_GROUP_OTHER;
	}
	return GL_NET_GROUP_NONE;
}
