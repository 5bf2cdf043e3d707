// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "manager/base/peer.h"
#include "manager/image/builder.h"
#include "manager/image/dominance.h"
#include "manager/image/minimise.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

using profile::Owner;
using profile::PathRule;

std::vector<std::byte> bytes_of(const std::vector<std::string>& globs) {
  return build(generate::profile_of(globs, GL_FILE_READ)).value().bytes;
}

TEST(Builder, SameProfileSameBytes) {
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    generate::Random first(seed), second(seed);
    const auto a = build(generate::profile(first, 40)).value();
    const auto b = build(generate::profile(second, 40)).value();
    EXPECT_EQ(a.bytes, b.bytes);
    EXPECT_EQ(a.digest, b.digest);
    EXPECT_EQ(to_json(a.source_map), to_json(b.source_map));
  }
}

// The digest of a fixed profile, so that a change of bytes does not go unseen:
// whoever changes the format on purpose writes the new one here.
TEST(Builder, BytesAreTheSameOnEveryMachine) {
  EXPECT_EQ(hex(build(generate::service_profile(100)).value().digest),
            "1961d45ada8b53e6069145d2af7efdfae33ad2bb3944a4c44ac3337fc7d8acd5");
}

TEST(Builder, BytesDependOnMeaningOnly) {
  EXPECT_EQ(bytes_of({"/x/{a,b}"}), bytes_of({"/x/{b,a,b}"}));
  EXPECT_EQ(bytes_of({"/x/[ab]"}), bytes_of({"/x/{a,b}"}));
  EXPECT_EQ(bytes_of({"/x/**{,/**}"}), bytes_of({"/x/**"}));
  EXPECT_EQ(bytes_of({"/x/{?,}{a*,[^a]*,}"}), bytes_of({"/x/*"}));
  EXPECT_NE(bytes_of({"/x", "/y"}), bytes_of({"/y", "/x"}));  // rule ids are part of the meaning
}

// The order in which patterns enter the automaton, and the tags that they get,
// leave no trace in its canonical form.
TEST(Builder, InsertionOrderLeavesNoTrace) {
  const auto automaton = [](const std::vector<std::string>& globs, bool reversed) {
    Nfa nfa;
    const auto count = static_cast<std::uint32_t>(globs.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t at = reversed ? count - 1 - i : i;
      const auto patterns = expand(globs[at]).value();
      for (const Pattern& pattern : patterns) nfa.add(pattern, at);
    }
    const auto accept = [](std::span<const std::uint32_t> tags) { return tags[0] + 1; };
    const auto covers = [](std::uint32_t a, std::uint32_t b) { return a <= b; };
    return minimise(determinise(nfa, accept, covers).value());
  };
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    generate::Random random(seed);
    std::vector<std::string> globs;
    for (int i = 0; i < 12; ++i) globs.push_back(generate::glob(random));
    const Dfa a = automaton(globs, false), b = automaton(globs, true);
    EXPECT_EQ(a.classes, b.classes);
    EXPECT_EQ(a.fallback, b.fallback);
    EXPECT_EQ(a.accept, b.accept);
    ASSERT_EQ(a.edges.size(), b.edges.size());
    for (std::size_t i = 0; i < a.edges.size(); ++i) {
      EXPECT_EQ(a.edges[i].cls, b.edges[i].cls);
      EXPECT_EQ(a.edges[i].target, b.edges[i].target);
    }
  }
}

TEST(Builder, TheSourcePlaceIsNoPartOfTheImage) {
  auto a = generate::profile_of({"/x"}, GL_FILE_READ), b = a;
  b.rules[0].span.line = 77;
  b.name = "other";
  EXPECT_EQ(build(a)->digest, build(b)->digest);
  EXPECT_EQ(build(b)->source_map.place(1), "globs.toml:77");
}

TEST(Builder, AcceptRecords) {
  const Built built(profile_with({
      PathRule{"/a/**", GL_FILE_READ | GL_FILE_WRITE},
      PathRule{"/a/own", GL_FILE_WRITE | GL_FILE_CHMOD, Owner::self},
      PathRule{"/a/own", GL_FILE_CHMOD | GL_FILE_CHOWN, Owner::root},
      PathRule{"/a/own", GL_FILE_READ, Owner::any, true},
  }));
  const gl_accept record = sim::Simulator(built.view()).accept("/a/own");
  EXPECT_EQ(record.allow, GL_FILE_WRITE);
  EXPECT_EQ(record.allow_self, GL_FILE_CHMOD);
  EXPECT_EQ(record.allow_root, GL_FILE_CHMOD | GL_FILE_CHOWN);
  EXPECT_EQ(record.deny, GL_FILE_READ);
  const auto refs = built.view().rule_refs().subspan(record.refs, 4);
  EXPECT_EQ(std::vector<int>(refs.begin(), refs.end()), (std::vector<int>{4, 1, 2, 3}));
}

