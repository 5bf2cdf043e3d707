// SPDX-License-Identifier: Apache-2.0
// What a container runtime hands to the hook: state, config.json, settings, the
// choice of a profile, and hostile forms of each.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "manager/base/fd.h"
#include "manager/oci/cgroup.h"
#include "manager/oci/choice.h"
#include "manager/oci/config.h"
#include "manager/oci/containers.h"
#include "manager/oci/edit.h"
#include "manager/oci/settings.h"
#include "manager/oci/state.h"
#include "manager/oci/store.h"

namespace glacis::oci {
namespace {

const std::string kState =
    R"({"ociVersion":"1.0.2","id":"web","status":"creating","pid":4711,"bundle":"/b",)"
    R"("annotations":{"org.glacis.profile":"nginx"}})";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string why_state(const std::string& text) {
  const auto state = parse_state(text);
  return state ? "" : state.error().what;
}

TEST(OciState, IsRead) {
  const auto state = parse_state(kState);
  ASSERT_TRUE(state) << state.error().what;
  EXPECT_EQ(state->id, "web");
  EXPECT_EQ(state->bundle, "/b");
  EXPECT_EQ(state->pid, 4711);
  EXPECT_FALSE(state->stopped);
  EXPECT_EQ(state->annotations.at("org.glacis.profile"), "nginx");
}

TEST(OciState, StoppedNeedsNoProcess) {
  for (const char* pid : {"\"pid\":0,", ""}) {
    const auto state = parse_state(with(with(kState, "creating", "stopped"), "\"pid\":4711,", pid));
    ASSERT_TRUE(state) << state.error().what;
    EXPECT_TRUE(state->stopped);
  }
}

TEST(OciState, EveryPrefixIsRefused) {
  for (std::size_t length = 0; length < kState.size(); ++length)
    EXPECT_FALSE(parse_state(kState.substr(0, length))) << length;
}

TEST(OciState, HostileFormsAreRefused) {
  EXPECT_EQ(why_state("[]"), "the state is no object");
  EXPECT_EQ(why_state("nonsense"), "the state is no JSON");
  EXPECT_EQ(why_state(kState + "x"), "the state is no JSON");
  EXPECT_EQ(why_state(std::string("\xff\xfe{}", 4)), "the state is no JSON");
  EXPECT_EQ(why_state(with(kState, "\"web\"", "\"web\",\"id\":\"other\"")),
            "the state has the member id twice");
  EXPECT_EQ(why_state(with(kState, "\"nginx\"", "\"nginx\",\"org.glacis.profile\":\"wide\"")),
            "the state has the member org.glacis.profile twice");
  EXPECT_EQ(why_state(with(kState, "\"web\"", "7")), "the state has a `id` that is no string");
  EXPECT_EQ(why_state(with(kState, "\"web\"", "\"\"")),
            "the state has no id that could be a container's");
  EXPECT_EQ(why_state(with(kState, "\"web\"", "\"" + std::string(2000, 'x') + "\"")),
            "the state has no id that could be a container's");
  EXPECT_EQ(why_state(with(kState, "\"web\"", "\"a\\u0000b\"")),
            "the state has a zero byte in `id`");
  EXPECT_EQ(why_state(with(kState, "\"/b\"", "\"b\"")),
            "the state has no bundle with an absolute path");
  EXPECT_EQ(why_state(with(kState, "\"nginx\"", "{}")),
            "the state has an annotation that is no string");
  EXPECT_EQ(why_state(with(kState, "{\"org.glacis.profile\":\"nginx\"}", "[]")),
            "the state has annotations that are no object");
}

TEST(OciState, ANumberThatIsNoProcessIsRefused) {
  for (const char* pid : {"0", "1", "-1", "-4711", "4711.5", "\"4711\"", "4294967297",
                          "18446744073709551615", "1e400", "null"})
    EXPECT_FALSE(parse_state(with(kState, "4711", pid))) << pid;
  EXPECT_FALSE(parse_state(with(kState, "\"pid\":4711,", "")));
}

TEST(OciState, DepthAndSizeAreBounded) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(parse_state(with(kState, "4711", deep)));
  EXPECT_EQ(why_state(with(kState, "4711", std::string(100, '[') + std::string(100, ']'))),
            "the state is nested too deeply");
  EXPECT_EQ(why_state(std::string(state_max + 1, ' ')), "the state is too long");
}

TEST(OciState, AnEndlessInputIsGivenUp) {
  const Fd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const auto text = read_to_end(zeros.get());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().what, "the state is too long");
}

