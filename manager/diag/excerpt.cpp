// SPDX-License-Identifier: Apache-2.0
#include "manager/diag/excerpt.h"

#include <algorithm>
#include <vector>

#include "manager/base/escape.h"

namespace glacis::diag {
namespace {

constexpr std::size_t window = 160;  // columns of source text at most
constexpr std::size_t lead = 40;     // columns kept before a mark far to the right

struct Cell {
  std::size_t byte = 0;
  std::string text;
  std::size_t columns = 1;
};

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> cells;
  for (std::size_t at = 0; at < line.size();) {
    Cell cell;
    cell.byte = at;
    if (line[at] == '\t') {
      cell.text = "    ";
      cell.columns = 4;
      ++at;
    } else if (const std::size_t length = printable_length(line, at); length != 0) {
      cell.text = line.substr(at, length);
      at += length;
    } else {
      cell.text = escape_one(line, at);
      cell.columns = cell.text.size();
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::size_t columns_of(const std::vector<Cell>& cells, std::size_t first, std::size_t last) {
  std::size_t columns = 0;
  for (std::size_t i = first; i < last; ++i) columns += cells[i].columns;
  return columns;
}

std::size_t cell_at(const std::vector<Cell>& cells, std::size_t byte) {
  const auto found = std::partition_point(cells.begin(), cells.end(),
                                          [&](const Cell& cell) { return cell.byte < byte; });
  return static_cast<std::size_t>(found - cells.begin());
}

// Where to start reading so that a mark far to the right of a long line costs no
// more than one near its beginning.
std::size_t start_of(std::string_view line, std::size_t mark) {
  if (mark <= 2 * window) return 0;
  std::size_t start = mark - lead;
  while (start < mark && (static_cast<unsigned char>(line[start]) & 0xc0) == 0x80) ++start;
  return start;
}

}  // namespace

Excerpt excerpt(std::string_view line, std::size_t column, std::size_t end) {
  const std::size_t begin_byte = column == 0 ? 0 : std::min(column - 1, line.size());
  const std::size_t end_byte = std::clamp(end == 0 ? 0 : end - 1, begin_byte, line.size());
  const std::size_t start = start_of(line, begin_byte);
  const std::string_view near = line.substr(start, begin_byte - start + 4 * window);
  const std::vector<Cell> cells = cells_of(near);
  const std::size_t mark = cell_at(cells, begin_byte - start);
  const std::size_t mark_end = std::max(mark, cell_at(cells, end_byte - start));

  std::size_t first = 0;
  if (columns_of(cells, 0, mark_end) > window) {
    first = mark;
    for (std::size_t columns = 0; first > 0 && columns < lead; --first) {
      columns += cells[first - 1].columns;
    }
  }
  Excerpt result;
  if (first > 0 || start > 0) result.text = "...";
  result.indent = result.text.size() + columns_of(cells, first, mark);
  std::size_t last = first;
  for (std::size_t columns = 0; last < cells.size() && columns < window; ++last) {
    columns += cells[last].columns;
    result.text += cells[last].text;
  }
  if (last < cells.size() || start + near.size() < line.size()) result.text += "...";
  result.width = std::max<std::size_t>(1, columns_of(cells, mark, std::min(mark_end, last)));
  return result;
}

}  // namespace glacis::diag
