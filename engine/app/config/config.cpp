#include "engine/app/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "engine/app/config/config_codec.h"
#include "engine/app/config/config_schema.h"
#include "engine/app/config/ini_reader.h"
#include "engine/core/strategy.h"
#include "engine/dashboard/access.h"

namespace mm::app {
namespace {

constexpr std::string_view kSymbolPrefix = "symbol ";

std::string complaint(const IniEntry& e, std::string_view problem) {
  const std::string key = e.key.empty() ? "" : fmt::format(" {} = {}", e.key, e.value);
  return fmt::format("{}: [{}]{}: {}", e.where, e.section, key, problem);
}

bool is_symbol_section(std::string_view section) {
  return section == "symbol" || section.starts_with(kSymbolPrefix);
}

std::string unknown_section(const IniEntry& e) {
  std::vector<std::string> known;
  for (const ConfigSection& s : config_sections()) known.push_back(s.name);
  const std::string near = nearest_word(e.section, known);
  std::string allowed;
  for (const std::string& name : known) allowed += "[" + name + "] ";
  return complaint(e, fmt::format("unknown section{}; there are {}and [symbol NAME]",
                                  near.empty() ? "" : ", did you mean [" + near + "]?", allowed));
}

std::string unknown_key(const IniEntry& e) {
  const bool symbol = is_symbol_section(e.section);
  std::vector<std::string> known;
  std::string elsewhere;
  for (const ConfigKey& k : config_keys()) {
    if (symbol ? k.per_symbol : k.section == e.section) known.push_back(k.name);
    if (k.name == e.key && elsewhere.empty()) elsewhere = k.section;
  }
  if (!elsewhere.empty() && symbol) {
    return complaint(e, fmt::format("holds for all symbols: it belongs to [{}]", elsewhere));
  }
  if (!elsewhere.empty()) return complaint(e, fmt::format("this key belongs to [{}]", elsewhere));
  if (const std::string near = nearest_word(e.key, known); !near.empty()) {
    return complaint(e, fmt::format("unknown key, did you mean {}?", near));
  }
  if (symbol) {
    return complaint(e,
                     "unknown key; allowed are those of [strategy], [risk], [instrument] and "
                     "[market] that do not hold for all symbols");
  }
  return complaint(e, fmt::format("unknown key; allowed are {}", fmt::join(known, ", ")));
}

// Reads entries into the config; stops at the first mistake.
class Assembler {
 public:
  explicit Assembler(ConfigLoad& load) : load_(load) {}

  void apply(const IniText& ini) {
    const std::vector<IniEntry>& entries = ini.entries;
    for (const IniEntry& e : entries) {
      if (!is_symbol_section(e.section)) apply_common(e);
      if (!load_.ok()) return;
    }
    // Only now are the common values complete that a symbol starts from.
    for (const IniEntry& e : entries) {
      if (is_symbol_section(e.section)) apply_symbol(e);
      if (!load_.ok()) return;
    }
    for (const IniEntry& e : ini.sections) {
      if (!is_symbol_section(e.section) && !is_section(e.section)) load_.error = unknown_section(e);
      if (!load_.ok()) return;
    }
  }

 private:
  static bool is_section(std::string_view name) {
    return std::ranges::find(config_sections(), name, &ConfigSection::name) !=
           config_sections().end();
  }

  void apply_common(const IniEntry& e) {
    const ConfigKey* key = find_key(e.section, e.key);
    if (key == nullptr) {
      load_.error = is_section(e.section) ? unknown_key(e) : unknown_section(e);
      return;
    }
    assign(e, *key, load_.config.common);
  }

  void apply_symbol(const IniEntry& e) {
    const std::string_view name =
        trimmed(std::string_view(e.section).substr(std::min(e.section.size(), std::size_t{7})));
    if (!is_symbol(name)) {
      load_.error = complaint(e, "the section is [symbol NAME], NAME being 1 to 23 of A-Z 0-9 _");
      return;
    }
    const ConfigKey* key = find_symbol_key(e.key);
    if (key == nullptr) {
      load_.error = unknown_key(e);
      return;
    }
    auto& overrides = load_.config.overrides;
    auto it = std::ranges::find(overrides, name, &SymbolConfig::name);
    if (it == overrides.end()) {
      overrides.push_back(load_.config.symbol(name));
      it = std::prev(overrides.end());
    }
    assign(e, *key, *it);
  }

