// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/notify/notice.h"
#include "manager/profile/fields.h"
#include "manager/profile/parse.h"
#include "manager/profile/validate.h"

namespace glacis::notify {
namespace {

using diag::Code;
using profile::Fields;
using profile::Text;

constexpr std::size_t kLargest = std::size_t{1} << 20;
constexpr std::array<std::string_view, 4> kKinds = {"journald", "syslog", "webhook", "audit"};
constexpr std::array<std::string_view, 3> kFormats = {"glacis", "falco", "ocsf"};

std::string value(const std::optional<Text>& text) { return text ? text->value : ""; }

std::vector<std::string> values(const std::vector<Text>& texts) {
  std::vector<std::string> out;
  for (const Text& text : texts) out.push_back(text.value);
  return out;
}

// Names become names of folders.
bool is_name(std::string_view name) { return profile::is_profile_name(name); }

// Refusals are no news for the network between here and there.
bool is_url(std::string_view url) {
  if (url.find_first_of(" \t\r\n@") != url.npos) return false;
  if (url.starts_with("https://")) return url.size() > 8;
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    return rest.empty() || rest.front() == ':' || rest.front() == '/';
  }
  return false;
}

bool is_target(std::string_view to) {
  if (to.starts_with("unix:/")) return true;
  if (!to.starts_with("udp:") && !to.starts_with("tcp:")) return false;
  const auto port = to.rfind(':');
  return port > 4 && port + 1 < to.size() &&
         std::ranges::all_of(to.substr(port + 1), [](char c) { return c >= '0' && c <= '9'; });
}

class Reader {
 public:
  explicit Reader(diag::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Config read(const profile::Node& tree) {
    Fields top(tree, "the file", profile::host_tables, diagnostics_);
    if (const auto* table = profile::as_table(tree.find("notify"), "[notify]", diagnostics_)) {
      Fields fields(*table, "[notify]", {"owner"}, diagnostics_);
      if (const auto owner = fields.string("owner")) out_.owner = owner->value;
    }
    for (const auto* table : profile::as_tables(tree.find("sink"), "[[sink]]", diagnostics_))
      sink(*table);
    for (const auto* table : profile::as_tables(tree.find("route"), "[[route]]", diagnostics_))
      route(*table);
    return std::move(out_);
  }

 private:
  void malformed(const Text& text, const char* what, const char* help) {
    diagnostics_.add(Code::GL115, fmt::format("`{}` is {}", Untrusted(text.value), what))
        .at(text.span)
        .suggest(help);
  }

  void missing(Fields& fields, const char* what) {
    if (!fields.has_unknown())
      diagnostics_.add(Code::GL108, fmt::format("{} is missing", what)).at(fields.span());
  }

  void sink(const profile::Node& table) {
    Fields fields(table, "[[sink]]",
                  {"name", "kind", "format", "url", "ca", "token_file", "to", "spool_messages"},
                  diagnostics_);
    SinkConfig made;
    const auto name = fields.string("name");
    made.name = value(name);
    if (!name) missing(fields, "the sink's name");
    if (name && !is_name(name->value))
      malformed(*name, "no name of a sink", "use letters, digits, '.', '_' and '-'");
    if (const auto kind = fields.choice("kind", kKinds))
      made.kind = static_cast<SinkKind>(*kind);
    else if (fields.find("kind") == nullptr)
      missing(fields, "the sink's kind");
    if (const auto format = fields.choice("format", kFormats))
      made.format = static_cast<Format>(*format);
    webhook(fields, made);
    syslog(fields, made);
    spool(fields, made);
    if (std::ranges::any_of(out_.sinks, [&](const auto& one) { return one.name == made.name; }))
      diagnostics_.add(Code::GL102, "this sink has the name of another").at(fields.span());
    out_.sinks.push_back(std::move(made));
  }

  void webhook(Fields& fields, SinkConfig& made) {
    const auto url = fields.string("url");
    made.url = value(url);
    made.ca = value(fields.string("ca"));
    made.token_file = value(fields.string("token_file"));
    if (url && !is_url(url->value))
      malformed(*url, "no address for notices", "write https://HOST/PATH; http only to loopback");
    if (made.kind == SinkKind::webhook && fields.find("url") == nullptr)
      missing(fields, "the webhook's url");
  }

  void syslog(Fields& fields, SinkConfig& made) {
    const auto to = fields.string("to");
    made.to = to ? to->value : "unix:/dev/log";
    if (to && !is_target(to->value))
      malformed(*to, "no place for syslog", "write unix:/dev/log, udp:HOST:514 or tcp:HOST:601");
  }

  void spool(Fields& fields, SinkConfig& made) {
    const profile::Entry* entry = fields.find("spool_messages");
    if (entry == nullptr) return;
    if (entry->value.kind != profile::Kind::integer)
      fields.wrong_type("spool_messages", entry->value, "a number");
    else if (entry->value.integer <= 0)
      diagnostics_.add(Code::GL115, "a spool without room is none")
          .at(entry->value.span)
          .suggest("write a number above 0");
    else
      made.spool_messages = static_cast<std::uint64_t>(entry->value.integer);
  }

  void route(const profile::Node& table) {
    Fields fields(table, "[[route]]", {"owner", "domain", "min_grade", "min_severity", "to"},
                  diagnostics_);
    Route made;
    made.owners = values(fields.strings("owner"));
    made.domains = values(fields.strings("domain"));
    if (const auto grade = fields.choice("min_grade", evidence::grade_words()))
      made.least = static_cast<evidence::Grade>(*grade);
    if (const auto severity = fields.choice("min_severity", profile::severity_words()))
      made.severity = *severity;
    if (fields.find("to") == nullptr) missing(fields, "where the route leads (to)");
    for (const Text& to : fields.strings("to")) {
      made.to.push_back(to.value);
      if (std::ranges::none_of(out_.sinks, [&](const auto& one) { return one.name == to.value; }))
        malformed(to, "no sink of this file", "add a [[sink]] of this name");
    }
    out_.routes.push_back(std::move(made));
  }

  diag::Diagnostics& diagnostics_;
  Config out_;
};

bool fits(const std::vector<std::string>& wanted, const std::string& word) {
  return wanted.empty() || std::ranges::find(wanted, word) != wanted.end();
}

}  // namespace

std::vector<std::string> Config::sinks_for(const evidence::Json& record) const {
  const std::string whose = evidence::text_of(record, "owner").value_or(owner);
  const std::string domain = evidence::text_of(record, "domain").value_or("");
  const auto words = profile::severity_words();
  const auto at = std::ranges::find(words, evidence::text_of(record, "severity").value_or(""));
  const std::size_t severity =
      at == words.end() ? usual_severity : static_cast<std::size_t>(at - words.begin());
  std::vector<std::string> out;
  for (const Route& route : routes) {
    if (!fits(route.owners, whose) || !fits(route.domains, domain) || severity < route.severity ||
        grade_of(record) < route.least)
      continue;
    for (const std::string& to : route.to)
      if (std::ranges::find(out, to) == out.end()) out.push_back(to);
  }
  return out;
}

Config read_config(const std::filesystem::path& file, diag::SourceSet& sources,
                   diag::Diagnostics& diagnostics) {
  auto text = read_whole(file, kLargest);
  const std::uint32_t index = sources.add(file.native(), text ? std::move(*text) : std::string());
  if (!text) {
    diagnostics
        .add(Code::GL103,
             fmt::format("cannot read {}: {}", Untrusted(file.native()), text.error().what))
        .at({index, 0, 0, 0});
    return {};
  }
  const auto tree = profile::parse(sources, index, diagnostics);
  return tree ? Reader(diagnostics).read(*tree) : Config{};
}

}  // namespace glacis::notify
