// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/header.h"

#include <fmt/format.h>

#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

std::string text(const Canonical& of, const char* key) {
  const auto at = of.find(key);
  return at != of.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number(const Canonical& of, const char* key) {
  const auto at = of.find(key);
  if (at == of.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

bool is_null(const Canonical& of, const char* key) {
  const auto at = of.find(key);
  return at != of.end() && at->is_null();
}

std::optional<Signature> parse_signature(const std::string& text) {
  const auto bytes = parse_base64(text);
  Signature out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

bool read_key(const Canonical& record, Header& out) {
  out.key = parse_key(text(record, "key"));
  out.certificate = parse_signature(text(record, "certificate"));
  return (out.key || is_null(record, "key")) && (out.certificate || is_null(record, "certificate"));
}

bool read_old(const Canonical& record, Header& out) {
  const auto at = record.find("old");
  if (at == record.end()) return true;
  if (!at->is_object()) return false;
  const auto bytes = number(*at, "bytes");
  const auto hash = parse_hash(text(*at, "blake2b"));
  if (!bytes || !hash) return false;
  out.old = Header::Old{text(*at, "file"), *bytes, *hash};
  return true;
}

void read_follows(const Canonical& record, Header& out) {
  const auto at = record.find("follows");
  if (at == record.end() || !at->is_object()) return;
  out.ring = Origin{text(*at, "boot"), static_cast<std::uint32_t>(number(*at, "ring").value_or(0))};
  out.last = number(*at, "last").value_or(0);
}

}  // namespace

Canonical header_record(const Header& header, const Context& context) {
  Canonical out = {{"schema", header_schema},
                   {"time", time_text(context.now)},
                   {"started", context.now / 1'000'000'000},
                   {"boot", context.origin.boot},
                   {"host", context.host},
                   {"log", header.log},
                   {"segment", header.segment},
                   {"hash", "blake2b-256"},
                   {"key", nullptr},
                   {"certificate", nullptr}};
  if (header.key) out["key"] = key_text(*header.key);
  if (header.certificate)
    out["certificate"] = base64(
        {reinterpret_cast<const char*>(header.certificate->data()), header.certificate->size()});
  if (header.old)
    out["old"] = {{"file", escape(header.old->file)},
                  {"bytes", header.old->bytes},
                  {"blake2b", image::hex(header.old->hash)}};
  if (header.ring)
    out["follows"] = {
        {"boot", header.ring->boot}, {"ring", header.ring->ring}, {"last", header.last}};
  return out;
}

std::optional<Header> parse_header(const Canonical& record) {
  if (text(record, "schema") != header_schema) return std::nullopt;
  Header out;
  out.log = text(record, "log");
  const auto segment = number(record, "segment"), started = number(record, "started");
  if (out.log.empty() || !segment || *segment == 0 || !started ||
      text(record, "hash") != "blake2b-256")
    return std::nullopt;
  out.segment = *segment;
  out.started = static_cast<std::int64_t>(*started);
  if (!read_key(record, out) || !read_old(record, out)) return std::nullopt;
  read_follows(record, out);
  return out;
}

std::string certificate_text(const Header& header, const Position& before) {
  return fmt::format("glacis.key/1\n{}\n{}\n{}\n{}\n{}\n", header.log, header.segment,
                     header.key ? key_text(*header.key) : "", before.count,
                     image::hex(before.head));
}

}  // namespace glacis::evidence
