#include "engine/app/soak/soak_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>

#include "engine/app/config/config_schema.h"
#include "engine/app/config/ini_reader.h"
#include "engine/core/decimal_text.h"
#include "sim/random.h"
#include "sim/sim_config.h"

namespace mm::app {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed ^ 0xC0F16) {}

  std::vector<std::string> take() { return std::move(sets_); }
  std::int64_t between(std::int64_t low, std::int64_t high) { return random_.between(low, high); }
  bool one_in(std::int64_t n) { return random_.below(n) == 0; }

  void set(std::string_view key, std::string_view value) {
    sets_.push_back(fmt::format("{}={}", key, value));
  }
  // A whole number of this range, times 10^-digits.
  std::int64_t number(std::string_view key, std::int64_t low, std::int64_t high, int digits = 0) {
    const std::int64_t value = between(low, high);
    set(key, DecimalText(value, digits).view());
    return value;
  }
  template <std::size_t N>
  std::string_view choose(std::string_view key, const std::array<std::string_view, N>& words) {
    const std::string_view word = words[static_cast<std::size_t>(random_.below(N))];
    set(key, word);
    return word;
  }

 private:
  sim::Random random_;
  std::vector<std::string> sets_;
};

constexpr std::array<std::string_view, 2> kYesNo{"yes", "no"};

