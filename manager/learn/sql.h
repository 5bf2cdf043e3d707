// SPDX-License-Identifier: Apache-2.0
// One SQL statement, with values bound and never written into its text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "manager/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace glacis::learn {

class Statement {
 public:
  Statement(sqlite3* handle, std::string_view sql);

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view bytes);  // as a blob: no encoding is assumed

  // True: there is a row.
  Result<bool> step();
  // For a statement without rows; ready to be bound again.
  Status run();

  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  [[nodiscard]] std::unexpected<Error> failed() const;

  sqlite3* handle_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  bool good_ = true;
};

// Without values and rows; several statements in a row.
[[nodiscard]] Status execute(sqlite3* handle, const char* sql);

// Undone unless it is committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* handle);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  [[nodiscard]] const Status& begun() const { return begun_; }
  Status commit();

 private:
  sqlite3* handle_;
  Status begun_;
  bool open_ = false;
};

}  // namespace glacis::learn
