/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who acts: the label of a task, and the domain and image that it leads to.
 *
 * NULL from bpf_task_storage_get() does not mean "no label" on 6.1: the helper
 * gives up while this CPU's one busy counter is held by a task that was
 * preempted inside it. So after NULL: no local storage at all is unlabelled;
 * else the task's storage list is read, up to a bound. Found is found; a list
 * seen to its end without our map is unlabelled; a list cut short is an unknown
 * subject, which is refused and counted.
 *
 * Before all that, the label is looked for where the helper itself looks first:
 * in the first places of the storage's cache, without the helper's call and its
 * counter. An element there is this task's (it hangs on its storage), is the
 * label (its map is compared), and is not freed before this program ends (the
 * kernel waits for RCU). The kernel gives a map the least used of the places, so
 * that on nearly every host it is one of these; elsewhere the helper is called.
 */
#pragma once

#include "maps.h"

#define GL_EPERM 1
#define GL_EAGAIN 11
#define GL_EACCES 13

/* The one way out of a hook: 0 or a listed errno. 6.1 does not check what an
 * LSM program returns, and a positive value would reach callers that expect
 * none. */
GL_INLINE int gl_ret(int error)
{
	switch (error) {
	case 0:
		return 0;
	case -GL_EPERM:
		return -GL_EPERM;
	case -GL_EAGAIN:
		return -GL_EAGAIN;
	}
	return -GL_EACCES;
}

/* Whether a hook is passed a pointer that may be NULL. Some kernels' verifier
 * believes that none is, and leaves out a comparison of the pointer and what
 * follows it: so the number is compared. */
static __noinline int gl_hook_passes(unsigned long long *ctx, __u32 argument)
{
	__u64 address = 0;

	return !bpf_get_func_arg(ctx, argument, &address) && address;
}

enum gl_who {
	GL_WHO_UNCONFINED = 0,
	GL_WHO_CONFINED = 1,
	GL_WHO_UNKNOWN = 2, /* refuse */
};

struct gl_subject {
	__u64 word;	  /* GL_DOMAIN_WORD */
	__u32 generation; /* of the domain's image; 0: it is being replaced */
	__u32 root;
};

GL_INLINE __u32 gl_slot(const struct gl_subject *s)
{
	return GL_DOMAIN_SLOT(GL_DOMAIN_WORD_ID(s->word));
}

/* Whether its decisions are told. */
GL_INLINE int gl_watched(const struct gl_subject *s)
{
	return !!(s->word & GL_DOMAIN_WATCHED);
}

/* Whether what is known from before may decide: not where decisions are told, since the
 * long way tells, nor in a domain that is held, which the long way refuses. */
GL_INLINE int gl_may_know(const struct gl_subject *s)
{
	return !(s->word & (GL_DOMAIN_WATCHED | GL_DOMAIN_HELD));
}

#define GL_STORAGE_LIST_MAX 32

/* The slow way to a task's label, by its local storage; see above. Global, so that
 * it is verified once a program. Returns enum gl_who. */
__noinline int gl_label_recover(__u64 storage, struct gl_label *copy)
{
	struct gl_settings *set = gl_settings_get();
	__u64 node = 0;

	if (!storage)
		return GL_WHO_UNCONFINED;
	if (!set || !copy)
		return GL_WHO_UNKNOWN;
	if (bpf_core_read(&node, sizeof(node),
			  &((struct bpf_local_storage *)storage)->list.first))
		return GL_WHO_UNKNOWN;
	GL_LOOP(i, GL_STORAGE_LIST_MAX)
	{
		struct bpf_local_storage_elem *elem;
		struct bpf_local_storage_map *map = NULL;
		__u32 id = 0;

		if (!node)
			return GL_WHO_UNCONFINED;
		elem = (void *)(node - bpf_core_field_offset(
					   struct bpf_local_storage_elem, snode));
		if (bpf_core_read(&map, sizeof(map), &elem->sdata.smap))
			return GL_WHO_UNKNOWN;
		/* A map that is being freed has no id and is not ours. */
		if (map && bpf_core_read(&id, sizeof(id), &map->map.id))
			return GL_WHO_UNKNOWN;
		if (id && id == set->labels_map_id)
			return bpf_core_read(copy, sizeof(*copy), &elem->sdata.data)
				   ? GL_WHO_UNKNOWN
				   : GL_WHO_CONFINED;
		if (bpf_core_read(&node, sizeof(node), &elem->snode.next))
			return GL_WHO_UNKNOWN;
	}
	return GL_WHO_UNKNOWN;
}

