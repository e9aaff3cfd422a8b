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
    if (!trading) link_.market_refused.store(true, std::memory_order_release);  // until it does
    link_.halted[i].store(!trading || grids_[i].changed, std::memory_order_release);
  }
  link_.halted_news.fetch_add(1, std::memory_order_acq_rel);
  return news;
}

// Finer than ours is a change too: what others trade with us then may be no whole lot of ours.
bool SymbolWatch::judge(std::size_t i, const Instrument& told) {
  Grid& first = grids_[i];
  if (first.changed || told.tick.v <= 0 || told.lot.v <= 0) return false;
  if (first.tick.v == 0) first = {told.tick, told.lot, false};
  const Instrument& ours = instruments_[i];
  const bool fits = ours.tick.v % told.tick.v == 0 && ours.lot.v % told.lot.v == 0;
  first.changed = !fits || told.tick != first.tick || told.lot != first.lot;
  return first.changed;
}

}  // namespace mm::app
