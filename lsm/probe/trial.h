/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The smallest LSM program that shows that LSM programs decide: for
 * task_prctl(option, arg2, ...), it answers -ECANCELED to one option with one
 * number, and leaves everything else to the kernel (-ENOSYS is that hook's
 * "go on"). The number is random, so no other caller ever meets it.
 */
#pragma once

#include <linux/bpf.h>

#define GL_TRIAL_HOOK "task_prctl"
#define GL_TRIAL_OPTION 0x676c6163 /* no prctl option is this large */
#define GL_TRIAL_NUMBER_AT 4	   /* the instruction that holds the number */
#define GL_TRIAL_LENGTH 7

#define GL_TRIAL_INSN(c, dst, src, off, imm) {(c), (dst), (src), (off), (imm)}

/* clang-format off */
#define GL_TRIAL_PROGRAM {                                                                   \
	GL_TRIAL_INSN(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_1, 0, 0),  /* option */ \
	GL_TRIAL_INSN(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_3, BPF_REG_1, 8, 0),  /* arg2 */   \
	GL_TRIAL_INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, -38),       /* ENOSYS */ \
	GL_TRIAL_INSN(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, 0, 2, GL_TRIAL_OPTION),        \
	GL_TRIAL_INSN(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_3, 0, 1, 0),         /* number */ \
	GL_TRIAL_INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, -125),   /* ECANCELED */ \
	GL_TRIAL_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),                                       \
}
/* clang-format on */