GL_INLINE struct gl_label *gl_label_spilled(struct task_struct *task)
{
	__u64 key = (__u64)task;

	return gl_shared.spilled ? bpf_map_lookup_elem(&spilled_labels, &key) : NULL;
}

/* A task's label where it can be written, or NULL: then gl_label_missed() says
 * what that means. */
GL_INLINE struct gl_label *gl_label_find(struct task_struct *task)
{
	struct gl_label *label = NULL;

	if (task->bpf_storage)
		label = bpf_task_storage_get(&labels, task, 0, 0);
	return label ? label : gl_label_spilled(task);
}

/* A task's label was not found: has it none, or was it lost? */
GL_INLINE int gl_label_missed(struct task_struct *task, struct gl_label *copy)
{
	/* A number: 6.1 takes no other pointer than those to memory here. */
	int who = gl_label_recover((__u64)BPF_CORE_READ(task, bpf_storage), copy);

	if (who == GL_WHO_UNKNOWN)
		gl_count(GL_COUNTER_LABEL_UNKNOWN);
	if (who == GL_WHO_CONFINED)
		gl_count(GL_COUNTER_LABEL_LOST);
	return who;
}

/* Whether the exec that enters the domain is still to come. */
GL_INLINE int gl_label_pending(const struct task_struct *task,
			       const struct gl_label *label)
{
	return label->flags & GL_LABEL_PENDING &&
	       (!label->exec_id || task->self_exec_id < label->exec_id);
}

/* A task's label, pending or not, wherever it is. One that an exec in progress gave
 * it, or one that failed, is none yet. */
GL_INLINE int gl_label_read(struct task_struct *task, struct gl_label *copy)
{
	struct gl_label *label = gl_label_find(task);
	int who = GL_WHO_CONFINED;

	if (label)
		*copy = *label;
	else
		who = gl_label_missed(task, copy);
	if (who == GL_WHO_CONFINED && copy->flags & GL_LABEL_ATTACHED &&
	    gl_label_pending(task, copy))
		who = GL_WHO_UNCONFINED;
	return who;
}

/* From a domain id to its word. */
GL_INLINE int gl_domain_find(__u32 id, struct gl_subject *s)
{
	__u32 slot = GL_DOMAIN_SLOT(id);
	struct gl_domain *domain = bpf_map_lookup_elem(&domains, &slot);
	__u64 word;

	if (!domain)
		goto invalid;
	word = *(volatile __u64 *)&domain->word;
	s->word = word;
	s->generation = *(volatile __u32 *)&domain->generation;
	if (GL_DOMAIN_WORD_ID(word) == id) {
		if (GL_DOMAIN_WORD_STATUS(word) == GL_DOMAIN_LIVE)
			return GL_WHO_CONFINED;
		if (GL_DOMAIN_WORD_STATUS(word) == GL_DOMAIN_UNLOADED)
			return GL_WHO_UNCONFINED;
	}
	/* A slot is used again only after its domain was unloaded, and that
	 * released the old one's subjects. */
	if (GL_DOMAIN_EPOCH(GL_DOMAIN_WORD_ID(word)) > GL_DOMAIN_EPOCH(id))
		return GL_WHO_UNCONFINED;
invalid:
	gl_count(GL_COUNTER_DOMAIN_INVALID);
	return GL_WHO_UNKNOWN;
}

