// Which of our symbols take orders while we trade, and whether their tick and lot are still those
// we started with.
//
// For one thread at a time, of those that ask the venue; the order session reads the result from
// the link. A symbol whose grid has changed takes none until a restart.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "feeds/binance/exchange_info.h"
#include "gateway/binance/session_link.h"

namespace mm::app {

class SymbolWatch {
 public:
  // Both outlive it.
  SymbolWatch(std::span<const Instrument> instruments, binance::orders::SessionLink& link)
      : instruments_(instruments), link_(link), changed_(instruments.size()) {}

  // Returns what somebody should know, a line each.
  std::vector<std::string> take(const binance::ExchangeInfo& info);

 private:
  // True if it has just changed.
  bool judge(std::size_t i, const Instrument& told);

  std::span<const Instrument> instruments_;
  binance::orders::SessionLink& link_;
  std::vector<bool> changed_;
};

}  // namespace mm::app
