// The same requests by REST, for when the WebSocket API is down.
//
// Cold: one blocking HTTP request a command; what it brought goes into a ring for the session. The
// session sends cancels and questions this way; the others work as well. A request that may have
// been sent and was not answered has an unknown outcome.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/shared_request_pause.h"
#include "gateway/binance/order_events.h"
#include "gateway/binance/signed_rest.h"

namespace mm::binance::orders {

class RestOrders {
 public:
  struct Setup {
    net::Endpoint endpoint;
    const net::TlsContext* tls = nullptr;
    const Clock& clock;
    std::string_view api_key;
    const Signer& signer;
    int recv_window_ms = 5000;
    std::string self_trade_prevention;
    Identity identity;
    std::chrono::nanoseconds timeout{};
    const std::atomic<bool>* stop = nullptr;
    net::SharedRequestPause& pause;
  };
  RestOrders(const Setup& setup, const InstrumentMap& instruments, SpscRing<Event>& answers);

  void carry_out(const Command& command);

 private:
  struct Call {
    const char* method = nullptr;  // null: no request
    std::string_view path;
    Params params;
  };
  Call call_for(const Command& command) const;
  Call trades_of(const Command& command) const;
  void add_order(const Command& command, Params& params) const;
  void exchange(const PendingRequest& request, const Call& call);
  void look_for_trades();

  Setup setup_;
  const InstrumentMap& instruments_;
  SignedRest rest_;
  ResponseParser parser_;
  VenueOrderIds venue_ids_{1024};
  std::vector<std::atomic<std::uint64_t>> last_trades_;
  SpscRing<Event>& answers_;
  OrderEvents events_;
  std::string body_;
};

}  // namespace mm::binance::orders
