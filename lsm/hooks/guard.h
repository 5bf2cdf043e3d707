/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is refused to everybody, root without a label included, while a domain is
 * loaded: to take away, hide or move the bpf file system that keeps the links, and
 * to switch off ftrace, which ends every LSM program without another sign. In
 * locked mode also: to remove pins, to end or change links, and to get at the maps
 * that decide. Those are frozen then, so that no system call writes to them, by
 * whatever descriptor; a program could, so none gets a descriptor that uses one, and
 * no map of maps is made, in which one could be hidden from that look.
 *
 * A mount is known by its address. It can't end while this runs, since what would
 * end it is refused; process 1 alone is let through, which takes mounts down when
 * the machine stops. Another mount namespace may do with its copies as it likes,
 * unless what it does would propagate: mounts of one group do (fs/pnode.c).
 *
 * What can't be read of a mount, and what lies beyond the bounds below, is let
 * through, since to refuse it would end all mounting on the host; nothing counts it.
 * The holder of links (manager/kernel/holder.h) stands behind it.
 */
#pragma once

#include "../abi/guard.h"
#include "../kern/conclude.h"

#define GL_GUARD_DEPTH 8  /* mounts on one another, from the pins' up to the root */
#define GL_GUARD_NAMES 12 /* folders of one mount, from a mount point up */

#define GL_MS_REMOUNT 32ul
#define GL_MS_BIND 4096ul
#define GL_MS_MOVE 8192ul
#define GL_MS_PROPAGATION (15ul << 17) /* unbindable, private, slave, shared */
#define GL_MNT_DETACH 2
#define GL_FMODE_WRITE 2u
#define GL_BPF_MAP_CREATE 0u
#define GL_BPF_ARRAY_OF_MAPS 12u
#define GL_BPF_HASH_OF_MAPS 13u
#define GL_BPF_USED_MAPS 64u /* MAX_USED_MAPS */
#define GL_BPF_LINK_UPDATE 29u
#define GL_BPF_LINK_DETACH 34u
#define GL_BPF_PROG_DETACH 9u

GL_INLINE struct gl_guard *gl_guard_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&guard, &zero);
}

/* What the guard knows where it has a say; process 1 is not its affair. */
GL_INLINE struct gl_guard *gl_guard_over(void)
{
	struct gl_guard *g = gl_guard_get();

	return g && g->mount && bpf_get_current_task_btf()->tgid != 1 ? g : NULL;
}

static __noinline int gl_guard_refuse(__u32 hook, __u32 access, __u64 mnt, __u64 dentry)
{
	struct gl_guard *g = gl_guard_get();
	struct gl_request r = {.hook = hook,
			       .class_ = GL_CLASS_GUARD,
			       .access = access,
			       .mnt = mnt,
			       .dentry = dentry,
			       .mode = GL_MODE_ENFORCE,
			       .error = -GL_EPERM,
			       .verdict = {.decision = GL_DENY,
					   .reason = GL_REASON_GUARD,
					   .blocker = access}};

	if (g)
		gl_emit(&r, &g->no_image, GL_TO_EVENTS);
	return -GL_EPERM;
}

struct gl_mounted {
	__u64 parent, mountpoint, root, sb;
};

GL_INLINE __u64 gl_mount_around(const struct vfsmount *mnt)
{
	return (__u64)mnt - bpf_core_field_offset(struct mount, mnt);
}

static __noinline int gl_mounted_read(__u64 address, struct gl_mounted *out)
{
	struct mount *m = (void *)address;

	return bpf_core_read(&out->parent, 8, &m->mnt_parent) ||
	       bpf_core_read(&out->mountpoint, 8, &m->mnt_mountpoint) ||
	       bpf_core_read(&out->root, 8, &m->mnt.mnt_root) ||
	       bpf_core_read(&out->sb, 8, &m->mnt.mnt_sb);
}

