// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "lsm/abi/hooks.h"
#include "manager/image/explain.h"
#include "manager/image/reader.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

using Bytes = std::vector<std::byte>;

// A profile with something in every section.
const Built& full() {
  static const Built built([] {
    generate::Random random(42);
    auto profile = generate::profile(random, 150);
    profile::Rule& last = profile.rules.emplace_back();
    last.id = 1000;
    last.body = profile::PathRule{"/t", GL_FILE_TRANSITION, profile::Owner::any, false,
                                  profile::Transition{"web", true, false}};
    profile.digests = {{"/lib", std::string(64, '0')}};
    return profile;
  }());
  return built;
}

gl_image header_of(const Bytes& bytes) {
  gl_image out;
  std::memcpy(&out, bytes.data(), sizeof(out));
  return out;
}

// The error of reading the full image with its header changed.
template <typename Change>
std::string error_with(Change change) {
  Bytes bytes = full().image().bytes;
  gl_image header = header_of(bytes);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof(header));
  const auto view = read(bytes);
  return view ? "" : view.error().what;
}

TEST(Reader, GivesBackWhatWasBuilt) {
  const Built& built = full();
  EXPECT_EQ(built.view().digest(), built.image().digest);
  EXPECT_TRUE(std::ranges::equal(built.view().bytes(), built.image().bytes));
  EXPECT_FALSE(built.view().comb().empty());
  EXPECT_FALSE(built.view().net4().empty());
  EXPECT_FALSE(built.view().net6().empty());
  EXPECT_FALSE(built.view().ports().empty());
  EXPECT_FALSE(built.view().peers().empty());
  EXPECT_FALSE(built.view().transitions().empty());
  EXPECT_FALSE(built.view().digests().empty());
}

TEST(Reader, SaysWhichVersionItIs) {
  const std::string error = error_with([](gl_image& h) { h.abi = 7; });
  EXPECT_NE(error.find("version 7"), std::string::npos) << error;
  EXPECT_NE(error.find("version " + std::to_string(GL_ABI)), std::string::npos) << error;
}

TEST(Reader, OtherFilesAreNotImages) {
  EXPECT_FALSE(read({}));
  const std::string text = "schema = 1\n";
  EXPECT_FALSE(read(std::as_bytes(std::span(text))));
  EXPECT_NE(error_with([](gl_image& h) { h.magic = 1; }).find("not a policy image"),
            std::string::npos);
}

TEST(Reader, ChecksTheHeader) {
  EXPECT_NE(error_with([](gl_image& h) { h.size += 8; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.header_size = 8; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.flags |= 1u << 5; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.rules = 1; }), "");
  const auto comb = full().view().comb();
  const auto edge = std::ranges::find_if(comb, [](auto cell) { return GL_COMB_KEY(cell) != 0; });
  EXPECT_NE(error_with([&](gl_image& h) { h.start = static_cast<__u32>(edge - comb.begin()); }),
            "");
  EXPECT_NE(error_with([](gl_image& h) { h.start = 0xffffff; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.classes[9] = 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.classes[9] = 255; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.capabilities_denied |= h.capabilities; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.sockets |= 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.endings[GL_ENDING_ROOTED] = {1, 1}; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.memory_rules[31] = 1; }), "");
}

TEST(Reader, ChecksTheSections) {
  EXPECT_NE(error_with([](gl_image& h) { h.comb.offset += 8; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.comb.count = 0x40000000; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.accepts.offset = h.comb.offset; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.ports.count -= 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.net4_tables[1][1].count += 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.net4_tables[0][1] = h.net4_tables[1][1]; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.net6_tables[2][1].offset = 0xfffffff0; }), "");
}

// The error of reading an image of one rule about tasks with that rule changed.
template <typename Change>
std::string error_with_peer(Change change) {
  Bytes bytes =
      Built(profile_with({profile::ProcessRule{"web", GL_TASK_SIGNAL, 1, false}})).image().bytes;
  gl_peer peer{};
  std::byte* at = bytes.data() + header_of(bytes).peers.offset;
  std::memcpy(&peer, at, sizeof peer);
  change(peer);
  std::memcpy(at, &peer, sizeof peer);
  const auto view = read(bytes);
  return view ? "" : view.error().what;
}

