// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <tuple>

namespace glacis::cli {
namespace {

std::optional<double> rate(std::uint64_t before, std::uint64_t now, double seconds) {
  if (now < before || seconds <= 0) return std::nullopt;
  return static_cast<double>(now - before) / seconds;
}

double refused(const TopRates& rates) {
  return rates.denied.value_or(0) + rates.would_deny.value_or(0);
}

std::string rate_text(std::optional<double> rate) {
  if (!rate) return "-";
  return *rate != 0 && *rate < 100 ? fmt::format("{:.1f}", *rate) : fmt::format("{:.0f}", *rate);
}

std::string cut(std::string_view text, std::size_t width) {
  return std::string(text.substr(0, width)) + "\n";
}

}  // namespace

std::vector<TopLine> top_lines(const TopSample* before, const TopSample& now) {
  std::map<std::string_view, const TopRow*> earlier;
  if (before != nullptr)
    for (const TopRow& row : before->rows) earlier[row.name] = &row;
  std::vector<TopLine> out;
  for (const TopRow& row : now.rows) {
    TopLine line{row, {}};
    if (const auto at = earlier.find(row.name); at != earlier.end()) {
      const double seconds = now.seconds - before->seconds;
      line.rates = {rate(at->second->denied, row.denied, seconds),
                    rate(at->second->would_deny, row.would_deny, seconds),
                    rate(at->second->probes, row.probes, seconds)};
    }
    out.push_back(std::move(line));
  }
  const auto key = [](const TopLine& one) {
    return std::tuple(-refused(one.rates), ~(one.row.denied + one.row.would_deny), one.row.name);
  };
  std::ranges::sort(out, [&](const TopLine& a, const TopLine& b) { return key(a) < key(b); });
  return out;
}

std::string top_text(const TopSample* before, const TopSample& now, std::size_t width,
                     std::size_t height) {
  double denied = 0, would_deny = 0;
  const std::vector<TopLine> lines = top_lines(before, now);
  std::size_t names = 6;
  for (const TopLine& line : lines) {
    denied += line.rates.denied.value_or(0);
    would_deny += line.rates.would_deny.value_or(0);
    names = std::clamp(line.row.name.size(), names, std::size_t{32});
  }
  std::string out =
      cut(fmt::format("{}{} domains  denied {}/s  would deny {}/s  records lost {}",
                      now.enforcing ? "" : "NOT IN FORCE: see `glacis status`  ", lines.size(),
                      rate_text(denied), rate_text(would_deny), now.lost),
          width);
  out += cut(fmt::format("{:<{}}  {:<7} {:>9} {:>9} {:>9} {:>12} {:>12}", "DOMAIN", names, "MODE",
                         "DENIED/s", "WOULD/s", "PROBES/s", "DENIED", "WOULD-DENY"),
             width);
  const std::size_t room = height > 3 ? height - 3 : 1;
  const std::size_t shown = std::min(lines.size(), room);
  for (const TopLine& line : std::span(lines).first(shown))
    out += cut(fmt::format("{:<{}}  {:<7} {:>9} {:>9} {:>9} {:>12} {:>12}",
                           line.row.name.substr(0, names), names, line.row.mode,
                           rate_text(line.rates.denied), rate_text(line.rates.would_deny),
                           rate_text(line.rates.probes), line.row.denied, line.row.would_deny),
               width);
  if (shown < lines.size()) out += cut(fmt::format("and {} more", lines.size() - shown), width);
  return out;
}

}  // namespace glacis::cli