TEST(OciConfig, RootAndAnnotations) {
  const auto config = parse_config(
      R"({"root":{"path":"rootfs"},"annotations":{"a":"b"},"process":{"args":["x"]}})", "/b");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->root, "/b/rootfs");
  EXPECT_EQ(config->annotations.at("a"), "b");
  EXPECT_EQ(parse_config(R"({"root":{"path":"/r"}})", "/b")->root, "/r");
}

TEST(OciConfig, HostileFormsAreRefused) {
  for (const char* text :
       {"", "{}", "[]", R"({"root":"x"})", R"({"root":{}})", R"({"root":{"path":7}})",
        R"({"root":{"path":""}})", R"({"root":{"path":"r"},"root":{"path":"/"}})",
        R"({"root":{"path":"r","path":"/"}})", R"({"root":{"path":"r"},"annotations":[1]})"})
    EXPECT_FALSE(parse_config(text, "/b")) << text;
  EXPECT_FALSE(parse_config(std::string(config_max + 1, ' '), "/b"));
  EXPECT_FALSE(read_config("/nonexistent"));
  EXPECT_FALSE(read_config("/dev"));
}

constexpr const char* kSettings = R"(
[oci]
default = "container"
timeout = 9
runtime = "/usr/bin/crun"
unconfined = ["org.glacis.unconfined=yes", "role="]
images = { "docker.io/library/nginx" = "nginx", "localhost:5000/db" = "db" }
)";

TEST(OciSettings, AreRead) {
  const auto settings = parse_settings(kSettings);
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->fallback, "container");
  EXPECT_EQ(settings->timeout, 9U);
  EXPECT_EQ(settings->runtime, "/usr/bin/crun");
  EXPECT_EQ(settings->unconfined.size(), 2U);
  EXPECT_EQ(settings->images.at("localhost:5000/db"), "db");
  const auto none = parse_settings("[other]\nx = 1\n");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->fallback);
  EXPECT_EQ(none->timeout, 5U);
}

TEST(OciSettings, WhatIsMisspeltIsRefused) {
  for (const char* text :
       {"oci = 1", "[oci]\ndefualt = \"x\"", "[oci]\ndefault = 1", "[oci]\ndefault = \"\"",
        "[oci]\ntimeout = 0", "[oci]\nruntime = \"runc\"", "[oci]\ntimeout = 61",
        "[oci]\ntimeout = \"5\"", "[oci]\nunconfined = \"a=b\"", "[oci]\nunconfined = [\"a\"]",
        "[oci]\nunconfined = [1]", "[oci]\nimages = { a = 1 }", "[oci]\nimages = []", "[oci",
        "[oci]\ndefault = \"a\"\ndefault = \"b\""})
    EXPECT_FALSE(parse_settings(text)) << text;
}

std::string chosen(const Annotations& annotations, const char* settings = kSettings) {
  const auto choice = choose(annotations, *parse_settings(settings));
  if (!choice) return "refused: " + choice.error().what;
  return choice->profile + " " + choice->why;
}

TEST(OciChoice, AnnotationThenImageThenDefault) {
  const char* image = "org.glacis.image";
  EXPECT_EQ(chosen({{"org.glacis.profile", "web"}, {image, "docker.io/library/nginx"}}),
            "web by annotation");
  EXPECT_EQ(chosen({{image, "docker.io/library/nginx"}}), "nginx by image");
  EXPECT_EQ(chosen({{image, "docker.io/library/nginx:1.22"}}), "nginx by image");
  EXPECT_EQ(chosen({{image, "docker.io/library/nginx:1.22@sha256:00"}}), "nginx by image");
  EXPECT_EQ(chosen({{image, "localhost:5000/db"}}), "db by image");
  EXPECT_EQ(chosen({{image, "localhost:5000/db:2"}}), "db by image");
  EXPECT_EQ(chosen({{image, "docker.io/library/nginx-evil"}}), "container by default");
  EXPECT_EQ(chosen({{"io.kubernetes.cri.image-name", "docker.io/library/nginx:1"}}),
            "nginx by image");
  EXPECT_EQ(chosen({}), "container by default");
}

TEST(OciChoice, OnlyAllowedAnnotationsStartUnconfined) {
  EXPECT_EQ(chosen({{"org.glacis.unconfined", "yes"}}), " by annotation");
  EXPECT_EQ(chosen({{"role", ""}}), " by annotation");
  EXPECT_EQ(chosen({{"org.glacis.unconfined", "Yes"}}), "container by default");
  EXPECT_EQ(chosen({{"org.glacis.unconfined", "yes"}}, ""),
            "refused: no profile is named for this container");
  EXPECT_EQ(chosen({{"org.glacis.unconfined", "yes"}, {"org.glacis.profile", "web"}}),
            "web by annotation");
  EXPECT_EQ(chosen({{"org.glacis.profile", "unconfined"}}), "unconfined by annotation");
}

