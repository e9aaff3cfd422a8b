#include "engine/ledger/ledger_reader.h"

#include "engine/ledger/ledger.h"

namespace mm {

std::string LedgerReader::open(const std::string& path) {
  error_ = database_.open(path, Database::Mode::kReadOnly);
  prepare(
      "SELECT client_order_id FROM orders JOIN instruments ON instrument = id "
      "WHERE symbol=? AND venue_order_id=?",
      order_);
  return error_.empty() ? std::string() : path + ": " + error_;
}

bool LedgerReader::prepare(const char* sql, Statement& statement) {
  if (error_.empty()) error_ = database_.prepare(sql, statement);
  return error_.empty();
}

std::vector<LedgerReader::Closing> LedgerReader::closing() {
  std::vector<Closing> all;
  Statement rows;
  if (!prepare("SELECT symbol, time_ns, position_e8, profit_today_e8, tick_e8, mark_half_ticks, "
               "realized, unrealized, fees "
               "FROM closing JOIN instruments ON instrument = id ORDER BY id",
               rows)) {
    return all;
  }
  while (rows.step()) {
    all.push_back({.symbol = rows.text(0),
                   .time = Nanos(rows.integer(1)),
                   .position = Amount(rows.integer(2)),
                   .profit_today = Amount(rows.integer(3)),
                   .tick = Amount(rows.integer(4)),
                   .mark = HalfTicks(rows.integer(5)),
                   .realized = rows.text(6),
                   .unrealized = rows.text(7),
                   .fees = rows.text(8)});
  }
  error_ = database_.error();
  return all;
}

std::unordered_set<std::uint64_t> LedgerReader::trades_after(std::string_view symbol,
                                                             std::uint64_t last) {
  std::unordered_set<std::uint64_t> ids;
  Statement rows;
  if (!prepare("SELECT trade_id FROM fills JOIN instruments ON instrument = id "
               "WHERE symbol=? AND trade_id>?",
               rows)) {
    return ids;
  }
  rows.bind(symbol).bind(static_cast<std::int64_t>(last));
  while (rows.step()) ids.insert(static_cast<std::uint64_t>(rows.integer(0)));
  error_ = database_.error();
  return ids;
}

ClientOrderId LedgerReader::order(std::string_view symbol, VenueOrderId id) {
  if (!error_.empty()) return {};
  order_.bind(symbol).bind(static_cast<std::int64_t>(id.v));
  const std::string text = order_.step() ? order_.text(0) : std::string();
  order_.reset();
  return order_id_of(text);
}

}  // namespace mm