TEST(Builder, GrantsByMask) {
  const Built built(profile_with({
      profile::CapabilityRule{GL_CAP_CHOWN},
      profile::CapabilityRule{GL_CAP_KILL},
      profile::CapabilityRule{GL_CAP_KILL, true},
      profile::CapabilityRule{GL_CAP_KILL, true},
      profile::CapabilityRule{GL_CAP_CHOWN},
      profile::MemoryRule{GL_MEMORY_EXEC_ANON | GL_MEMORY_EXEC_HEAP},
      profile::KernelRule{GL_KERNEL_IO_URING},
      profile::EndingRule{{GL_ENDING_ANONYMOUS, GL_ENDING_UNLINKED}, GL_FILE_READ},
  }));
  const gl_image& header = built.view().header();
  EXPECT_EQ(header.capabilities, 1u << GL_CAP_CHOWN);
  EXPECT_EQ(header.capabilities_denied, 1u << GL_CAP_KILL);
  EXPECT_EQ(header.capability_rules[GL_CAP_CHOWN], 1);
  EXPECT_EQ(header.capability_rules[GL_CAP_KILL], 3);
  EXPECT_EQ(header.memory_rules[1], 6);
  EXPECT_EQ(header.kernel_rules[0], 7);
  EXPECT_EQ(header.endings[GL_ENDING_UNLINKED].rule, 8u);
  EXPECT_EQ(header.rules, 8u);
}

TEST(Builder, PeersInOrderOfTheirRules) {
  const Built built(profile_with({
      profile::ProcessRule{"web", GL_TASK_SIGNAL | GL_TASK_TRACE, 5, true},
      profile::ProcessRule{"self", GL_TASK_INSPECT},
  }));
  const auto peers = built.view().peers();
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].name, name_number("web"));
  EXPECT_EQ(peers[0].signals, 5u);
  EXPECT_EQ(peers[0].access, static_cast<std::uint32_t>(GL_TASK_SIGNAL | GL_TASK_TRACE));
  EXPECT_EQ(peers[0].rule, 1);
  EXPECT_EQ(peers[0].deny, 1);
  EXPECT_EQ(peers[1].name, GL_PEER_SELF);
  EXPECT_EQ(peers[1].rule, 2);
  EXPECT_EQ(peers[1].deny, 0);
}

TEST(Builder, PeersMustMakeSenseAndFit) {
  using profile::ProcessRule;
  EXPECT_FALSE(build(profile_with({ProcessRule{"web", 0}})));
  EXPECT_FALSE(build(profile_with({ProcessRule{"web", GL_TASK_ALL + 1}})));
  EXPECT_FALSE(build(profile_with({ProcessRule{"web", GL_TASK_SIGNAL, 0}})));
  EXPECT_FALSE(build(profile_with({ProcessRule{"web", GL_TASK_TRACE, 1}})));
  profile::ResolvedProfile many = profile_with({});
  for (unsigned i = 1; i <= GL_PEERS_MAX + 1; ++i) {
    profile::Rule& rule = many.rules.emplace_back();
    rule.id = static_cast<profile::RuleId>(i);
    rule.body.emplace<ProcessRule>() = {"web", GL_TASK_TRACE, 0, false};
  }
  EXPECT_FALSE(build(many));
  many.rules.pop_back();
  EXPECT_TRUE(build(many));
}

TEST(Builder, Flags) {
  auto profile = generate::profile_of({"/x"}, GL_FILE_READ);
  EXPECT_EQ(Built(profile).view().header().flags, 0u);
  profile.on_violation = profile::OnViolation::kill;
  profile.on_error = profile::OnError::allow;
  EXPECT_EQ(Built(profile).view().header().flags, GL_IMAGE_KILL | GL_IMAGE_ERROR_ALLOW);
  profile.kill_after = GL_IMAGE_KILL_AFTER_MAX;
  EXPECT_EQ(GL_IMAGE_KILL_AFTER(Built(profile).view().header().flags), GL_IMAGE_KILL_AFTER_MAX);
  profile.kill_after = 0;
  profile.on_evidence_failure = profile::OnEvidenceFailure::deny;
  EXPECT_EQ(Built(profile).view().header().flags,
            GL_IMAGE_KILL | GL_IMAGE_ERROR_ALLOW | GL_IMAGE_EVIDENCE_DENY);
  profile.on_evidence_failure = profile::OnEvidenceFailure::halt;
  EXPECT_EQ(Built(profile).view().header().flags,
            GL_IMAGE_KILL | GL_IMAGE_ERROR_ALLOW | GL_IMAGE_EVIDENCE_DENY | GL_IMAGE_EVIDENCE_HALT);
}

TEST(Builder, EmptyProfileRefusesEverything) {
  const Built built(profile_with({}));
  EXPECT_FALSE(built.reads("/"));
  EXPECT_FALSE(built.reads("@"));
  EXPECT_EQ(built.decide(sim::CapabilityRequest{GL_CAP_KILL}).reason, GL_REASON_DEFAULT);
  EXPECT_EQ(built.view().header().start, 0u);
}

TEST(Builder, ErrorsNameTheRule) {
  const auto bad =
      build(profile_with({PathRule{"/x", GL_FILE_READ}, PathRule{"/[", GL_FILE_READ}}));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what.rfind("test.toml:20:3: file read /[", 0), 0u) << bad.error().what;
  EXPECT_FALSE(build(profile_with({PathRule{"/x", GL_FILE_READ, Owner::self, true}})));
  EXPECT_FALSE(build(profile_with({profile::EndingRule{{GL_ENDING_ROOTED}, GL_FILE_READ}})));
}

TEST(Builder, AnImageTooLargeIsRefused) {
  std::vector<std::string> globs;
  for (int i = 0; i < 9000; ++i)
    globs.push_back("/srv/" + std::to_string(i * 7919) + std::string(40, 'x') + "/**");
  const auto image = build(generate::profile_of(globs, GL_FILE_READ));
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().what.find("more than"), std::string::npos) << image.error().what;
}

}  // namespace
}  // namespace glacis::image
