#include "engine/ledger/ledger_reader.h"

#include <fmt/format.h>

#include "engine/ledger/ledger.h"

namespace mm {

std::string LedgerReader::open(const std::string& path) {
  error_ = database_.open(path, Database::Mode::kReadOnly);
  prepare(
      "SELECT client_order_id FROM orders JOIN instruments ON instrument = id "
      "WHERE symbol=? AND venue_order_id=?",
      order_);
  prepare("SELECT 1 FROM fills JOIN instruments ON instrument = id WHERE symbol=? AND trade_id=?",
          trade_);
  prepare(
      "SELECT MAX(trade_id) FROM fills JOIN instruments ON instrument = id "
      "WHERE symbol=? AND trade_id<?",
      last_trade_);
  return error_.empty() ? std::string() : path + ": " + error_;
}

bool LedgerReader::prepare(const char* sql, Statement& statement) {
  if (error_.empty()) error_ = database_.prepare(sql, statement);
  return error_.empty();
}

std::vector<LedgerReader::Closing> LedgerReader::closing() {
  std::vector<Closing> all;
  Statement column, rows;
  if (!prepare(kHasSettledTrade, column)) return all;
  const std::string sql = fmt::format(
      "SELECT symbol, time_ns, position_e8, profit_today_e8, tick_e8, mark_half_ticks, realized, "
      "unrealized, fees, {} FROM closing JOIN instruments ON instrument = id ORDER BY id",
      column.step() ? "settled_trade" : "0");
  if (!prepare(sql.c_str(), rows)) return all;
  while (rows.step()) {
    all.push_back({.symbol = rows.text(0),
                   .time = Nanos(rows.integer(1)),
                   .position = Amount(rows.integer(2)),
                   .profit_today = Amount(rows.integer(3)),
                   .tick = Amount(rows.integer(4)),
                   .mark = HalfTicks(rows.integer(5)),
                   .settled_trade = static_cast<std::uint64_t>(rows.integer(9)),
                   .realized = rows.text(6),
                   .unrealized = rows.text(7),
                   .fees = rows.text(8)});
  }
  error_ = database_.error();
  return all;
}

std::vector<LedgerReader::Unanswered> LedgerReader::unanswered(Nanos since) {
  std::vector<Unanswered> all;
  Statement rows;
  const std::string sql = fmt::format(
      "SELECT symbol, client_order_id, created_ns FROM orders JOIN instruments ON instrument = id "
      "WHERE venue_order_id = 0 AND state IN ('{}', '{}', '{}', '{}') AND created_ns > {} "
      "ORDER BY created_ns DESC",
      name(OrderState::kPendingNew), name(OrderState::kPendingModify),
      name(OrderState::kPendingCancel), name(OrderState::kUnknown), since.v);
  if (!prepare(sql.c_str(), rows)) return all;
  while (rows.step()) all.push_back({rows.text(0), rows.text(1), Nanos(rows.integer(2))});
  error_ = database_.error();
  return all;
}

bool LedgerReader::has_trade(std::string_view symbol, TradeId id) {
  if (!error_.empty()) return false;
  trade_.bind(symbol).bind(static_cast<std::int64_t>(id.v));
  const bool found = trade_.step();
  error_ = database_.error();
  trade_.reset();
  return found;
}

std::uint64_t LedgerReader::last_trade(std::string_view symbol, std::uint64_t below) {
  if (!error_.empty()) return 0;
  last_trade_.bind(symbol).bind(static_cast<std::int64_t>(below));
  const std::int64_t id = last_trade_.step() ? last_trade_.integer(0) : 0;
  error_ = database_.error();
  last_trade_.reset();
  return static_cast<std::uint64_t>(id);
}

ClientOrderId LedgerReader::order(std::string_view symbol, VenueOrderId id) {
  if (!error_.empty()) return {};
  order_.bind(symbol).bind(static_cast<std::int64_t>(id.v));
  const std::string text = order_.step() ? order_.text(0) : std::string();
  order_.reset();
  return order_id_of(text);
}

}  // namespace mm