TEST(OciChoice, WithoutADefaultItIsRefused) {
  EXPECT_EQ(chosen({}, ""), "refused: no profile is named for this container");
  EXPECT_EQ(chosen({}, "[oci]\ndefault = \"unconfined\""), " by default");
}

TEST(OciChoice, AHostileNameIsRefused) {
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\nb"),
                                  std::string("\x1b[2J"), std::string(112, 'x')})
    EXPECT_TRUE(chosen({{"org.glacis.profile", name}}).starts_with("refused")) << name;
}

TEST(OciCgroup, OnlyItsOwn) {
  EXPECT_EQ(*parse_cgroup("0::/a/b\n"), "/a/b");
  EXPECT_EQ(*parse_cgroup("1:name=systemd:/x\n0::/c\n"), "/c");
  for (const char* text : {"", "0::", "1:cpu:/x\n", "10::/x\n"})
    EXPECT_FALSE(parse_cgroup(text)) << text;
  EXPECT_TRUE(check_own("/machine/c1", "/user/shell"));
  EXPECT_TRUE(check_own("/user/shell/c1", "/user/shell"));
  EXPECT_TRUE(check_own("/user/shell1", "/user/shell"));
  for (const char* path : {"/", "/user", "/user/shell", "/../x", "/a/.."})
    EXPECT_FALSE(check_own(path, "/user/shell")) << path;
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "/d";
  EXPECT_FALSE(check_own(deep, "/user"));
}

std::string called(const std::vector<std::string>& words) {
  const Call call = parse_call(words);
  return (call.makes ? "makes " : "- ") + call.bundle + " " + call.log;
}

TEST(OciEdit, TheCommandLineOfARuntime) {
  EXPECT_EQ(called({}), "- . ");
  EXPECT_EQ(called({"create", "id"}), "makes . ");
  EXPECT_EQ(called({"--root", "/r", "--log", "/l", "create", "--bundle", "/b", "id"}),
            "makes /b /l");
  EXPECT_EQ(called({"--log=/l", "--systemd-cgroup", "run", "-d", "--bundle=/b", "id"}),
            "makes /b /l");
  EXPECT_EQ(called({"--cgroup-manager", "cgroupfs", "run", "-b", "/b", "id"}), "makes /b ");
  EXPECT_EQ(called({"--root", "create", "delete", "id"}), "- . ");
  EXPECT_EQ(called({"exec", "id", "create"}), "- . ");
  EXPECT_EQ(called({"create", "--bundle"}), "makes . ");
}

TEST(OciEdit, HooksComeFirstAndOnce) {
  Json config = Json::parse(R"({"hooks":{"createRuntime":[{"path":"/other"}]}})");
  for (int times = 0; times < 2; ++times) ASSERT_TRUE(add_hooks(config, "/h"));
  EXPECT_EQ(config.dump(), R"({"hooks":{"createRuntime":[{"path":"/h"},{"path":"/other"}],)"
                           R"("poststop":[{"path":"/h"}]}})");
  for (const char* text : {R"({"hooks":[]})", R"({"hooks":{"poststop":{}}})"}) {
    Json hostile = Json::parse(text);
    EXPECT_FALSE(add_hooks(hostile, "/h")) << text;
  }
}

TEST(OciEdit, ARefusalComesBeforeAnyOtherHook) {
  Json config = Json::parse(R"({"hooks":{"createRuntime":[{"path":"/other"}]}})");
  ASSERT_TRUE(add_refusal(config, "/h", "no \"profile\""));
  EXPECT_EQ(config.dump(),
            R"({"hooks":{"createRuntime":[{"path":"/h","args":["glacis-oci-hook","refuse",)"
            R"("no \"profile\""]},{"path":"/other"}]}})");
  Json hostile = Json::parse(R"({"hooks":7})");
  EXPECT_FALSE(add_refusal(hostile, "/h", "no"));
}

constexpr const char* kStore =
    R"([{"id":"1","names":["a"],"layer":"L1","metadata":"{\"image-name\":\"i:1\",\"name\":\"a\"}"},)"
    R"({"id":"2","layer":"L2","metadata":"nonsense"},{"id":"3","layer":"L3"},)"
    R"({"id":"4","layer":"L4","metadata":"{\"image-name\":7,\"name\":\"d\"}"}])";