/* What is mounted on the one is mounted on the other. */
static __noinline int gl_mounts_agree(__u64 a, __u64 b)
{
	int group = 0, other = 0;

	if (a == b)
		return 1;
	bpf_core_read(&group, sizeof(group), &((struct mount *)a)->mnt_group_id);
	bpf_core_read(&other, sizeof(other), &((struct mount *)b)->mnt_group_id);
	return group && group == other;
}

/* Whether the pins go where this mount goes: 1 if they are on it, 2 if they are on
 * one that is mounted on it, directly or not. */
static __noinline int gl_guard_carries(__u64 pins, __u64 mount)
{
	struct gl_mounted ends = {}, at = {};

	if (gl_mounted_read(mount, &ends))
		return 0;
	for (int i = 0; i < GL_GUARD_DEPTH; i++) {
		if (pins == mount)
			return i ? 2 : 1;
		if (gl_mounted_read(pins, &at) || at.parent == pins)
			return 0;
		if (ends.parent != mount && ends.mountpoint == at.mountpoint &&
		    ends.sb == at.sb && gl_mounts_agree(ends.parent, at.parent))
			return i ? 2 : 1;
		pins = at.parent;
	}
	return 0;
}

/* Whether `above` is `dentry`, or lies below it in the same mount. */
static __noinline int gl_guard_below(__u64 above, __u64 root, __u64 dentry)
{
	for (int i = 0; i < GL_GUARD_NAMES; i++) {
		if (above == dentry)
			return 1;
		if (above == root ||
		    bpf_core_read(&above, 8, &((struct dentry *)above)->d_parent))
			return 0;
	}
	return 0;
}

/* Whether something that is mounted at this place hides the pins. */
static __noinline int gl_guard_hidden(__u64 pins, __u64 mount, __u64 dentry)
{
	struct gl_mounted at = {};
	__u64 above = 0;

	for (int i = 0; i < GL_GUARD_DEPTH; i++) {
		if (gl_mounted_read(pins, &at))
			return 0;
		if (gl_mounts_agree(mount, pins) &&
		    (!i || gl_guard_below(above, at.root, dentry)))
			return 1;
		if (at.parent == pins)
			return 0;
		above = at.mountpoint;
		pins = at.parent;
	}
	return 0;
}

GL_INLINE int gl_guard_confined(void)
{
	struct gl_subject s = {};

	return gl_subject_find(&s) == GL_WHO_CONFINED;
}

/* mount(2) that moves has the old place as a string, which a program can't look
 * up: in the pins' own mount namespace nobody without a label moves. Who has one
 * needs grants of its profile, at the new place to unmount too; pins that it moved
 * would still be mounted and still be held. move_mount(2) tells, and none is let
 * through. */
GL_INLINE __u32 gl_guard_mount_bits(__u64 pins, __u64 mount, __u64 dentry, __u64 flags)
{
	__u64 ns = 0, own = 0, sb = 0, pins_sb = 0;

	/* With MS_BIND it changes one mount alone: what a service manager does to the
	 * copies in a service's mount namespace. Without, the file system itself. */
	if ((flags & GL_MS_REMOUNT) && (flags & GL_MS_BIND))
		return mount == pins ? GL_GUARD_REMOUNT : 0;
	if (flags & GL_MS_REMOUNT) {
		bpf_core_read(&sb, 8, &((struct mount *)mount)->mnt.mnt_sb);
		bpf_core_read(&pins_sb, 8, &((struct mount *)pins)->mnt.mnt_sb);
		return sb == pins_sb ? GL_GUARD_REMOUNT : 0;
	}
	if (!(flags & GL_MS_BIND) && flags & GL_MS_PROPAGATION)
		return 0;
	if (!(flags & GL_MS_BIND) && flags & GL_MS_MOVE) {
		bpf_core_read(&ns, 8, &((struct mount *)mount)->mnt_ns);
		bpf_core_read(&own, 8, &((struct mount *)pins)->mnt_ns);
		if (ns == own && !gl_guard_confined())
			return GL_GUARD_MOVE;
	}
	return gl_guard_hidden(pins, mount, dentry) ? GL_GUARD_OVERMOUNT : 0;
}

