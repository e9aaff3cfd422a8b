// The fills of a session, followed in its journal while that is being written.
//
// One thread, cold. Each look reads on for a bounded number of records; the last fills of each
// instrument are kept, one told twice once.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/dashboard/row_log.h"
#include "engine/journal/journal_reader.h"
#include "engine/monitor/engine_view.h"

namespace mm::dashboard {

class FillTail {
 public:
  FillTail(std::string journal, std::size_t instruments);

  void look(std::span<const monitor::InstrumentView> instruments);
  // Rows of time, side (1 is a buy), price, quantity, maker (1) and client order id.
  const RowLog& fills(std::size_t instrument) const { return symbols_[instrument].rows; }
  // Why the journal is read no further; empty: it is.
  const std::string& error() const { return error_; }

 private:
  struct Symbol {
    RowLog rows;
    std::deque<TradeId> last;  // as many as have rows
  };
  // What follows may have been deleted for space: on from the oldest there is.
  bool skip_deleted();
  void take(const Event& event, std::span<const monitor::InstrumentView> instruments);

  std::string journal_, error_;
  std::unique_ptr<JournalReader> reader_;
  bool ended_ = false;
  std::vector<Symbol> symbols_;
};

}  // namespace mm::dashboard