TEST(OciStore, NamesAreThoseOfTheLayer) {
  EXPECT_EQ(names_of_layer(kStore, "L1"), (Names{"a", "i:1", "", ""}));
  for (const char* layer : {"L2", "L3", "L5", ""})
    EXPECT_EQ(names_of_layer(kStore, layer), Names{});
  EXPECT_EQ(names_of_layer(kStore, "L4"), (Names{"d", "", "", ""}));
}

TEST(OciStore, HostileListsTellNothing) {
  const std::string whole = kStore;
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(names_of_layer(whole.substr(0, length), "L1"), Names{}) << length;
  for (const char* text : {"7", "{}", "[7]", R"([{"layer":7}])", R"([{"layer":"L1","metadata":7}])",
                           R"([{"layer":"L1","metadata":"[]"}])"})
    EXPECT_EQ(names_of_layer(text, "L1"), Names{}) << text;
}

TEST(OciEdit, OnlyAListTakesThePlaceOfTheEnginesFilter) {
  const Json own = {{"defaultAction", "SCMP_ACT_ERRNO"}};
  Json without = Json::object();
  ASSERT_TRUE(add_seccomp(without, own, Filter::refuses_some));
  EXPECT_EQ(without["linux"]["seccomp"], own);
  Json with = Json::parse(R"({"linux":{"seccomp":{"defaultAction":"SCMP_ACT_KILL"}}})");
  const Json before = with;
  ASSERT_TRUE(add_seccomp(with, own, Filter::refuses_some));
  EXPECT_EQ(with, before);
  ASSERT_TRUE(add_seccomp(with, own, Filter::refuses_others));
  EXPECT_EQ(with["linux"]["seccomp"], own);
  Json hostile = Json::parse(R"({"linux":[]})");
  EXPECT_FALSE(add_seccomp(hostile, own, Filter::refuses_some));
}

class OciContainers : public ::testing::Test {
 protected:
  OciContainers() {
    char path[] = "/tmp/glacis-oci.XXXXXX";
    folder_ = ::mkdtemp(path);
  }
  ~OciContainers() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(OciContainers, AreKeptByCgroup) {
  const Containers containers(folder_ / "new");
  EXPECT_FALSE(containers.find(7));
  EXPECT_TRUE(containers.all().empty());
  const Container one{"web", "/b", "nginx", 7, "/c/web", {"w", "nginx:1", "p", "n"}};
  Container two = one;  // two runtimes may have a container of one id
  two.cgroup = 8;
  ASSERT_TRUE(containers.put(one));
  ASSERT_TRUE(containers.put(two));
  ASSERT_TRUE(containers.put(one));
  EXPECT_EQ(containers.find(7), one);
  EXPECT_EQ(containers.all().size(), 2U);
  containers.remove(7);
  containers.remove(7);
  EXPECT_FALSE(containers.find(7));
  EXPECT_EQ(containers.find(8), two);
}

TEST_F(OciContainers, TheStoresNamesTakeThePlaceOfAnnotations) {
  std::filesystem::create_directories(folder_ / "overlay-containers");
  std::ofstream(folder_ / "overlay-containers" / "containers.json") << kStore;
  const Annotations claimed{{"org.glacis.image", "claimed"}, {"other", "x"}};
  Annotations annotations = claimed;
  for (const char* root : {"", "/", "rootfs", "/merged", "/overlay/L1/merged"})
    add_names_of_store(annotations, root);
  add_names_of_store(annotations, folder_ / "overlay" / "L1" / "diff");
  add_names_of_store(annotations, folder_ / "overlay" / "L9" / "merged");
  EXPECT_EQ(annotations, claimed);
  add_names_of_store(annotations, folder_ / "overlay" / "L1" / "merged");
  EXPECT_EQ(annotations.at("org.glacis.image"), "i:1");
  EXPECT_EQ(annotations.at("org.glacis.name"), "a");
  EXPECT_EQ(annotations.at("other"), "x");
}

TEST_F(OciContainers, HostileFilesAreNone) {
  const Containers containers(folder_);
  std::ofstream(folder_ / "9.json") << "{";
  std::ofstream(folder_ / "10.json") << R"({"id":7})";
  std::ofstream(folder_ / "x.json") << "{}";
  std::ofstream(folder_ / "99999999999999999999999.json") << "{}";
  EXPECT_TRUE(containers.all().empty());
}

}  // namespace
}  // namespace glacis::oci
