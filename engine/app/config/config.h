// The configuration: one typed struct, read from an ini file and `--set section.key=value`.
//
// Read once at start (and by a reload) on the main thread, constant afterwards; allocates freely.
// What the keys are called, what they may be and what they mean stands in config_schema.cpp alone.
// A mistake is a value, not an exception: `error` is one line with file, line, key, value and what
// is allowed, and the caller starts nothing.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"
#include "engine/core/params.h"
#include "engine/journal/journal_format.h"
#include "engine/runtime/log.h"
#include "engine/runtime/topology.h"
#include "feeds/binance/live_options.h"
#include "gateway/binance/order_session_options.h"
#include "sim/sim_config.h"

namespace mm::app {

enum class VenueName : std::uint8_t { kBinanceSpot, kBinanceUsdm };
enum class IdleChoice : std::uint8_t { kAuto, kSpin, kYield, kBackoff };

// [instrument]: 0 or empty means from exchangeInfo, or inferred, or the simulator's default.
struct InstrumentConfig {
  Amount tick{0};
  Amount lot{0};
  Money min_notional{0};
  std::string base, quote;
};

// Everything a [symbol NAME] section may override.
struct SymbolConfig {
  std::string name;  // empty in Config::common
  StrategyParams strategy;
  RiskParams risk;
  InstrumentConfig instrument;
  sim::MarketConfig market;
};

enum class Environment : std::uint8_t { kProduction, kTestnet, kDemo, kLocal };

struct VenueConfig {
  VenueName name = VenueName::kBinanceSpot;
  Environment environment = Environment::kLocal;
  std::string stream_url, rest_url, ws_api_url;  // empty: those of the environment
  std::string ca_file;                           // empty: the system's authorities
  std::vector<std::string> symbols{"ETHUSDT"};
  bool allow_live = false;
  std::string exchange_info;     // file; empty: none
  std::string api_key_file;      // these three empty: from the environment
  std::string api_secret_file;   // HMAC
  std::string private_key_file;  // Ed25519 or RSA
  Nanos recv_window{5000 * kMillisecond.v};
  // For orders, while no connection of the WebSocket API is up, and how long it may be so.
  binance::orders::RestFallback rest_fallback = binance::orders::RestFallback::kCancel;
  Nanos rest_fallback_after{kSecond};
};

enum class FeedSource : std::uint8_t { kWebSocket, kRest };

// [feed]: everything but the hosts, which are the venue's.
struct FeedConfig {
  FeedSource source = FeedSource::kWebSocket;
  binance::LiveFeedOptions options;
};

// What becomes of open orders that an earlier start of a live engine has placed.
enum class OwnOrdersAtStart : std::uint8_t { kCancel, kAdopt };

// [execution]: what only the connections need; the rest is in OrderManagementParams.
struct ExecutionConfig {
  OwnOrdersAtStart own_orders_at_start = OwnOrdersAtStart::kCancel;  // [order_management]
  Nanos adopt_within{30 * kSecond.v};                                // likewise
  Nanos backoff_first{250 * kMillisecond.v};
  Nanos backoff_longest{30 * kSecond.v};
  Nanos sweep_interval{60 * kSecond.v};
  Nanos silence{5 * kSecond.v};
};

// [guard]: the second process that cancels our orders when the engine cannot.
struct GuardConfig {
  Nanos timeout{1000 * kMillisecond.v};  // without a heartbeat; also how long we may stand still
  Nanos interval{100 * kMillisecond.v};  // between two looks
  Nanos proof_interval{10 * kSecond.v};  // between two questions to the venue
};

// [monitor]: the web dashboard.
struct MonitorConfig {
  std::string listen{"127.0.0.1:8080"};
  std::string token_file;                   // empty: a new token each time
  std::string tls_cert_file, tls_key_file;  // empty: plain, on loopback only
};

struct FeesConfig {
  FeeRates rates;
  Amount price_bnb{0};  // in the quote asset; 0: from its bookTicker, else unconverted
};

struct ScenarioConfig {
  std::string name{"lively"};
  std::uint64_t seed = 1;
};

inline constexpr std::int32_t kAnyCpu = -1;

struct EngineConfig {
  Topology topology = Topology::kAuto;
  IdleChoice idle = IdleChoice::kAuto;
  std::int32_t core_feed = kAnyCpu;
  std::int32_t core_strategy = kAnyCpu;
  std::int32_t core_gateway = kAnyCpu;
  std::int32_t market_ring_slots = 1 << 16;
  std::int32_t execution_ring_slots = 1 << 14;
  std::int32_t command_ring_slots = 1 << 13;
  std::int32_t control_ring_slots = 1 << 8;
  std::int32_t market_batch_max = 256;
  Nanos command_age_max{500 * kMillisecond.v};
  std::int32_t order_table_headroom = 32;
  std::int32_t instance = 1;  // which engine of one key
  std::int32_t epoch = 0;     // of client order ids; 0: a live start takes the next one
  std::int32_t id_nonce = 0;  // where their numbers begin; 0: a live start draws one
  bool lock_memory = false;
  LogLevel log_level = LogLevel::kInfo;
  std::int64_t log_file_bytes = std::int64_t{16} << 20;
  std::int32_t log_files = 8;
};

struct JournalConfig {
  std::int64_t segment_bytes = std::int64_t{256} << 20;
  std::int32_t segments_max = 16;
  std::int32_t ring_slots = 1 << 16;
  JournalSync sync = JournalSync::kNone;
  Nanos sync_interval{kSecond};
};

struct SessionConfig {
  std::string dir{"sessions"};
  bool goes_on = true;
};

struct Config {
  SymbolConfig common;                  // [strategy] [risk] [instrument] [market]
  std::vector<SymbolConfig> overrides;  // one per [symbol NAME], resolved: common + its own keys
  OrderManagementParams order_management;
  ExecutionConfig execution;
  GuardConfig guard;
  MonitorConfig monitor;
  FeesConfig fees;
  sim::SimulatorConfig simulator;
  ScenarioConfig scenario;
  VenueConfig venue;
  FeedConfig feed;
  EngineConfig engine;
  JournalConfig journal;
  MeasureParams measures;
  SessionConfig session;

