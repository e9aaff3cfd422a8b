// Instruments out of an exchangeInfo body, as REST and the WebSocket API answer it or as recorded
// in a file: plain, gzip, or cryptofeed's form `<url> -> <time>: <body>`. Spot and USD-M.
//
// Cold: read at start and now and then, allocates freely. Ticks and lots are the venue's filters;
// where a filter is disabled (zero) the field stays at zero or its default, and the caller must
// know better.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"

namespace mm::binance {

enum class RateLimitKind : std::uint8_t {
  kUnknown,
  kRequestWeight,
  kOrders,
  kRawRequests,
  kConnections
};
struct RateLimit {
  RateLimitKind kind{};
  Nanos interval{};  // 0 if its unit is not known
  std::int32_t limit = 0;
};

enum class SymbolStatus : std::uint8_t {
  kUnknown,
  kTrading,
  kEndOfDay,
  kHalt,
  kBreak,
  kCancelOnly
};
const char* name(SymbolStatus s);

// What starting to trade a symbol must know beside its Instrument, which has what orders must obey.
struct SymbolRules {
  SymbolStatus status{};
  bool post_only_allowed = true;  // LIMIT_MAKER is among its orderTypes, or none are told
  Amount position_max{};          // MAX_POSITION: base held and bid for; 0: no limit
  std::vector<std::string> self_trade_modes;  // allowed for orders; empty: not told
};

struct ExchangeInfo {
  std::vector<Instrument> instruments;
  std::vector<SymbolRules> rules;  // one for each instrument
  std::vector<RateLimit> rate_limits;
  std::int32_t orders_max = 0;  // EXCHANGE_MAX_NUM_ORDERS: open at once, on all; 0: no limit
  std::string error;            // empty if the file was understood

  // Null if there is none of that symbol and venue.
  const Instrument* find(std::string_view symbol, bool is_spot) const;
  const SymbolRules* find_rules(std::string_view symbol, bool is_spot) const;
  // The one of the shortest interval; null if there is none.
  const RateLimit* find_limit(RateLimitKind kind) const;
};

ExchangeInfo read_exchange_info(const std::string& path);
ExchangeInfo parse_exchange_info(std::string_view body);

}  // namespace mm::binance
