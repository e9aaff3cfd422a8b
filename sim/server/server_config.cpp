#include "sim/server/server_config.h"

#include <algorithm>

namespace mm::server {
namespace {

void set_text(auto& array, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), array.size() - 1), array.begin());
}

SymbolConfig symbol(std::string_view base, std::string_view quote, Amount tick, Amount lot,
                    std::int64_t start_price) {
  SymbolConfig config;
  Instrument& i = config.instrument;
  set_text(i.base_text, base);
  set_text(i.quote_text, quote);
  set_text(i.symbol_text, std::string(base) + std::string(quote));
  i.tick = tick;
  i.lot = lot;
  i.notional_min = Money(5 * kMoneyScale);
  config.market.start_price = Amount(start_price * kAmountScale);
  return config;
}

}  // namespace

std::vector<SymbolConfig> default_symbols() {
  const Amount cent(kAmountScale / 100);
  std::vector<SymbolConfig> symbols{
      symbol("BTC", "USDT", cent, Amount(kAmountScale / 100'000), 60'000),
      symbol("ETH", "USDT", cent, Amount(kAmountScale / 10'000), 3000)};
  // The generator's sizes suit ETH; a bitcoin is worth twenty of them.
  symbols[0].market.level_size = Amount(symbols[0].market.level_size.v / 20);
  symbols[0].market.trade_size = Amount(symbols[0].market.trade_size.v / 20);
  return symbols;
}

}  // namespace mm::server
