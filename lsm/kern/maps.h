/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map. All are pinned by name in the project's folder of bpffs. */
#pragma once

#include "../abi/attach.h"
#include "../abi/cache.h"
#include "../abi/digest.h"
#include "../abi/event.h"
#include "../abi/guard.h"
#include "../abi/image.h"
#include "../abi/label.h"
#include "../abi/refusal.h"
#include "../abi/watch.h"
#include "feed.h"
#include "types.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gl_label);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} labels SEC(".maps");

/* Labels that could not be put in task storage, by task address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct gl_label);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} spilled_labels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gl_settings);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} settings SEC(".maps");

/* Counts that programs add to, in a section and so an array's one value, which a program
 * reads without a look-up: every hook asks here whether labels were spilled before it
 * lets a task without storage go. The manager pins it as `shared`. */
struct gl_shared gl_shared SEC(".data.shared");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_DOMAINS_MAX);
	__type(key, __u32);
	__type(value, struct gl_domain);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} domains SEC(".maps");

/* Ids of live domains by the number of their name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_DOMAINS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} domain_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_DOMAINS_MAX);
	__type(key, __u32);
	__type(value, struct gl_domain_counts);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} domain_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_DOMAINS_MAX);
	__type(key, __u32);
	__type(value, struct gl_rate);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} rates SEC(".maps");

/* Who enters which domain by [attach]. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_ATTACHMENTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gl_attach_key);
	__type(value, struct gl_attachment);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} attachments SEC(".maps");

/* Cgroups of containers, by id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_CONTAINERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct gl_container);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} containers SEC(".maps");

/* Their sessions that have another domain for a time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_CONTAINERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct gl_session);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} sessions SEC(".maps");

/* Roots by number, and numbers by root. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_ROOTS_MAX);
	__type(key, __u32);
	__type(value, struct gl_root);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} roots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_ROOTS_MAX);
	__type(key, struct gl_root);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} root_numbers SEC(".maps");

/* The images: one outer map a size class, an inner map an image. The template of
 * the inner maps is given by sizes, not types: 6.1 takes a map without BTF (as
 * the loader makes them) only where the template has none either. */
#define GL_X_IMAGES(n, bits)                                                             \
	struct gl_inner_##n {                                                            \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                        \
		__uint(max_entries, 1);                                                  \
		__uint(key_size, 4);                                                     \
		__uint(value_size, sizeof(struct gl_blob_##n));                          \
	};                                                                               \
	struct {                                                                         \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                \
		__uint(max_entries, GL_DOMAINS_MAX);                                     \
		__type(key, __u32);                                                      \
		__uint(pinning, LIBBPF_PIN_BY_NAME);                                     \
		__array(values, struct gl_inner_##n);                                    \
	} images_##n SEC(".maps");
GL_IMAGE_SIZES(GL_X_IMAGES)

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gl_cache);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} walks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, GL_DIGESTS_MAX);
	__type(key, struct gl_file_key);
	__type(value, struct gl_file_state);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} digests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gl_listener);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GL_EVENTS_RING);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_REPEATS_MAX);
	__type(key, struct gl_repeat_key);
	__type(value, struct gl_repeat);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} repeats SEC(".maps");

/* What each domain was refused, by its slot; 0 is the guard's. Whoever reads asks for
 * the table by its id: a look-up of user space in a map of maps may wait (domains.cpp).
 */
struct gl_inner_refusals {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_REFUSALS_DEFAULT);
	__uint(key_size, sizeof(struct gl_refusal_key));
	__uint(value_size, sizeof(struct gl_refusal));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, GL_DOMAINS_MAX);
	__type(key, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__array(values, struct gl_inner_refusals);
} refusals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GL_DOMAINS_MAX);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} refusal_tables SEC(".maps");

/* Bytes, since the loader knows no struct of ours. */
const __u64 gl_no_refusal[sizeof(struct gl_refusal) / 8] = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GL_WATCHED_RING);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GL_WATCHED_KINDS);
	__type(key, struct gl_repeat_key);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} watched_kinds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GL_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gl_guard);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard SEC(".maps");

GL_INLINE void gl_count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &counter);

	if (n)
		__sync_fetch_and_add(n, 1);
}

GL_INLINE struct gl_settings *gl_settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}
