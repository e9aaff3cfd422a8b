#include "engine/app/venue/venue_limits.h"

#include <algorithm>

namespace mm::app {
namespace {

using binance::RateLimitKind;
using binance::orders::LimitType;

// What of a limit falls into `span`, one at least; `otherwise` where there is no such limit.
std::int32_t share(const binance::RateLimit* limit, Nanos span, std::int32_t otherwise) {
  if (limit == nullptr || limit->interval.v <= 0) return otherwise;
  const std::int64_t there = std::int64_t{limit->limit} * (span.v / kMillisecond.v) /
                             std::max<std::int64_t>(1, limit->interval.v / kMillisecond.v);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(there, 1, otherwise));
}

LimitType type_of(RateLimitKind kind) {
  switch (kind) {
    case RateLimitKind::kRequestWeight:
      return LimitType::kWeight;
    case RateLimitKind::kOrders:
      return LimitType::kOrders;
    case RateLimitKind::kRawRequests:
      return LimitType::kRawRequests;
    case RateLimitKind::kConnections:
      return LimitType::kConnections;
    case RateLimitKind::kUnknown:
      break;
  }
  return LimitType::kOther;
}

void obey_filters(const binance::ExchangeInfo& info, Config& config) {
  const auto lower = [](auto& own, auto venues) {
    if (venues > decltype(venues){} && (own == decltype(venues){} || own > venues)) own = venues;
  };
  lower(config.common.risk.max_order_count, info.orders_max);
  for (SymbolConfig& symbol : config.overrides) {
    lower(symbol.risk.max_order_count, info.orders_max);
  }
  for (const std::string& name : config.venue.symbols) {
    const binance::SymbolRules* const rules = info.find_rules(name, true);
    if (rules == nullptr || rules->position_max == Amount(0)) continue;
    const auto own = std::ranges::find(config.overrides, name, &SymbolConfig::name);
    const bool any = own != config.overrides.end();
    SymbolConfig& symbol = any ? *own : config.overrides.emplace_back(config.symbol(name));
    lower(symbol.risk.max_position, rules->position_max);
  }
}

}  // namespace

void obey_limits(const binance::ExchangeInfo& info, Config& config) {
  binance::LiveFeedOptions& feed = config.feed.options;
  feed.attempts_max =
      share(info.find_limit(RateLimitKind::kConnections), feed.attempts_window, feed.attempts_max);
  // The other half is for orders, and for whoever else shares the address.
  const std::int32_t least = binance::depth_weight(feed.snapshot_levels);
  const std::int32_t half =
      share(info.find_limit(RateLimitKind::kRequestWeight), 30 * kSecond, feed.weight_per_minute);
  feed.weight_per_minute = std::max(half, std::min(least, feed.weight_per_minute));
  std::int32_t& requests = config.order_management.modify_rate_limit;
  // A tenth of the count stays in reserve.
  requests = share(info.find_limit(RateLimitKind::kOrders), kSecond * 9 / 10, requests);
  obey_filters(info, config);
}

std::vector<binance::orders::LimitUsage> order_limits(const binance::ExchangeInfo& info) {
  std::vector<binance::orders::LimitUsage> limits;
  for (const binance::RateLimit& l : info.rate_limits) {
    const LimitType type = type_of(l.kind);
    if (type == LimitType::kOther || type == LimitType::kConnections || l.interval.v <= 0) continue;
    limits.push_back({type, l.interval, static_cast<std::uint32_t>(l.limit), 0});
  }
  return limits;
}

}  // namespace mm::app