/* Whether the exec of a transition is still to come, or failed. */
GL_INLINE int gl_label_armed(const struct task_struct *task, const struct gl_label *label)
{
	return label->flags & GL_LABEL_TRANSITION && task->self_exec_id < label->exec_id;
}

/* The id of the domain that is in force, of a label that is. */
GL_INLINE __u32 gl_label_id(const struct task_struct *task, const struct gl_label *label)
{
	return label->flags & GL_LABEL_TRANSITION && !gl_label_armed(task, label)
		   ? label->domains[1]
		   : label->domains[0];
}

/* Whom a label that is in force makes of a task. */
GL_INLINE int gl_label_domain(const struct task_struct *task,
			      const struct gl_label *label, struct gl_subject *s)
{
	if (label->version != GL_LABEL_VERSION ||
	    (label->domains[1] && !(label->flags & GL_LABEL_TRANSITION)) ||
	    label->domains[2] || label->domains[3]) {
		gl_count(GL_COUNTER_STACKED);
		return GL_WHO_UNKNOWN;
	}
	s->root = label->root;
	return gl_domain_find(gl_label_id(task, label), s);
}

GL_INLINE int gl_label_subject(const struct task_struct *task,
			       const struct gl_label *label, struct gl_subject *s)
{
	return gl_label_pending(task, label) ? GL_WHO_UNCONFINED
					     : gl_label_domain(task, label, s);
}

/* The current task's label, wherever it is. Returns enum gl_who. */
static __noinline int gl_subject_search(struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gl_label copy = {};
	int who = gl_label_read(task, &copy);

	return who == GL_WHO_CONFINED ? gl_label_subject(task, &copy, s) : who;
}

/* A label as the storage's cache has it at one of its places. */
GL_INLINE int gl_label_cached(const struct bpf_local_storage_data *data,
			      struct gl_label *copy)
{
	if (!data || (void *)data->smap != (void *)&labels)
		return 0;
	for (int i = 0; i < (int)(sizeof(*copy) / 8); i++)
		((__u64 *)copy)[i] = ((const __u64 *)data->data)[i];
	return 1;
}

/* Who the current task is. */
GL_INLINE int gl_subject_find(struct gl_subject *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bpf_local_storage *storage = task->bpf_storage;
	struct gl_label copy;

	if (!storage && !gl_shared.spilled)
		return GL_WHO_UNCONFINED;
	if (storage &&
	    (gl_label_cached(storage->cache[0], &copy) ||
	     gl_label_cached(storage->cache[1], &copy)) &&
	    !(copy.flags & GL_LABEL_PENDING))
		return gl_label_domain(task, &copy, s);
	return gl_subject_search(s);
}

/* The same, apart: for a program whose own frame has no room for what this takes. */
static __noinline int gl_subject_apart(struct gl_subject *s)
{
	return gl_subject_find(s);
}

/* The first bytes of a loaded image, the same in every size class. */
struct gl_head {
	struct gl_loaded loaded;
	struct gl_image image;
};

GL_INLINE void *gl_blob(__u32 size, __u32 slot)
{
	__u32 zero = 0;
	void *inner = NULL;

	switch (size) {
#define GL_X_BLOB(n, bits)                                                               \
	case n:                                                                          \
		inner = bpf_map_lookup_elem(&images_##n, &slot);                         \
		if (!inner)                                                              \
			return NULL;                                                     \
		return bpf_map_lookup_elem(inner, &zero);
		GL_IMAGE_SIZES(GL_X_BLOB)
	}
	return NULL;
}

GL_INLINE const struct gl_head *gl_head(const struct gl_subject *s)
{
	return gl_blob(GL_DOMAIN_WORD_SIZE(s->word), gl_slot(s));
}
