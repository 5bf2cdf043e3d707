// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/sql.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace glacis::learn {
namespace {

std::unexpected<Error> failure(sqlite3* handle) {
  const int code = sqlite3_errcode(handle);
  Error error{Exit::usage, fmt::format("the recording: {}", sqlite3_errmsg(handle)), {}, {}};
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    error.next = "move it away, and import the last export";
  } else if (code == SQLITE_FULL || code == SQLITE_IOERR) {
    error.next = "make room on its disk";
    error.unchanged = "what was recorded before is kept";
  } else if (code == SQLITE_BUSY) {
    error.next = "another command is at it; try again";
  }
  return std::unexpected(std::move(error));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* handle, std::string_view sql) : handle_(handle) {
  sqlite3_stmt* made = nullptr;
  good_ = sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &made, nullptr) ==
          SQLITE_OK;
  statement_.reset(made);
}

Statement& Statement::bind(std::int64_t value) {
  good_ = good_ && sqlite3_bind_int64(statement_.get(), ++bound_, value) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(std::string_view bytes) {
  // An empty blob and not NULL.
  const char* data = bytes.empty() ? "" : bytes.data();
  good_ = good_ && sqlite3_bind_blob64(statement_.get(), ++bound_, data, bytes.size(),
                                       SQLITE_TRANSIENT) == SQLITE_OK;
  return *this;
}

std::unexpected<Error> Statement::failed() const { return failure(handle_); }

Result<bool> Statement::step() {
  if (!good_) return failed();
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failed();
}

Status Statement::run() {
  const auto row = step();
  if (!row) return std::unexpected(row.error());
  good_ = sqlite3_reset(statement_.get()) == SQLITE_OK;
  bound_ = 0;
  return {};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Status execute(sqlite3* handle, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(handle);
  return {};
}

Transaction::Transaction(sqlite3* handle)
    : handle_(handle), begun_(execute(handle, "BEGIN IMMEDIATE")), open_(begun_.has_value()) {}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  if (auto done = execute(handle_, "COMMIT"); !done) return done;
  open_ = false;
  return {};
}

}  // namespace glacis::learn