TEST(Reader, ChecksThePeers) {
  EXPECT_EQ(error_with_peer([](gl_peer&) {}), "");
  EXPECT_EQ(error_with_peer([](gl_peer& p) { p.deny = 1; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.deny = 2; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.access = 0; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.access |= GL_TASK_ALL + 1; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.rule = 0; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.rule = 2; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.signals = 0; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.access = GL_TASK_TRACE; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.name = 0; }), "");
  EXPECT_NE(error_with_peer([](gl_peer& p) { p.name = GL_PEER_ANY + 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.peers.count = 0x40000000; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.peers.offset += 8; }), "");
}

// An image of as many rules as fill the core's loop, and of one more.
TEST(Reader, NoMorePeersThanTheCoreLooksAt) {
  const auto image_of = [](std::uint32_t count) {
    Bytes bytes = Built(profile_with({profile::ProcessRule{"web", GL_TASK_TRACE}})).image().bytes;
    gl_image header = header_of(bytes);
    const Bytes one(bytes.begin() + header.peers.offset, bytes.end());
    for (; header.peers.count < count; ++header.peers.count)
      bytes.insert(bytes.end(), one.begin(), one.end());
    header.transitions.offset = static_cast<std::uint32_t>(bytes.size());
    header.size = static_cast<std::uint32_t>(bytes.size());
    header.syscalls.offset = header.size;  // empty, as is what follows
    header.attach.offset = header.size;
    header.digests.offset = header.size;
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
  };
  EXPECT_TRUE(read(image_of(GL_PEERS_MAX)));
  EXPECT_FALSE(read(image_of(GL_PEERS_MAX + 1)));
}

// The error of reading an image of two transitions with the second one changed.
template <typename Change>
std::string error_with_transition(Change change) {
  const auto to = [](const char* name) {
    return profile::PathRule{"/a", GL_FILE_TRANSITION, profile::Owner::any, false,
                             profile::Transition{name, true, false}};
  };
  Bytes bytes = Built(profile_with({to("web"), to("db")})).image().bytes;
  gl_transition second{};
  std::byte* at = bytes.data() + header_of(bytes).transitions.offset + sizeof second;
  std::memcpy(&second, at, sizeof second);
  change(second);
  std::memcpy(at, &second, sizeof second);
  const auto view = read(bytes);
  return view ? "" : view.error().what;
}

TEST(Reader, ChecksTheTransitions) {
  EXPECT_EQ(error_with_transition([](gl_transition&) {}), "");
  EXPECT_EQ(error_with_transition([](gl_transition& t) { t.flags = GL_TRANSITION_UNSAFE; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.flags = 4; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.rule = 1; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.rule = 3; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.name = GL_PEER_ANY; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.name = 0; }), "");
  EXPECT_NE(error_with_transition([](gl_transition& t) { t.zero = 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.transitions.count += 1; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.transitions.offset += 8; }), "");
}

TEST(Reader, ChecksWhatAttaches) {
  auto profile = profile_with({profile::PathRule{"/a", GL_FILE_ATTACH}});
  profile.attach.exec = {"/a"};
  const Built built(profile);
  EXPECT_EQ(parse_attachments(built.view().attach()), profile.attach);
  Bytes bytes = built.image().bytes;
  bytes[built.view().header().attach.offset] = std::byte{'x'};
  EXPECT_FALSE(read(bytes));
  EXPECT_NE(error_with([](gl_image& h) { h.attach.count += 1; }), "");
}

TEST(Reader, ChecksDigests) {
  auto profile = profile_with({profile::PathRule{"/a", GL_FILE_DIGEST}});
  profile.digests = {{"/a", std::string(64, '1')}};
  const Built built(profile);
  EXPECT_EQ(parse_digests(built.view().digests()), profile.digests);
  Bytes bytes = built.image().bytes;
  bytes[built.view().header().digests.offset] = std::byte{'x'};
  EXPECT_FALSE(read(bytes));
  EXPECT_NE(error_with([](gl_image& h) { h.digests.count += 1; }), "");
}

