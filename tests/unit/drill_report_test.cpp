// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "manager/base/drill.h"
#include "manager/drill/report.h"
#include "manager/evidence/keys.h"
#include "manager/evidence/states.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::drill {
namespace {

using evidence::Folder;
using evidence::SecretKey;

SecretKey key(std::uint8_t byte) {
  SecretKey::Seed seed{};
  seed.fill(byte);
  return SecretKey(seed);
}

Report small() {
  Report out;
  out.id = "0123";
  out.profile = "nginx";
  out.owner = "web-team";
  Done done;
  done.step = {"shell", "a shell is started", {"T1059.004"}, {"exec.shell"}, {}, {}};
  done.outcome.verdict = Verdict::passed;
  done.outcome.records.push_back({});
  out.scenarios.push_back({"web-shell", {done}});
  return out;
}

TEST(DrillName, IsNoProfilesAndSaysWhetherToNotify) {
  EXPECT_EQ(drill_domain({"nginx", false}), "nginx@drill");
  EXPECT_FALSE(drill_of("nginx@drill")->notify);
  EXPECT_TRUE(drill_of("nginx@drill-notify")->notify);
  EXPECT_EQ(drill_of("nginx@drill")->profile, "nginx");
  for (const char* other : {"nginx", "nginx-drill", "@drill", "nginx@drill ", "nginx@drills", "",
                            "a@b@drill", "@", "nginx@"})
    EXPECT_FALSE(drill_of(other)) << other;
}

TEST(DrillReport, IsOkOnlyIfEverythingPassed) {
  Report report = small();
  EXPECT_TRUE(report_json(report)["ok"]);
  report.scenarios[0].steps.push_back({});
  EXPECT_FALSE(report_json(report)["ok"]) << "not tried";
  report.scenarios[0].steps[1].outcome.verdict = Verdict::granted;
  EXPECT_FALSE(report_json(report)["ok"]);
  EXPECT_FALSE(report_json(Report{})["ok"]) << "nothing was tried";
}

TEST(DrillReport, EveryChangedByteIsFound) {
  const SecretKey mine = key(7);
  const std::string bytes = sign_report(report_json(small()), &mine);
  const auto good = parse_signed(bytes);
  ASSERT_TRUE(good) << good.error().what;
  EXPECT_TRUE(signature_holds(*good));
  EXPECT_EQ(good->key, mine.public_key());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto parsed = parse_signed(bad);
    EXPECT_FALSE(parsed && signature_holds(*parsed)) << at;
    const auto cut = parse_signed(std::string_view(bytes).substr(0, at));
    EXPECT_FALSE(cut) << at;
  }
  EXPECT_FALSE(parse_signed(bytes + "\n"));
  EXPECT_FALSE(parse_signed(" " + bytes)) << "not in canonical form";
}

TEST(DrillReport, OtherSignaturesOfTheKeyAreNone) {
  const SecretKey mine = key(7);
  const Canonical report = report_json(small());
  Canonical file = Canonical::parse(sign_report(report, &mine));
  for (const std::string& text : {evidence::canonical(report), report_hash(report)}) {
    const auto other = mine.sign(text);
    file["signature"] =
        evidence::base64({reinterpret_cast<const char*>(other.data()), other.size()});
    const auto parsed = parse_signed(evidence::canonical(file) + '\n');
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(signature_holds(*parsed));
  }
}

TEST(DrillReport, NobodysKeyIsNoSignature) {
  const auto unsigned_one = parse_signed(sign_report(report_json(small()), nullptr));
  ASSERT_TRUE(unsigned_one);
  EXPECT_EQ(verify_report(*unsigned_one, {}, {})->problem, "nobody signed it");
  const SecretKey mine = key(7), other = key(8);
  const auto report = parse_signed(sign_report(report_json(small()), &mine));
  ASSERT_TRUE(report);
  EXPECT_FALSE(verify_report(*report, {}, {})->good()) << "by a key that nobody knows";
  EXPECT_FALSE(verify_report(*report, {other.public_key()}, {})->good());
  EXPECT_TRUE(verify_report(*report, {mine.public_key()}, {})->good());
}

// With a log: its headers name the key, over rotations too, and it has the end.
TEST(DrillReport, TheLogNamesKeyAndEnd) {
  const Folder folder;
  const evidence::Where where(folder / "log.jsonl");
  const Canonical report = report_json(small());
  std::string bytes;
  {
    auto store = evidence::Store::open(where);
    ASSERT_TRUE(store);
    const std::vector<std::string> first = {R"({"schema":"x"})"};
    ASSERT_TRUE(store->append(first));
    const auto keys = evidence::Keys::open(where.keys);
    ASSERT_TRUE(keys);
    bytes = sign_report(report, &keys->current());
  }
  const auto parsed = parse_signed(bytes);
  ASSERT_TRUE(parsed);
  const auto verified = [&] { return *verify_report(*parsed, {}, where.log); };
  EXPECT_EQ(verified().in_log, false);
  EXPECT_FALSE(verified().good());
  {
    auto store = evidence::Store::open(where);
    const std::vector<std::string> end = {evidence::change_line(
        "unloaded", {}, evidence::context(), {{"by", "drill"}, {"report", report_hash(report)}})};
    ASSERT_TRUE(store->append(end));
    ASSERT_TRUE(store->sync());
  }
  EXPECT_TRUE(verified().good()) << verified().problem;
  EXPECT_NE(verified().trust.find("segment 1"), std::string::npos);
  ASSERT_TRUE(evidence::Store::open(where)->rotate());
  EXPECT_TRUE(verified().good()) << verified().problem;
  const SecretKey other = key(9);
  const auto forged = parse_signed(sign_report(report, &other));
  EXPECT_FALSE(verify_report(*forged, {}, where.log)->good()) << "a key that no header names";
}

}  // namespace
}  // namespace glacis::drill
