// SPDX-License-Identifier: Apache-2.0
// glacis-bench-policy: the enforcer as the benchmark needs it.
//
//   load FILE...             puts profiles in force
//   unload NAME...
//   enter NAME COMMAND...    runs COMMAND in a domain, from its exec on
//   enter-by-thread NAME COMMAND...   the same, with COMMAND executed by another
//                            thread than the one that was labelled
//   enter-after NAME FILE COMMAND...   the same, with an exec of FILE before, which
//                            must fail; says how, and whether it confines already
//   many COUNT FILE          loads a profile COUNT times under names of their own
//                            and leaves all but the last in force; prints
//                            nanoseconds and memory
//   image FILE               prints the size of a profile's image and its class
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/diag/render.h"
#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/kernel/enforcer.h"
#include "manager/profile/load.h"

namespace glacis {
namespace {

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << "glacis-bench-policy: " << result.error().what << "\n";
  ::_exit(1);
}

struct Policy {
  std::string name;
  image::Image image;
};

Policy compile(const char* path) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  profile::LoadOptions options;
  options.search = {"profiles"};
  const auto profile = profile::load_profile(path, options, diagnostics, sources);
  if (!profile) {
    std::cerr << diag::render_text(diagnostics, sources) << "\n";
    ::_exit(1);
  }
  return {profile->name, must(image::build(*profile))};
}

kernel::Domain put(kernel::Enforcer& enforcer, const std::string& name, const Policy& policy) {
  return must(enforcer.load(name, policy.image.bytes, policy.image.digest, GL_MODE_ENFORCE));
}

int load(std::span<char*> files) {
  auto enforcer = must(kernel::Enforcer::open_or_create());
  for (const char* file : files) {
    const auto policy = compile(file);
    put(enforcer, policy.name, policy);
  }
  return 0;
}

int unload(std::span<char*> names) {
  auto enforcer = must(kernel::Enforcer::open());
  if (!enforcer) return 1;
  for (const char* name : names)
    if (auto done = enforcer->unload(name); !done) {
      std::cerr << done.error().what << "\n";
      return 1;
    }
  return 0;
}

int execute(std::span<char*> words) {
  std::vector<char*> command(words.begin(), words.end());
  command.push_back(nullptr);
  ::execv(command[0], command.data());
  std::cerr << command[0] << ": " << std::strerror(errno) << "\n";
  return 126;
}

// Of two threads: the first is labelled, and the second execs.
int enter(std::span<char*> words, bool by_thread) {
  auto enforcer = must(kernel::Enforcer::open());
  if (!enforcer || words.size() < 2) return 125;
  std::promise<void> labelled;
  std::thread second;
  int status = 125;
  if (by_thread)
    second = std::thread([&, go = labelled.get_future()] {
      go.wait();
      status = execute(words.subspan(1));
    });
  const auto done = enforcer->label_at_exec(::getpid(), words[0]);
  if (!done) std::cerr << done.error().what << "\n";
  if (!done) ::_exit(125);
  enforcer.reset();
  labelled.set_value();
  if (!by_thread) return execute(words.subspan(1));
  second.join();
  return status;
}

int enter_after(std::span<char*> words) {
  auto enforcer = must(kernel::Enforcer::open());
  if (!enforcer || words.size() < 3) return 125;
  const auto done = enforcer->label_at_exec(::getpid(), words[0]);
  if (!done) std::cerr << done.error().what << "\n";
  if (!done) return 125;
  enforcer.reset();
  execute(words.subspan(1, 1));
  std::cerr << (std::ifstream("/etc/shadow") ? "not confined\n" : "confined\n");
  return execute(words.subspan(2));
}

// In KiB, what the kernel says of its memory.
std::map<std::string, long> memory() {
  std::map<std::string, long> all;
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (long value = 0; file >> name >> value && std::getline(file, unit);)
    all[name.substr(0, name.size() - 1)] = value;
  return all;
}

void tell_memory(std::map<std::string, long> before, std::map<std::string, long> after) {
  fmt::print("slab_kib {}\n", after["Slab"] - before["Slab"]);
  fmt::print("percpu_kib {}\n", after["Percpu"] - before["Percpu"]);
  fmt::print("vmalloc_kib {}\n", after["VmallocUsed"] - before["VmallocUsed"]);
}

long now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot).count();
}

int many(unsigned count, const char* file) {
  const auto policy = compile(file);
  auto enforcer = must(kernel::Enforcer::open_or_create());
  put(enforcer, "many-first", policy);
  const auto before = memory();
  long first = 0, last = 0;
  for (unsigned i = 0; i < count; ++i) {
    const long begin = now();
    put(enforcer, fmt::format("many-{}", i), policy);
    last = now() - begin;
    if (i == 0) first = last;
  }
  tell_memory(before, memory());
  const long begin = now();
  if (auto done = enforcer.unload(fmt::format("many-{}", count - 1)); !done) {
    std::cerr << done.error().what << "\n";
    return 1;
  }
  fmt::print("domains {}\nimage_bytes {}\nload_first {}\nload_last {}\nunload_last {}\n", count,
             policy.image.bytes.size(), first, last, now() - begin);
  return 0;
}

int tell_image(const char* file) {
  const auto policy = compile(file);
  const auto size = policy.image.bytes.size();
  fmt::print("{} bytes {} class_bytes {} states {}\n", policy.name, size,
             image::size_class_bytes(image::size_class(size).value()), policy.image.stats.states);
  return 0;
}

int run(std::span<char*> words) {
  if (words.size() < 2) return 2;
  const std::string command = words[0];
  const auto rest = words.subspan(1);
  if (command == "load") return load(rest);
  if (command == "unload") return unload(rest);
  if (command == "enter") return enter(rest, false);
  if (command == "enter-by-thread") return enter(rest, true);
  if (command == "enter-after") return enter_after(rest);
  if (command == "image") return tell_image(rest[0]);
  if (command == "many" && rest.size() == 2)
    return many(static_cast<unsigned>(std::stoul(rest[0])), rest[1]);
  return 2;
}

}  // namespace
}  // namespace glacis

int main(int argc, char** argv) {
  return glacis::run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
}
