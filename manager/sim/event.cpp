// SPDX-License-Identifier: Apache-2.0
#include "manager/sim/event.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "lsm/decide/socket.h"
#include "manager/base/signals.h"
#include "manager/base/similar.h"
#include "manager/image/describe.h"
#include "manager/sim/event_parts.h"

namespace glacis::sim {
namespace {

using namespace std::string_view_literals;

// Takes the first word off the text.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

// owner= and ending= in front of the path, which is the rest.
Result<Request> parse_path(std::uint32_t access, std::string_view rest) {
  FileRequest out;
  out.access = access;
  for (;;) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (word.starts_with("owner="sv)) {
      auto owner = owner_bits(word.substr(6));
      if (!owner) return std::unexpected(owner.error());
      out.owner = *owner;
    } else if (word.starts_with("ending="sv)) {
      auto ending = word_value("ending", image::ending_words(), word.substr(7));
      if (!ending) return std::unexpected(ending.error());
      out.ending = static_cast<gl_ending>(*ending);
    } else {
      break;
    }
    next_word(rest);
  }
  out.path = rest;
  return checked(std::move(out));
}

Result<Request> parse_exec(std::string_view rest) {
  const bool unsafe = rest.substr(0, rest.find(' ')) == "unsafe";
  if (unsafe) next_word(rest);
  return exec_request(parse_path(GL_FILE_EXECUTE, rest), unsafe);
}

Result<Request> parse_file(std::string_view rest) {
  auto access = word_bits("access", image::file_words(), next_word(rest));
  if (!access) return std::unexpected(access.error());
  return parse_path(*access, rest);
}

Result<Request> parse_unix(std::string_view rest) {
  std::uint32_t access = 0;
  const std::string_view list = next_word(rest);
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    auto bit = word_bits("access", image::file_words(),
                         fmt::format("unix_{}", list.substr(at, comma - at)));
    if (!bit) return std::unexpected(bit.error());
    access |= *bit;
    at = comma + 1;
  }
  return parse_path(access, rest);
}

Result<Request> parse_net(std::string_view rest) {
  NetRequest out;
  auto op = word_value("operation", image::net_op_words(), next_word(rest));
  if (!op) return std::unexpected(op.error());
  auto kind = word_value("socket kind", image::socket_words(), next_word(rest));
  if (!kind) return std::unexpected(kind.error());
  out.op = static_cast<gl_net_op>(*op);
  out.kind = static_cast<gl_socket>(*kind);
  const std::string_view where = next_word(rest);
  const std::size_t colon = where.rfind(':');
  if (colon == std::string_view::npos || !rest.empty())
    return bad_event("an address is written as 10.0.0.1:80 or [2001:db8::1]:80");
  const std::string_view port = where.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size())
    return bad_event(fmt::format("\"{}\" is no port", port));
  std::string_view address = where.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string_view::npos)
    return bad_event("an IPv6 address is written in brackets: [2001:db8::1]:80");
  if (auto status = set_address(address, out); !status) return std::unexpected(status.error());
  return checked(out);
}

// One word of a list, and nothing behind it.
template <typename Make>
Result<Request> parse_word(std::string_view what, std::span<const image::Word> words, bool bits,
                           std::string_view rest, Make make) {
  const std::string_view word = next_word(rest);
  auto value = bits ? word_bits(what, words, word) : word_value(what, words, word);
  if (!value) return std::unexpected(value.error());
  if (!rest.empty()) return bad_event(fmt::format("\"{}\" is more than was expected", rest));
  return make(*value);
}

Result<Request> parse_task(std::string_view rest) {
  auto access = word_value("access to a task", image::task_words(), next_word(rest));
  if (!access) return std::unexpected(access.error());
  const std::string_view peer = next_word(rest);
  const std::string_view signal = next_word(rest);
  if (!rest.empty()) return bad_event(fmt::format("\"{}\" is more than was expected", rest));
  return checked(TaskRequest{std::string(peer), *access}, signal);
}

