// The venue's rate limits: request weight, requests and connections by address, orders by account.
//
// The server's thread; O(1) amortised. All windows are fixed and aligned to the clock. An address
// is forgotten once its windows are over, so memory follows the clients of the last five minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/rate_window.h"
#include "sim/server/api_error.h"
#include "sim/server/server_config.h"

namespace mm::server {

class Limits {
 public:
  Limits(const LimitsConfig& config, std::size_t accounts);

  // One more request of this address; what it is refused with, if it is.
  std::optional<ApiError> admit(const std::string& address, Nanos now);
  void charge_weight(const std::string& address, std::int32_t weight, Nanos now);
  std::uint32_t weight_used(const std::string& address, Nanos now);
  // One more connection of this address; what it is refused with, if it is.
  std::optional<ApiError> admit_connection(const std::string& address, Nanos now);

  // Refused with -1015 if the account has no order left.
  std::optional<ApiError> admit_order(std::size_t account, Nanos now);
  void charge_order(std::size_t account, Nanos now);
  // It never came to the matching after all.
  void return_order(std::size_t account, Nanos now);
  void on_first_fill(std::size_t account, bool maker, Nanos now);

  struct OrdersUsed {
    std::uint32_t in_10s, today;
  };
  OrdersUsed orders_used(std::size_t account, Nanos now);

  // The elements of "rateLimits": with counts in answers, without in exchangeInfo.
  std::string orders_json(std::size_t account, Nanos now);
  std::string weight_json(const std::string& address, Nanos now);
  std::string announced_json() const;

 private:
  struct Address {
    sim::RateWindow weight, raw, connections;
    std::uint32_t refusals = 0;  // since the weight window began
    Nanos banned_until{};
    void roll(Nanos now);
  };
  struct Orders {
    sim::RateWindow in_10s, today;
  };

  Address& address(const std::string& name, Nanos now);
  Orders& orders(std::size_t account, Nanos now);
  ApiError refuse(Address& from, Nanos now, ApiError refusal) const;

  LimitsConfig config_;
  std::unordered_map<std::string, Address> addresses_;
  std::vector<Orders> orders_;
};

}  // namespace mm::server
