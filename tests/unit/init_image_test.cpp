// SPDX-License-Identifier: Apache-2.0
// First profiles of container images, and images that mean ill.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>

#include <array>
#include <fstream>

#include "manager/init/image.h"
#include "manager/profile/load.h"

namespace glacis::init {
namespace {

namespace fs = std::filesystem;

const char* const nginx = R"({
  "architecture": "amd64", "os": "linux",
  "config": {
    "User": "101", "ExposedPorts": {"80/tcp": {}, "8443": {}, "443/udp": {}, "9/sctp": {}},
    "Env": ["PATH=/usr/sbin:relative:/usr/bin:/usr/sbin", "NGINX_VERSION=1.25"],
    "Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["nginx", "-g", "daemon off;"],
    "Volumes": {"/var/cache/nginx/": {}, "/data[1]": {}}
  },
  "rootfs": {"type": "layers", "diff_ids": []}
})";

std::string profile_of(std::string_view text) {
  const auto config = read_image_config(text);
  if (!config) return "error: " + config.error().what;
  const auto workload = workload_of(*config, "test");
  return workload ? first_profile(*workload) : "error: " + workload.error().what;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// That text is a profile.
std::optional<profile::ResolvedProfile> loaded(const std::string& text) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  profile::LoadOptions options;
  options.search = {fs::path(GLACIS_SOURCE) / "profiles"};
  const profile::DiskFiles disk;
  options.files = &disk;
  auto out = profile::load_profile_text(text, "first.toml", options, diagnostics, sources);
  EXPECT_FALSE(diagnostics.failed()) << text;
  return out;
}

TEST(InitImage, ListensOnItsPortsAndWritesItsVolumes) {
  const std::string text = profile_of(nginx);
  EXPECT_TRUE(has(text, "name = \"docker-entrypoint.sh\"")) << text;
  EXPECT_TRUE(has(text, "mode = \"observe\"")) << text;
  EXPECT_TRUE(has(text, "allow = [\"/docker-entrypoint.sh\"]")) << text;
  EXPECT_TRUE(has(text, "tcp = [80, 8443]\nudp = [443]\n")) << text;
  EXPECT_FALSE(has(text, "9")) << "sctp is no port that the language knows: " << text;
  EXPECT_TRUE(has(text, "\"/var/cache/nginx{,/**}\"")) << text;
  EXPECT_TRUE(has(text, R"('/data\[1\]{,/**}')")) << text;
  EXPECT_TRUE(has(text, "net_bind_service")) << text;
  EXPECT_TRUE(has(text, "as 101.")) << text;
  EXPECT_FALSE(has(text, "[attach]")) << "a container is bound by its hook: " << text;
  ASSERT_TRUE(loaded(text));
}

TEST(InitImage, LooksForANameInEveryFolderOfPath) {
  const std::string text = profile_of(
      R"({"config":{"Cmd":["redis-server"],"Env":["PATH=/usr/local/bin:./x:/bin"],"ExposedPorts":{"6379/tcp":{}}}})");
  EXPECT_TRUE(has(text, R"(allow = ["/usr/local/bin/redis-server", "/bin/redis-server"])")) << text;
  EXPECT_FALSE(has(text, "net_bind_service")) << "a high port needs no capability: " << text;
  EXPECT_TRUE(loaded(text));
}

TEST(InitImage, TakesWhatInspectPrints) {
  const std::string text =
      profile_of(R"([{"Id":"1","Config":{"Entrypoint":null,"Cmd":["/app"],"Volumes":null}}])");
  EXPECT_TRUE(has(text, "allow = [\"/app\"]")) << text;
  EXPECT_TRUE(loaded(text));
}

TEST(InitImage, WhatIsWrittenIntoItStaysText) {
  const std::string text = profile_of(
      R"({"config":{"Entrypoint":["/bin/a\"\n[exec]\nallow=[\"/**\"]"],"User":"x\n[exec]"}})");
  const auto profile = loaded(text);
  ASSERT_TRUE(profile) << text;
  EXPECT_FALSE(has(text, "\n[exec]\nallow=")) << text;
}

