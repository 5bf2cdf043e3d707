// SPDX-License-Identifier: Apache-2.0
// Who started whom, with what was refused to whom.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "manager/evidence/phrases.h"
#include "manager/report/html.h"

namespace glacis::report {
namespace {

using evidence::Json;
using evidence::member;
using evidence::shown;

constexpr std::size_t kMostEdges = 200;  // of one process

struct Process {
  std::string name;
  std::map<std::string, Process> children;  // by pid and name
  std::vector<std::string> edges;
  std::size_t more = 0;
};

Process& child(Process& of, const std::string& pid, const std::string& comm) {
  const std::string key = pid + " " + comm;
  Process& out = of.children[key];
  out.name = fmt::format("{} <small>{}</small>", html_text(comm), html_text(pid));
  return out;
}

// Records name parents from the nearest to the farthest.
Process& find(Process& root, const Json& subject) {
  Process* at = &root;
  const Json& ancestry = member(subject, "ancestry");
  if (ancestry.is_array())
    for (auto one = ancestry.rbegin(); one != ancestry.rend(); ++one)
      if (one->is_array() && one->size() == 2) at = &child(*at, shown((*one)[0]), shown((*one)[1]));
  return child(*at, shown(subject, "tgid"), shown(subject, "comm"));
}

std::string edge(const Json& record) {
  const std::string grade = evidence::text_of(record, "grade") ? shown(record, "grade") : "none";
  return fmt::format("<li class=\"edge {}\">{} <b>{}</b> {} <small>record {}</small></li>",
                     html_text(grade), html_text(shown(record, "verdict")),
                     html_text(evidence::shown_list(record, "blockers", ", ")),
                     html_text(evidence::object_phrase(member(record, "object"))),
                     html_text(evidence::number_phrase(record)));
}

void write(std::string& out, const Process& process) {
  out += "<ul>\n";
  for (const std::string& one : process.edges) out += one + '\n';
  if (process.more != 0) out += fmt::format("<li>and {} more</li>\n", process.more);
  for (const auto& [key, next] : process.children) {
    out += fmt::format("<li><span class=\"process\">{}</span>\n", next.name);
    if (!next.edges.empty() || !next.children.empty()) write(out, next);
    out += "</li>\n";
  }
  out += "</ul>\n";
}

}  // namespace

std::string html_tree(const evidence::Listing& listing) {
  Process root;
  for (const evidence::Entry& entry : listing.entries) {
    if (evidence::text_of(entry.record, "schema") != evidence::event_schema) continue;
    Process& process = find(root, member(entry.record, "subject"));
    if (process.edges.size() < kMostEdges)
      process.edges.push_back(edge(entry.record));
    else
      ++process.more;
  }
  if (root.children.empty()) return "<p>No process was refused anything.</p>\n";
  std::string out = "<div class=\"tree\">\n";
  write(out, root);
  return out + "</div>\n";
}

}  // namespace glacis::report
