#include "engine/app/edges/symbol_watch.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"

namespace mm::app {

// Whatever is not TRADING (HALT, BREAK, CANCEL_ONLY, ...) takes no new orders.
std::vector<std::string> SymbolWatch::take(const binance::ExchangeInfo& info) {
  std::vector<std::string> news;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const std::string_view symbol = instruments_[i].symbol();
    const Instrument* const told = info.find(symbol, true);
    if (told == nullptr) continue;
    if (judge(i, *told)) {
      news.push_back(fmt::format(
          "{}: the venue's tick is {} now and its lot {}, other than when this run began: halted "
          "until a restart",
          symbol, decimal_text(told->tick).view(), decimal_text(told->lot).view()));
    }
    const bool trading = info.find_rules(symbol, true)->status == binance::SymbolStatus::kTrading;
    if (!trading) link_.symbols_wanted.store(true, std::memory_order_release);  // until it does
    link_.halted[i].store(!trading || changed_[i], std::memory_order_release);
  }
  link_.halted_news.fetch_add(1, std::memory_order_acq_rel);
  return news;
}

// Finer than ours is a change too: what others trade with us then may be no whole lot of ours.
bool SymbolWatch::judge(std::size_t i, const Instrument& told) {
  if (changed_[i] || told.tick.v <= 0 || told.lot.v <= 0) return false;
  changed_[i] = told.tick != instruments_[i].tick || told.lot != instruments_[i].lot;
  return changed_[i];
}

}  // namespace mm::app
