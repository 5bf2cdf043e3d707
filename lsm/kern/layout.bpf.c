/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs must know of this kernel and no type tells: where the mount of the
 * pins is, and how f_mode of an open file is laid out. Its bits are macros, and move:
 * FMODE_BACKING is bit 25 from 6.5 and bit 24 from 6.14, and in 6.12.y since at
 * least 6.12.118 (include/linux/fs.h). And what tells that a file's content is what it
 * was. Loaded and run by who loads programs and profiles (manager/kernel/layout.h).
 */
#include "content.h"

struct gl_layout_file {
	__u32 number; /* in: a descriptor of the caller */
	__u32 mode;   /* out: f_mode of its file */
	__u64 mount;  /* out: the address of the struct mount that it is on */
};

SEC("syscall")
int glacis_layout_file(struct gl_layout_file *ctx)
{
	struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;
	__u64 files = 0, file = 0, mnt = 0;
	__u32 mode = 0;

	if (bpf_core_read(&files, sizeof(files), &fdt->fd) ||
	    bpf_probe_read_kernel(&file, sizeof(file),
				  (void *)(files + ctx->number * 8ull)) ||
	    bpf_core_read(&mode, sizeof(mode), &((struct file *)file)->f_mode) ||
	    bpf_core_read(&mnt, sizeof(mnt), &((struct file *)file)->f_path.mnt))
		return 1;
	ctx->mode = mode;
	ctx->mount = mnt - bpf_core_field_offset(struct mount, mnt);
	return 0;
}

struct gl_layout_content {
	__u32 number; /* in: a descriptor of the caller */
	__u32 zero;
	struct gl_file_key key;	    /* out, but for the domain */
	struct gl_file_state state; /* out */
};

SEC("syscall")
int glacis_layout_content(struct gl_layout_content *ctx)
{
	struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;
	struct gl_file_state state = {};
	struct gl_file_key key = {};
	__u64 files = 0, file = 0, inode = 0;

	if (bpf_core_read(&files, sizeof(files), &fdt->fd) ||
	    bpf_probe_read_kernel(&file, sizeof(file),
				  (void *)(files + ctx->number * 8ull)) ||
	    bpf_core_read(&inode, sizeof(inode), &((struct file *)file)->f_inode) ||
	    gl_file_state_read(inode, &key, &state))
		return 1;
	ctx->key = key;
	ctx->state = state;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
