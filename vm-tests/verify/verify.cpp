// SPDX-License-Identifier: Apache-2.0
// glacis-verify OBJECT [BUDGET-FILE]: asks the running kernel's verifier about
// every program of a BPF object, and prints what each cost. With
// a budget file ("program instructions" a line) a program above its budget, or
// without one, fails the run; so does a program that does not load. Programs
// whose hook this kernel lacks are skipped, and said.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

std::string log_text;

int keep_log(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[65536];
  std::vsnprintf(line, sizeof line, format, args);
  log_text += line;
  return 0;
}

std::map<std::string, unsigned> read_budget(const char* path) {
  std::map<std::string, unsigned> budget;
  std::ifstream in(path);
  std::string name;
  unsigned instructions = 0;
  while (in >> name) {
    if (name.starts_with("#")) {
      std::getline(in, name);
      continue;
    }
    in >> instructions;
    budget[name] = instructions;
  }
  return budget;
}

bool hook_exists(const btf* kernel, const bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  if (!section.starts_with("lsm/")) return true;
  const std::string hook = "bpf_lsm_" + section.substr(4);
  return btf__find_by_name_kind(kernel, hook.c_str(), BTF_KIND_FUNC) > 0;
}

std::vector<std::string> program_names(const char* object) {
  std::vector<std::string> names;
  bpf_object* opened = bpf_object__open_file(object, nullptr);
  if (!opened) return names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, opened) names.emplace_back(bpf_program__name(program));
  bpf_object__close(opened);
  return names;
}

void no_pins(bpf_object* object) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, nullptr);
}

unsigned cost_of(const bpf_program* program) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.verified_insns
                                                                             : 0;
}

// All that this kernel has hooks for in one go, since an emulated guest reads the kernel's types
// for a second each time. Empty if one does not load.
std::map<std::string, unsigned> verify_all(const char* path, const btf* kernel) {
  std::map<std::string, unsigned> costs;
  bpf_object* object = bpf_object__open_file(path, nullptr);
  if (!object) return costs;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object)
      bpf_program__set_autoload(program, hook_exists(kernel, program));
  no_pins(object);
  if (bpf_object__load(object) == 0) {
    bpf_object__for_each_program(program, object) {
      if (bpf_program__autoload(program)) costs[bpf_program__name(program)] = cost_of(program);
    }
  }
  bpf_object__close(object);
  return costs;
}

// 0 loaded, 1 failed, 2 skipped.
int verify_one(const char* path, const std::string& name, const btf* kernel, unsigned* cost) {
  bpf_object* object = bpf_object__open_file(path, nullptr);
  if (!object) return 1;
  bpf_program* program = nullptr;
  bpf_program* wanted = nullptr;
  bpf_object__for_each_program(program, object) {
    const bool is_it = name == bpf_program__name(program);
    bpf_program__set_autoload(program, is_it);
    if (is_it) wanted = program;
  }
  int outcome = 1;
  if (!hook_exists(kernel, wanted)) {
    outcome = 2;
  } else {
    no_pins(object);
    log_text.clear();
    if (bpf_object__load(object) == 0) {
      *cost = cost_of(wanted);
      outcome = *cost == 0;
    }
  }
  bpf_object__close(object);
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  libbpf_set_print(keep_log);
  const auto budget = argc > 2 ? read_budget(argv[2]) : std::map<std::string, unsigned>{};
  btf* kernel = btf__load_vmlinux_btf();
  const auto all = verify_all(argv[1], kernel);
  int failed = 0;
  for (const auto& name : program_names(argv[1])) {
    const auto known = all.find(name);
    unsigned cost = known == all.end() ? 0 : known->second;
    const int outcome = cost != 0 ? 0 : verify_one(argv[1], name, kernel, &cost);
    if (outcome == 2) {
      std::printf("skip %s: this kernel has no such hook\n", name.c_str());
      continue;
    }
    if (outcome == 1) {
      const std::size_t from = log_text.size() > 3000 ? log_text.size() - 3000 : 0;
      std::printf("FAIL %s\n%s\n", name.c_str(), log_text.c_str() + from);
      ++failed;
      continue;
    }
    const auto limit = budget.find(name);
    const bool over = argc > 2 && (limit == budget.end() || cost > limit->second);
    std::printf("%s %s %u\n", over ? "OVER" : "ok", name.c_str(), cost);
    failed += over;
  }
  btf__free(kernel);
  return failed ? 1 : 0;
}
