#include "sim/server/limits.h"

#include <algorithm>

namespace mm::server {
namespace {

constexpr Nanos kTenSeconds{10 * kSecond.v}, kMinute{60 * kSecond.v};
constexpr Nanos kFiveMinutes{300 * kSecond.v}, kDay{86'400 * kSecond.v};
constexpr std::size_t kAddressesBeforeSweep = 1024;

std::uint32_t count(std::int32_t limit) {
  return static_cast<std::uint32_t>(limit);
}

void write_limit(JsonText& json, std::string_view type, const sim::RateWindow& window,
                 bool with_count) {
  struct Interval {
    Nanos length;
    std::string_view name;
  };
  constexpr Interval kIntervals[] = {{kDay, "DAY"}, {kMinute, "MINUTE"}, {kSecond, "SECOND"}};
  const auto& interval = *std::ranges::find_if(
      kIntervals, [&](const Interval& i) { return window.length.v % i.length.v == 0; });
  json.open_object()
      .text("rateLimitType", type)
      .text("interval", interval.name)
      .integer("intervalNum", window.length.v / interval.length.v)
      .integer("limit", window.limit);
  if (with_count) json.integer("count", window.used);
  json.close_object();
}

}  // namespace

Limits::Limits(const LimitsConfig& config, std::size_t accounts) : config_(config) {
  const Orders orders{.in_10s = {.length = kTenSeconds, .limit = count(config.orders_per_10s)},
                      .today = {.length = kDay, .limit = count(config.orders_per_day)}};
  orders_.assign(accounts, orders);
}

void Limits::Address::roll(Nanos now) {
  if (now >= weight.end()) refusals = 0;
  weight.roll(now);
  raw.roll(now);
  connections.roll(now);
}

Limits::Address& Limits::address(const std::string& name, Nanos now) {
  if (addresses_.size() >= kAddressesBeforeSweep && !addresses_.contains(name)) {
    std::erase_if(addresses_, [&](const auto& entry) {
      return now >= entry.second.raw.end() && now >= entry.second.banned_until;
    });
  }
  Address& found =
      addresses_
          .try_emplace(
              name,
              Address{
                  .weight = {.length = kMinute, .limit = count(config_.weight_per_minute)},
                  .raw = {.length = kFiveMinutes, .limit = count(config_.raw_requests_per_5min)},
                  .connections = {.length = kFiveMinutes,
                                  .limit = count(config_.connections_per_5min)}})
          .first->second;
  found.roll(now);
  return found;
}

Limits::Orders& Limits::orders(std::size_t account, Nanos now) {
  Orders& found = orders_[account];
  found.in_10s.roll(now);
  found.today.roll(now);
  return found;
}

// Who does not heed refusals is banned.
ApiError Limits::refuse(Address& from, Nanos now, ApiError refusal) const {
  if (++from.refusals > count(config_.refusals_before_ban)) {
    from.banned_until = now + config_.ban_s * kSecond;
    return errors::banned(now, from.banned_until);
  }
  return refusal;
}

std::optional<ApiError> Limits::admit(const std::string& name, Nanos now) {
  Address& from = address(name, now);
  if (now < from.banned_until) return errors::banned(now, from.banned_until);
  ++from.raw.used;
  if (from.raw.used > from.raw.limit) {
    return refuse(from, now,
                  errors::too_many_requests(config_.raw_requests_per_5min, now, from.raw.end()));
  }
  if (from.weight.full()) {
    return refuse(from, now,
                  errors::too_much_weight(config_.weight_per_minute, now, from.weight.end()));
  }
  return std::nullopt;
}

void Limits::charge_weight(const std::string& name, std::int32_t weight, Nanos now) {
  address(name, now).weight.used += count(weight);
}

std::uint32_t Limits::weight_used(const std::string& name, Nanos now) {
  return address(name, now).weight.used;
}

std::optional<ApiError> Limits::admit_connection(const std::string& name, Nanos now) {
  Address& from = address(name, now);
  if (now < from.banned_until) return errors::banned(now, from.banned_until);
  if (from.connections.full()) return errors::too_many_connections(now, from.connections.end());
  ++from.connections.used;
  return std::nullopt;
}

std::optional<ApiError> Limits::admit_order(std::size_t account, Nanos now) {
  const Orders& used = orders(account, now);
  if (used.today.full()) {
    return errors::too_many_orders(config_.orders_per_day, "1 DAY", now, used.today.end());
  }
  if (used.in_10s.full()) {
    return errors::too_many_orders(config_.orders_per_10s, "10 SECOND", now, used.in_10s.end());
  }
  return std::nullopt;
}

void Limits::charge_order(std::size_t account, Nanos now) {
  Orders& used = orders(account, now);
  ++used.in_10s.used;
  ++used.today.used;
}

void Limits::return_order(std::size_t account, Nanos now) {
  Orders& used = orders(account, now);
  used.in_10s.give_back(1);
  used.today.give_back(1);
}

void Limits::on_first_fill(std::size_t account, bool maker, Nanos now) {
  Orders& used = orders(account, now);
  const std::uint32_t returned = maker ? count(config_.orders_returned_per_maker_fill) : 1;
  used.in_10s.give_back(returned);
  used.today.give_back(returned);
}

Limits::OrdersUsed Limits::orders_used(std::size_t account, Nanos now) {
  const Orders& used = orders(account, now);
  return {used.in_10s.used, used.today.used};
}

std::string Limits::orders_json(std::size_t account, Nanos now) {
  const Orders& used = orders(account, now);
  JsonText json;
  write_limit(json, "ORDERS", used.in_10s, true);
  write_limit(json, "ORDERS", used.today, true);
  return json.take();
}

std::string Limits::weight_json(const std::string& name, Nanos now) {
  JsonText json;
  write_limit(json, "REQUEST_WEIGHT", address(name, now).weight, true);
  return json.take();
}

std::string Limits::announced_json() const {
  JsonText json;
  const auto announce = [&json](std::string_view type, Nanos length, std::int32_t limit) {
    write_limit(json, type, {.length = length, .limit = count(limit)}, false);
  };
  announce("REQUEST_WEIGHT", kMinute, config_.weight_per_minute);
  announce("ORDERS", kTenSeconds, config_.orders_per_10s);
  announce("ORDERS", kDay, config_.orders_per_day);
  announce("RAW_REQUESTS", kFiveMinutes, config_.raw_requests_per_5min);
  announce("CONNECTIONS", kFiveMinutes, config_.connections_per_5min);
  return json.take();
}

}  // namespace mm::server
