#include "engine/ledger/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace mm {

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  next_parameter_ = 1;
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(handle_, next_parameter_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(handle_, next_parameter_++, value.data(), static_cast<int>(value.size()),
                    nullptr);  // SQLITE_STATIC
  return *this;
}

bool Statement::step() {
  return sqlite3_step(handle_) == SQLITE_ROW;
}

void Statement::reset() {
  sqlite3_reset(handle_);
  next_parameter_ = 1;
}

void Statement::run() {
  step();
  reset();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
  const void* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return {static_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Database::~Database() {
  sqlite3_close_v2(handle_);  // statements that outlive it are let go with the last of them
}

std::string Database::open(const std::string& path, Mode mode) {
  const int flags = mode == Mode::kCreate ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : mode == Mode::kGoOn ? SQLITE_OPEN_READWRITE
                                          : SQLITE_OPEN_READONLY;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    return path + ": " + error();
  }
  return {};
}

std::string Database::execute(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? "" : error();
}

std::string Database::into_one_file() {
  constexpr int kPatienceMs = 500;
  sqlite3_busy_timeout(handle_, kPatienceMs);
  if (execute("PRAGMA journal_mode=DELETE").empty()) return {};
  // The log stays for whoever has it open, with nothing in it.
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return result == SQLITE_OK ? std::string() : error();
}

std::string Database::prepare(const char* sql, Statement& statement) {
  sqlite3_finalize(std::exchange(statement.handle_, nullptr));
  return sqlite3_prepare_v2(handle_, sql, -1, &statement.handle_, nullptr) == SQLITE_OK ? ""
                                                                                        : error();
}

std::string Database::error() const {
  const int code = sqlite3_errcode(handle_);
  const bool good = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
  return good ? std::string() : std::string(sqlite3_errmsg(handle_));
}

std::int64_t Database::changes() const {
  return sqlite3_changes(handle_);
}

}  // namespace mm
