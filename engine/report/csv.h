// A session as four tables: fills.csv, orders.csv, quotes.csv, equity.csv.
//
// One thread, cold. Comma, a header line, ISO times in UTC, decimals as exact text, empty where
// there is nothing, the best level is 1: what reads CSV reads them without options. quotes.csv is
// written while the session is driven anew, a row whenever a level's resting order or the side's
// reason changes. A table appears whole or not at all. Errors are values: the first one is kept.
#pragma once

#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/session_model.h"

namespace mm {

class CsvFolder {
 public:
  ~CsvFolder();  // what was not finished goes

  // Makes the folder; refuses to write over a file of it that is no table of ours.
  [[nodiscard]] std::string open(const std::string& folder, std::size_t instruments);
  bool is_open() const { return !folder_.empty(); }

  // The instrument's orders may be others than before: SessionModel::watch.
  void on_decided(const Core& core, InstrumentId id);
  // `ledger`: the session's, which orders are read from. Returns the first error, empty if none.
  [[nodiscard]] std::string finish(const Core& core, SessionModel& model,
                                   const std::string& ledger);

 private:
  struct Shown {
    ClientOrderId id{};
    Ticks price{};
    Lots lots{};
    bool operator==(const Shown&) const = default;
  };
  struct ShownSide {
    std::vector<Shown> levels;
    QuoteReason reason = QuoteReason::kCount, shortfall = QuoteReason::kCount;
  };

  std::string path(std::string_view table) const;
  void write_side(const Core& core, const InstrumentState& s, Side side);
  void write_fills(const Core& core, SessionModel& model);
  void write_equity(const Core& core, const SessionModel& model);
  void write_orders(const std::string& ledger);
  std::ofstream begin(std::string_view table);
  void end(std::string_view table, std::ofstream& file);

  std::string folder_, error_;
  std::ofstream quotes_;
  std::vector<std::array<ShownSide, 2>> shown_;
};

}  // namespace mm
