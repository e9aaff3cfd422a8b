// A finished ledger asked for what the next session needs: where the last one stood, and which
// executions it knows.
//
// One thread, cold; a query a call. Errors are values: after one, answers are empty.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
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
    std::string realized, unrealized, fees;  // decimal
  };
  std::vector<Closing> closing();
  // Trade ids above `last`.
  std::unordered_set<std::uint64_t> trades_after(std::string_view symbol, std::uint64_t last);
  // 0 if the ledger knows no such order.
  ClientOrderId order(std::string_view symbol, VenueOrderId id);

  const std::string& error() const { return error_; }

 private:
  // False, and the error is kept, if it is no statement of this database.
  bool prepare(const char* sql, Statement& statement);

  Database database_;
  Statement order_;
  std::string error_;
};

}  // namespace mm
