// What the order session of Binance spot needs to know; the owner fills it in from the config.
//
// Plain values, read at construction only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/response_parser.h"

namespace mm::binance::orders {

// What REST does while no WebSocket is up.
enum class RestFallback : std::uint8_t {
  kOff,
  kCancel,  // cancels and questions
  kTrade    // quotes too
};

struct OrderSessionOptions {
  std::vector<Instrument> instruments;  // in the core's order
  std::string ws_api_url;               // wss://ws-api.binance.com:443/ws-api/v3
  std::string rest_url;                 // https://api.binance.com
  std::string ca_file;                  // empty: the system's authorities
  Identity identity;                    // of the client order ids
  int connections = 2;                  // modify_worker_count, at most kLanesMax
  int recv_window_ms = 5000;
  std::string self_trade_prevention = "EXPIRE_MAKER";
  // So many open orders of earlier starts go on as ours; what is more is cancelled.
  std::size_t adopted_max = 0;
  // But none once the first reconciliation has failed for so long.
  Nanos adoption_patience{30 * kSecond.v};
  // At least as many as the core's order table has rows.
  std::size_t order_slots = 1024;
  std::size_t in_flight_max = 1024;
  std::size_t message_bytes_max = std::size_t{2} << 20;
  std::vector<LimitUsage> limits;  // that exchangeInfo announces
  // Trades up to these are counted already, by instrument; none: whatever there is at start.
  std::vector<std::uint64_t> last_trade_ids;

  RestFallback rest_fallback = RestFallback::kCancel;
  Nanos rest_fallback_after{kSecond};           // without any order connection
  Nanos rest_timeout{5 * kSecond.v};            // of one request
  Nanos command_age_max{500 * kMillisecond.v};  // a quote that waited longer for REST is not meant

  Nanos answer_timeout{10 * kSecond.v};      // then the outcome of a request is unknown
  Nanos silence{5 * kSecond.v};              // of a connection, a ping's answer too: it is dead
  Nanos renew_after{23 * 3600 * kSecond.v};  // the venue hangs up after 24 hours
  Nanos clock_interval{60 * kSecond.v};      // between questions for the venue's time
  Nanos sweep_interval{60 * kSecond.v};      // between two looks at all that is open; 0: none
  Nanos dial_timeout{10 * kSecond.v};
  Nanos backoff_first{250 * kMillisecond.v};
  Nanos backoff_longest{30 * kSecond.v};
  Nanos key_refused_pause{60 * kSecond.v};  // the venue does not know the key: no hurry
  std::uint64_t seed = 1;                   // of the jitter
};

}  // namespace mm::binance::orders
