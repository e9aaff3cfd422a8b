// What the venue server serves: instruments, markets, accounts and limits. The keys of venue.ini.
//
// Plain data, filled before start by the reader of the file, constant afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "engine/core/types.h"
#include "sim/faults/fault_plan.h"
#include "sim/server/signature.h"
#include "sim/sim_config.h"

namespace mm::server {

struct LimitsConfig {
  std::int32_t weight_per_minute = 6000;
  std::int32_t orders_per_10s = 100;
  std::int32_t orders_per_day = 200'000;
  std::int32_t raw_requests_per_5min = 300'000;
  std::int32_t connections_per_5min = 300;
  std::int32_t messages_per_s = 5;  // that a client may send on one stream connection
  std::int32_t streams_per_connection = 1024;
  // Refusals with 429 in one minute after which the address is banned, and for how long.
  std::int32_t refusals_before_ban = 10;
  std::int32_t ban_s = 120;
  // What an order's first maker fill gives back to the order counts: the documented example.
  std::int32_t orders_returned_per_maker_fill = 5;
};

struct SymbolConfig {
  Instrument instrument;
  sim::MarketConfig market;
};

struct InitialBalance {
  std::string asset;
  Amount free{};
};

enum class KeyKind : std::uint8_t { kHmac, kEd25519 };

struct AccountConfig {
  std::string name;
  std::string api_key;
  KeyKind kind = KeyKind::kHmac;
  std::string hmac_secret;
  Ed25519PublicKey public_key{};
  std::vector<InitialBalance> balances;
  bool can_read = true;
  bool can_trade = true;
};

struct ServerConfig {
  std::string listen_address = "127.0.0.1";
  std::uint16_t port = 9443;
  std::string tls_cert_file, tls_key_file;  // both or neither; neither: plain
  std::int32_t publish_hz = 10;             // of the streams called @100ms
  std::int32_t ping_interval_s = 20;
  std::int32_t connection_lifetime_s = 86'400;
  bool faults = false;  // of these kinds, by chance, between these times since the start
  sim::FaultKinds fault_kinds = sim::wire_faults() & ~sim::lasting_faults();
  Nanos fault_begin{10 * kSecond.v}, fault_end{7 * 86'400 * kSecond.v};
  sim::FaultPlan fault_plan;  // or exactly these
  bool admin = false;
  std::string scenario = "lively";
  std::uint64_t seed = 1;
  std::string capture_file;  // empty: the markets are generated
  LimitsConfig limits;
  std::vector<SymbolConfig> symbols;
  std::vector<AccountConfig> accounts;

  bool tls() const { return !tls_cert_file.empty(); }
};

// BTCUSDT and ETHUSDT, on markets like this one.
std::vector<SymbolConfig> default_symbols(const sim::MarketConfig& market);
// A test account, its key and secret those of the venue's own documentation.
AccountConfig default_account();

}  // namespace mm::server
