// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/correlate/split.h"

namespace glacis::correlate {
namespace {

constexpr std::size_t kChunk = 64u << 10;

std::unexpected<Error> cannot_read(const std::string& file, int error) {
  const bool refused = error == EACCES || error == EPERM;
  return fail(
      refused ? Exit::not_permitted : Exit::usage,
      fmt::format("cannot read {}: {}", escape(file), std::generic_category().message(error)));
}

void note(Source& out, std::uint64_t line, std::string what) {
  ++out.bad;
  if (out.told.size() < most_told) out.told.push_back({line, std::move(what)});
}

void take(const Reader& reader, const Piece& piece, Source& out) {
  if (piece.bad) return note(out, piece.line, piece.bad);
  const auto record = oci::parse_object(piece.text, "it");
  if (!record) return note(out, piece.line, record.error().what.substr(3));
  std::optional<Action> action;
  if (!reader.read(*record, action)) return note(out, piece.line, "is no record of this kind");
  ++out.records;
  if (!action) return;
  if (out.actions.size() >= most_actions) {
    ++out.over;
    return;
  }
  action->source = reader.name();
  action->line = piece.line;
  out.actions.push_back(std::move(*action));
}

}  // namespace

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::exec:
      return "exec";
    case Kind::attach:
      return "attach";
    case Kind::debug:
      return "debug container";
    case Kind::port_forward:
      return "port forward";
    case Kind::create_pod:
      return "made the pod";
    case Kind::host_session:
      return "session on the host";
    case Kind::secret:
      return "secrets";
    case Kind::rights:
      return "rights";
    case Kind::identity:
      return "identity";
    case Kind::other:
      break;
  }
  return "request";
}

Result<Source> read_source(const Reader& reader, const std::string& file, int fd) {
  Source out;
  out.name = reader.name();
  out.file = file;
  Splitter splitter([&](const Piece& piece) { take(reader, piece, out); });
  std::vector<char> buffer(kChunk);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, errno);
    if (got == 0) break;
    splitter.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  splitter.end();
  return out;
}

Result<Source> read_source(const Reader& reader, const std::string& file) {
  if (file == "-") return read_source(reader, file, STDIN_FILENO);
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return cannot_read(file, errno);
  return read_source(reader, file, fd.get());
}

}  // namespace glacis::correlate
