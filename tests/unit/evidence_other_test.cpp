// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/list.h"
#include "manager/evidence/other.h"
#include "manager/evidence/render.h"
#include "manager/evidence/store.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

using Json = nlohmann::json;

audit::Record record(std::uint32_t pid = 135) {
  audit::Record out;
  out.time = 1'795'794'164'808'000'000;
  out.serial = 2;
  out.pid = pid;
  out.uid = 33;
  out.comm = Untrusted("a\x1b[2Jb");
  out.exe = Untrusted("/usr/bin/perl");
  out.what = audit::Seccomp{0xc000003e, 83, 0x50000};
  return out;
}

Other refused() {
  Other out;
  out.record = record();
  out.verdict = "denied";
  out.domain = "web";
  out.in_force = {"web", 0x10001, 3, GL_MODE_ENFORCE, {}};
  out.start = 77;
  out.abi = "x86_64";
  out.call = "mkdir";
  out.rule = 2;
  out.reason = "rule";
  out.error = 1;
  return out;
}

Other by_apparmor() {
  Other out = refused();
  audit::AppArmor what;
  what.answer = "DENIED";
  what.operation = Untrusted("open");
  what.profile = Untrusted("glacis.web");
  what.name = Untrusted("/etc/\xff");
  what.refused = "r";
  out.record.what = what;
  return out;
}

class EvidenceOther : public testing::Test {
 protected:
  [[nodiscard]] Json line(const Other& other, const Further& further = {}) {
    return Json::parse(other_line(other, further, context_, maps_, nullptr));
  }
  Context context_ = context();
  SourceMaps maps_{"/nonexistent"};
};

TEST_F(EvidenceOther, ACall) {
  const Json out = line(refused());
  EXPECT_EQ(out["schema"], event_schema);
  EXPECT_EQ(out["time"], "2026-11-27T15:42:44.808000Z");
  EXPECT_FALSE(out.contains("seq")) << "it is of no ring";
  EXPECT_EQ(out["verdict"], "denied");
  EXPECT_EQ(out["hook"], "seccomp");
  EXPECT_EQ(out["errno"], "EPERM");
  EXPECT_EQ(out["blockers"], Json({"syscall.mkdir"}));
  EXPECT_EQ(out["object"]["number"], 83);
  EXPECT_EQ(out["object"]["action"], "errno");
  EXPECT_EQ(out["rule"]["id"], 2);
  EXPECT_EQ(out["subject"]["comm"], "a\\x1b[2Jb");
  EXPECT_EQ(out["audit"]["serial"], 2);
  EXPECT_EQ(out["grade"], "suspicious");
  EXPECT_FALSE(out.contains("repeats"));
  EXPECT_FALSE(out["subject"].contains("ended"));
}

TEST_F(EvidenceOther, OfAProcessThatIsGoneNothingIsGuessed) {
  Other gone = refused();
  gone.domain.reset();
  gone.in_force.reset();
  gone.ended = true;
  gone.start = 0;
  gone.verdict = "denied_by_other";
  const Json out = line(gone);
  for (const char* key : {"domain", "domain_id", "image", "mode"}) EXPECT_TRUE(out[key].is_null());
  EXPECT_TRUE(out["subject"]["start"].is_null());
  EXPECT_EQ(out["subject"]["ended"], true);
}

TEST_F(EvidenceOther, AppArmor) {
  const Json out = line(by_apparmor(), {4, 1'795'794'170'000'000'000});
  EXPECT_EQ(out["hook"], "apparmor");
  EXPECT_EQ(out["blockers"], Json({"apparmor.open"}));
  EXPECT_EQ(out["object"]["name"], "/etc/\\xff");
  EXPECT_EQ(out["subject"]["fsuid"], 33);
  EXPECT_EQ(out["repeats"]["count"], 4);
}

TEST_F(EvidenceOther, KindsAreWithoutWhatAProcessChangesAtWill) {
  const Other one = refused();
  Other same = one;
  same.record.pid = 9;
  same.record.comm = Untrusted("other");
  same.record.serial = 99;
  EXPECT_EQ(kind_of(one), kind_of(same));
  Other call = one, domain = one, exe = one;
  call.call = "rmdir";
  domain.domain = "db";
  exe.record.exe = Untrusted("/x");
  for (const Other& other : {call, domain, exe, by_apparmor()})
    EXPECT_NE(kind_of(one), kind_of(other));
  Other unknown = one;
  unknown.call.reset();
  Other next = unknown;
  std::get<audit::Seccomp>(next.record.what).call = 4711;
  EXPECT_EQ(kind_of(unknown), kind_of(next)) << "numbers without a name are endless";
}

// In a log with events of the ring: numbers go on, and it is found by the chain's.
TEST_F(EvidenceOther, InTheLog) {
  Folder folder;
  const Where where(folder / "log");
  {
    auto store = Store::open(where);
    ASSERT_TRUE(store);
    const std::vector<std::string> lines = {
        event_line(*decode(bytes_of(*file_event(5))), context_, maps_),
        other_line(refused(), {999, 0}, context_, maps_, nullptr),
        missed_line("room", 12, context_)};
    ASSERT_TRUE(store->append(lines));
    ASSERT_TRUE(store->sync());
    const auto tail = store->tail(context_.origin, 10);
    ASSERT_TRUE(tail);
    EXPECT_EQ(tail->last, 5u);
    EXPECT_EQ(tail->seqs.size(), 1u);
  }
  const auto listing = read_log(where.log, {}, nullptr);
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->problems.empty());
  ASSERT_EQ(listing->entries.size(), 3u);
  const std::string number = "n" + listing->entries[1].record["chain"]["n"].dump();
  const std::string text = list_text(*listing);
  EXPECT_TRUE(text.contains(number)) << text;
  EXPECT_TRUE(text.contains("call mkdir (83 of x86_64)")) << text;
  EXPECT_TRUE(text.contains("×1000")) << text;
  EXPECT_TRUE(text.contains("MISSED: 12 refusals")) << text;
  const auto name = parse_name(number);
  ASSERT_TRUE(name);
  const auto found = find_record(where.log, *name, nullptr);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record["hook"], "seccomp");
  EXPECT_TRUE(show_text(*found).contains("record " + number));
  EXPECT_FALSE(find_record(where.log, Name{true, 4711}, nullptr));
  EXPECT_EQ(read_log(where.log, {.since_seq = 5}, nullptr)->entries.size(), 2u)
      << "an event without a number is not a later one";
}

TEST(EvidenceName, Numbers) {
  EXPECT_EQ(parse_name("5")->number, 5u);
  EXPECT_FALSE(parse_name("5")->chain);
  EXPECT_TRUE(parse_name("n5")->chain);
  for (const char* bad : {"", "n", "x5", "5x", "-5", "n-5", "nn5", "99999999999999999999"})
    EXPECT_FALSE(parse_name(bad)) << bad;
}

}  // namespace
}  // namespace glacis::evidence
