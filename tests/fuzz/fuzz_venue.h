// The venue's front for a fuzz target: small, the same each time, on a clock that stands still.
//
// One thread. Limits are out of the way: what is tried is what comes behind them.
#pragma once

#include "sim/server/venue_frontend.h"

namespace mm::test {

class FuzzVenue {
 public:
  FuzzVenue() : config_((now = kStart, config())), frontend(config_, sessions, clock) {
    pass(kMillisecond * 20);
  }
  void pass(Nanos time) {
    now += time;
    frontend.advance();
    frontend.publish(server::Rhythm::kFast);
  }
  const server::AccountConfig& account() const { return config_.accounts[0]; }

  static inline Nanos now;

 private:
  static constexpr Nanos kStart{1'700'000'000 * kSecond.v};

  static Nanos clock() { return now; }
  static server::ServerConfig config() {
    sim::MarketConfig market;
    market.depth_levels = 20;
    server::ServerConfig c;
    c.symbols = server::default_symbols(market);
    c.accounts = {server::default_account()};
    c.admin = true;
    constexpr std::int32_t kMany = 1'000'000'000;
    c.limits.weight_per_minute = c.limits.raw_requests_per_5min = kMany;
    c.limits.connections_per_5min = c.limits.messages_per_s = kMany;
    return c;
  }
  const server::ServerConfig config_;

 public:
  server::Sessions sessions;
  server::VenueFrontend frontend;
};

}  // namespace mm::test
