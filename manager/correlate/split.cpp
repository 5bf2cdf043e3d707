// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/split.h"

namespace glacis::correlate {
namespace {

constexpr std::size_t kWord = 16;  // longer ones are no name that is looked for

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void Splitter::feed(std::string_view bytes) {
  for (const char c : bytes) take(c);
}

void Splitter::end() {
  if (depth_ != 0) bad("is cut off");
  in_ = In::nothing;
}

void Splitter::drop() {
  record_.clear();
  depth_ = 0;
  string_ = escape_ = too_long_ = false;
}

void Splitter::bad(const char* why) {
  each_({{}, from_, why});
  drop();
}

void Splitter::keep(char c) {
  if (record_.size() < longest_record)
    record_ += c;
  else
    too_long_ = true;
}

void Splitter::begin() {
  from_ = line_;
  word_.clear();
}

void Splitter::in_string(char c) {
  keep(c);
  if (c == '\n') return bad("is cut off within a string");
  if (depth_ == 1 && c != '"' && word_.size() <= kWord) word_ += c;
  if (escape_) {
    escape_ = false;
  } else if (c == '\\') {
    escape_ = true;
  } else if (c == '"') {
    string_ = false;
  }
}

// The list of a document: what the document said before is no record of its own.
void Splitter::open(char c) {
  if (depth_ == 0) begin();
  if (c == '[' && depth_ == 1 && in_ != In::list && (word_ == "items" || word_ == "Records")) {
    drop();
    in_ = In::list;
    return;
  }
  ++depth_;
  keep(c);
}

void Splitter::close(char c) {
  keep(c);
  if (--depth_ != 0) return;
  if (too_long_) return bad("is longer than any record");
  each_({record_, from_, nullptr});
  drop();
}

// The brackets and commas of lists mean nothing here.
void Splitter::between(char c) {
  if (c == '{') return open(c);
  if (c == '}' || c == ']') {
    in_ = c == ']' && in_ == In::list ? In::tail : In::nothing;
  } else if (in_ == In::nothing && !blank(c) && c != '[' && c != ',' && !junk_) {
    junk_ = true;
    from_ = line_;
    bad("is no object");
  }
}

void Splitter::take(char c) {
  const bool first = line_start_;
  line_start_ = c == '\n';
  if (line_start_) junk_ = false;
  if (string_) {
    in_string(c);
  } else if (depth_ != 0 && first && c == '{') {
    bad("is cut off");
    in_ = In::nothing;
    open(c);
  } else if (depth_ == 0) {
    between(c);
  } else if (c == '{' || c == '[') {
    open(c);
  } else if (c == '}' || c == ']') {
    close(c);
  } else {
    keep(c);
    string_ = c == '"';
    if (string_ && depth_ == 1) word_.clear();
  }
  if (line_start_) ++line_;
}

}  // namespace glacis::correlate