  void assign(const IniEntry& e, const ConfigKey& key, SymbolConfig& symbol) {
    if (!key.read(e.value, {load_.config, symbol})) {
      load_.error = complaint(e, "must be " + key.allowed + key.precision);
      return;
    }
    load_.origins[e.section + "." + e.key] = e.where;
  }

  ConfigLoad& load_;
};

// Sorted: registrations run in no particular order.
std::string strategy_list() {
  std::vector<std::string_view> names;
  for (const StrategyType& type : registered_strategies()) names.push_back(type.name);
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ", "));
}

// What a symbol cannot be traded without.
struct Missing {
  std::string_view section, key, problem;
  explicit operator bool() const { return !key.empty(); }
};
Missing missing(const SymbolConfig& s) {
  if (s.risk.max_position.v == 0 && s.risk.max_position_notional.v == 0) {
    return {"risk", "max_position_notional",
            "a position limit is required: max_position or max_position_notional above 0"};
  }
  if (s.strategy.order_notional.v == 0 && s.strategy.order_size.v == 0) {
    return {"strategy", "order_notional",
            "an order size is required: order_notional or order_size above 0"};
  }
  return {};
}

// Checks between keys, for the common values and every symbol's.
class Validator {
 public:
  explicit Validator(ConfigLoad& load) : load_(load) {}

  void run() {
    check_symbol(load_.config.common, {});
    check_market(load_.config.common);
    if (common_trades()) require(load_.config.common);
    for (SymbolConfig& s : load_.config.overrides) {
      check_symbol(s, s.name);
      check_market(s);
      require(s);
    }
    check_latency("feed", load_.config.simulator.feed);
    check_latency("order", load_.config.simulator.order_entry);
    check_latency("response", load_.config.simulator.response);
    check_account();
    check_openings();
    check_execution();
    check_monitor();
    check_feed();
  }

  // What is generated for each [symbol NAME], and of nothing else.
  void run_generated() {
    for (SymbolConfig& s : load_.config.overrides) {
      check_market(s);
      check_price_range(s);
    }
  }

 private:
  struct KeyName {
    std::string_view section, key;
  };

  // The place to correct: where the key was set for this symbol, else commonly, else the file.
  IniEntry entry(std::string_view section, std::string_view key, SymbolConfig& symbol) {
    const ConfigKey* k = find_key(section, key);
    IniEntry e{load_.source, std::string(section), std::string(key),
               k->write({load_.config, symbol})};
    if (const std::string* origin = find(section, key, symbol.name)) e.where = *origin;
    if (!symbol.name.empty() && k->per_symbol) e.section = "symbol " + symbol.name;
    return e;
  }
  const std::string* find(std::string_view section, std::string_view key, std::string_view name) {
    for (const std::string& place :
         {fmt::format("symbol {}.{}", name, key), fmt::format("{}.{}", section, key)}) {
      const auto it = load_.origins.find(place);
      if (it != load_.origins.end()) return &it->second;
    }
    return nullptr;
  }

  void fail(std::string_view section, std::string_view key, SymbolConfig& symbol,
            std::string_view problem) {
    if (load_.ok()) load_.error = complaint(entry(section, key, symbol), problem);
  }
  void warn(std::string_view section, std::string_view key, SymbolConfig& symbol,
            std::string_view problem) {
    load_.warnings.push_back(complaint(entry(section, key, symbol), problem));
  }

  // A traded symbol without a section of its own has the common values.
  bool common_trades() const {
    return std::ranges::any_of(load_.config.venue.symbols, [this](const std::string& name) {
      return std::ranges::find(load_.config.overrides, name, &SymbolConfig::name) ==
             load_.config.overrides.end();
    });
  }
  void require(SymbolConfig& s) {
    if (const Missing m = missing(s)) fail(m.section, m.key, s, m.problem);
  }

  // `lower` must not exceed `upper`; the complaint is about the one that was set by hand.
  void check_order(KeyName lower, KeyName upper, bool in_order, SymbolConfig& s) {
    if (in_order) return;
    const bool blame_upper = find(lower.section, lower.key, s.name) == nullptr;
    const KeyName blamed = blame_upper ? upper : lower;
    const KeyName kept = blame_upper ? lower : upper;
    const IniEntry other = entry(kept.section, kept.key, s);
    const bool elsewhere = other.section != entry(blamed.section, blamed.key, s).section;
    fail(blamed.section, blamed.key, s,
         fmt::format("must be at {} {}{} ({})", blame_upper ? "least" : "most",
                     elsewhere ? "[" + other.section + "] " : "", other.key, other.value));
  }
  void check_order(std::string_view section, std::string_view lower, std::string_view upper,
                   bool in_order, SymbolConfig& s) {
    check_order({section, lower}, {section, upper}, in_order, s);
  }

