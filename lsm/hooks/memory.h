/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is code. A file mapped executable needs `map_exec`; memory that no
 * file vouches for needs an exception of [memory]. `prot` is judged, not
 * `reqprot`: the kernel may have added PROT_EXEC.
 */
#pragma once

#include "../decide/grants.h"
#include "../kern/object.h"

#define GL_PROT_WRITE 2ul
#define GL_PROT_EXEC 4ul

GL_INLINE int gl_memory_check(struct gl_subject *s, struct gl_request *r, __u32 access)
{
	const struct gl_head *head = gl_head(s);

	r->class_ = GL_CLASS_MEMORY;
	r->access = access;
	r->verdict = head ? gl_memory_decide((const __u8 *)&head->image, access)
			  : gl_failure(head, access);
	return gl_conclude(s, r, -GL_EACCES);
}

GL_INLINE int gl_map_exec_check(struct gl_subject *s, struct gl_request *r, __u64 file)
{
	r->access = GL_FILE_MAP_EXEC;
	return gl_file_object_check(s, r, file);
}

/* The file may be NULL, and on some kernels the verifier believes it is not: as
 * a number it can be compared. */
SEC("lsm/mmap_file")
int glacis_mmap_file(unsigned long long *ctx)
{
	__u64 file = 0, prot = 0;
	struct gl_subject s = {};
	struct gl_request r = {.hook = GL_HOOK_MMAP_FILE};
	int ret = (int)ctx[4]; /* what earlier programs answered */
	int who, error;

	if (ret)
		return ret;
	if (bpf_get_func_arg(ctx, 0, &file) || bpf_get_func_arg(ctx, 2, &prot))
		return -GL_EACCES;
	if (!(prot & GL_PROT_EXEC))
		return 0;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (prot & GL_PROT_WRITE) {
		error = gl_memory_check(&s, &r, GL_MEMORY_WRITE_EXEC);
		if (error)
			return error;
	}
	if (!file)
		return gl_memory_check(&s, &r, GL_MEMORY_EXEC_ANON);
	return gl_map_exec_check(&s, &r, file);
}

/* What kind of memory without a file this is. */
GL_INLINE __u32 gl_anonymous_kind(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	if (!mm)
		return GL_MEMORY_EXEC_ANON;
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return GL_MEMORY_EXEC_HEAP;
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return GL_MEMORY_EXEC_STACK;
	return GL_MEMORY_EXEC_ANON;
}

SEC("lsm/file_mprotect")
int BPF_PROG(glacis_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot, int ret)
{
	struct gl_subject s = {};
	struct gl_request r = {.hook = GL_HOOK_FILE_MPROTECT};
	__u64 file;
	int who, error;

	if (ret || !(prot & GL_PROT_EXEC))
		return ret;
	who = gl_subject_find(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (prot & GL_PROT_WRITE) {
		error = gl_memory_check(&s, &r, GL_MEMORY_WRITE_EXEC);
		if (error)
			return error;
	}
	file = (__u64)vma->vm_file;
	if (!file)
		return gl_memory_check(&s, &r, gl_anonymous_kind(vma));
	/* Pages of a private mapping that were written are in anon_vma. */
	if (vma->anon_vma) {
		error = gl_memory_check(&s, &r, GL_MEMORY_EXEC_MODIFIED);
		if (error)
			return error;
	}
	return gl_map_exec_check(&s, &r, file);
}
