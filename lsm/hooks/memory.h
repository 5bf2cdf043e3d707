/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is code. A file mapped executable needs `map_exec`; memory that no
 * file vouches for needs an exception of [memory]. `prot` is judged, not
 * `reqprot`: the kernel may have added PROT_EXEC.
 */
#pragma once

#include "../decide/grants.h"
#include "file.h"

#define GL_PROT_WRITE 2ul
#define GL_PROT_EXEC 4ul
#define GL_MAP_SHARED 1ul	  /* also in MAP_SHARED_VALIDATE */
#define GL_MAPS_SHARED (1u << 31) /* beside the protection */
#define GL_VM_SHARED 8ul

static __noinline int gl_memory_check(struct gl_subject *s, __u32 hook, __u32 access)
{
	struct gl_request r = {.hook = hook, .class_ = GL_CLASS_MEMORY, .access = access};
	const struct gl_head *head = gl_head(s);

	r.verdict = head ? gl_memory_decide((const __u8 *)&head->image, access)
			 : gl_failure(head, access);
	return gl_conclude(s, &r, -GL_EACCES);
}

/* What a mapping asks of its file. One that was opened to be appended to must not
 * be written through a shared mapping: the kernel asks for an open that can
 * write, and leaves it at that. */
GL_INLINE __u32 gl_map_access(const struct file *file, __u64 prot, int shared)
{
	__u32 access = prot & GL_PROT_EXEC ? GL_FILE_MAP_EXEC : 0;

	if (shared && prot & GL_PROT_WRITE && file->f_mode & GL_FMODE_WRITE &&
	    file->f_flags & GL_O_APPEND)
		access |= GL_FILE_WRITE;
	return access;
}

/*
 * What no hook is asked about, because exec itself does it: a stack that is
 * executable since the program's header says so, and personality(2)'s
 * READ_IMPLIES_EXEC, with which the heap and the stack are executable. Both are
 * settled (fs/exec.c, setup_arg_pages) before the kernel maps the program's first
 * code, which is asked about: then they are looked at. A refusal there ends the
 * program before it ran. Where the personality was set later, every executable
 * mapping looks.
 */
#define GL_READ_IMPLIES_EXEC 0x0400000u
#define GL_VM_EXEC 4ul

static long gl_stack_flags(struct task_struct *task, struct vm_area_struct *vma,
			   void *flags)
{
	*(__u64 *)flags = vma->vm_flags;
	return 0;
}

/* The exceptions that the task's memory needs as exec made it. */
static __noinline __u32 gl_memory_made(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 flags = 0;

	if (task->personality & GL_READ_IMPLIES_EXEC)
		return GL_MEMORY_EXEC_ANON | GL_MEMORY_EXEC_HEAP | GL_MEMORY_EXEC_STACK;
	if (BPF_CORE_READ(task, mm, exec_vm))
		return 0;
	if (bpf_find_vma(task, BPF_CORE_READ(task, mm, start_stack), gl_stack_flags,
			 &flags, 0)) {
		gl_count(GL_COUNTER_STACK_UNREAD);
		return GL_MEMORY_EXEC_STACK;
	}
	return flags & GL_VM_EXEC ? GL_MEMORY_EXEC_STACK : 0;
}

/* Whether code may be mapped at all, and so. Apart, for the sake of the stack. */
static __noinline int gl_memory_code(struct gl_subject *s, __u64 prot)
{
	__u32 made = gl_memory_made();
	int error = made ? gl_memory_check(s, GL_HOOK_MMAP_FILE, made) : 0;

	if (!error && prot & GL_PROT_WRITE)
		error = gl_memory_check(s, GL_HOOK_MMAP_FILE, GL_MEMORY_WRITE_EXEC);
	return error;
}

SEC("lsm/mmap_file")
int glacis_mmap_file(unsigned long long *ctx)
{
	/* One number, as main's frame is as big as it may be. */
	__u32 prot = (__u32)ctx[2] | (ctx[3] & GL_MAP_SHARED ? GL_MAPS_SHARED : 0);
	struct gl_subject s = {};
	int who, error = 0;
	struct file *file;
	__u32 access;

	if ((int)ctx[4]) /* what earlier programs answered */
		return (int)ctx[4];
	if (!(prot & GL_PROT_EXEC) &&
	    (prot & (GL_PROT_WRITE | GL_MAPS_SHARED)) != (GL_PROT_WRITE | GL_MAPS_SHARED))
		return 0;
	who = gl_subject_apart(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (prot & GL_PROT_EXEC)
		error = gl_memory_code(&s, prot);
	if (error)
		return error;
	file = (struct file *)ctx[0];
	if (!gl_hook_passes(ctx, 0) || !file)
		return prot & GL_PROT_EXEC
			   ? gl_memory_check(&s, GL_HOOK_MMAP_FILE, GL_MEMORY_EXEC_ANON)
			   : 0;
	access = gl_map_access(file, prot, prot & GL_MAPS_SHARED);
	return access ? gl_file_ask(&s, file, GL_HOOK_MMAP_FILE, access) : 0;
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
	struct file *file;
	__u32 access;
	int who, error = 0;

	if (ret || !(prot & (GL_PROT_EXEC | GL_PROT_WRITE)))
		return ret;
	if (!(prot & GL_PROT_EXEC) && !(vma->vm_flags & GL_VM_SHARED))
		return 0;
	who = gl_subject_apart(&s);
	if (who != GL_WHO_CONFINED)
		return who == GL_WHO_UNKNOWN ? -GL_EACCES : 0;
	if (prot & GL_PROT_EXEC && prot & GL_PROT_WRITE)
		error = gl_memory_check(&s, GL_HOOK_FILE_MPROTECT, GL_MEMORY_WRITE_EXEC);
	file = vma->vm_file;
	/* Pages of a private mapping that were written are in anon_vma. */
	if (!error && prot & GL_PROT_EXEC && (!file || vma->anon_vma))
		error = gl_memory_check(&s, GL_HOOK_FILE_MPROTECT,
					file ? GL_MEMORY_EXEC_MODIFIED
					     : gl_anonymous_kind(vma));
	if (error || !file)
		return error;
	access = gl_map_access(file, prot, vma->vm_flags & GL_VM_SHARED);
	return access ? gl_file_ask(&s, file, GL_HOOK_FILE_MPROTECT, access) : 0;
}