Result<Request> parse_class(std::string_view name, std::string_view rest) {
  if (name == "file") return parse_file(rest);
  if (name == "exec") return parse_exec(rest);
  if (name == "unix") return parse_unix(rest);
  if (name == "net") return parse_net(rest);
  if (name == "socket")
    return parse_word("socket kind", image::socket_words(), false, rest, [](std::uint32_t v) {
      return Request(SocketRequest{static_cast<gl_socket>(v)});
    });
  if (name == "cap" || name == "capability")
    return parse_word("capability", image::capability_words(), false, rest, [](std::uint32_t v) {
      return Request(CapabilityRequest{static_cast<gl_capability>(v)});
    });
  if (name == "memory")
    return parse_word("memory access", image::memory_words(), true, rest,
                      [](std::uint32_t v) { return Request(MemoryRequest{v}); });
  if (name == "kernel")
    return parse_word("kernel access", image::kernel_words(), true, rest,
                      [](std::uint32_t v) { return Request(KernelRequest{v}); });
  if (name == "task") return parse_task(rest);
  constexpr std::array kClasses = {"file"sv, "exec"sv,       "unix"sv,   "net"sv,    "socket"sv,
                                   "cap"sv,  "capability"sv, "memory"sv, "kernel"sv, "task"sv};
  const auto near = closest(name, kClasses);
  return bad_event(fmt::format("\"{}\" is no kind of event{}", name,
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

std::string owner_text(std::uint32_t owner) {
  if (owner == 0) return "";
  std::string out = " owner=";
  if (owner & GL_OWNER_SELF) out += "self";
  if (owner & GL_OWNER_ROOT) out += owner & GL_OWNER_SELF ? ",root" : "root";
  return out;
}

std::string words_text(std::span<const image::Word> words, std::uint32_t value) {
  return std::string(image::text_of(words, value));
}

std::string object_text(std::uint32_t owner, gl_ending ending, std::string_view path) {
  if (ending != GL_ENDING_ROOTED)
    return owner_text(owner) + " ending=" + words_text(image::ending_words(), ending);
  return fmt::format("{} {}", owner_text(owner), path);
}

struct ToText {
  std::string operator()(const FileRequest& r) const {
    return "file " + image::bits_text(image::file_words(), r.access) +
           object_text(r.owner, r.ending, r.path);
  }
  std::string operator()(const ExecRequest& r) const {
    return std::string("exec") + (r.unsafe ? " unsafe" : "") +
           object_text(r.owner, r.ending, r.path);
  }
  std::string operator()(const NetRequest& r) const {
    const std::string address =
        r.v6 ? fmt::format("[{}]", image::ipv6_text(r.address)) : image::ipv4_text(r.address[0]);
    return fmt::format("net {} {} {}:{}", words_text(image::net_op_words(), r.op),
                       words_text(image::socket_words(), r.kind), address, r.port);
  }
  std::string operator()(const SocketRequest& r) const {
    return "socket " + words_text(image::socket_words(), r.kind);
  }
  std::string operator()(const CapabilityRequest& r) const {
    return "capability " + words_text(image::capability_words(), r.capability);
  }
  std::string operator()(const MemoryRequest& r) const {
    return "memory " + image::bits_text(image::memory_words(), r.access);
  }
  std::string operator()(const KernelRequest& r) const {
    return "kernel " + image::bits_text(image::kernel_words(), r.access);
  }
  std::string operator()(const TaskRequest& r) const {
    const std::string signal = r.signal == 0 ? "" : " " + signal_name(r.signal);
    return fmt::format("task {} {}{}", words_text(image::task_words(), r.access), r.peer, signal);
  }
};

}  // namespace

std::unexpected<Error> bad_event(std::string what) {
  return fail(Exit::usage, "event: " + std::move(what),
              "write it like \"file read /etc/passwd\" or \"net connect tcp 10.0.0.1:80\"");
}

Result<std::uint32_t> word_value(std::string_view what, std::span<const image::Word> words,
                                 std::string_view text) {
  if (const auto value = image::value_of(words, text)) return *value;
  std::vector<std::string_view> spellings;
  for (const image::Word& word : words) spellings.push_back(word.text);
  const auto near = closest(text, spellings);
  return bad_event(fmt::format("\"{}\" is no {}{}", text, what,
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

Result<std::uint32_t> word_bits(std::string_view what, std::span<const image::Word> words,
                                std::string_view list) {
  std::uint32_t out = 0;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    auto bit = word_value(what, words, list.substr(at, comma - at));
    if (!bit) return bit;
    out |= *bit;
    at = comma + 1;
  }
  return out;
}

Result<std::uint32_t> owner_bits(std::string_view list) {
  static constexpr image::Word kOwners[] = {
      {0, "other"}, {GL_OWNER_SELF, "self"}, {GL_OWNER_ROOT, "root"}};
  return word_bits("owner", kOwners, list);
}

Status set_address(std::string_view text, NetRequest& request) {
  const std::string copy(text);
  std::array<std::uint32_t, 4> network{};
  if (copy.find('\0') != std::string::npos) return bad_event("an address with a zero byte");
  if (inet_pton(AF_INET, copy.c_str(), network.data()) == 1)
    request.v6 = false;
  else if (inet_pton(AF_INET6, copy.c_str(), network.data()) == 1)
    request.v6 = true;
  else
    return bad_event(fmt::format("\"{}\" is no IPv4 or IPv6 address", text));
  for (std::size_t i = 0; i < 4; ++i) request.address[i] = ntohl(network[i]);
  return {};
}

Result<Request> checked(FileRequest request) {
  if (request.access == 0) return bad_event("it names no access");
  const std::string& path = request.path;
  if (request.ending != GL_ENDING_ROOTED) {
    if (!path.empty()) return bad_event("an object with an ending other than rooted has no path");
    return request;
  }
  if (path.starts_with('@')) return request;
  if (!path.starts_with('/')) return bad_event("a path starts with '/', an abstract name with '@'");
  const std::string closed = path + "/";
  if (path != "/" &&
      (closed.find("//") != std::string::npos || closed.find("/./") != std::string::npos ||
       closed.find("/../") != std::string::npos))
    return bad_event("the kernel never sees a path with an empty name, \".\" or \"..\"");
  return request;
}

Result<Request> exec_request(Result<Request> file, bool unsafe) {
  if (!file) return file;
  auto& from = std::get<FileRequest>(*file);
  return ExecRequest{std::move(from.path), from.owner, from.ending, unsafe};
}

Result<Request> checked(const NetRequest& request) {
  if (request.op == GL_NET_NONE || request.op >= GL_NET_CREATE)
    return bad_event("a socket is created without an address: \"socket tcp\"");
  if (gl_socket_group(request.kind) == GL_NET_GROUP_NONE)
    return bad_event("only Internet sockets have addresses like this");
  return request;
}

Result<Request> checked(TaskRequest request, std::string_view signal) {
  if (request.peer.empty() || request.peer == "any")
    return bad_event("it is about one task: self, unconfined, or the name of a profile");
  if (request.access != GL_TASK_SIGNAL) {
    if (!signal.empty()) return bad_event("only a signal has a number or name");
    return request;
  }
  if (signal.empty()) return bad_event("it does not say which signal, such as \"term\"");
  const auto number = signal_number(signal);
  if (!number) {
    const auto near = closest(signal, signal_words());
    return bad_event(fmt::format("\"{}\" is no signal{}", signal,
                                 near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
  }
  request.signal = *number;
  return request;
}

Result<Request> parse_event(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.starts_with('{')) return parse_json_event(text);
  const std::string_view name = next_word(text);
  return parse_class(name, text);
}

std::string to_text(const Request& request) { return std::visit(ToText{}, request); }

std::string blocker_text(const Request& request, const gl_verdict& verdict) {
  if (const auto* file = std::get_if<FileRequest>(&request))
    return "file." +
           image::bits_text(image::file_words(), verdict.blocker ? verdict.blocker : file->access);
  if (std::holds_alternative<ExecRequest>(request)) return "file.execute";
  if (const auto* net = std::get_if<NetRequest>(&request))
    return "net." + words_text(image::net_op_words(), net->op);
  if (const auto* memory = std::get_if<MemoryRequest>(&request))
    return "memory." + image::bits_text(image::memory_words(),
                                        verdict.blocker ? verdict.blocker : memory->access);
  if (const auto* kernel = std::get_if<KernelRequest>(&request))
    return "kernel." + image::bits_text(image::kernel_words(),
                                        verdict.blocker ? verdict.blocker : kernel->access);
  if (const auto* task = std::get_if<TaskRequest>(&request))
    return "task." + words_text(image::task_words(), task->access);
  if (const auto* capability = std::get_if<CapabilityRequest>(&request))
    return "capability." + words_text(image::capability_words(), capability->capability);
  return "net.create";
}

}  // namespace glacis::sim
