// SPDX-License-Identifier: Apache-2.0
// Takes a stream of bytes apart into JSON objects, without a parser's trust: lines
// of objects, objects over several lines, lists of them, and documents that hold
// them in "items" or "Records". A `{` at the begin of a line ends what was not
// finished, so that a record that was cut off costs itself and not its followers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace glacis::correlate {

inline constexpr std::size_t longest_record = std::size_t{1} << 20;

struct Piece {
  std::string_view text;      // empty where it is bad
  std::uint64_t line = 0;     // of its begin, from 1
  const char* bad = nullptr;  // "is cut off"
};
using EachPiece = std::function<void(const Piece&)>;

class Splitter {
 public:
  explicit Splitter(EachPiece each) : each_(std::move(each)) {}
  void feed(std::string_view bytes);
  void end();

 private:
  void take(char c);
  void in_string(char c);
  void open(char c);
  void close(char c);
  void keep(char c);
  void begin();
  void bad(const char* why);
  void drop();
  void between(char c);

  EachPiece each_;
  std::string record_;
  std::string word_;  // the last string at the first level of a document
  std::uint64_t line_ = 1, from_ = 0, depth_ = 0;
  bool line_start_ = true;
  bool string_ = false, escape_ = false;
  bool too_long_ = false;
  enum class In { nothing, list, tail };  // of a document: its list, and what is behind it
  In in_ = In::nothing;
  bool junk_ = false;  // this line is no object, and was told
};

}  // namespace glacis::correlate
