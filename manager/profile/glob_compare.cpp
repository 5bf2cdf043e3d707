// SPDX-License-Identifier: Apache-2.0
// Comparing two patterns token by token. Both walks keep the set of positions
// in one pattern that are reachable for a position in the other.
#include <algorithm>

#include "manager/profile/glob.h"

namespace glacis::profile {
namespace {

using Row = std::vector<char>;

bool is_run(const GlobToken& token) {
  return token.kind == GlobToken::Kind::star || token.kind == GlobToken::Kind::double_star;
}

// Can the run `run` produce everything that `token` produces?
bool run_takes(const GlobToken& run, const GlobToken& token) {
  if (run.kind == GlobToken::Kind::double_star) return true;
  if (token.kind == GlobToken::Kind::byte) return token.byte != '/';
  return token.kind != GlobToken::Kind::double_star;
}

// Is every byte of `inner` a byte of `outer`? Neither is a run.
bool one_covers(const GlobToken& outer, const GlobToken& inner) {
  if (outer.kind == GlobToken::Kind::byte)
    return inner.kind == GlobToken::Kind::byte && inner.byte == outer.byte;
  if (inner.kind == GlobToken::Kind::byte) return outer.set.test(inner.byte);
  return (inner.set & ~outer.set).none();
}

bool one_meets(const GlobToken& a, const GlobToken& b) {
  if (a.kind == GlobToken::Kind::byte)
    return b.kind == GlobToken::Kind::byte ? a.byte == b.byte : b.set.test(a.byte);
  return b.kind == GlobToken::Kind::byte ? a.set.test(b.byte) : (a.set & b.set).any();
}

// From each reachable place in `tokens`, the runs that may be left empty.
void skip_runs(const GlobTokens& tokens, Row& row) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (row[i] != 0 && is_run(tokens[i])) row[i + 1] = 1;
  }
}

// A simulation of `inner` by `outer`: runs of `inner` can only be taken by runs
// of `outer`. That misses some true inclusions and admits no false one.
bool covers_one(const GlobTokens& outer, const GlobTokens& inner) {
  Row row(outer.size() + 1, 0);
  row[0] = 1;
  skip_runs(outer, row);
  for (const GlobToken& token : inner) {
    Row next(outer.size() + 1, 0);
    bool any = false;
    for (std::size_t i = 0; i < outer.size(); ++i) {
      if (row[i] == 0) continue;
      if (is_run(outer[i])) {
        if (run_takes(outer[i], token)) next[i] = 1;
      } else if (!is_run(token) && one_covers(outer[i], token)) {
        next[i + 1] = 1;
      }
      any = any || next[i] != 0 || next[i + 1] != 0;
    }
    if (!any) return false;
    skip_runs(outer, next);
    row = std::move(next);
  }
  return row[outer.size()] != 0;
}

// Positions (i, j) that a common string can lead to. A run stays where it is
// while the other side moves, by a byte or by a run of its own.
bool meet_one(const GlobTokens& a, const GlobTokens& b) {
  Row row(b.size() + 1, 0);
  row[0] = 1;
  for (std::size_t i = 0;; ++i) {
    Row next(b.size() + 1, 0);
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (row[j] == 0) continue;
      const bool a_run = i < a.size() && is_run(a[i]);
      const bool b_run = j < b.size() && is_run(b[j]);
      if (a_run) next[j] = 1;
      if (b_run) row[j + 1] = 1;
      if (a_run && j < b.size() && (b_run || run_takes(a[i], b[j]))) row[j + 1] = 1;
      if (b_run && i < a.size() && (a_run || run_takes(b[j], a[i]))) next[j] = 1;
      const bool both = i < a.size() && j < b.size() && !a_run && !b_run;
      if (both && one_meets(a[i], b[j])) next[j + 1] = 1;
    }
    if (i == a.size()) return row[b.size()] != 0;
    row = std::move(next);
  }
}

// Literal beginnings that differ settle most questions at once.
bool beginnings_differ(const GlobTokens& a, const GlobTokens& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i].kind != GlobToken::Kind::byte || b[i].kind != GlobToken::Kind::byte) return false;
    if (a[i].byte != b[i].byte) return true;
  }
  return false;
}

}  // namespace

bool covers(const Alternatives& outer, const Alternatives& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const GlobTokens& small) {
    return std::any_of(outer.begin(), outer.end(), [&](const GlobTokens& large) {
      return !beginnings_differ(large, small) && covers_one(large, small);
    });
  });
}

bool meet(const Alternatives& a, const Alternatives& b) {
  return std::any_of(a.begin(), a.end(), [&](const GlobTokens& left) {
    return std::any_of(b.begin(), b.end(), [&](const GlobTokens& right) {
      return !beginnings_differ(left, right) && meet_one(left, right);
    });
  });
}

}  // namespace glacis::profile