// What the core would look for in vain.
TEST(Reader, ATransitionThatIsMissing) {
  Bytes bytes =
      Built(profile_with({profile::PathRule{"/a", GL_FILE_TRANSITION, profile::Owner::any, false,
                                            profile::Transition{"web", true, false}}}))
          .image()
          .bytes;
  gl_image header = header_of(bytes);
  header.transitions.count = 0;
  header.attach.offset = header.transitions.offset;
  header.size = header.transitions.offset;
  bytes.resize(header.size);
  std::memcpy(bytes.data(), &header, sizeof header);
  EXPECT_FALSE(read(bytes));
}

TEST(Reader, ACellWithoutAStateIsRefused) {
  Bytes bytes = full().image().bytes;
  const auto comb = full().view().comb();
  std::uint32_t at = 8;  // an unused cell, and below it one that is no state
  while (comb[at] != 0 || GL_COMB_KEY(comb[at - 2]) == 0) ++at;
  bytes[full().view().header().comb.offset + at * 4] = std::byte{2};
  const auto view = read(bytes);
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().what.find("belongs to no state"), std::string::npos) << view.error().what;
}

TEST(Reader, HooksThatAreNeededMustBeAskedFor) {
  EXPECT_NE(error_with([](gl_image& h) { h.hooks.words[0] &= ~(1ull << GL_HOOK_FILE_OPEN); }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.hooks.words[0] |= 1ull << GL_HOOK_NONE; }), "");
  EXPECT_NE(error_with([](gl_image& h) { h.hooks.words[1] |= 1ull << (GL_HOOK_COUNT - 64); }), "");
}

TEST(Reader, EveryTruncationIsRefused) {
  const Bytes& bytes = full().image().bytes;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(read(std::span(bytes).first(size))) << size;
  Bytes longer = bytes;
  longer.resize(longer.size() + 8);
  EXPECT_FALSE(read(longer));
}

// What a damaged image may still do: answer something, within its own bytes.
void ask(const ImageView& view) {
  const sim::Simulator simulator(view);
  for (const char* path : {"/", "/a", "/etc/a.b/log", "@a", "/.a/ab/ba/-"}) {
    const gl_verdict verdict = simulator.decide(sim::FileRequest{path, GL_FILE_READ, 3});
    ASSERT_TRUE(verdict.decision == GL_ALLOW || verdict.decision == GL_DENY);
    ASSERT_LE(verdict.rule, view.header().rules);
  }
  for (std::uint32_t address : {0u, 0x01010101u, 0xffffffffu})
    for (std::uint32_t kind = 1; kind < 9; ++kind)
      for (const bool v6 : {false, true})
        ASSERT_LE(
            simulator
                .decide(sim::NetRequest{
                    GL_NET_CONNECT, static_cast<gl_socket>(kind), v6, {address, address, 0, 1}, 80})
                .rule,
            view.header().rules);
  for (std::uint32_t access = 1; access < GL_TASK_ALL; access <<= 1)
    for (const char* peer : {"self", "unconfined", "web"})
      ASSERT_LE(simulator.decide(sim::TaskRequest{peer, access, 9}).rule, view.header().rules);
  ASSERT_FALSE(explain_text(view, nullptr).empty());
}

// Also read what the fuzzer may not find in its seconds: each bit, once.
TEST(Reader, EveryBitFlippedIsRefusedOrHarmless) {
  Bytes bytes = full().image().bytes;
  std::size_t harmless = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned flip = 1; flip < 256; flip = flip == 255 ? 256 : flip == 128 ? 255 : flip * 2) {
      const std::byte was = bytes[at];
      bytes[at] ^= static_cast<std::byte>(flip);
      if (const auto view = read(bytes)) {
        ++harmless;
        if (harmless % 8 == 0) ask(*view);
        if (testing::Test::HasFatalFailure()) return;
      }
      bytes[at] = was;
    }
  }
  // Bits of masks and of rule ids cannot be told from those of another profile.
  EXPECT_LT(harmless, bytes.size() * 9 / 2);
  EXPECT_TRUE(read(bytes));
}

}  // namespace
}  // namespace glacis::image
