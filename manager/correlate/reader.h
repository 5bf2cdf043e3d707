// SPDX-License-Identifier: Apache-2.0
// Audit records of a kind, as actions. A file is what its host, or whoever could
// write to it, made of it: what can't be understood is counted and passed over.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/correlate/action.h"
#include "manager/correlate/fields.h"

namespace glacis::correlate {

class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "k8s-audit"
  // Whether the object is a record of this kind; `out` is filled where it tells of
  // an action that can bear on a container.
  [[nodiscard]] virtual bool read(const Json& record, std::optional<Action>& out) const = 0;
};
[[nodiscard]] std::unique_ptr<Reader> k8s_audit();
[[nodiscard]] std::unique_ptr<Reader> cloudtrail();

// More are not kept: a file must not take the memory of the machine.
inline constexpr std::size_t most_actions = 20'000;
inline constexpr std::size_t most_told = 8;

struct Bad {
  std::uint64_t line = 0;
  std::string what;
};

struct Source {
  std::string name, file;
  std::uint64_t records = 0;  // understood
  std::uint64_t bad = 0, over = 0;
  std::vector<Bad> told;  // the first of them
  std::vector<Action> actions;
};

// `file` is its name; "-" where it is the standard input.
[[nodiscard]] Result<Source> read_source(const Reader& reader, const std::string& file);
// From a descriptor, until its end.
[[nodiscard]] Result<Source> read_source(const Reader& reader, const std::string& file, int fd);

}  // namespace glacis::correlate