  // The parameters of one instrument, whether it has a section of its own or not.
  SymbolConfig symbol(std::string_view name) const;
};

// Where a key was set, for messages: "config.ini:12" or "--set"; by "section.key".
using ConfigOrigins = std::map<std::string, std::string, std::less<>>;

struct ConfigLoad {
  Config config;
  std::string error;                  // one line; empty: the config is complete and valid
  std::vector<std::string> warnings;  // legal but questionable, one line each, for `check`
  ConfigOrigins origins;
  std::string source;  // file name, for messages

  bool ok() const { return error.empty(); }
};

// `sets` are "section.key=value"; the last word wins. A [symbol NAME] key is "symbol NAME.key".
ConfigLoad parse_config(std::string_view text, std::string_view source,
                        std::span<const std::string> sets = {});
ConfigLoad load_config(const std::string& path, std::span<const std::string> sets = {});

// Of the [symbol NAME] sections only what a market is generated from: venue.ini has them too.
void validate_markets(ConfigLoad& load);

// Every key with the value in force, as an ini file that reads back to an equal config: what the
// journal and the session folder keep.
std::string effective_text(const Config& config);

// What only this host can say: cores that exist, enough of them for a dedicated topology. Empty, or
// one line like ConfigLoad::error. Not part of load_config: a replay runs on another host.
std::string validate_host(const ConfigLoad& load, const HostCpus& cpus);
// What only a capture can say: symbols that are not among [venue] symbols. Empty, or one line.
std::string validate_symbol(const Config& config, std::string_view symbol);

// The hot threads of real time on a host.
TopologyPlan plan_threads(const EngineConfig& engine, const HostCpus& cpus);

// One instrument as configured. Units the config leaves open stay 0 for exchangeInfo or inference.
Instrument make_instrument(const Config& config, std::string_view symbol);

// The units of generated markets where the config leaves them open.
void use_simulator_units(Instrument& instrument);

}  // namespace mm::app
