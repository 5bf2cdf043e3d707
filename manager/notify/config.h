// SPDX-License-Identifier: Apache-2.0
// /etc/glacis/glacis.toml as far as it says who is told what: [notify], [[sink]],
// [[route]].
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/evidence/grade.h"

namespace glacis::notify {

inline constexpr const char* config_path = "/etc/glacis/glacis.toml";

enum class SinkKind { journald, syslog, webhook, audit };
enum class Format { glacis, falco, ocsf };

struct SinkConfig {
  std::string name;
  SinkKind kind = SinkKind::journald;
  Format format = Format::glacis;  // of a webhook
  std::string url;                 // of a webhook
  std::string ca;                  // a file of certificates, and no others are trusted
  std::string token_file;          // sent as a bearer token
  std::string to;                  // syslog: unix:/dev/log, udp:HOST:PORT, tcp:HOST:PORT
  std::uint64_t spool_messages = 10000;
};

// All that is given must fit.
struct Route {
  std::vector<std::string> owners, domains;
  evidence::Grade least = evidence::Grade::probe;
  std::size_t severity = 0;  // index of profile::severity_words(): this, or worse
  std::vector<std::string> to;
};

struct Config {
  std::string owner = "platform";  // of what nobody owns
  std::vector<SinkConfig> sinks;
  std::vector<Route> routes;

  // Names of the sinks that are told.
  [[nodiscard]] std::vector<std::string> sinks_for(const evidence::Json& record) const;
};

// What a profile without a severity has.
inline constexpr std::size_t usual_severity = 1;  // medium

// What is at fault becomes diagnostics; the result is of use only if none is an error.
[[nodiscard]] Config read_config(const std::filesystem::path& file, diag::SourceSet& sources,
                                 diag::Diagnostics& diagnostics);

}  // namespace glacis::notify
