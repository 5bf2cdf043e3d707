// SPDX-License-Identifier: Apache-2.0
// What the service says to its manager, and what that keeps for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "manager/daemon/notify.h"

namespace glacis::daemon {
namespace {

// A manager's end, under an abstract name.
class Manager {
 public:
  Manager() : name_("@glacis-test-" + std::to_string(::getpid())) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name_.copy(at.sun_path, name_.size());
    at.sun_path[0] = '\0';
    socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size())),
              0);
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  struct Said {
    std::string text;
    std::optional<Fd> fd;
  };
  [[nodiscard]] Said next() const {
    std::array<char, 512> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> extra{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = extra.data();
    message.msg_controllen = extra.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (size < 0) return {};
    Said out{std::string(text.data(), static_cast<std::size_t>(size)), {}};
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      out.fd = Fd(fd);
    }
    return out;
  }

 private:
  std::string name_;
  Fd socket_;
};

TEST(Notify, DescriptorsAreKept) {
  const Manager manager;
  const Notify notify(manager.name(), {});
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(notify.keep("links/file_open", file.get()));
  auto said = manager.next();
  EXPECT_EQ(said.text, "FDSTORE=1\nFDPOLL=0\nFDNAME=links/file_open");
  ASSERT_TRUE(said.fd && *said.fd);
  struct stat there{}, here{};
  EXPECT_EQ(::fstat(said.fd->get(), &there), 0);
  EXPECT_EQ(::fstat(file.get(), &here), 0);
  EXPECT_EQ(there.st_rdev, here.st_rdev);
  notify.forget("links/file_open");
  said = manager.next();
  EXPECT_EQ(said.text, "FDSTOREREMOVE=1\nFDNAME=links/file_open");
  EXPECT_FALSE(said.fd);
  notify.alive();
  EXPECT_EQ(manager.next().text, "WATCHDOG=1");
}

// Of another process, or without a number, they are nobody's.
TEST(Notify, KeptDescriptorsMustBeMeantForUs) {
  const auto given = [](const char* count, const std::string& pid) {
    ::setenv("LISTEN_FDS", count, 1);
    ::setenv("LISTEN_PID", pid.c_str(), 1);
    ::setenv("LISTEN_FDNAMES", "links/file_open:settings", 1);
    return Notify::kept();
  };
  EXPECT_TRUE(given("2", "1").empty());
  EXPECT_TRUE(given("two", std::to_string(::getpid())).empty());
  EXPECT_TRUE(given("99999999", std::to_string(::getpid())).empty());
  for (const char* used : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(used);
  EXPECT_TRUE(Notify::kept().empty());
}

}  // namespace
}  // namespace glacis::daemon
