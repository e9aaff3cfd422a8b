// The little of SQLite that the ledger needs: a database and prepared statements that close
// themselves, with errors as values.
//
// One thread, cold. Texts are bound without a copy and must live until the statement has stepped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mm {

class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Statement& operator=(Statement&& other) noexcept;

  // Parameters in their order, from the first one again after every run.
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  // Steps once: true if there is a row to read, false if done or failed (the database knows).
  bool step();
  // Ready for the next parameters.
  void reset();
  // One statement without rows: step and reset.
  void run();

  std::int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  sqlite3_stmt* handle_ = nullptr;
  int next_parameter_ = 1;
};

class Database {
 public:
  enum class Mode : std::uint8_t { kCreate, kGoOn, kReadOnly };

  Database() = default;
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Each returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& path, Mode mode);
  [[nodiscard]] std::string execute(const char* sql);
  [[nodiscard]] std::string prepare(const char* sql, Statement& statement);
  // Nothing of it is in the log beside it any more, and there is none unless somebody reads it just
  // now, who is waited for a little.
  [[nodiscard]] std::string into_one_file();
  // Of the last call that failed, empty if none did since open().
  std::string error() const;
  // Rows that the last insert, update or delete changed.
  std::int64_t changes() const;

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace mm