  void check_symbol(SymbolConfig& s, std::string_view name) {
    const StrategyParams& p = s.strategy;
    if (find_strategy(p.strategy.data()) == nullptr) {
      fail("strategy", "name", s, "no such strategy; there are " + strategy_list());
    }
    check_order("strategy", "min_spread", "max_spread", p.min_spread <= p.max_spread, s);
    check_order("strategy", "price_floor", "price_ceiling",
                p.price_ceiling.v == 0 || p.price_floor <= p.price_ceiling, s);
    check_order({"strategy", "min_spread"}, {"risk", "price_collar"},
                p.min_spread <= s.risk.price_collar, s);
    check_order({"instrument", "lot"}, {"strategy", "order_size"},
                p.order_size.v == 0 || s.instrument.lot <= p.order_size, s);
    const Ratio outermost{p.level_size_step.v * (p.target_orders_per_side - 1)};
    if (outermost.v <= -kRatioScale) {
      fail("strategy", "level_size_step", s, "must leave the last level a size above 0");
    }
    warn_symbol(s, name);
  }

  void check_market(SymbolConfig& s) {
    const sim::MarketConfig& m = s.market;
    check_order("market", "swing_min", "swing_max", m.swing_min <= m.swing_max, s);
    check_order("market", "swing_time_min_ms", "swing_time_max_ms",
                m.swing_time_min <= m.swing_time_max, s);
    if (s.instrument.tick.v > 0) {
      check_order({"instrument", "tick"}, {"market", "start_price"},
                  s.instrument.tick <= m.start_price, s);
    } else if (m.start_price < generated(s).tick) {
      fail("market", "start_price", s,
           fmt::format("must be at least one tick ({})", decimal_text(generated(s).tick).view()));
    }
  }

  // Real markets are not asked: their config.ini has a start_price all the same.
  void check_price_range(SymbolConfig& s) {
    const Instrument i = generated(s);
    if (s.market.start_price.v / i.tick.v <= i.price_max.v) return;
    const bool blame_tick = find("market", "start_price", s.name) == nullptr;
    fail(blame_tick ? "instrument" : "market", blame_tick ? "tick" : "start_price", s,
         fmt::format("start_price must be at most {} ticks", i.price_max.v));
  }

  // With the units of a generated market.
  static Instrument generated(const SymbolConfig& s) {
    Instrument i;
    i.tick = s.instrument.tick;
    use_simulator_units(i);
    return i;
  }

  void warn_symbol(SymbolConfig& s, std::string_view name) {
    const StrategyParams& p = s.strategy;
    if (p.min_spread < load_.config.fees.rates.maker) {
      warn("strategy", "min_spread", s, "below the maker fee: a round trip loses money");
    }
    if (p.min_spread_tolerance.v < kRatioScale) {
      warn("strategy", "min_spread_tolerance", s,
           "below 1 orders retreat before they are hit and are filled only by jumps");
    }
    if (p.modify_threshold > p.max_modify_deviation) {
      warn("strategy", "modify_threshold", s,
           "above max_modify_deviation: orders are never amended, only cancelled and placed");
    }
    if (p.order_size.v == 0 && p.order_notional > s.risk.max_order_notional) {
      warn("strategy", "order_notional", s,
           "above [risk] max_order_notional: orders are cut to that");
    }
    if (p.order_size.v == 0 && p.order_notional < s.instrument.min_notional) {
      warn("strategy", "order_notional", s, "below [instrument] min_notional: nothing is quoted");
    }
    if (p.max_spread > s.risk.price_collar) {
      warn("strategy", "max_spread", s, "above [risk] price_collar: levels beyond it are left out");
    }
    const auto& traded = load_.config.venue.symbols;
    if (!name.empty() && std::ranges::find(traded, name) == traded.end()) {
      load_.warnings.push_back(
          fmt::format("{}: [symbol {}]: not among [venue] symbols, used by a backtest of its "
                      "capture only",
                      load_.source, name));
    }
  }

