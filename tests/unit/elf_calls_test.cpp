// SPDX-License-Identifier: Apache-2.0
// What is found in code of a few instructions, and what is said not to be known.
#include <set>

#include "elf_fixture.h"

namespace glacis::elf {
namespace {

StaticCalls calls(const Maker& maker) {
  Program program;
  program.images.push_back(maker.image());
  return calls_of(program);
}

std::set<std::uint32_t> numbers(const StaticCalls& of) {
  std::set<std::uint32_t> out;
  for (const auto& [number, places] : of.calls) out.insert(number);
  return out;
}

using Set = std::set<std::uint32_t>;

TEST(ElfCalls, OnlyWhatIsReachable) {
  Maker maker;
  const auto write = maker.function("write", number(1) + system_call + return_back);
  maker.function("unused", number(101) + system_call + return_back);
  const auto start = maker.next();
  maker.starts_at(
      maker.function("start", call(start, write) + number(60) + system_call + Bytes{0xf4}));
  const auto found = calls(maker);
  EXPECT_EQ(numbers(found), (Set{1, 60}));
  EXPECT_TRUE(found.unresolved.empty());
  EXPECT_EQ(found.calls.at(1).front().function, "write");
}

TEST(ElfCalls, AFunctionWhoseAddressIsTaken) {
  Maker maker;
  const auto hidden = maker.function("hidden", number(101) + system_call + return_back);
  // mov $hidden,%esi
  maker.starts_at(maker.function("start", Bytes{0xbe} + word(static_cast<std::uint32_t>(hidden)) +
                                              number(60) + system_call + return_back));
  EXPECT_EQ(numbers(calls(maker)), (Set{60, 101}));
}

TEST(ElfCalls, EitherOfTwo) {
  Maker maker;
  // test %edi,%edi; je +7; mov $2,%eax; jmp +5; mov $257,%eax; syscall
  maker.starts_at(maker.function("start", Bytes{0x85, 0xff, 0x74, 0x07} + number(2) +
                                              Bytes{0xeb, 0x05} + number(257) + system_call +
                                              return_back));
  const auto found = calls(maker);
  EXPECT_EQ(numbers(found), (Set{2, 257}));
  EXPECT_TRUE(found.unresolved.empty());
}

TEST(ElfCalls, ANumberThatIsNoConstant) {
  Maker maker;
  // mov (%rdi),%eax
  maker.starts_at(maker.function("start", Bytes{0x8b, 0x07} + system_call + return_back));
  const auto found = calls(maker);
  EXPECT_TRUE(found.calls.empty());
  ASSERT_EQ(found.unresolved.size(), 1u);
  EXPECT_EQ(found.unresolved.front().why, "the number of the call is not a constant");
  EXPECT_EQ(found.unresolved.front().place.function, "start");
}

// mov $1,%eax, and then some way to change it
TEST(ElfCalls, WhatWritesTheNumberIsSeen) {
  for (const Bytes& changed : {Bytes{0x01, 0xf8},              // add %edi,%eax
                               Bytes{0x8a, 0x07},              // mov (%rdi),%al
                               Bytes{0x88, 0xf8},              // mov %bh,%al
                               Bytes{0xff, 0xc0},              // inc %eax
                               Bytes{0xf7, 0xe7},              // mul %edi
                               Bytes{0x0f, 0xa2},              // cpuid
                               Bytes{0x48, 0x93},              // xchg %rax,%rbx
                               Bytes{0x58},                    // pop %rax
                               Bytes{0x66, 0x0f, 0x7e, 0xc0},  // movd %xmm0,%eax
                               Bytes{0x0f, 0x94, 0xc4},        // sete %ah
                               Bytes{0xac},                    // lods
                               Bytes{0xff, 0xd3}}) {           // call *%rbx
    Maker maker;
    maker.starts_at(maker.function("start", number(1) + changed + system_call + return_back));
    const auto found = calls(maker);
    EXPECT_EQ(found.unresolved.size(), 1u) << int(changed.front());
    EXPECT_TRUE(found.calls.empty()) << int(changed.front());
  }
}

TEST(ElfCalls, AWrapperIsAskedOfItsCallers) {
  Maker maker;
  // mov %edi,%eax; syscall
  const auto wrapper = maker.function("wrapper", Bytes{0x89, 0xf8} + system_call + return_back);
  const auto outer = maker.next();
  maker.function("outer", call(outer, wrapper) + return_back);
  const auto start = maker.next();
  const Bytes first = first_argument(39);
  const Bytes code = first + call(start + first.size(), wrapper) + first_argument(186);
  maker.starts_at(maker.function("start", code + call(start + code.size(), outer) + return_back));
  const auto found = calls(maker);
  EXPECT_EQ(numbers(found), (Set{39, 186}));
  EXPECT_TRUE(found.unresolved.empty());
  EXPECT_EQ(found.calls.at(39).front().function, "start");
}

TEST(ElfCalls, AWrapperThatAnybodyMayCall) {
  Maker maker;
  const auto wrapper = maker.function("wrapper", Bytes{0x89, 0xf8} + system_call + return_back);
  maker.starts_at(maker.function(
      "start", Bytes{0xbe} + word(static_cast<std::uint32_t>(wrapper)) + return_back));
  const auto found = calls(maker);
  ASSERT_EQ(found.unresolved.size(), 1u);
  EXPECT_EQ(found.unresolved.front().why, "the number is its caller's, and its address is taken");
}

// A wrapper that calls itself with its own argument ends too.
TEST(ElfCalls, AWrapperThatCallsItself) {
  Maker maker;
  const auto wrapper = maker.next();
  const Bytes own = Bytes{0x89, 0xf8} + system_call;
  maker.function("wrapper", own + call(wrapper + own.size(), wrapper) + return_back);
  const auto start = maker.next();
  const Bytes first = first_argument(39);
  maker.starts_at(
      maker.function("start", first + call(start + first.size(), wrapper) + return_back));
  EXPECT_EQ(numbers(calls(maker)), (Set{39}));
}

TEST(ElfCalls, TheOtherAbi) {
  Maker maker;
  maker.starts_at(maker.function("start", number(11) + Bytes{0xcd, 0x80} + return_back));
  const auto found = calls(maker);
  ASSERT_EQ(found.unresolved.size(), 1u);
  EXPECT_EQ(found.unresolved.front().why, "a system call of the 32-bit ABI");
}

// Branches without end, that all lead into each other: an answer all the same.
TEST(ElfCalls, CodeThatIsMadeToKeepUsBusy) {
  Maker maker;
  Bytes code = number(1);
  for (unsigned i = 0; i < 60'000; ++i)
    code = std::move(code) + Bytes{0x74, static_cast<std::uint8_t>(2 * (i * 37 % 60))};
  maker.starts_at(maker.function("start", code + system_call + return_back));
  const auto found = calls(maker);
  EXPECT_TRUE(found.calls.contains(1) || !found.unresolved.empty());
}

}  // namespace
}  // namespace glacis::elf
