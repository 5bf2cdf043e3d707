/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A door to the core for tests: the decisions as the verifier took them, run by
 * BPF_PROG_TEST_RUN, which LSM programs don't allow. Never shipped.
 */
#include "../kern/types.h"
#include <bpf/bpf_endian.h>

#include "../decide/exec.h"
#include "../decide/grants.h"
#include "../decide/net.h"
#include "../kern/feed.h"
#include "request.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define GL_X_IMAGE_MAP(n, bits)                                                          \
	struct {                                                                         \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                        \
		__uint(max_entries, 1);                                                  \
		__uint(key_size, 4);                                                     \
		__uint(value_size, sizeof(struct gl_blob_##n));                          \
	} probe_image_##n SEC(".maps");
GL_IMAGE_SIZES(GL_X_IMAGE_MAP)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gl_probe_request));
} probe_requests SEC(".maps");

/* The text from its end to its beginning, a piece at a time. */
#define GL_X_PROBE(n, bits)                                                              \
	__noinline __u32 gl_probe_feed_##n(const struct gl_blob_##n *blob,               \
					   struct gl_probe_request *q)                   \
	{                                                                                \
		struct gl_name name = {};                                                \
		__u32 state, left;                                                       \
                                                                                         \
		if (!blob || !q)                                                         \
			return 0;                                                        \
		state = gl_path_start(blob->image);                                      \
		left = q->len;                                                           \
		GL_LOOP(i, GL_PROBE_TEXT / GL_NAME_CHUNK)                                \
		{                                                                        \
			__u32 from = left > GL_NAME_CHUNK ? left - GL_NAME_CHUNK : 0;    \
			__u32 piece = left - from;                                       \
                                                                                         \
			from &= GL_PROBE_TEXT - 1;                                       \
			GL_KEEP(from);                                                   \
			if (from > GL_PROBE_TEXT - GL_NAME_CHUNK ||                      \
			    piece > GL_NAME_CHUNK)                                       \
				return ~0u;                                              \
			for (int j = 0; j < GL_NAME_CHUNK; j++)                          \
				name.bytes[j] = q->text[from + j];                       \
			state = gl_feed_##n(blob, &name, state, piece);                  \
			left = from;                                                     \
			if (!left)                                                       \
				break;                                                   \
		}                                                                        \
		return state;                                                            \
	}                                                                                \
                                                                                         \
	__noinline int gl_probe_##n(const struct gl_blob_##n *blob,                      \
				    struct gl_probe_request *q)                          \
	{                                                                                \
		const __u32 mask = (1u << (bits)) - 1;                                   \
		struct gl_endpoint e = {};                                               \
		struct gl_accept accept;                                                 \
                                                                                         \
		if (!blob || !q)                                                         \
			return 0;                                                        \
		switch (q->class_) {                                                     \
		case GL_PROBE_PATH:                                                      \
			q->state = gl_probe_feed_##n(blob, q);                           \
			accept = gl_path_accept(blob->image, mask, q->state);            \
			q->verdict = gl_file_decide(blob->image, mask, &accept,          \
						    q->access, q->owner);                \
			break;                                                           \
		case GL_PROBE_EXEC:                                                      \
			q->state = gl_probe_feed_##n(blob, q);                           \
			accept = gl_path_accept(blob->image, mask, q->state);            \
			q->verdict = gl_exec_decide(blob->image, mask, &accept,          \
						    q->owner, q->access)                 \
					 .verdict;                                       \
			break;                                                           \
		case GL_PROBE_ENDING:                                                    \
			q->verdict =                                                     \
			    gl_ending_decide(blob->image, q->ending, q->access);         \
			break;                                                           \
		case GL_PROBE_NET:                                                       \
			e.op = q->op;                                                    \
			e.kind = q->kind;                                                \
			e.v6 = q->v6;                                                    \
			e.port = q->port;                                                \
			for (int i = 0; i < 4; i++)                                      \
				e.address[i] = q->address[i];                            \
			gl_endpoint_normalise(&e);                                       \
			q->verdict = gl_net_decide(blob->image, mask, &e);               \
			break;                                                           \
		case GL_PROBE_SOCKET:                                                    \
			q->verdict = gl_socket_decide(blob->image, q->access);           \
			break;                                                           \
		case GL_PROBE_CAPABILITY:                                                \
			q->verdict = gl_capability_decide(blob->image, q->access);       \
			break;                                                           \
		case GL_PROBE_MEMORY:                                                    \
			q->verdict = gl_memory_decide(blob->image, q->access);           \
			break;                                                           \
		case GL_PROBE_KERNEL:                                                    \
			q->verdict = gl_kernel_decide(blob->image, q->access);           \
			break;                                                           \
		case GL_PROBE_TASK:                                                      \
			q->verdict = gl_task_decide(blob->image, mask, &q->task);        \
			break;                                                           \
		}                                                                        \
		return 0;                                                                \
	}
GL_IMAGE_SIZES(GL_X_PROBE)

SEC("syscall")
int gl_probe_door(void *ctx)
{
	__u32 zero = 0;
	struct gl_probe_request *q = bpf_map_lookup_elem(&probe_requests, &zero);
	void *blob;

	if (!q)
		return 1;
	switch (q->size) {
#define GL_X_DOOR(n, bits)                                                               \
	case n:                                                                          \
		blob = bpf_map_lookup_elem(&probe_image_##n, &zero);                     \
		return blob ? gl_probe_##n(blob, q) : 1;
		GL_IMAGE_SIZES(GL_X_DOOR)
	}
	return 2;
}
