/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities, and the doors to the kernel that go by name. */
#pragma once

#include "../decide/grants.h"
#include "../kern/object.h"

#define GL_CAP_OPT_NOAUDIT 2u

/* A check that the kernel marks as a probe is refused without a finding. */
SEC("lsm/capable")
int BPF_PROG(glacis_capable, const struct cred *cred, void *ns, int cap,
	     unsigned int opts, int ret)
{
	struct gl_subject s = {};
	const struct gl_head *head;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EPERM : 0;

	struct gl_request r = {};
	head = gl_head(&s);
	r.verdict = head ? gl_capability_decide((const __u8 *)&head->image, cap)
			 : gl_failure(head, 0);
	if (r.verdict.decision == GL_ALLOW)
		return 0;
	if (gl_nested_capable())
		return 0;
	if (opts & GL_CAP_OPT_NOAUDIT) {
		gl_domain_count_probe(&s);
		return gl_enforces(&s) ? -GL_EPERM : 0;
	}
	r.hook = GL_HOOK_CAPABLE;
	r.class_ = GL_CLASS_CAPABILITY;
	r.capability = cap;
	return gl_conclude(&s, &r, -GL_EPERM);
}

/* The words of an anonymous inode's class name, as it is passed by the kernel. */
GL_INLINE __u32 gl_anon_kind(const struct qstr *name)
{
	char text[16] = {};
	__u64 address = (__u64)name->name;

	if (bpf_probe_read_kernel_str(text, sizeof(text), (void *)address) < 0)
		return ~0u;
	if (*(__u64 *)text == *(const __u64 *)"[io_urin" && text[8] == 'g' &&
	    text[9] == ']')
		return GL_KERNEL_IO_URING;
	if (*(__u64 *)text == *(const __u64 *)"[userfau")
		return GL_KERNEL_USERFAULTFD;
	return 0;
}

/* The making of rings and userfaultfds is seen here on every kernel. */
SEC("lsm/inode_init_security_anon")
int BPF_PROG(glacis_inode_init_security_anon, struct inode *inode,
	     const struct qstr *name, const struct inode *context, int ret)
{
	struct gl_subject s = {};
	const struct gl_head *head;
	__u32 access;
	int who;

	if (ret)
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;

	struct gl_request r = {};
	access = gl_anon_kind(name);
	if (!access)
		return 0;
	head = gl_head(&s);
	r.hook = GL_HOOK_INODE_INIT_ANON;
	r.class_ = GL_CLASS_KERNEL;
	r.access = access;
	r.verdict = head ? gl_kernel_decide((const __u8 *)&head->image, access)
			 : gl_failure(head, access);
	return gl_conclude(&s, &r, -GL_EACCES);
}
