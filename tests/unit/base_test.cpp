// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "lsm/abi/image.h"
#include "manager/base/attach.h"
#include "manager/base/digests.h"
#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/base/peer.h"
#include "manager/base/signals.h"
#include "manager/base/similar.h"

namespace glacis {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "glacis-base-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Escape, KeepsWhatIsPrintable) {
  EXPECT_EQ(escape("/etc/nginx é 日本"), "/etc/nginx é 日本");
  EXPECT_EQ(escape(""), "");
}

TEST(Escape, EscapesWhatMovesTheCursorOrTurnsText) {
  EXPECT_EQ(escape("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(escape("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escape(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(escape("\xe2\x80\xae"), "\\u202e");  // right to left override
  EXPECT_EQ(escape("\xe2\x80\x8b"), "\\u200b");  // zero width space
  EXPECT_EQ(escape("\xc2\x9b"), "\\u009b");      // the one-byte form of ESC [
  EXPECT_EQ(escape("\xf3\xa0\x80\x81"), "\\U000e0001");
}

TEST(Escape, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escape("\xff"), "\\xff");
  EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf");           // overlong slash
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(escape("\xe2\x82"), "\\xe2\\x82");  // cut short
  EXPECT_EQ(escape("\xe2\x28\xa1"), "\\xe2(\\xa1");
}

TEST(Escape, CanBeReadBackWithoutDoubt) {
  EXPECT_EQ(escape("\\x1b"), "\\\\x1b");
  EXPECT_EQ(escape("\\x1b", Backslash::keep), "\\x1b");
}

TEST(Untrusted, PrintsOnlyEscaped) {
  const Untrusted name(std::string_view("a\x1b"));
  EXPECT_EQ(fmt::format("<{}>", name), "<a\\x1b>");
  EXPECT_EQ(fmt::format("<{:>7}>", name), "<  a\\x1b>");
  EXPECT_EQ(name.raw(), "a\x1b");
}

TEST(Similar, CountsSlipsOfTheFinger) {
  EXPECT_EQ(edit_distance("read", "read", 3), 0u);
  EXPECT_EQ(edit_distance("raed", "read", 3), 1u);
  EXPECT_EQ(edit_distance("acess", "access", 3), 1u);
  EXPECT_EQ(edit_distance("", "abc", 3), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting", 3), 3u);
  EXPECT_GT(edit_distance("kitten", "sitting", 2), 2u);
}

TEST(Similar, SuggestsOnlyWhatIsNear) {
  constexpr std::array<std::string_view, 4> words = {"read", "write", "append", "net_bind_service"};
  EXPECT_EQ(closest("raed", words), "read");
  EXPECT_EQ(closest("net_bindservice", words), "net_bind_service");
  EXPECT_FALSE(closest("xyz", words));
  EXPECT_FALSE(closest("", words));
  EXPECT_FALSE(closest(std::string(1000, 'a'), words));
}

TEST(Signals, NamesLeadBackToTheirNumbers) {
  for (unsigned number = 1; number <= highest_signal; ++number)
    EXPECT_EQ(signal_number(signal_name(number)), number) << signal_name(number);
  for (const std::string_view word : signal_words()) EXPECT_TRUE(signal_number(word)) << word;
  EXPECT_EQ(signal_number("term"), SIGTERM);
  EXPECT_EQ(signal_number("chld"), SIGCHLD);
  EXPECT_EQ(signal_number("cld"), SIGCHLD);
  EXPECT_EQ(signal_number("sys"), SIGSYS);
  EXPECT_EQ(signal_number("rtmin"), SIGRTMIN);
  EXPECT_EQ(signal_number("rtmax-0"), SIGRTMAX);
  EXPECT_EQ(signal_number("rtmin+30"), 64u);
  EXPECT_EQ(signal_number("33"), 33u);
  EXPECT_EQ(signal_name(32), "32");
}

TEST(Signals, OthersAreNone) {
  for (const char* word : {"", "0", "65", "-1", "1x", "TERM", "sigterm", "rtmin+31", "rtmax-31",
                           "rtmin-1", "rtmin+", "99999999999999999999"})
    EXPECT_EQ(signal_number(word), std::nullopt) << word;
  EXPECT_EQ(signals_text(signal_bit(SIGTERM) | signal_bit(SIGHUP) | signal_bit(64)),
            "hup,term,rtmax");
  EXPECT_EQ(signals_text(0), "");
}

// Images and domains of different versions must agree on these.
TEST(Peer, NumbersOfNamesNeverChange) {
  EXPECT_EQ(name_number("nginx"), 0x858ea5d4acf5f219u);
  EXPECT_EQ(peer_number("nginx"), name_number("nginx"));
  EXPECT_EQ(peer_number("self"), GL_PEER_SELF);
  EXPECT_EQ(peer_number("unconfined"), GL_PEER_UNCONFINED);
  EXPECT_EQ(peer_number("any"), GL_PEER_ANY);
  for (const std::string_view word : peer_words) {
    EXPECT_TRUE(is_peer_word(word));
    EXPECT_GE(name_number(word), GL_PEER_NAMED);
  }
}

TEST(Fd, HasOneOwner) {
  Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(first);
  const int number = first.get();
  Fd second(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), number);
  second.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(File, ReadsWhatItWrote) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder / "a", "one", 0600));
  ASSERT_TRUE(write_file(folder / "a", "two", 0640));
  EXPECT_EQ(read_file(folder / "a", 10).value(), "two");
  struct stat info{};
  ASSERT_EQ(::stat((folder / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  const auto entries = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(File, TellsWhyItCannotRead) {
  const Folder folder;
  using Kind = ReadFailure::Kind;
  EXPECT_EQ(read_whole(folder / "none", 10).error().kind, Kind::missing);
  EXPECT_EQ(read_whole(folder.path(), 10).error().kind, Kind::not_regular);
  EXPECT_EQ(read_whole(folder.path(), 10).error().what, "is a directory");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_whole(folder / "pipe", 10).error().kind, Kind::not_regular);
  ASSERT_TRUE(write_file(folder / "a", "12345678901"));
  EXPECT_EQ(read_whole(folder / "a", 10).error().kind, Kind::too_large);
  EXPECT_TRUE(read_whole(folder / "a", 11));
  EXPECT_EQ(read_file(folder / "a\x1b", 10).error().what.find('\x1b'), std::string::npos);
}

TEST(File, LeavesTheOldBytesWhenWritingFails) {
  const Folder folder;
  ASSERT_FALSE(write_file(folder / "no/such/folder", "x"));
  std::filesystem::create_directory(folder / "d");
  std::ofstream(folder / "d/x") << "x";
  const Status status = write_file(folder / "d", "y");
  ASSERT_FALSE(status);
  EXPECT_TRUE(std::filesystem::exists(folder / "d/x"));
  EXPECT_FALSE(status.error().unchanged.empty());
}

TEST(Attach, ReadsWhatItWrites) {
  const Attachments all = {.exec = {"/usr/sbin/a b", "/x"},
                           .unit = {"a.service"},
                           .user = {"www-data"},
                           .oci = {"k=v w"},
                           .inside = {"/in"},
                           .outside = {"/out"}};
  EXPECT_EQ(parse_attachments(encode(all)), all);
  EXPECT_EQ(parse_attachments(""), Attachments{});
  using namespace std::string_literals;
  for (const std::string& bad :
       {"exec /x"s, "exec \0"s, "exec\0"s, "other /x\0"s, "\0"s, "unit a\0exec /x\0"s})
    EXPECT_FALSE(parse_attachments(bad)) << escape(bad);
}

TEST(Digests, ReadsWhatItWrites) {
  const std::string a(64, 'a'), b = std::string(63, '0') + "f";
  const std::vector<FileDigest> all = {{"/usr/lib/a b", a}, {"/x", b}, {"/x", a}};
  EXPECT_EQ(parse_digests(encode(all)), all);
  EXPECT_EQ(parse_digests(""), std::vector<FileDigest>{});
  using namespace std::string_literals;
  for (const std::string& bad :
       {a + " /x"s, a + " \0"s, a + " x\0"s, a + "/x\0"s, "\0"s, a.substr(1) + " /x\0"s,
        a + "a /x\0"s, "A" + a.substr(1) + " /x\0"s})
    EXPECT_FALSE(parse_digests(bad)) << escape(bad);
}

TEST(Digests, OfAFile) {
  const Folder folder;
  const std::filesystem::path path = folder / "x";
  std::ofstream(path) << "code\n";
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(sha256_of(fd.get()),
            "b57b236c9bcd2a61fcd627b69ae2d7a6eb5bc13f2dc25311348ee08df43bc0c4");
  EXPECT_EQ(sha256_of(fd.get()), sha256_of(fd.get()));  // from the first byte each time
  EXPECT_FALSE(sha256_of(-1));
}

TEST(Attach, FindsWhatTwoHaveInCommon) {
  EXPECT_EQ(in_common({.exec = {"/a", "/b"}}, {.exec = {"/b"}}), "program /b");
  EXPECT_EQ(in_common({.unit = {"a.service"}}, {.unit = {"a.service"}}), "unit a.service");
  EXPECT_EQ(in_common({.user = {"a"}}, {.user = {"a"}}), "user a");
  EXPECT_FALSE(in_common({.exec = {"/a"}, .oci = {"x=y"}}, {.exec = {"/b"}, .oci = {"x=y"}}));
}

TEST(Attach, NamesCgroupsAsSystemdDoes) {
  EXPECT_EQ(cgroup_of_unit("nginx.service"), "nginx.service");
  EXPECT_EQ(cgroup_of_unit("cpu.service"), "_cpu.service");
  EXPECT_EQ(cgroup_of_unit("cpufreq.service"), "cpufreq.service");
  EXPECT_EQ(cgroup_of_unit("cgroup.service"), "_cgroup.service");
  EXPECT_EQ(cgroup_of_unit("_x.service"), "__x.service");
}

}  // namespace
}  // namespace glacis
