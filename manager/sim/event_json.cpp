// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "manager/sim/event_parts.h"

namespace glacis::sim {
namespace {

using Json = nlohmann::json;

// A string member, "" if there is none.
Result<std::string> text(const Json& from, const char* key) {
  const auto at = from.find(key);
  if (at == from.end()) return std::string();
  if (!at->is_string()) return bad_event(fmt::format("\"{}\" must be a string", key));
  return at->get<std::string>();
}

// A string, or a list of strings, as "a,b".
Result<std::string> list(const Json& from, const char* key) {
  const auto at = from.find(key);
  if (at == from.end() || !at->is_array()) return text(from, key);
  std::string out;
  for (const Json& word : *at) {
    if (!word.is_string()) return bad_event(fmt::format("\"{}\" must hold strings", key));
    if (!out.empty()) out += ',';
    out += word.get<std::string>();
  }
  return out;
}

// The value of a member that is one word of a list.
Result<std::uint32_t> word(const Json& from, const char* key, std::span<const image::Word> words) {
  auto name = text(from, key);
  if (!name) return std::unexpected(name.error());
  return word_value(key, words, *name);
}

Result<std::uint32_t> bits(const Json& from, const char* key, std::span<const image::Word> words) {
  auto names = list(from, key);
  if (!names) return std::unexpected(names.error());
  return word_bits(key, words, *names);
}

Result<Request> located(const Json& from, std::uint32_t access) {
  FileRequest out;
  out.access = access;
  if (from.contains("owner")) {
    auto names = list(from, "owner");
    if (!names) return std::unexpected(names.error());
    auto owner = owner_bits(*names);
    if (!owner) return std::unexpected(owner.error());
    out.owner = *owner;
  }
  if (from.contains("ending")) {
    auto ending = word(from, "ending", image::ending_words());
    if (!ending) return std::unexpected(ending.error());
    out.ending = static_cast<gl_ending>(*ending);
  }
  auto path = text(from, "path");
  if (!path) return std::unexpected(path.error());
  out.path = std::move(*path);
  return checked(std::move(out));
}

Result<Request> file(const Json& from) {
  auto access = bits(from, "access", image::file_words());
  if (!access) return std::unexpected(access.error());
  return located(from, *access);
}

Result<Request> exec(const Json& from) {
  const auto unsafe = from.find("unsafe");
  if (unsafe != from.end() && !unsafe->is_boolean())
    return bad_event("\"unsafe\" must be true or false");
  return exec_request(located(from, GL_FILE_EXECUTE), unsafe != from.end() && unsafe->get<bool>());
}

Result<Request> net(const Json& from) {
  NetRequest out;
  auto op = word(from, "op", image::net_op_words());
  if (!op) return std::unexpected(op.error());
  auto kind = word(from, "socket", image::socket_words());
  if (!kind) return std::unexpected(kind.error());
  out.op = static_cast<gl_net_op>(*op);
  out.kind = static_cast<gl_socket>(*kind);
  auto address = text(from, "address");
  if (!address) return std::unexpected(address.error());
  if (auto status = set_address(*address, out); !status) return std::unexpected(status.error());
  const auto port = from.find("port");
  if (port == from.end() || !port->is_number_unsigned() || port->get<std::uint64_t>() > 65535)
    return bad_event("\"port\" must be a number from 0 to 65535");
  out.port = port->get<std::uint16_t>();
  return checked(out);
}

Result<Request> task(const Json& from) {
  auto access = word(from, "access", image::task_words());
  if (!access) return std::unexpected(access.error());
  auto peer = text(from, "peer");
  if (!peer) return std::unexpected(peer.error());
  const auto signal = from.find("signal");
  if (signal != from.end() && signal->is_number_unsigned())
    return checked(TaskRequest{*peer, *access}, signal->dump());
  auto name = text(from, "signal");
  if (!name) return std::unexpected(name.error());
  return checked(TaskRequest{*peer, *access}, *name);
}

template <typename Make>
Result<Request> request_of(const Result<std::uint32_t>& value, Make make) {
  if (!value) return std::unexpected(value.error());
  return make(*value);
}

}  // namespace

Result<Request> parse_json_event(std::string_view source) {
  const Json root = Json::parse(source, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return bad_event("not a JSON object");
  auto name = text(root, "class");
  if (!name) return std::unexpected(name.error());
  if (*name == "file") return file(root);
  if (*name == "exec") return exec(root);
  if (*name == "net") return net(root);
  if (*name == "socket")
    return request_of(word(root, "socket", image::socket_words()), [](std::uint32_t value) {
      return SocketRequest{static_cast<gl_socket>(value)};
    });
  if (*name == "capability")
    return request_of(word(root, "capability", image::capability_words()), [](std::uint32_t value) {
      return CapabilityRequest{static_cast<gl_capability>(value)};
    });
  if (*name == "memory")
    return request_of(bits(root, "access", image::memory_words()),
                      [](std::uint32_t value) { return MemoryRequest{value}; });
  if (*name == "kernel")
    return request_of(bits(root, "access", image::kernel_words()),
                      [](std::uint32_t value) { return KernelRequest{value}; });
  if (*name == "task") return task(root);
  return bad_event(fmt::format(
      "class \"{}\" is none of file, exec, net, socket, capability, memory, kernel, task", *name));
}

}  // namespace glacis::sim
