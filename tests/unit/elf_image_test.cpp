// SPDX-License-Identifier: Apache-2.0
// Files that are none, or not whole: an error, and never a crash or a hang.
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <random>

#include "elf_fixture.h"

namespace glacis::elf {
namespace {

Bytes small_program() {
  Maker maker;
  maker.needs("libone.so");
  maker.starts_at(maker.function("start", number(60) + system_call + return_back));
  return maker.bytes();
}

std::string why(Bytes bytes) {
  const auto image = Image::parse(std::move(bytes), "/p");
  return image ? "" : image.error().what;
}

TEST(ElfImage, ReadsWhatItIsMadeOf) {
  const auto image = Image::parse(small_program(), "/p");
  ASSERT_TRUE(image.has_value()) << image.error().what;
  EXPECT_TRUE(image->fixed);
  EXPECT_EQ(image->needed, std::vector<std::string>{"libone.so"});
  ASSERT_EQ(image->own.size(), 1u);
  EXPECT_EQ(image->own.front().name, "start");
  EXPECT_EQ(image->starts, std::vector<std::uint64_t>{image->entry});
}

TEST(ElfImage, SaysWhatIsNone) {
  EXPECT_EQ(why({}), "/p is no ELF file");
  EXPECT_EQ(why({'#', '!', '/', 'b'}), "/p is a script");
  Bytes other = small_program();
  other[18] = EM_AARCH64;
  EXPECT_EQ(why(other), "/p is for another machine (arm64)");
  Bytes object = small_program();
  object[16] = ET_REL;
  EXPECT_EQ(why(object), "/p is no whole program: it cannot be executed");
}

TEST(ElfImage, SegmentsThatOverlap) {
  Bytes bytes = small_program();
  // The dynamic section's header becomes a second copy of the first.
  std::memcpy(bytes.data() + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
              bytes.data() + sizeof(Elf64_Ehdr), sizeof(Elf64_Phdr));
  EXPECT_EQ(why(bytes), "/p is no whole program: its segments overlap");
}

TEST(ElfImage, CutOffAnywhere) {
  const Bytes whole = small_program();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto image = Image::parse(Bytes(whole.begin(), whole.begin() + size), "/p");
    // But for the table of symbols, which nothing depends on.
    EXPECT_TRUE(!image || image->own.empty()) << size;
  }
}

// Of a real program, in which each byte may be another: all the way to its calls.
TEST(ElfImage, ChangedAnywhere) {
  std::ifstream in("/bin/true", std::ios::binary);
  const Bytes whole((std::istreambuf_iterator<char>(in)), {});
  if (whole.size() < 4096) GTEST_SKIP() << "no /bin/true";
  std::mt19937 random(11);
  std::size_t read = 0;
  for (int i = 0; i < 300; ++i) {
    Bytes changed = whole;
    for (unsigned n = 1 + random() % 8; n > 0; --n)
      changed[random() % (i % 2 == 0 ? 1024 : changed.size())] =
          static_cast<std::uint8_t>(random());
    if (i % 3 == 0) changed.resize(random() % changed.size());
    auto image = Image::parse(std::move(changed), "/p");
    if (!image) continue;
    Program program;
    program.images.push_back(std::move(*image));
    (void)calls_of(program);
    ++read;
  }
  EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace glacis::elf