TEST(InitImage, RefusesWhatIsNoImage) {
  for (const char* bad : {"",
                          "[]",
                          "[1]",
                          "{}",
                          "[{},{}]",
                          "{\"config\":[]}",
                          "{\"config\":{}}",
                          "nonsense",
                          R"({"config":{"Cmd":"sh"}})",
                          R"({"config":{"Cmd":[1]}})",
                          R"({"config":{"Cmd":["a/../b"]}})",
                          R"({"config":{"Cmd":["."]}})",
                          R"({"config":{"Cmd":["/../sh"]}})",
                          R"({"config":{"Cmd":["x\u0000y"]}})",
                          R"({"config":{"Cmd":["/a"],"Cmd":["/b"]}})",
                          R"({"config":{"Cmd":["/a"],"ExposedPorts":{"0/tcp":{}}}})",
                          R"({"config":{"Cmd":["/a"],"ExposedPorts":{"65536/tcp":{}}}})",
                          R"({"config":{"Cmd":["/a"],"ExposedPorts":{"80-90/tcp":{}}}})",
                          R"({"config":{"Cmd":["/a"],"Volumes":{"/":{}}}})",
                          R"({"config":{"Cmd":["/a"],"Volumes":{"/a/../b":{}}}})",
                          R"({"config":{"Cmd":["/a"],"Volumes":{"data":{}}}})"})
    EXPECT_TRUE(profile_of(bad).starts_with("error: ")) << bad;
  EXPECT_TRUE(profile_of(std::string(200'000, '[')).starts_with("error: "));
  EXPECT_TRUE(profile_of(std::string(image_config_max + 1, ' ')).starts_with("error: "));
}

// A layout on disk.
class InitLayout : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "glacis-layout-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directories(folder_ / "blobs/sha256");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Its digest.
  std::string blob(const std::string& text) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size());
    std::string hex;
    for (const unsigned char byte : hash) hex += fmt::format("{:02x}", byte);
    std::ofstream(folder_ / "blobs/sha256" / hex) << text;
    return "sha256:" + hex;
  }
  void index(const std::string& text) { std::ofstream(folder_ / "index.json") << text; }
  std::string manifest() {
    return blob(fmt::format(R"({{"config":{{"digest":"{}"}},"layers":[]}})", blob(nginx)));
  }

  fs::path folder_;
};

TEST_F(InitLayout, IsFollowedToItsConfiguration) {
  index(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", manifest()));
  const auto text = config_of_layout(folder_);
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_EQ(*text, nginx);
}

TEST_F(InitLayout, OfSeveralMachinesTakesOurs) {
  const std::string other = blob(R"({"config":{"digest":"sha256:none"}})");
  const std::string inner = blob(fmt::format(
      R"({{"manifests":[{{"digest":"{}","platform":{{"os":"linux","architecture":"arm64"}}}},
          {{"digest":"{}","platform":{{"os":"linux","architecture":"amd64"}}}}]}})",
      other, manifest()));
  index(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", inner));
  EXPECT_TRUE(config_of_layout(folder_));
  index(fmt::format(R"({{"manifests":[{{"digest":"{}"}},{{"digest":"{}"}}]}})", other, other));
  EXPECT_FALSE(config_of_layout(folder_));
}

TEST_F(InitLayout, RefusesWhatIsNotWhatItSays) {
  const std::string good = manifest();
  std::ofstream(folder_ / "blobs/sha256" / good.substr(7), std::ios::app) << " ";
  index(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", good));
  const auto text = config_of_layout(folder_);
  ASSERT_FALSE(text);
  EXPECT_TRUE(has(text.error().what, "another than its name")) << text.error().what;
  for (const char* bad : {"sha256:../../../../etc/passwd", "md5:00", "", "sha256:"}) {
    index(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", bad));
    EXPECT_FALSE(config_of_layout(folder_)) << bad;
  }
}

TEST_F(InitLayout, EndsWhereIndexesNest) {
  std::string digest = manifest();
  for (int i = 0; i < 8; ++i)
    digest = blob(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", digest));
  index(fmt::format(R"({{"manifests":[{{"digest":"{}"}}]}})", digest));
  EXPECT_FALSE(config_of_layout(folder_));
  index("{}");
  EXPECT_FALSE(config_of_layout(folder_));
  fs::remove(folder_ / "index.json");
  EXPECT_FALSE(config_of_layout(folder_));
}

}  // namespace
}  // namespace glacis::init