static __noinline int gl_guard_mount(const struct path *path, __u64 flags)
{
	struct gl_guard *g = gl_guard_over();
	__u32 bits;

	if (!g)
		return 0;
	bits = gl_guard_mount_bits(g->mount, gl_mount_around(path->mnt),
				   (__u64)path->dentry, flags);
	return bits ? gl_guard_refuse(GL_HOOK_SB_MOUNT, bits, (__u64)path->mnt,
				      (__u64)path->dentry)
		    : 0;
}

static __noinline int gl_guard_move(__u64 from_mnt, __u64 from, __u64 to_mnt, __u64 to)
{
	struct gl_guard *g = gl_guard_over();
	__u64 root = 0;

	if (!g)
		return 0;
	bpf_core_read(&root, 8, &((struct vfsmount *)from_mnt)->mnt_root);
	if (from == root && gl_guard_carries(g->mount, gl_mount_around((void *)from_mnt)))
		return gl_guard_refuse(GL_HOOK_MOVE_MOUNT, GL_GUARD_MOVE, from_mnt, from);
	if (gl_guard_hidden(g->mount, gl_mount_around((void *)to_mnt), to))
		return gl_guard_refuse(GL_HOOK_MOVE_MOUNT, GL_GUARD_OVERMOUNT, to_mnt,
				       to);
	return 0;
}

/* One below the pins' is busy for the kernel unless it is taken away with all that
 * is mounted on it. */
static __noinline int gl_guard_umount(struct vfsmount *mnt, int flags)
{
	struct gl_guard *g = gl_guard_over();
	int carries;

	if (!g)
		return 0;
	carries = gl_guard_carries(g->mount, gl_mount_around(mnt));
	if (carries == 1 || (carries == 2 && flags & GL_MNT_DETACH))
		return gl_guard_refuse(GL_HOOK_SB_UMOUNT, GL_GUARD_UNMOUNT, (__u64)mnt,
				       (__u64)mnt->mnt_root);
	return 0;
}

/* A link is named by a descriptor, which another thread can exchange between this
 * look and the kernel's: locked, no link is changed at all. */
GL_INLINE int gl_guard_bpf(__u32 command, __u64 attr)
{
	struct gl_guard *g = gl_guard_get();
	__u32 type = 0; /* the attributes are the kernel's own copy */

	if (!g)
		return 0;
	if (command == GL_CANARY) {
		__sync_fetch_and_add(&g->canary, 1);
		return -GL_EPERM;
	}
	if (g->locked && (command == GL_BPF_LINK_UPDATE ||
			  command == GL_BPF_LINK_DETACH || command == GL_BPF_PROG_DETACH))
		return gl_guard_refuse(GL_HOOK_BPF, GL_GUARD_DETACH, 0, 0);
	if (!g->locked || command != GL_BPF_MAP_CREATE)
		return 0;
	bpf_probe_read_kernel(&type, sizeof(type), (void *)attr);
	return type == GL_BPF_ARRAY_OF_MAPS || type == GL_BPF_HASH_OF_MAPS
		   ? gl_guard_refuse(GL_HOOK_BPF, GL_GUARD_TAKE, 0, 0)
		   : 0;
}

/* Pins are gone when their names are. The path is told as the pins' mount shows it. */
static __noinline int gl_guard_name(__u32 hook, struct dentry *dentry)
{
	struct gl_guard *g = gl_guard_get();
	__u64 pins_sb = 0;
	struct mount *pins;

	if (!g || !g->locked || !g->mount)
		return 0;
	pins = (void *)g->mount;
	if (bpf_core_read(&pins_sb, 8, &pins->mnt.mnt_sb) ||
	    (__u64)dentry->d_sb != pins_sb)
		return 0;
	return gl_guard_refuse(hook, GL_GUARD_UNPIN,
			       g->mount + bpf_core_field_offset(struct mount, mnt),
			       (__u64)dentry);
}

