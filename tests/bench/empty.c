// SPDX-License-Identifier: Apache-2.0
// glacis-bench-empty HOOK... -- COMMAND...: runs COMMAND while a program that
// does nothing is attached to each of these LSM hooks. A hook that the kernel
// lacks is left out.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct bpf_insn nothing[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
    {.code = BPF_JMP | BPF_EXIT},
};

static int attach(const char *hook) {
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_LSM_MAC);
  const int type = libbpf_find_vmlinux_btf_id(hook, BPF_LSM_MAC);
  int program;

  if (type < 0) {
    fprintf(stderr, "glacis-bench-empty: no hook %s\n", hook);
    return 0;
  }
  options.attach_btf_id = (unsigned)type;
  program = bpf_prog_load(BPF_PROG_TYPE_LSM, "glacis_empty", "GPL", nothing, 2, &options);
  if (program >= 0 && bpf_link_create(program, 0, BPF_LSM_MAC, NULL) >= 0) return 0;
  fprintf(stderr, "glacis-bench-empty: %s: %s\n", hook, strerror(errno));
  return -1;
}

static int run(char **command) {
  int status = 0;
  pid_t child = fork();

  if (!child) {
    execvp(command[0], command);
    _exit(127);
  }
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
  int i = 1;

  for (; i < argc && strcmp(argv[i], "--"); i++)
    if (attach(argv[i])) return 1;
  return i + 1 < argc ? run(argv + i + 1) : 2;
}