  void check_latency(const std::string& path, const sim::LatencyConfig& latency) {
    if (latency.kind == sim::LatencyKind::kSamples && latency.samples_file.empty()) {
      fail("simulator", path + "_latency_samples", load_.config.common,
           fmt::format("must name a file when {}_latency_kind is samples", path));
    }
  }

  void check_account() {
    const Config& c = load_.config;
    std::int64_t wanted = 0;
    for (const std::string& name : c.venue.symbols) {
      wanted += 2 * c.symbol(name).strategy.target_orders_per_side;
    }
    if (wanted > c.common.risk.max_order_count) {
      warn("risk", "max_order_count", load_.config.common,
           fmt::format("less than the {} orders that all ladders need", wanted));
    }
    const std::int64_t rows = 2 * std::int64_t{c.common.risk.max_order_count};
    if (c.engine.command_ring_slots < 2 * (rows + c.engine.order_table_headroom)) {
      fail("engine", "command_ring_slots", load_.config.common,
           fmt::format("must hold two commands for each row of the order table, {} at least",
                       2 * (rows + c.engine.order_table_headroom)));
    }
  }

  // A balance can be the opening of one position only.
  void check_openings() {
    const auto& symbols = load_.config.venue.symbols;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      SymbolConfig symbol = load_.config.symbol(symbols[i]);
      if (!symbol.risk.start_position_from_account) continue;
      const Instrument one = make_instrument(load_.config, symbols[i]);
      for (std::size_t k = 0; k < i; ++k) {
        const Instrument other = make_instrument(load_.config, symbols[k]);
        if (one.base() != other.base() ||
            !load_.config.symbol(symbols[k]).risk.start_position_from_account) {
          continue;
        }
        fail("risk", "start_position", symbol,
             fmt::format("{} and {} would each open with the whole balance of {}: one of them at "
                         "most",
                         symbols[k], symbols[i], one.base()));
      }
    }
  }

  void check_execution() {
    const ExecutionConfig& e = load_.config.execution;
    check_order("execution", "reconnect_first_ms", "reconnect_longest_s",
                e.backoff_first <= e.backoff_longest, load_.config.common);
    const GuardConfig& g = load_.config.guard;
    check_order("guard", "interval_ms", "timeout_ms", g.interval <= g.timeout, load_.config.common);
  }

  void check_monitor() {
    const MonitorConfig& m = load_.config.monitor;
    dashboard::ListenAddress at;
    const bool plain = m.tls_cert_file.empty();
    if (plain != m.tls_key_file.empty()) {
      fail("monitor", plain ? "tls_key_file" : "tls_cert_file", load_.config.common,
           "a certificate and its key come together");
    }
    dashboard::parse_listen_address(m.listen, at);
    if (plain && !dashboard::is_loopback(at.address)) {
      fail("monitor", "listen", load_.config.common,
           "must be on loopback, or have a tls_cert_file and a tls_key_file");
    }
  }

  void check_feed() {
    const binance::LiveFeedOptions& o = load_.config.feed.options;
    check_order("feed", "reconnect_first_ms", "reconnect_longest_s",
                o.backoff_first <= o.backoff_longest, load_.config.common);
    check_order("feed", "ping_interval_s", "silence_s", o.ping_interval <= o.silence_timeout,
                load_.config.common);
    if (!o.combined && o.depth != binance::DepthKind::kDiff) {
      fail("feed", "streams", load_.config.common,
           "must be combined: raw messages of [feed] depth 5, 10 and 20 name no symbol");
    }
    if (o.weight_per_minute < binance::depth_weight(o.snapshot_levels)) {
      fail("feed", "weight_per_minute", load_.config.common,
           fmt::format("must allow a snapshot, which weighs {}",
                       binance::depth_weight(o.snapshot_levels)));
    }
    const auto events = static_cast<std::int32_t>(2 * (o.snapshot_levels / kLevelsPerEvent + 2));
    if (load_.config.engine.market_ring_slots < events) {
      fail("engine", "market_ring_slots", load_.config.common,
           fmt::format("must hold a snapshot of [feed] snapshot_levels: {} at least", events));
    }
  }

  ConfigLoad& load_;
};

// ETHUSDT is ETH in USDT; empty if the name ends in no quote asset we know.
std::string_view quote_of(std::string_view symbol) {
  for (const std::string_view quote :
       {"FDUSD", "USDT", "USDC", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "USD"}) {
    if (symbol.size() > quote.size() && symbol.ends_with(quote)) return quote;
  }
  return {};
}

