// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "manager/evidence/decode.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

TEST(Decode, ReadsEveryPart) {
  const auto event = file_event(9);
  const auto out = decode(bytes_of(*event));
  ASSERT_TRUE(out) << out.error().what;
  EXPECT_EQ(out->seq, 9u);
  EXPECT_EQ(out->domain, 0x10001u);
  EXPECT_EQ(out->subject.comm.raw(), "redis-server");
  EXPECT_EQ(out->subject.exe, (Text{Untrusted("/usr/bin/redis-server"), true}));
  ASSERT_EQ(out->subject.ancestry.size(), 2u);
  EXPECT_EQ(out->subject.ancestry[0].comm.raw(), "supervisor-1234");
  EXPECT_EQ(out->object.path, (Text{Untrusted("/usr/bin/dash"), true}));
  EXPECT_EQ(out->object.inode, 8388743u);
}

TEST(Decode, NamesWithoutNul) {
  auto event = file_event();
  std::memset(event->subject.comm, 'x', sizeof event->subject.comm);
  EXPECT_EQ(decode(bytes_of(*event))->subject.comm.raw(), std::string(16, 'x'));
}

TEST(Decode, TheRootHasAPath) {
  auto event = file_event();
  event->object.path = {GL_PATH_TEXT, 0};
  EXPECT_EQ(decode(bytes_of(*event))->object.path, (Text{Untrusted("/"), true}));
  event->object.ending = GL_ENDING_NONE;
  EXPECT_TRUE(decode(bytes_of(*event))->object.path.bytes.empty());
}

TEST(Decode, UnknownNumbersAreKept) {
  auto event = file_event();
  event->hook = 9999;
  event->class_ = 77;
  event->mode = 42;
  event->object.ending = 99;
  const auto out = decode(bytes_of(*event));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->hook, 9999u);
  EXPECT_EQ(out->klass, 77u);
}

TEST(Decode, RefusesWhatIsNoEvent) {
  const auto good = file_event();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, sizeof(gl_event) - 1})
    EXPECT_FALSE(decode(bytes_of(*good).first(size)));
  auto event = file_event();
  event->abi = GL_ABI + 1;
  EXPECT_FALSE(decode(bytes_of(*event)));
  event = file_event();
  event->size -= 8;
  EXPECT_FALSE(decode(bytes_of(*event)));
  event = file_event();
  event->object.path.start = GL_PATH_TEXT + 1;
  EXPECT_FALSE(decode(bytes_of(*event)));
  event = file_event();
  event->subject.exe.start = 0xffffffff;
  EXPECT_FALSE(decode(bytes_of(*event)));
  event = file_event();
  event->subject.ancestors = GL_ANCESTORS + 1;
  EXPECT_FALSE(decode(bytes_of(*event)));
}

TEST(Decode, SequenceOfWhatWasRefused) {
  auto event = file_event(12);
  event->size = 1;
  EXPECT_EQ(sequence_of(bytes_of(*event)), 12u);
  EXPECT_EQ(sequence_of(bytes_of(*event).first(15)), std::nullopt);
  event->abi = 9;
  EXPECT_EQ(sequence_of(bytes_of(*event)), std::nullopt);
}

TEST(Decode, RandomBytesNeverCrashARecord) {
  std::mt19937 random(3);
  SourceMaps maps("/nonexistent");
  for (int i = 0; i < 2000; ++i) {
    auto event = file_event();
    auto* bytes = reinterpret_cast<unsigned char*>(event.get());
    for (int n = 0; n < 200; ++n)
      bytes[24 + random() % (sizeof(gl_event) - 24)] = static_cast<unsigned char>(random());
    if (const auto out = decode(bytes_of(*event))) {
      const auto line = event_line(*out, context(), maps);
      EXPECT_EQ(line.find('\n'), line.npos);
    }
  }
}

}  // namespace
}  // namespace glacis::evidence
