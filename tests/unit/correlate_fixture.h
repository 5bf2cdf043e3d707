// SPDX-License-Identifier: Apache-2.0
// Audit records from texts and from files, and records of refusals in pods.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "manager/base/fd.h"
#include "manager/correlate/join.h"

namespace glacis::correlate {

inline std::string file(const char* name) {
  return std::string(GLACIS_SOURCE "/tests/unit/correlate/") + name;
}

inline Source read(const Reader& reader, const std::string& name) {
  auto out = read_source(reader, name);
  EXPECT_TRUE(out) << name;
  return out ? std::move(*out) : Source{};
}

// From a temporary file, since a pipe holds only so much.
inline Source read_text(const Reader& reader, std::string_view text) {
  char name[] = "/tmp/glacis-correlate-XXXXXX";
  const Fd fd(::mkstemp(name));
  ::unlink(name);
  EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::lseek(fd.get(), 0, SEEK_SET);
  auto out = read_source(reader, "text", fd.get());
  EXPECT_TRUE(out);
  return out ? std::move(*out) : Source{};
}

// nginx's pod: `comm` below `parents`, refused to read /etc/shadow.
inline evidence::Json refusal(std::uint64_t seq, const char* time, const char* comm = "cat",
                              std::vector<std::string> parents = {"sh", "containerd-shim"}) {
  evidence::Json ancestry = evidence::Json::array();
  for (const std::string& one : parents)
    ancestry.push_back(evidence::Json::array({100 + ancestry.size(), one}));
  return {
      {"schema", "glacis.event/1"},
      {"seq", seq},
      {"time", time},
      {"host", "node1"},
      {"verdict", "denied"},
      {"domain", "nginx"},
      {"blockers", {"file.read"}},
      {"subject", {{"comm", comm}, {"exe", "/usr/bin/cat"}, {"ancestry", std::move(ancestry)}}},
      {"container",
       {{"id", "c1"}, {"name", "nginx"}, {"pod", "web-7d9f8c5b6-x2x4z"}, {"namespace", "shop"}}},
      {"object", {{"kind", "file"}, {"path", "/etc/shadow"}}}};
}

inline evidence::Listing listing(std::vector<evidence::Json> records) {
  evidence::Listing out;
  for (auto& one : records) out.entries.push_back({"log", 1, std::move(one)});
  return out;
}

}  // namespace glacis::correlate
