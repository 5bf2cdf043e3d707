// SPDX-License-Identifier: Apache-2.0
// The kernel's audit log, where `ausearch -m USER_AVC` finds refusals beside those of others. The
// kernel takes such messages also while auditing is off. Needs CAP_AUDIT_WRITE.
#include <fmt/format.h>
#include <libaudit.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "manager/base/fd.h"
#include "manager/notify/sink.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::shown;

struct Free {
  void operator()(char* text) const { std::free(text); }
};

// Longer texts are cut: the record has them whole, and a message at most 8,970 bytes.
constexpr std::size_t kLongest = 512;

// name="value", or the value in hex where auparse would take its bytes for the message's.
std::string pair(const char* name, std::string text) {
  if (text.size() > kLongest) text.resize(kLongest);
  const std::unique_ptr<char, Free> encoded(
      ::audit_encode_nv_string(name, text.c_str(), static_cast<unsigned>(text.size())));
  return encoded ? " " + std::string(encoded.get()) : "";
}

class Audit : public Sink {
 public:
  std::string encode(const Notice& notice) const override {
    const Json& record = notice.record;
    const Json& subject = member(record, "subject");
    if (!is_refusal(record)) return "op=glacis" + pair("reason", sentence(notice));
    std::string out = fmt::format("avc:  {}  {{ {} }} for pid={} uid={}",
                                  is_denied(record) ? "denied" : "granted",
                                  evidence::shown_list(record, "blockers", " "),
                                  shown(subject, "tgid"), shown(subject, "uid"));
    out += pair("comm", shown(subject, "comm"));
    const Json& object = member(record, "object");
    if (evidence::text_of(object, "path")) out += pair("path", shown(object, "path"));
    out += pair("profile", shown(record, "domain"));
    out += fmt::format(" verdict={} grade={} hook={} count={} seq={}", shown(record, "verdict"),
                       shown(record, "grade"), shown(record, "hook"), notice.count,
                       shown(record, "seq"));
    return out + pair("program", shown(subject, "exe"));
  }

  Sent send(const std::string& message, const std::atomic<bool>&) override {
    const Fd socket(::audit_open());
    if (!socket) return std::unexpected(SendFailure{std::strerror(errno)});
    const int done = ::audit_log_user_avc_message(socket.get(), AUDIT_USER_AVC, message.c_str(),
                                                  nullptr, nullptr, nullptr, 0);
    if (done <= 0) return std::unexpected(SendFailure{std::strerror(errno)});
    return {};
  }
};

}  // namespace

std::unique_ptr<Sink> make_audit() { return std::make_unique<Audit>(); }

}  // namespace glacis::notify