template <std::size_t N>
void copy_text(std::string_view text, std::array<char, N>& out) {
  out.fill('\0');
  std::ranges::copy(text.substr(0, N - 1), out.begin());
}

}  // namespace

SymbolConfig Config::symbol(std::string_view name) const {
  const auto it = std::ranges::find(overrides, name, &SymbolConfig::name);
  if (it != overrides.end()) return *it;
  SymbolConfig result = common;
  result.name = name;
  return result;
}

ConfigLoad parse_config(std::string_view text, std::string_view source,
                        std::span<const std::string> sets) {
  ConfigLoad load;
  load.source = source;
  IniText ini = read_ini(text, source);
  load.error = ini.error;
  for (const std::string& set : sets) {
    std::optional<IniEntry> entry = parse_set(set);
    if (!entry && load.ok()) load.error = fmt::format("--set {}: must be section.key=value", set);
    if (entry) ini.entries.push_back(std::move(*entry));
  }
  if (load.ok()) Assembler(load).apply(ini);
  if (load.ok()) Validator(load).run();
  return load;
}

void validate_markets(ConfigLoad& load) {
  Validator(load).run_generated();
}

ConfigLoad load_config(const std::string& path, std::span<const std::string> sets) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.fail()) {  // an empty one sets every default
    ConfigLoad load;
    load.source = path;
    load.error = fmt::format("{}: cannot be read: name an existing ini file with -c", path);
    return load;
  }
  return parse_config(text.str(), path, sets);
}

TopologyPlan plan_threads(const EngineConfig& engine, const HostCpus& cpus) {
  constexpr HotAgent agents[] = {HotAgent::kFeed, HotAgent::kStrategy, HotAgent::kGateway};
  const auto core = [](std::int32_t cpu) {
    return cpu == kAnyCpu ? std::optional<int>() : std::optional<int>(cpu);
  };
  TopologyRequest request;
  request.topology = engine.topology;
  if (engine.idle != IdleChoice::kAuto) {
    request.idle = engine.idle == IdleChoice::kSpin    ? IdleKind::kSpin
                   : engine.idle == IdleChoice::kYield ? IdleKind::kYield
                                                       : IdleKind::kBackoff;
  }
  request.cores = {core(engine.core_feed), core(engine.core_strategy), core(engine.core_gateway)};
  return plan(request, cpus, agents);
}

std::string validate_host(const ConfigLoad& load, const HostCpus& cpus) {
  const TopologyPlan threads = plan_threads(load.config.engine, cpus);
  if (threads.ok()) return {};
  // The plan's error begins with the key it is about.
  const std::string key = threads.error.substr(0, threads.error.find(' '));
  const auto origin = load.origins.find("engine." + key);
  return fmt::format("{}: [engine] {}", origin == load.origins.end() ? load.source : origin->second,
                     threads.error);
}

std::string validate_symbol(const Config& config, std::string_view symbol) {
  const Missing m = missing(config.symbol(symbol));
  return m ? fmt::format("[{}] {} = 0, for {}: {}", m.section, m.key, symbol, m.problem) : "";
}

Instrument make_instrument(const Config& config, std::string_view symbol) {
  const InstrumentConfig units = config.symbol(symbol).instrument;
  const std::string_view quote = units.quote.empty() ? quote_of(symbol) : units.quote;
  const bool named_by_both = !quote.empty() && symbol.ends_with(quote);
  const std::string_view base =
      named_by_both ? symbol.substr(0, symbol.size() - quote.size()) : symbol;
  Instrument instrument;
  copy_text(symbol, instrument.symbol_text);
  copy_text(units.base.empty() ? base : units.base, instrument.base_text);
  copy_text(quote, instrument.quote_text);
  instrument.tick = units.tick;
  instrument.lot = units.lot;
  instrument.notional_min = units.min_notional;
  instrument.is_spot = config.venue.name == VenueName::kBinanceSpot;
  instrument.rules = instrument.is_spot ? kBinanceSpotRules : kBinanceUsdmRules;
  instrument.fees = config.fees.rates;
  return instrument;
}

void use_simulator_units(Instrument& instrument) {
  if (instrument.tick.v == 0) instrument.tick = Amount(kAmountScale / 100);
  if (instrument.lot.v == 0) instrument.lot = Amount(kAmountScale / 10'000);
  if (instrument.notional_min.v == 0) instrument.notional_min = 5 * Money(kMoneyScale);
}

}  // namespace mm::app
