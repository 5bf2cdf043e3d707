// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "manager/elf/x86.h"

namespace glacis::elf::x86 {
namespace {

Instruction of(std::initializer_list<std::uint8_t> bytes) {
  const std::vector<std::uint8_t> copy(bytes);
  return decode(copy, 0x1000);
}

TEST(X86, Constants) {
  const auto plain = of({0xb8, 0xe7, 0, 0, 0});
  EXPECT_EQ(plain.kind, Kind::constant);
  EXPECT_EQ(plain.to, rax);
  EXPECT_EQ(plain.value, 0xe7u);
  EXPECT_EQ(of({0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0}).value, 15u);
  EXPECT_EQ(of({0x41, 0xb9, 0xca, 0, 0, 0}).to, r9);
  EXPECT_EQ(of({0x31, 0xc0}).kind, Kind::constant);
  EXPECT_EQ(of({0x6a, 0x27}).kind, Kind::push_constant);
  // Half a register is not set: what it holds then is not known.
  EXPECT_EQ(of({0x66, 0xb8, 1, 0}).kind, Kind::other);
  EXPECT_EQ(of({0x66, 0x31, 0xc0}).kind, Kind::other);
  EXPECT_EQ(of({0xb0, 1}).written, 1u << rax);
  EXPECT_EQ(of({0xb4, 1}).written & 1u << rax, 1u << rax);  // ah
}

TEST(X86, Ways) {
  const auto back = of({0xe8, 0xfb, 0xff, 0xff, 0xff});
  EXPECT_EQ(back.kind, Kind::call);
  EXPECT_EQ(back.target, 0x1000u);
  EXPECT_EQ(of({0xeb, 0x02}).target, 0x1004u);
  EXPECT_EQ(of({0x0f, 0x84, 0x10, 0, 0, 0}).target, 0x1016u);
  const auto through = of({0xff, 0x25, 0x10, 0, 0, 0});
  EXPECT_EQ(through.kind, Kind::jump_indirect);
  EXPECT_TRUE(through.memory);
  EXPECT_EQ(through.target, 0x1016u);
  EXPECT_EQ(of({0x48, 0x8d, 0x05, 0, 0, 0, 0}).kind, Kind::address);
  EXPECT_EQ(of({0x0f, 0x05}).kind, Kind::syscall);
  EXPECT_EQ(of({0xcd, 0x80}).kind, Kind::legacy_syscall);
  EXPECT_EQ(of({0xf3, 0x0f, 0x1e, 0xfa}).kind, Kind::nop);
}

TEST(X86, WhatIsNone) {
  EXPECT_EQ(of({}).length, 0);
  EXPECT_EQ(of({0x0f}).length, 0);
  EXPECT_EQ(of({0xe8, 0, 0}).length, 0);
  EXPECT_EQ(of({0x06}).length, 0);
  EXPECT_EQ(decode(std::vector<std::uint8_t>(64, 0x66), 0).length, 0);
}

// Of any bytes the answer is within them, and no register is made up.
TEST(X86, RandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    std::vector<std::uint8_t> bytes(1 + random() % 16);
    for (auto& one : bytes) one = static_cast<std::uint8_t>(random());
    const Instruction is = decode(bytes, random());
    EXPECT_LE(is.length, bytes.size());
    EXPECT_TRUE(is.to == none || is.to < registers);
    EXPECT_TRUE(is.from == none || is.from < registers);
  }
}

// Another disassembler finds the same boundaries in a whole file.
TEST(X86, AgreesWithObjdump) {
  const std::string file = "/lib64/ld-linux-x86-64.so.2";
  const std::unique_ptr<FILE, int (*)(FILE*)> out(
      ::popen(("objdump -dw -j .text " + file + " 2>/dev/null").c_str(), "r"), ::pclose);
  std::ifstream in(file, std::ios::binary);
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
  char line[512];
  std::size_t known = 0;
  while (out && std::fgets(line, sizeof line, out.get()) != nullptr) {
    const std::string text(line);
    const auto first = text.find(":\t"), last = text.find('\t', first + 2);
    if (first == std::string::npos || last == std::string::npos) continue;
    if (text.find("(bad)") != std::string::npos) continue;
    std::vector<std::uint8_t> code;
    std::istringstream words(text.substr(first + 2, last - first - 2));
    for (unsigned byte = 0; words >> std::hex >> byte;)
      code.push_back(static_cast<std::uint8_t>(byte));
    // objdump takes a wait and the x87 instruction behind it as one.
    if (code.empty() || code.front() == 0x9b) continue;
    code.resize(code.size() + 1);
    ASSERT_EQ(decode(code, 0).length, code.size() - 1) << text;
    ++known;
  }
  if (known == 0) GTEST_SKIP() << "no objdump, or no " << file;
  EXPECT_GT(known, 10'000u);
}

}  // namespace
}  // namespace glacis::elf::x86
