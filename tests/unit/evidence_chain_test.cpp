// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "manager/evidence/chain.h"
#include "manager/evidence/keys.h"
#include "manager/evidence/note.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

TEST(Chain, LinksReadBack) {
  Position at;
  const std::string first = chained({{"b", "\x01\n\"\\/\x7f\u00e9"}, {"a", UINT64_MAX}}, at);
  EXPECT_EQ(first.substr(0, 26), R"({"a":18446744073709551615,)");
  EXPECT_NE(first.find("\"b\":\"\\u0001\\n\\\"\\\\/\x7f\u00e9\""), first.npos) << first;
  const auto one = read_chained(first);
  ASSERT_TRUE(one) << one.error();
  EXPECT_EQ(one->before(), Position{});
  EXPECT_EQ(one->after(), at);
  const auto two = read_chained(chained({{"c", nullptr}}, at));
  ASSERT_TRUE(two);
  EXPECT_EQ(two->before(), one->after());
  EXPECT_EQ(two->number, 1u);
}

TEST(Chain, OnlyCanonicalLinesAreRead) {
  Position at;
  const std::string good = chained({{"a", 1}}, at);
  EXPECT_TRUE(read_chained(good));
  for (const std::string& bad :
       {" " + good, good + " ", "{\"a\":1," + good.substr(1), std::string(), std::string("{}"),
        std::string("[]"), std::string(R"({"a":1,"chain":{}})"), std::string(R"({"chain":1})"),
        std::string(100000, '['),
        "{\"a\":" + std::string(50000, '[') + std::string(50000, ']') + "}"})
    EXPECT_FALSE(read_chained(bad)) << bad.substr(0, 40);
  EXPECT_FALSE(parse_canonical(R"({"a":1.5})")) << "no fractions";
  EXPECT_FALSE(parse_canonical(R"({"a":18446744073709551616})"));
}

SecretKey key_of(std::uint8_t byte) {
  SecretKey::Seed seed{};
  seed.fill(byte);
  return SecretKey(seed);
}

TEST(Note, SignsAndReadsBack) {
  const SecretKey key = key_of(7);
  const Checkpoint checkpoint{"abc", {42, hash_bytes("x")}, "2026-11-23T16:06:45.088121Z"};
  const std::string text = sign_note(checkpoint, key);
  const auto note = parse_note(text);
  ASSERT_TRUE(note) << text;
  EXPECT_EQ(note->checkpoint.log, "abc");
  EXPECT_EQ(note->checkpoint.position, checkpoint.position);
  EXPECT_EQ(note->checkpoint.time, checkpoint.time);
  EXPECT_TRUE(note->signed_by(key.public_key()));
  EXPECT_FALSE(note->signed_by(key_of(8).public_key()));
  EXPECT_EQ(parse_key(key_text(key.public_key())), key.public_key());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto other = parse_note(changed);
    EXPECT_FALSE(other && other->signed_by(key.public_key())) << i;
    EXPECT_FALSE(parse_note(text.substr(0, i))) << i;
  }
}

TEST(Keys, AreMadeOnceAndHandedOver) {
  const Folder folder;
  EXPECT_FALSE(*Keys::look(folder / "keys"));
  auto keys = Keys::open(folder / "keys");
  ASSERT_TRUE(keys) << keys.error().what;
  const PublicKey first = keys->current().public_key();
  EXPECT_EQ(Keys::open(folder / "keys")->current().public_key(), first);
  const std::string secret = contents(folder / "keys/evidence.key");
  const auto next = keys->prepare();
  ASSERT_TRUE(next);
  EXPECT_EQ(*keys->prepare(), *next) << "prepared once";
  EXPECT_TRUE(keys->hand_over(first));
  EXPECT_EQ(keys->current().public_key(), first) << "the log names the first one still";
  ASSERT_TRUE(keys->hand_over(*next));
  EXPECT_EQ(keys->current().public_key(), *next);
  EXPECT_EQ(*Keys::look(folder / "keys"), *next);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "keys"))
    EXPECT_EQ(contents(entry.path()).find(secret.substr(20)), std::string::npos);
}

TEST(Keys, AnInterruptedHandOverIsFinished) {
  const Folder folder;
  auto keys = Keys::open(folder / "keys");
  const auto next = keys->prepare();
  write(folder / "keys/evidence.key", std::string(78, '0'));  // overwritten, not yet replaced
  EXPECT_EQ(Keys::open(folder / "keys")->current().public_key(), *next);
}

TEST(Keys, OthersMayNotReadThem) {
  const Folder folder;
  ASSERT_TRUE(Keys::open(folder / "keys"));
  std::filesystem::permissions(folder / "keys/evidence.key", std::filesystem::perms(0640));
  EXPECT_FALSE(Keys::open(folder / "keys"));
  write(folder / "keys/evidence.key", "no key\n");
  EXPECT_FALSE(Keys::open(folder / "keys"));
}

}  // namespace
}  // namespace glacis::evidence