SEC("lsm/inode_unlink")
int BPF_PROG(glacis_inode_unlink, struct inode *dir, struct dentry *dentry)
{
	return gl_guard_name(GL_HOOK_INODE_UNLINK, dentry);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(glacis_inode_rmdir, struct inode *dir, struct dentry *dentry)
{
	return gl_guard_name(GL_HOOK_INODE_RMDIR, dentry);
}

SEC("lsm/inode_rename")
int BPF_PROG(glacis_inode_rename, struct inode *dir, struct dentry *dentry)
{
	return gl_guard_name(GL_HOOK_INODE_RENAME, dentry);
}

/* Global: verified once, and not for each map that is looked at. */
__noinline int gl_guard_decides(__u32 id)
{
	struct gl_guard *g = gl_guard_get();

	if (!g)
		return 0;
	for (__u32 i = 0; i < GL_GUARD_MAPS; i++) {
		if (i < g->maps && g->map_ids[i] == id)
			return 1;
	}
	return 0;
}

/* Every way to a descriptor of a map goes through here: by id, by pin, or by making
 * one. To read one is no harm. */
SEC("lsm/bpf_map")
int BPF_PROG(glacis_bpf_map, struct bpf_map *map, unsigned int mode)
{
	struct gl_guard *g = gl_guard_get();

	if (!g || !g->locked || !(mode & GL_FMODE_WRITE) || !gl_guard_decides(map->id))
		return 0;
	return gl_guard_refuse(GL_HOOK_BPF_MAP, GL_GUARD_TAKE, 0, 0);
}

/* The same for programs. One that was just verified knows its maps by now, and
 * without a descriptor it can't be attached. */
SEC("lsm/bpf_prog")
int BPF_PROG(glacis_bpf_prog, struct bpf_prog *program)
{
	struct gl_guard *g = gl_guard_get();
	__u64 maps = 0, map = 0;
	__u32 count = 0, id = 0;

	if (!g || !g->locked)
		return 0;
	if (bpf_core_read(&count, sizeof(count), &program->aux->used_map_cnt) ||
	    bpf_core_read(&maps, sizeof(maps), &program->aux->used_maps))
		return -GL_EPERM;
	for (__u32 i = 0; i < GL_BPF_USED_MAPS; i++) {
		if (i >= count)
			return 0;
		if (bpf_probe_read_kernel(&map, sizeof(map), (void *)(maps + i * 8ull)) ||
		    bpf_core_read(&id, sizeof(id), &((struct bpf_map *)map)->id) ||
		    gl_guard_decides(id))
			return gl_guard_refuse(GL_HOOK_BPF_PROG, GL_GUARD_TAKE, 0, 0);
	}
	return count > GL_BPF_USED_MAPS ? -GL_EPERM : 0;
}

#define GL_FTRACE_SYSCTL "kernel/ftrace_enabled"

/* Not an LSM program, so that it also runs where somebody got around those. To
 * switch ftrace on is nobody's harm. */
SEC("cgroup/sysctl")
int glacis_cgroup_sysctl(struct bpf_sysctl *ctx)
{
	char name[sizeof(GL_FTRACE_SYSCTL)] = {}, value[4] = {};

	if (!ctx->write || bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0)
		return 1;
	for (__u32 i = 0; i < sizeof(name); i++) {
		if (name[i] != GL_FTRACE_SYSCTL[i])
			return 1;
	}
	if (bpf_sysctl_get_new_value(ctx, value, sizeof(value)) > 0 && value[0] == '1' &&
	    (!value[1] || (value[1] == '\n' && !value[2])))
		return 1;
	gl_guard_refuse(GL_HOOK_CGROUP_SYSCTL, GL_GUARD_FTRACE, 0, 0);
	return 0;
}
