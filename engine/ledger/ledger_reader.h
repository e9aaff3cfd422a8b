// A finished ledger asked for what the next session needs: where the last one stood, and which
// executions it knows.
//
// One thread, cold; a query a call. Errors are values: after one, answers are empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"
#include "engine/ledger/sqlite.h"

namespace mm {

class LedgerReader {
 public:
  // Returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& path);

  struct Closing {
    std::string symbol;
    Nanos time{};
    Amount position{}, profit_today{};
    Amount tick{};
    HalfTicks mark{};
    std::uint64_t settled_trade = 0;         // 0 where an older program has made the ledger
    std::string realized, unrealized, fees;  // decimal
  };
  std::vector<Closing> closing();
  // As large as the database takes.
  static constexpr std::uint64_t kTradeIdMax = ~std::uint64_t{0} >> 1;
  bool has_trade(std::string_view symbol, TradeId id);
  // The highest trade id below that; 0 if there is none.
  std::uint64_t last_trade(std::string_view symbol, std::uint64_t below = kTradeIdMax);
  // Orders sent after then that the venue had said nothing of, the last one first. None where an
  // answer refused them, or the core found that they had never come.
  struct Unanswered {
    std::string symbol, client_id;
    Nanos sent{};
  };
  std::vector<Unanswered> unanswered(Nanos since);
  // 0 if the ledger knows no such order.
  ClientOrderId order(std::string_view symbol, VenueOrderId id);

  const std::string& error() const { return error_; }

 private:
  // False, and the error is kept, if it is no statement of this database.
  bool prepare(const char* sql, Statement& statement);

  Database database_;
  Statement order_, trade_, last_trade_;
  std::string error_;
};

}  // namespace mm
