#include "sim/server/server_config.h"

#include <algorithm>

namespace mm::server {
namespace {

void set_text(auto& array, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), array.size() - 1), array.begin());
}

SymbolConfig symbol(std::string_view base, std::string_view quote, Amount lot,
                    std::int64_t start_price, const sim::MarketConfig& market) {
  SymbolConfig config;
  config.market = market;
  Instrument& i = config.instrument;
  set_text(i.base_text, base);
  set_text(i.quote_text, quote);
  set_text(i.symbol_text, std::string(base) + std::string(quote));
  i.tick = Amount(kAmountScale / 100);
  i.lot = lot;
  i.notional_min = Money(5 * kMoneyScale);
  config.market.start_price = Amount(start_price * kAmountScale);
  return config;
}

}  // namespace

std::vector<SymbolConfig> default_symbols(const sim::MarketConfig& market) {
  std::vector<SymbolConfig> symbols{
      symbol("BTC", "USDT", Amount(kAmountScale / 100'000), 60'000, market),
      symbol("ETH", "USDT", Amount(kAmountScale / 10'000), 3000, market)};
  // The generator's sizes suit ETH; a bitcoin is worth twenty of them.
  symbols[0].market.level_size = Amount(market.level_size.v / 20);
  symbols[0].market.trade_size = Amount(market.trade_size.v / 20);
  return symbols;
}

AccountConfig default_account() {
  AccountConfig account;
  account.name = "test";
  account.api_key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  account.hmac_secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
  account.balances = {{"BTC", Amount(10 * kAmountScale)},
                      {"ETH", Amount(100 * kAmountScale)},
                      {"USDT", Amount(1'000'000 * kAmountScale)}};
  return account;
}

}  // namespace mm::server