// Per million of the price unless it says otherwise.
void strategy(Dice& dice) {
  const std::int64_t near = dice.number("strategy.min_spread", 50, 1500, 6);
  dice.number("strategy.max_spread", near, near + 3000, 6);
  dice.number("strategy.target_orders_per_side", 1, 6);
  dice.number("strategy.order_notional", 50, 2000);
  if (dice.one_in(2)) dice.number("strategy.level_size_step", -100, 500, 3);
  dice.number("strategy.volatility_window", 2, 200);
  if (dice.one_in(3)) dice.number("strategy.volatility_spread_factor", 1, 2000, 3);
  if (dice.one_in(2)) dice.number("strategy.skew_price", 0, 2000, 6);
  if (dice.one_in(2)) dice.number("strategy.skew_size", 0, 1000, 3);
  dice.choose("strategy.join_best", kYesNo);
  dice.choose("strategy.fair_value",
              std::array<std::string_view, 4>{"mid", "last", "weighted_mid", "micro_price"});
  dice.number("strategy.warmup_s", 0, 8);
  if (dice.one_in(3)) dice.number("strategy.fill_pause_ms", 1, 2000);
  if (dice.one_in(2)) dice.number("strategy.min_spread_tolerance", 0, 1000, 3);
  const std::int64_t move = dice.number("strategy.modify_threshold", 50, 3000, 6);
  dice.number("strategy.max_modify_deviation", move, 10'000, 6);
  dice.number("strategy.refill_below", 0, 1000, 3);
  if (dice.one_in(3)) dice.number("strategy.max_market_spread", 1000, 20'000, 6);
  dice.set("strategy.name", dice.one_in(6) ? "touch_joiner" : "passive_maker");
}

void risk(Dice& dice) {
  dice.number("risk.max_position_notional", 1000, 60'000);
  dice.number("risk.max_order_count", 6, 100);
  dice.number("risk.max_order_notional", 100, 5000);
  dice.number("risk.price_collar", 5, 100, 3);
  dice.set("risk.max_daily_loss", dice.one_in(16) ? "20" : "1000000");
  if (dice.one_in(16)) dice.number("risk.max_drawdown", 20, 1000);
  dice.number("risk.max_price_change", dice.one_in(2) ? 0 : 5, 60, 3);
  dice.number("risk.price_change_window", 1, 20);
  dice.number("risk.risk_cooldown", 1, 20);
  dice.number("risk.max_data_age_ms", 500, 5000);
  if (dice.one_in(4)) dice.number("risk.start_position", -100, 100, 3);
  // A seed begins at midnight.
  if (dice.one_in(4)) dice.set("risk.day_start", fmt::format("00:0{}", dice.between(1, 9)));
}

void orders(Dice& dice) {
  dice.number("order_management.reset_interval", dice.one_in(4) ? 0 : 15, 300);
  dice.number("order_management.max_pending_modifications", 1, 12);
  dice.number("order_management.modification_timeout", 3, 40, 1);
  dice.number("order_management.cleanup_interval", 5, 600);
  dice.number("execution.modify_worker_count", 1, 4);
  dice.number("execution.modify_rate_limit", 2, 40);
  dice.number("engine.command_age_ms_max", 50, 2000);
  dice.number("engine.order_table_headroom", 0, 64);
  dice.number("engine.instance", 1, 255);
  if (dice.one_in(2)) dice.number("engine.id_nonce", 0, (1 << 24) - 1);
  dice.set("engine.execution_ring_slots", "1024");
  dice.set("engine.command_ring_slots", "1024");
}

void latency(Dice& dice, std::string_view path) {
  const bool tail = dice.one_in(2);
  dice.set(fmt::format("simulator.{}_latency_kind", path), tail ? "distribution" : "constant");
  dice.number(fmt::format("simulator.{}_latency_us", path), 0, dice.one_in(4) ? 100'000 : 10'000);
  if (tail) dice.number(fmt::format("simulator.{}_latency_spread_us", path), 0, 20'000);
}

// Whether it is a spot market.
bool venue(Dice& dice) {
  const bool spot =
      dice.choose("venue.name", std::array<std::string_view, 2>{"binance_spot", "binance_usdm"}) ==
      "binance_spot";
  dice.number("fees.maker", -200, 1000, 6);
  if (spot) {
    dice.choose("fees.asset", std::array<std::string_view, 3>{"quote", "base", "BNB"});
    if (dice.one_in(2)) dice.number("fees.price_BNB", 100, 1000);
  }
  dice.choose("simulator.queue_model",
              std::array<std::string_view, 3>{"risk_averse", "power_prob", "log_prob"});
  if (dice.one_in(2)) dice.number("simulator.queue_exponent", 500, 5000, 3);
  if (dice.one_in(3)) dice.set("venue.exclusive_symbol", "yes");
  // No request here is later than the default allows, and nobody refuses it for its age.
  if (dice.one_in(3)) dice.number("venue.recv_window_ms", 5000, 10'000);
  for (const std::string_view path : {"feed", "order", "response"}) latency(dice, path);
  dice.number("simulator.max_orders_per_symbol", 10, 200);
  dice.number("simulator.orders_per_10s", 50, 300);
  dice.number("simulator.weight_per_minute", 2400, 6000);
  dice.number("simulator.balance_base", 1, dice.one_in(2) ? 3 : 100);
  dice.number("simulator.balance_quote", 1000, dice.one_in(2) ? 10'000 : 1'000'000);
  dice.set("simulator.pending_events_max", "32768");
  dice.set("simulator.open_orders_max", "1024");
  return spot;
}

struct Symbol {
  std::string_view name;
  std::int64_t price = 3000;  // that a market starts with where none is set
};

std::vector<Symbol> market(Dice& dice, bool twice) {
  const auto names = sim::scenario_names();
  const std::string_view scenario =
      names[static_cast<std::size_t>(dice.between(0, static_cast<std::int64_t>(names.size()) - 1))];
  dice.set("market.scenario", scenario);
  const bool moves = scenario != "calm" && scenario != "quiet";
  if (dice.one_in(4)) dice.number("market.jumps_per_hour", 0, 600);
  constexpr std::array<std::string_view, 4> kSymbols{"ETHUSDT", "BTCUSDT", "BNBUSDT", "SOLUSDT"};
  // A seed costs half a second of a core at most; what moves costs the most.
  const std::int64_t many = (moves ? 2 : 4) / (twice ? 2 : 1);
  const std::int64_t most = dice.one_in(2) ? std::min<std::int64_t>(many, 2) : many;
  const auto count = static_cast<std::size_t>(dice.between(1, most));
  // Of one symbol; more share it.
  const auto shares = static_cast<std::int64_t>(count);
  dice.number("market.depth_levels", 20, 100 / shares + 20);
  dice.number("market.updates_per_s", 2, 20 / shares + 2);
  dice.number("market.orders_per_s", 5, 60 / shares + 5);
  dice.number("market.trades_per_s", 1, 10 / shares);
  dice.set("venue.symbols", fmt::format("{}", fmt::join(std::span(kSymbols).first(count), ",")));
  std::vector<Symbol> symbols;
  for (const std::string_view name : std::span(kSymbols).first(count)) {
    Symbol& symbol = symbols.emplace_back(Symbol{.name = name});
    if (!dice.one_in(2)) continue;
    symbol.price = dice.number(fmt::format("symbol {}.start_price", name), 20, 60'000);
    if (dice.one_in(2)) dice.number(fmt::format("symbol {}.max_position", name), 1, 5000, 3);
  }
  return symbols;
}

// Its units, and what it has of its own or what makes sense at its price only. Of several symbols
// none has a fine tick: a market that moves by hundreds of them tells of each.
void symbol_of_its_own(Dice& dice, const Symbol& symbol, bool spot, bool alone) {
  const auto key = [&](std::string_view name) {
    return fmt::format("symbol {}.{}", symbol.name, name);
  };
  const std::int64_t price = symbol.price;
  // So much of the quote asset, in base.
  const auto worth = [&](std::string_view name, std::int64_t low, std::int64_t high) {
    dice.number(key(name), low * 10'000 / price, high * 10'000 / price, 4);
  };
  if (!alone || dice.one_in(3)) {
    // A price has 20,000 ticks at least, and a lot is worth little.
    const bool high = price >= 2000;
    dice.set(key("tick"), high ? price >= 20'000 ? "1" : "0.1" : price >= 200 ? "0.01" : "0.001");
    dice.set(key("lot"), price <= 500 ? "0.01" : price <= 5000 ? "0.001" : "0.0002");
    dice.number(key("min_notional"), 5, 10);
  }
  if (dice.one_in(4)) worth("order_size", 60, 2000);
  if (dice.one_in(3)) worth("target_position", -3000, 3000);
  if (dice.one_in(5)) {
    const bool floor = dice.one_in(2);
    const std::int64_t far = dice.between(-5, 20);  // in thousandths of the price
    dice.set(key(floor ? "price_floor" : "price_ceiling"),
             DecimalText(price * (1000 + (floor ? -far : far)), 3).view());
  }
  if (dice.one_in(6)) dice.number(key("max_order_count"), 2, 12);
  if (dice.one_in(16)) dice.number(key("max_daily_loss"), 5, 50);
  if (spot && dice.one_in(8)) dice.set(key("start_position"), "account");
}

}  // namespace

std::vector<std::string> sets_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> sets;
  for (const IniEntry& e : read_ini(text, path).entries) {
    sets.push_back(fmt::format("{}.{}={}", e.section, e.key, e.value));
  }
  return sets;
}

std::vector<std::string> random_live_sets(std::uint64_t seed) {
  Dice dice(seed);
  strategy(dice);
  risk(dice);
  orders(dice);
  std::vector<std::string> sets = dice.take();
  std::erase_if(sets, [](std::string_view set) {
    const std::size_t dot = set.find('.'), equals = set.find('=');
    const ConfigKey* const key =
        find_key(set.substr(0, dot), set.substr(dot + 1, equals - dot - 1));
    return key == nullptr || !key->live;
  });
  return sets;
}

std::vector<std::string> random_sets(std::uint64_t seed) {
  Dice dice(seed);
  dice.set("market.seed", std::to_string(seed));
  const std::vector<Symbol> symbols = market(dice, is_journaled(seed));
  const bool spot = venue(dice);
  strategy(dice);
  risk(dice);
  orders(dice);
  dice.choose("order_management.own_orders_at_start",
              std::array<std::string_view, 2>{"cancel", "adopt"});
  const bool alone = symbols.size() == 1;
  for (const Symbol& symbol : symbols) symbol_of_its_own(dice, symbol, spot, alone);
  return dice.take();
}

}  // namespace mm::app
