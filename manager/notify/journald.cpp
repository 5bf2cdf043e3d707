// SPDX-License-Identifier: Apache-2.0
// The journal, with a field for each thing that one would search by.
#include <fmt/format.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <cstring>
#include <vector>

#include "manager/notify/formats.h"
#include "manager/notify/sink.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::shown;

// One kind of message each, for catalogues and for `journalctl MESSAGE_ID=`.
constexpr const char* kRefusal = "6f2bd4c09fd54c4c8a3d4c1f2f1b7a11";
constexpr const char* kLoss = "6f2bd4c09fd54c4c8a3d4c1f2f1b7a12";

class Journald : public Sink {
 public:
  // A list of FIELD=value; values were escaped, so none has a line end.
  std::string encode(const Notice& notice) const override {
    const Json& record = notice.record;
    Json out = Json::array();
    const auto field = [&](const char* name, const std::string& value) {
      if (value != "-") out.push_back(fmt::format("{}={}", name, value));
    };
    field("MESSAGE", sentence(notice));
    field("MESSAGE_ID", is_refusal(record) ? kRefusal : kLoss);
    field("PRIORITY", std::to_string(priority_of(record)));
    field("SYSLOG_IDENTIFIER", "glacis");
    field("OBJECT_PID", shown(member(record, "subject"), "tgid"));
    for (const auto& [name, key] : {std::pair("GLACIS_SEQ", "seq"),
                                    {"GLACIS_DOMAIN", "domain"},
                                    {"GLACIS_IMAGE", "image"},
                                    {"GLACIS_VERDICT", "verdict"},
                                    {"GLACIS_HOOK", "hook"},
                                    {"GLACIS_GRADE", "grade"},
                                    {"GLACIS_GRADE_REASON", "grade_reason"},
                                    {"GLACIS_OWNER", "owner"},
                                    {"GLACIS_SEVERITY", "severity"},
                                    {"GLACIS_RUNBOOK", "runbook"}})
      field(name, shown(record, key));
    field("GLACIS_BLOCKERS", evidence::shown_list(record, "blockers", ","));
    field("GLACIS_EXE", shown(member(record, "subject"), "exe"));
    field("GLACIS_PATH", shown(member(record, "object"), "path"));
    field("GLACIS_ATTACK", evidence::shown_list(member(record, "attack"), "techniques", " "));
    field("GLACIS_CHAIN", shown(member(record, "chain"), "this"));
    field("GLACIS_COUNT", std::to_string(notice.count));
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  Sent send(const std::string& message, const std::atomic<bool>&) override {
    const Json fields = Json::parse(message, nullptr, false);
    if (!fields.is_array()) return std::unexpected(SendFailure{"not a list of fields", true});
    std::vector<std::string> texts;
    for (const Json& field : fields)
      if (field.is_string()) texts.push_back(field.get<std::string>());
    std::vector<iovec> parts;
    for (std::string& text : texts) parts.push_back({text.data(), text.size()});
    const int done = ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    if (done < 0) return std::unexpected(SendFailure{std::strerror(-done)});
    return {};
  }
};

}  // namespace

std::unique_ptr<Sink> make_journald() { return std::make_unique<Journald>(); }

}  // namespace glacis::notify
