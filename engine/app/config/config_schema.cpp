#include "engine/app/config/config_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/app/config/config_codec.h"

namespace mm::app {
namespace {

using Keys = std::vector<ConfigKey>;

// The field a key stands for: a path of member pointers from the config or from the symbol.
template <class T>
struct Field {
  std::function<T&(ConfigTarget)> get;
  bool per_symbol;
};
template <class... Path>
auto of_config(Path... path) {
  using T = std::remove_reference_t<decltype((std::declval<Config&>().*....*path))>;
  return Field<T>{[=](ConfigTarget t) -> T& { return (t.config.*....*path); }, false};
}
template <class... Path>
auto of_symbol(Path... path) {
  using T = std::remove_reference_t<decltype((std::declval<SymbolConfig&>().*....*path))>;
  return Field<T>{[=](ConfigTarget t) -> T& { return (t.symbol.*....*path); }, true};
}

template <class T>
ConfigKey key(std::string name, Codec<T> codec, Field<T> field, std::string help) {
  return {
      .section = {},
      .name = std::move(name),
      .allowed = codec.allowed,
      .precision = codec.precision,
      .help = std::move(help),
      .per_symbol = field.per_symbol,
      .is_list = codec.is_list,
      .read = [read = codec.read, get = field.get](std::string_view text,
                                                   ConfigTarget t) { return read(text, get(t)); },
      .write = [write = codec.write, get = field.get](ConfigTarget t) { return write(get(t)); }};
}

constexpr const char* kBig = "1000000000";

Keys ladder_keys() {
  using P = StrategyParams;
  const auto f = [](auto member) { return of_symbol(&SymbolConfig::strategy, member); };
  return {
      key("name", strategy_name(), f(&P::strategy), "Which strategy decides the ladder"),
      key("min_spread", fraction("0", "1"), f(&P::min_spread),
          "Distance from fair value of the first level, per side (0.002 is 0.2 %)"),
      key("max_spread", fraction("0", "1"), f(&P::max_spread),
          "Distance from fair value of the last level, per side"),
      key("target_orders_per_side", whole<std::int32_t>("1", std::to_string(kMaxLevelsPerSide)),
          f(&P::target_orders_per_side), "Levels on each side"),
      key("order_notional", money("0", kBig), f(&P::order_notional),
          "Worth of one order in quote currency, rounded down to a lot"),
      key("order_size", amount("0", kBig), f(&P::order_size),
          "Size of one order in base currency; wins over order_notional if above 0"),
      key("level_size_step", fraction("-1", "10"), f(&P::level_size_step),
          "Fraction of the size added with each level outwards"),
      key("volatility_window", whole<std::int32_t>("2", "10000"), f(&P::volatility_window),
          "Prices in the volatility measure"),
      key("volatility_spread_factor", fraction("0", "1000"), f(&P::volatility_spread_factor),
          "Widens every level by this many times the volatility; 0 is off"),
      key("skew_price", fraction("0", "1"), f(&P::skew_price),
          "Shift of the ladder at max_position, as a fraction of fair value, against the position"),
      key("skew_size", fraction("0", "1"), f(&P::skew_size),
          "Part of the size taken off the side that increases the position, at max_position"),
      key("target_position", amount("-1000000000", kBig), f(&P::target_position),
          "Position in base currency at which nothing is skewed"),
      key("join_best", yes_no(), f(&P::join_best),
          "Whether the first level joins the best price when that is farther out"),
      key("price_floor", amount("0", kBig), f(&P::price_floor),
          "No ask below this quote price: under it only buys are quoted; 0 is off"),
      key("price_ceiling", amount("0", kBig), f(&P::price_ceiling),
          "No bid above this quote price: over it only sells are quoted; 0 is off"),
  };
}

Keys keep_keys() {
  using P = StrategyParams;
  const auto f = [](auto member) { return of_symbol(&SymbolConfig::strategy, member); };
  return {
      key("fair_value",
          choice<FairValueKind>({{"mid", FairValueKind::kMid},
                                 {"last", FairValueKind::kLast},
                                 {"weighted_mid", FairValueKind::kWeightedMid},
                                 {"micro_price", FairValueKind::kMicroPrice}}),
          f(&P::fair_value), "What the ladder is built around"),
      key("max_market_spread", fraction("0", "1"), f(&P::max_market_spread),
          "No quotes while the market's own spread is a larger fraction of fair value"),
      key("warmup_s", seconds("0", "86400"), f(&P::warmup),
          "Seconds without quotes after the book is synchronised"),
      key("fill_pause_ms", milliseconds("0", "86400000"), f(&P::fill_pause),
          "Milliseconds without quotes on a side after a fill there"),
      key("min_spread_tolerance", fraction("0", "1"), f(&P::min_spread_tolerance),
          "An order nearer than min_spread * (1 - this) is moved away; 1 lets the market come"),
      key("max_modify_deviation", fraction("0", "1"), f(&P::max_modify_deviation),
          "Farther than this fraction of fair value from its target: cancel and place anew"),
      key("modify_threshold", fraction("0", "1"), f(&P::modify_threshold),
          "Farther than this fraction of fair value from its target: amend; else leave it"),
      key("refill_below", fraction("0", "1"), f(&P::refill_below),
          "A partially filled order is topped up when less than this part of it is left"),
  };
}

Keys strategy_keys() {
  Keys keys = ladder_keys();
  std::ranges::move(keep_keys(), std::back_inserter(keys));
  return keys;
}

Keys risk_keys() {
  using P = RiskParams;
  const auto f = [](auto member) { return of_symbol(&SymbolConfig::risk, member); };
  return {
      key("max_position", amount("0", kBig), f(&P::max_position),
          "Largest position either way in base currency; 0 is off"),
      key("max_position_notional", money("0", kBig), f(&P::max_position_notional),
          "Largest position either way in quote currency, a thousandth of which new orders leave "
          "free; 0 is off; the tighter limit wins"),
      key("max_order_count", whole<std::int32_t>("1", "30000"), f(&P::max_order_count),
          "Orders that may be live at once, of the account; of a symbol, within that"),
      key("max_order_notional", money("0", kBig), f(&P::max_order_notional),
          "Largest worth of one order in quote currency"),
      key("price_collar", fraction("0", "1"), f(&P::price_collar),
          "No order farther than this fraction from fair value"),
      key("max_daily_loss", money("0", kBig), f(&P::max_daily_loss),
          "Loss in quote currency since day_start that pulls all quotes until resumed; 0 is off"),
      key("max_drawdown", money("0", kBig), f(&P::max_drawdown),
          "Fall from the best profit in quote currency that pulls all quotes; 0 is off"),
      key("max_price_change", fraction("0", "1"), f(&P::max_price_change),
          "Move of fair value within price_change_window that pulls all quotes; 0 is off"),
      key("price_change_window", seconds("0.001", "86400"), f(&P::price_change_window),
          "Seconds over which max_price_change is measured"),
      key("risk_cooldown", seconds("0", "86400"), f(&P::risk_cooldown),
          "Seconds after max_price_change before quoting resumes"),
      key("max_data_age_ms", milliseconds("1", "86400000"), f(&P::max_data_age),
          "Milliseconds of silence after which quotes are pulled"),
      key("start_position", start_position(), of_symbol(&SymbolConfig::risk),
          "Position in base currency at the start; account takes the base balance"),
      key("day_start", time_of_day(),
          of_config(&Config::common, &SymbolConfig::risk, &P::day_start),
          "When a trading day starts, in UTC, for max_daily_loss; one for all symbols"),
  };
}

Keys order_management_keys() {
  using P = OrderManagementParams;
  const auto f = [](auto member) { return of_config(&Config::order_management, member); };
  return {
      key("reset_interval", interval("604800"), f(&P::reset_interval),
          "Seconds between cancelling and quoting afresh each symbol; 0 is off"),
      key("max_pending_modifications", whole<std::int32_t>("1", "1000"),
          f(&P::max_pending_modifications),
          "Amendments in flight per symbol; when full the newest target waits, cancels pass"),
      key("modification_timeout", seconds("0.001", "3600"), f(&P::modification_timeout),
          "Seconds without an answer after which an order is unknown and asked for"),
      key("cleanup_interval", seconds("1", "604800"), f(&P::cleanup_interval),
          "Seconds after which finished orders leave the order table"),
      key("own_orders_at_start",
          choice<OwnOrdersAtStart>(
              {{"cancel", OwnOrdersAtStart::kCancel}, {"adopt", OwnOrdersAtStart::kAdopt}}),
          of_config(&Config::execution, &ExecutionConfig::own_orders_at_start),
          "Open orders that an earlier start has left, of a live run: all are cancelled, or up to "
          "max_order_count of them go on as ours"),
      key("adopt_within_s", seconds("1", "3600"),
          of_config(&Config::execution, &ExecutionConfig::adopt_within),
          "With adopt: seconds that such orders rest while a start finds out where it stands; one "
          "that takes longer cancels them"),
  };
}

Keys execution_keys() {
  using P = OrderManagementParams;
  const auto f = [](auto member) { return of_config(&Config::order_management, member); };
  const auto c = [](auto member) { return of_config(&Config::execution, member); };
  return {
      key("modify_worker_count", whole<std::int32_t>("1", "16"), f(&P::modify_worker_count),
          "Order-entry connections"),
      key("modify_rate_limit", whole<std::int32_t>("1", "10000"), f(&P::modify_rate_limit),
          "Places and amends per second, of the whole account; a second's worth may go at once"),
      key("reconnect_first_ms", milliseconds("1", "3600000"), c(&ExecutionConfig::backoff_first),
          "Milliseconds before the first attempt to reconnect; doubles with each failure"),
      key("reconnect_longest_s", seconds("0.001", "3600"), c(&ExecutionConfig::backoff_longest),
          "Seconds between two attempts at most; [feed] limits the attempts of both"),
      key("sweep_interval_s", interval("86400"), c(&ExecutionConfig::sweep_interval),
          "Seconds between two looks at all open orders of a symbol; 0: only after connecting"),
      key("silence_s", seconds("0.5", "3600"), c(&ExecutionConfig::silence),
          "Seconds without any traffic, a ping's answer included, after which an order connection "
          "is given up"),
  };
}

Keys guard_keys() {
  const auto f = [](auto member) { return of_config(&Config::guard, member); };
  return {
      key("timeout_ms", milliseconds("100", "60000"), f(&GuardConfig::timeout),
          "Milliseconds without a heartbeat after which mm_logic guard acts; an engine that stood "
          "still for longer sends nothing until it has reconciled"),
      key("interval_ms", milliseconds("1", "10000"), f(&GuardConfig::interval),
          "Milliseconds between two looks of the guard at the engine"),
      key("proof_interval_s", seconds("1", "3600"), f(&GuardConfig::proof_interval),
          "Seconds between two questions by which the guard proves that it could cancel; while the "
          "venue does not answer it says so and asks again every second"),
  };
}

Keys monitor_keys() {
  const auto f = [](auto member) { return of_config(&Config::monitor, member); };
  return {
      key("listen", listen_address(), f(&MonitorConfig::listen),
          "Where the web dashboard is; any address but loopback needs TLS"),
      key("token_file", file_name(), f(&MonitorConfig::token_file),
          "File of mode 600 with the token that a page must show; empty: a new one each time, told "
          "with the dashboard's address"),
      key("tls_cert_file", file_name(), f(&MonitorConfig::tls_cert_file),
          "Certificate chain (PEM); empty: plain"),
      key("tls_key_file", file_name(), f(&MonitorConfig::tls_key_file), "Its private key (PEM)"),
  };
}

Keys fees_keys() {
  const auto f = [](auto... path) { return of_config(&Config::fees, path...); };
  const auto rate = [] { return fraction("-0.01", "0.1"); };
  return {
      key("maker", rate(), f(&FeesConfig::rates, &FeeRates::maker),
          "Fee of a maker fill as a fraction of its worth; negative is a rebate"),
      key("taker", rate(), f(&FeesConfig::rates, &FeeRates::taker),
          "Fee of a taker fill as a fraction of its worth"),
      key("asset",
          choice<Asset>({{"quote", Asset::kQuote}, {"base", Asset::kBase}, {"BNB", Asset::kOther}}),
          f(&FeesConfig::rates, &FeeRates::asset), "What fees are charged in"),
      key("price_BNB", amount("0", kBig), f(&FeesConfig::price_bnb),
          "Quote price of a BNB for converting fees; 0: its bookTicker, else unconverted"),
  };
}

Keys venue_keys() {
  using binance::orders::RestFallback;
  const auto f = [](auto member) { return of_config(&Config::venue, member); };
  return {
      key("name",
          choice<VenueName>({{"binance_spot", VenueName::kBinanceSpot},
                             {"binance_usdm", VenueName::kBinanceUsdm}}),
          f(&VenueConfig::name), "Whose rules and formats apply"),
      key("environment",
          choice<Environment>({{"production", Environment::kProduction},
                               {"testnet", Environment::kTestnet},
                               {"demo", Environment::kDemo},
                               {"local", Environment::kLocal}}),
          f(&VenueConfig::environment),
          "Which of the venue's systems; local is `mm_logic venue` on this host"),
      key("stream_url", url("wss", "ws"), f(&VenueConfig::stream_url),
          "Scheme, host and port of market data streams; empty: the environment's"),
      key("rest_url", url("https", "http"), f(&VenueConfig::rest_url),
          "Scheme, host and port of REST; empty: the environment's"),
      key("ws_api_url", url("wss", "ws"), f(&VenueConfig::ws_api_url),
          "WebSocket API for orders, with its path; empty: the environment's"),
      key("ca_file", file_name(), f(&VenueConfig::ca_file),
          "Authorities (PEM) that the venue's certificate is checked against; empty: the system's"),
      key("symbols", symbol_list(), f(&VenueConfig::symbols),
          "Instruments traded; a backtest takes those of its captures"),
      key("exclusive_symbol", yes_no(),
          of_config(&Config::order_management, &OrderManagementParams::exclusive_symbol),
          "Whether nobody else may have orders on our symbols: then kill, shutdown and the guard "
          "cancel every order there, not only ours"),
      key("allow_live", yes_no(), f(&VenueConfig::allow_live),
          "Whether real orders may be sent to a real venue at all"),
      key("exchange_info", file_name(), f(&VenueConfig::exchange_info),
          "File with the venue's exchangeInfo answer, for units and filters"),
      key("api_key_file", file_name(), f(&VenueConfig::api_key_file),
          "File with the API key, readable by its owner only; empty: MM_API_KEY"),
      key("api_secret_file", file_name(), f(&VenueConfig::api_secret_file),
          "File with the secret of an HMAC key, readable by its owner only; empty: MM_API_SECRET"),
      key("private_key_file", file_name(), f(&VenueConfig::private_key_file),
          "File with an Ed25519 or RSA key (PEM), readable by its owner only; empty: "
          "MM_PRIVATE_KEY_FILE"),
      key("recv_window_ms", milliseconds("1", "60000"), f(&VenueConfig::recv_window),
          "Milliseconds after which the venue itself refuses a request of ours as late"),
      key("rest_fallback",
          choice<RestFallback>({{"off", RestFallback::kOff},
                                {"cancel", RestFallback::kCancel},
                                {"trade", RestFallback::kTrade}}),
          f(&VenueConfig::rest_fallback),
          "What goes by REST while no order connection is up: nothing, cancels and questions, or "
          "quotes too, which then learn of their fills a second or more late"),
      key("rest_fallback_after_ms", milliseconds("0", "600000"),
          f(&VenueConfig::rest_fallback_after),
          "Milliseconds without an order connection after which REST is used"),
  };
}

Keys feed_keys() {
  using P = binance::LiveFeedOptions;
  const auto f = [](auto member) { return of_config(&Config::feed, &FeedConfig::options, member); };
  return {
      key("source",
          choice<FeedSource>({{"websocket", FeedSource::kWebSocket}, {"rest", FeedSource::kRest}}),
          of_config(&Config::feed, &FeedConfig::source),
          "How market data comes: pushed, or asked for every poll_interval_ms"),
      key("depth",
          choice<binance::DepthKind>({{"diff", binance::DepthKind::kDiff},
                                      {"5", binance::DepthKind::kTop5},
                                      {"10", binance::DepthKind::kTop10},
                                      {"20", binance::DepthKind::kTop20}}),
          f(&P::depth), "The whole book by differences, or only so many levels a side"),
      key("update_ms", choice<std::int32_t>({{"100", 100}, {"1000", 1000}}), f(&P::update_ms),
          "Milliseconds between updates of the book"),
      key("trades",
          choice<binance::TradeKind>({{"none", binance::TradeKind::kNone},
                                      {"trade", binance::TradeKind::kTrade},
                                      {"aggtrade", binance::TradeKind::kAggTrade}}),
          f(&P::trades), "Which trades: none, each, or those of one taker order together"),
      key("tickers", yes_no(), f(&P::tickers), "Whether the best prices come as a stream too"),
      key("microseconds", yes_no(), f(&P::microseconds),
          "Whether the venue is asked for times in microseconds"),
      key("streams", choice<bool>({{"combined", true}, {"raw", false}}), f(&P::combined),
          "Messages that name their stream, or bare ones; books of 5, 10, 20 levels need the name"),
      key("url_streams_max", whole<std::int32_t>("0", "1024"), f(&P::url_streams_max),
          "Streams that a connection names in its address; more are subscribed to once it is open"),
      key("connections", whole<std::int32_t>("1", "8"), f(&P::connections),
          "Connections to the same streams; the first arrival of each message is used"),
      key("snapshot_levels", whole<std::int32_t>("1", "5000"), f(&P::snapshot_levels),
          "Levels a side of a REST snapshot; up to 100 weigh 5, 500 25, 1000 50, 5000 250"),
      key("poll_interval_ms", milliseconds("10", "3600000"), f(&P::poll_interval),
          "Milliseconds between two questions about the same book or trades; source rest"),
      key("weight_per_minute", whole<std::int32_t>("5", "1000000"), f(&P::weight_per_minute),
          "Request weight that market data may use of the address's (6000 at Binance)"),
  };
}

Keys reconnect_keys() {
  using P = binance::LiveFeedOptions;
  const auto f = [](auto member) { return of_config(&Config::feed, &FeedConfig::options, member); };
  return {
      key("reconnect_first_ms", milliseconds("1", "3600000"), f(&P::backoff_first),
          "Milliseconds before the first attempt to reconnect; doubles with each failure"),
      key("reconnect_longest_s", seconds("0.001", "3600"), f(&P::backoff_longest),
          "Seconds between two attempts at most"),
      key("reconnect_attempts_max", whole<std::int32_t>("1", "100000"), f(&P::attempts_max),
          "Attempts to connect in any reconnect_window_s; Binance allows 300 in 300 s"),
      key("reconnect_window_s", seconds("1", "86400"), f(&P::attempts_window),
          "Seconds over which attempts are counted"),
      key("connect_timeout_s", seconds("0.1", "60"), f(&P::connect_timeout),
          "Seconds a connection or a request may take"),
      key("roll_over_s", seconds("1", "86400"), f(&P::roll_over_after),
          "Seconds after which a connection is replaced; the venue ends it after 24 hours"),
      key("overlap_s", seconds("0.1", "3600"), f(&P::overlap_max),
          "Seconds for a new connection to catch up, or it is given up; the old one stays till "
          "then"),
      key("ping_interval_s", interval("60"), f(&P::ping_interval),
          "Seconds without traffic after which we ask for a life sign; 0 is off"),
      key("silence_s", seconds("0.1", "3600"), f(&P::silence_timeout),
          "Seconds without any traffic after which a connection is given up"),
      key("stuck_s", seconds("0.1", "3600"), f(&P::stuck_timeout),
          "Seconds without data, while a twin connection has some, after which it is given up"),
      key("data_s", seconds("1", "86400"), f(&P::data_timeout),
          "Seconds without any data after which a connection is replaced, as in a roll-over"),
  };
}

Keys live_feed_keys() {
  Keys keys = feed_keys();
  std::ranges::move(reconnect_keys(), std::back_inserter(keys));
  return keys;
}

Keys instrument_keys() {
  using P = InstrumentConfig;
  const auto f = [](auto member) { return of_symbol(&SymbolConfig::instrument, member); };
  return {
      key("tick", amount("0", kBig), f(&P::tick), "Price step in quote currency"),
      key("lot", amount("0", kBig), f(&P::lot), "Size step in base currency"),
      key("min_notional", money("0", kBig), f(&P::min_notional),
          "Least worth of an order in quote currency"),
      key("base", asset_name(), f(&P::base), "Base asset; empty: from the symbol's name"),
      key("quote", asset_name(), f(&P::quote), "Quote asset; empty: from the symbol's name"),
  };
}

Keys latency_keys(const std::string& path, const std::string& what,
                  sim::LatencyConfig sim::SimulatorConfig::*latency) {
  using P = sim::LatencyConfig;
  const auto f = [&](auto member) { return of_config(&Config::simulator, latency, member); };
  return {
      key(path + "_latency_kind",
          choice<sim::LatencyKind>({{"constant", sim::LatencyKind::kConstant},
                                    {"distribution", sim::LatencyKind::kDistribution},
                                    {"samples", sim::LatencyKind::kSamples}}),
          f(&P::kind), "How the latency of " + what + " is drawn"),
      key(path + "_latency_us", microseconds("0", "60000000"), f(&P::base),
          "Latency of " + what + " in microseconds; the least one of a distribution"),
      key(path + "_latency_spread_us", microseconds("0", "60000000"), f(&P::spread),
          "Mean in microseconds of a distribution's tail above that"),
      key(path + "_latency_samples", file_name(), f(&P::samples_file),
          "File of measured latencies, one in nanoseconds a line"),
  };
}

Keys simulated_venue_keys() {
  using P = sim::SimulatorConfig;
  const auto f = [](auto member) { return of_config(&Config::simulator, member); };
  return {
      key("max_orders_per_symbol", whole<std::int32_t>("1", "10000"), f(&P::max_orders_per_symbol),
          "The venue's limit of open orders on one symbol"),
      key("orders_per_10s", whole<std::int32_t>("1", "1000000"), f(&P::orders_per_10s),
          "The venue's limit of new orders in 10 seconds"),
      key("orders_per_day", whole<std::int32_t>("1", "1000000000"), f(&P::orders_per_day),
          "The venue's limit of new orders a day"),
      key("weight_per_minute", whole<std::int32_t>("1", "1000000000"), f(&P::weight_per_minute),
          "The venue's limit of request weight a minute"),
      key("percent_price_up", fraction("0", "1000"), f(&P::percent_price_up),
          "The venue rejects prices above its reference price by more than this fraction"),
      key("percent_price_down", fraction("0", "1"), f(&P::percent_price_down),
          "The venue rejects prices below its reference price by more than this fraction"),
      key("balance_base", amount("0", kBig), f(&P::balance_base),
          "Balance of each base asset at the start"),
      key("balance_quote", amount("0", "10000000000"), f(&P::balance_quote),
          "Balance of the quote asset at the start"),
      key("open_orders_max", whole<std::uint32_t>("1", "1000000"), f(&P::open_orders_max),
          "Room for open orders of all symbols"),
      key("pending_events_max", whole<std::uint32_t>("1024", "100000000"),
          f(&P::pending_events_max), "Room for messages on their way"),
  };
}

Keys simulator_keys() {
  using P = sim::SimulatorConfig;
  Keys keys{key("queue_model",
                choice<sim::QueueModel>({{"risk_averse", sim::QueueModel::kRiskAverse},
                                         {"power_prob", sim::QueueModel::kPowerProb},
                                         {"log_prob", sim::QueueModel::kLogProb}}),
                of_config(&Config::simulator, &P::queue_model),
                "What shortens the queue ahead of our orders: trades only, or cancels too"),
            key("queue_exponent", decimal_codec<std::int32_t>("a number", 3, "0.001", "100"),
                of_config(&Config::simulator, &P::queue_exponent_milli), "Exponent of power_prob")};
  std::ranges::move(latency_keys("feed", "market data", &P::feed), std::back_inserter(keys));
  std::ranges::move(latency_keys("order", "requests to the venue", &P::order_entry),
                    std::back_inserter(keys));
  std::ranges::move(latency_keys("response", "the venue's answers", &P::response),
                    std::back_inserter(keys));
  std::ranges::move(simulated_venue_keys(), std::back_inserter(keys));
  return keys;
}

Keys market_shape_keys() {
  using P = sim::MarketConfig;
  const auto f = [](auto member) { return of_symbol(&SymbolConfig::market, member); };
  return {
      key("start_price", amount("0.00000001", kBig), f(&P::start_price), "First fair value"),
      key("updates_per_s", whole<std::int32_t>("1", "100000"), f(&P::updates_per_s),
          "Book updates published per second"),
      key("trades_per_s", whole<std::int32_t>("0", "100000"), f(&P::trades_per_s),
          "Trades per second"),
      key("depth_levels", whole<std::int32_t>("1", "2000"), f(&P::depth_levels),
          "Price levels kept on each side"),
      key("level_size", amount("0.00000001", kBig), f(&P::level_size),
          "Mean size of a level in base currency"),
      key("trade_size", amount("0.00000001", kBig), f(&P::trade_size),
          "Mean size of a market order in base currency"),
      key("volatility", fraction("0", "1"), f(&P::volatility),
          "Standard deviation of fair value per square root of a second, as a fraction"),
      key("jump_size", fraction("0", "1"), f(&P::jump_size), "Typical jump as a fraction"),
      key("jumps_per_hour", whole<std::int32_t>("0", "1000000"), f(&P::jumps_per_hour),
          "Jumps per hour"),
      key("spread_ticks", whole<std::int32_t>("1", "100000"), f(&P::spread_ticks),
          "Typical spread of the market in ticks"),
      key("orders_per_s", whole<std::int32_t>("0", "100000"), f(&P::orders_per_s),
          "Limit orders and cancels per second, together"),
      key("depth", fraction("0.0001", "1"), f(&P::depth),
          "From fair value to the farthest level, as a fraction"),
      key("trend", fraction("-1", "1"), f(&P::trend),
          "Drift a minute as a fraction; turns round at the end of a phase"),
      key("swing_min", fraction("0", "1"), f(&P::swing_min),
          "Turning points lie at least this fraction from the centre"),
      key("swing_max", fraction("0", "1"), f(&P::swing_max),
          "Turning points lie at most this fraction from the centre"),
      key("swing_time_min_ms", milliseconds("1", "86400000"), f(&P::swing_time_min),
          "Least time from one turning point to the next in milliseconds"),
      key("swing_time_max_ms", milliseconds("1", "86400000"), f(&P::swing_time_max),
          "Longest time from one turning point to the next in milliseconds"),
      key("quiet_percent", whole<std::int32_t>("0", "100"), f(&P::quiet_percent),
          "Percent of swings spent still, at a quarter of the rates"),
  };
}

// Setting the scenario sets the shape of the market; keys set after it refine that.
ConfigKey scenario_key() {
  ConfigKey k = key("scenario", plain_word(), of_config(&Config::scenario, &ScenarioConfig::name),
                    "What happens in the generated market: the values of the keys below");
  k.allowed = fmt::format("{}", fmt::join(sim::scenario_names(), " | "));
  k.read = [](std::string_view text, ConfigTarget t) {
    bool known = false;
    const sim::MarketConfig market = sim::scenario(text, known);
    if (!known) return false;
    t.config.scenario.name = text;
    t.symbol.market = market;
    return true;
  };
  return k;
}

Keys market_keys() {
  Keys keys = market_shape_keys();
  for (ConfigKey& k : keys) k.from_scenario = true;
  keys.insert(keys.begin(),
              {scenario_key(), key("seed", whole<std::uint64_t>("0", "18446744073709551615"),
                                   of_config(&Config::scenario, &ScenarioConfig::seed),
                                   "Seed of all chance; the same seed gives the same market")});
  return keys;
}

Keys thread_keys() {
  using P = EngineConfig;
  const auto f = [](auto member) { return of_config(&Config::engine, member); };
  const auto cpu = [] { return word_or("auto", kAnyCpu, whole<std::int32_t>("0", "4095")); };
  return {
      key("topology",
          choice<Topology>({{"auto", Topology::kAuto},
                            {"dedicated", Topology::kDedicated},
                            {"shared", Topology::kShared},
                            {"inline", Topology::kInline}}),
          f(&P::topology),
          "Which agents share a thread; auto looks at the CPUs there are, first at isolated ones"),
      key("idle",
          choice<IdleChoice>({{"auto", IdleChoice::kAuto},
                              {"spin", IdleChoice::kSpin},
                              {"yield", IdleChoice::kYield},
                              {"backoff", IdleChoice::kBackoff}}),
          f(&P::idle), "What a thread without work does; auto: what suits the topology"),
      key("core_feed", cpu(), f(&P::core_feed),
          "CPU core of the feed handler, in simulation of the venue"),
      key("core_strategy", cpu(), f(&P::core_strategy),
          "CPU core of the trading core and its driver"),
      key("core_gateway", cpu(), f(&P::core_gateway), "CPU core of the order gateway"),
      key("lock_memory", yes_no(), f(&P::lock_memory),
          "Whether memory is locked; needs a memlock limit that covers the engine"),
      key("log_level",
          choice<LogLevel>({{"info", LogLevel::kInfo},
                            {"warn", LogLevel::kWarning},
                            {"error", LogLevel::kError}}),
          f(&P::log_level), "Least severity that is written to log.txt"),
      key("log_file_bytes", whole<std::int64_t>("65536", "1073741824"), f(&P::log_file_bytes),
          "Bytes after which log.txt is put aside as log.1.txt"),
      key("log_files", whole<std::int32_t>("1", "1000"), f(&P::log_files),
          "Log files of a session at most; the oldest goes"),
  };
}

Keys engine_keys() {
  using P = EngineConfig;
  const auto f = [](auto member) { return of_config(&Config::engine, member); };
  const auto slots = [] { return power_of_two(64, 1 << 24); };
  Keys keys = thread_keys();
  std::ranges::move(
      Keys{
          key("market_ring_slots", slots(), f(&P::market_ring_slots),
              "Events of 64 bytes between feed and core"),
          key("execution_ring_slots", slots(), f(&P::execution_ring_slots),
              "Events between gateway and core"),
          key("command_ring_slots", slots(), f(&P::command_ring_slots),
              "Commands between core and gateway"),
          key("control_ring_slots", slots(), f(&P::control_ring_slots),
              "Control events into the core"),
          key("market_batch_max", whole<std::int32_t>("1", "65536"), f(&P::market_batch_max),
              "Market events taken before the core decides, where the feed has another thread; "
              "all, where it turns on the core's"),
          key("command_age_ms_max", milliseconds("1", "60000"), f(&P::command_age_max),
              "Milliseconds after which the gateway refuses a place or amendment"),
          key("instance", whole<std::int32_t>("1", "255"), f(&P::instance),
              "Which engine of this key: part of every client order id"),
          key("epoch", whole<std::int32_t>("0", "65535"), f(&P::epoch),
              "Which start of this engine: part of every client order id; 0: a live start takes "
              "the next"),
          key("id_nonce", whole<std::int32_t>("0", "16777215"), f(&P::id_nonce),
              "Where the numbers in client order ids begin, so that two starts of one epoch on two "
              "hosts share none; 0: a live start draws one by chance"),
          key("order_table_headroom", whole<std::int32_t>("0", "4096"), f(&P::order_table_headroom),
              "Order table rows beside 2 x max_order_count, for unknown orders"),
      },
      std::back_inserter(keys));
  return keys;
}

Keys journal_keys() {
  using P = JournalConfig;
  const auto f = [](auto member) { return of_config(&Config::journal, member); };
  return {
      key("segment_bytes", whole<std::int64_t>("1048576", "68719476736"), f(&P::segment_bytes),
          "Size of one journal file in bytes"),
      key("segments_max", whole<std::int32_t>("2", "100000"), f(&P::segments_max),
          "Journal files kept; together they bound the disk a session uses"),
      key("ring_slots", power_of_two(1024, 1 << 24), f(&P::ring_slots),
          "Records between the core and the journal's thread"),
      key("fsync",
          choice<JournalSync>({{"never", JournalSync::kNone},
                               {"interval", JournalSync::kInterval},
                               {"batch", JournalSync::kBatch}}),
          f(&P::sync),
          "When the journal is brought to the disk, for a crash of the machine; one of the engine "
          "loses nothing"),
      key("fsync_interval_ms", milliseconds("1", "3600000"), f(&P::sync_interval),
          "Milliseconds between two times, with fsync = interval"),
  };
}

Keys measures_keys() {
  using P = MeasureParams;
  const auto f = [](auto member) { return of_config(&Config::measures, member); };
  return {
      key("significant_trade_threshold", amount("0", kBig), f(&P::significant_trade_threshold),
          "Trades of at least this size in base currency are shown"),
      key("trade_print_interval", seconds("0", "86400"), f(&P::trade_print_interval),
          "A smaller trade is shown when none was for this many seconds"),
  };
}

Keys session_keys() {
  return {
      key("dir", folder_name(), of_config(&Config::session, &SessionConfig::dir),
          "Folder in which each session gets a folder of its own"),
      key("goes_on", yes_no(), of_config(&Config::session, &SessionConfig::goes_on),
          "Whether a live start goes on from position, trades and day's loss of the one before"),
  };
}

// What a core takes over while it runs. Of the rest something has the size, or is other threads'.
bool is_live(std::string_view section, std::string_view name) {
  const auto one_of = [name](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
  };
  if (section == "strategy") return name != "volatility_window";
  if (section == "risk") return !one_of({"price_change_window", "start_position", "day_start"});
  if (section == "order_management") return !one_of({"own_orders_at_start", "adopt_within_s"});
  return section == "execution" && name == "modify_rate_limit";
}

struct SectionKeys {
  ConfigSection section;
  Keys keys;
};

std::vector<SectionKeys> all_sections() {
  return {
      {{"strategy", "What is quoted, and when an order is moved"}, strategy_keys()},
      {{"risk", "What is never exceeded"}, risk_keys()},
      {{"order_management", "The life of orders"}, order_management_keys()},
      {{"execution", "How requests reach the venue"}, execution_keys()},
      {{"guard", "The second process that cancels our orders when the engine hangs or dies"},
       guard_keys()},
      {{"monitor", "The web dashboard: mm_logic monitor, run --monitor"}, monitor_keys()},
      {{"fees", "What fills cost"}, fees_keys()},
      {{"venue", "Where trading takes place"}, venue_keys()},
      {{"feed", "Market data of a real venue: modes paper and live, record, watch"},
       live_feed_keys()},
      {{"instrument",
        "Units; 0: from exchangeInfo, else inferred, else (generated market) tick 0.01, lot 0.0001 "
        "and min_notional 5. Paper and live: the venue's own, or 0"},
       instrument_keys()},
      {{"simulator", "The simulated venue"}, simulator_keys()},
      {{"market", "The generated market of mode sim"}, market_keys()},
      {{"engine", "Threads, rings and memory"}, engine_keys()},
      {{"journal", "The record of a session"}, journal_keys()},
      {{"measures", "What is shown of the market"}, measures_keys()},
      {{"session", "Where results go"}, session_keys()},
  };
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const Keys keys = [] {
    Keys all;
    for (auto& [section, section_keys] : all_sections()) {
      for (ConfigKey& k : section_keys) {
        k.section = section.name;
        k.live = is_live(section.name, k.name);
        all.push_back(std::move(k));
      }
    }
    return all;
  }();
  return keys;
}

const std::vector<ConfigSection>& config_sections() {
  static const std::vector<ConfigSection> sections = [] {
    std::vector<ConfigSection> all;
    for (const auto& [section, keys] : all_sections()) all.push_back(section);
    return all;
  }();
  return sections;
}

const ConfigKey* find_key(std::string_view section, std::string_view name) {
  for (const ConfigKey& k : config_keys()) {
    if (k.section == section && k.name == name) return &k;
  }
  return nullptr;
}

const ConfigKey* find_symbol_key(std::string_view name) {
  // `name` is the one key that two sections have; on a symbol it is the strategy's.
  for (const ConfigKey& k : config_keys()) {
    if (k.per_symbol && k.name == name) return &k;
  }
  return nullptr;
}

}  // namespace mm::app
