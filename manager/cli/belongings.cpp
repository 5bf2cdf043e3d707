// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/belongings.h"

#include <nlohmann/json.hpp>

namespace glacis::cli {
namespace {

Json descriptors_json(const std::vector<OpenDescriptor>& list) {
  Json out = Json::array();
  for (const OpenDescriptor& one : list)
    out.push_back({{"fd", one.number}, {"access", one.access}, {"target", one.target.escaped()}});
  return out;
}

}  // namespace

Json belongings_json(const Belongings& of) {
  Json out = {{"pid", of.pid}, {"comm", of.comm.escaped()}};
  out["descriptors"] = descriptors_json(of.descriptors);
  out["rings"] = descriptors_json(of.rings);
  out["reads_are_code"] = of.reads_are_code;
  out["mappings"] = Json::array();
  for (const Mapping& one : of.mappings)
    out["mappings"].push_back(
        {{"range", one.range}, {"rights", one.rights}, {"target", one.target.escaped()}});
  return out;
}

void print_belongings(const Output& out, const Belongings& of) {
  out.print("{} {}\n", of.pid, of.comm);
  for (const OpenDescriptor& one : of.descriptors)
    out.print("  fd {:<4} {:<11} {}\n", one.number, one.access, one.target);
  for (const OpenDescriptor& one : of.rings)
    out.print("  {} fd {:<4} what it submits is decided, but as who created it\n",
              out.paint(Paint::yellow, "ring"), one.number);
  if (of.reads_are_code)
    out.print("  {} READ_IMPLIES_EXEC: its heap can be code\n",
              out.paint(Paint::yellow, "personality"));
  for (const Mapping& one : of.mappings)
    out.print("  {}  {} {} {}\n", out.paint(Paint::yellow, "map"), one.rights, one.range,
              one.target.empty() ? "anonymous" : one.target.escaped());
}

}  // namespace glacis::cli
