// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>
#include <string>
#include <vector>

#include "manager/kernel/ring.h"

namespace glacis::kernel {
namespace {

// The memory of a ring of 256 bytes. The kernel maps its data twice in a row;
// here every byte is written to both places.
class FakeRing {
 public:
  static constexpr std::size_t kSize = 256;

  void put(std::string_view bytes, std::uint32_t flags = 0) {
    header(static_cast<std::uint32_t>(bytes.size()) | flags);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      byte(produced_ + BPF_RINGBUF_HDR_SZ + i, static_cast<std::byte>(bytes[i]));
    produced_ += (bytes.size() + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
  }
  void header(std::uint32_t value) {
    std::byte bytes[4];
    std::memcpy(bytes, &value, 4);
    for (std::size_t i = 0; i < 4; ++i) byte(produced_ + i, bytes[i]);
  }
  Taken take() {
    seen.clear();
    return take_records({&consumed, &produced_, reinterpret_cast<std::byte*>(data_), kSize},
                        [&](std::span<const std::byte> bytes) {
                          seen.emplace_back(reinterpret_cast<const char*>(bytes.data()),
                                            bytes.size());
                        });
  }

  std::uint64_t consumed = 0;
  std::vector<std::string> seen;

 private:
  void byte(std::uint64_t at, std::byte value) {
    auto* data = reinterpret_cast<std::byte*>(data_);
    data[at % kSize] = data[at % kSize + kSize] = value;
  }
  std::uint64_t produced_ = 0;
  std::uint64_t data_[2 * kSize / 8] = {};
};

using Strings = std::vector<std::string>;

TEST(Ring, TakesWithoutMovingThePosition) {
  FakeRing ring;
  ring.put("one");
  ring.put("dropped", BPF_RINGBUF_DISCARD_BIT);
  ring.put("two");
  const Taken first = ring.take();
  EXPECT_EQ(ring.seen, (Strings{"one", "two"}));
  EXPECT_EQ(ring.take().end, first.end);
  EXPECT_EQ(ring.seen, (Strings{"one", "two"}));
  ring.consumed = first.end;
  EXPECT_EQ(ring.take().end, first.end);
  EXPECT_TRUE(ring.seen.empty());
}

TEST(Ring, GoesRoundTheEnd) {
  FakeRing ring;
  for (int i = 0; i < 50; ++i) {
    const std::string text(static_cast<std::size_t>(60 + i), static_cast<char>('a' + i % 26));
    ring.put(text);
    ring.put("x");
    ring.consumed = ring.take().end;
    EXPECT_EQ(ring.seen, (Strings{text, "x"}));
  }
}

TEST(Ring, StopsAtARecordBeingWritten) {
  FakeRing ring;
  ring.put("done");
  ring.put("busy", BPF_RINGBUF_BUSY_BIT);
  ring.put("later");
  const Taken taken = ring.take();
  EXPECT_TRUE(taken.writing);
  EXPECT_EQ(ring.seen, (Strings{"done"}));
  EXPECT_EQ(taken.end, 16u);
}

TEST(Ring, StopsAtALengthThatCannotBe) {
  FakeRing ring;
  ring.put("done");
  ring.put("bad");
  ring.consumed = 16;
  ring.take();
  FakeRing other;
  other.put("x", 0x0fffff00);
  EXPECT_TRUE(other.take().malformed);
  EXPECT_TRUE(other.seen.empty());
}

TEST(Ring, RefusesADescriptorThatIsNoRing) { EXPECT_FALSE(Ring::open(-1)); }

}  // namespace
}  // namespace glacis::kernel
