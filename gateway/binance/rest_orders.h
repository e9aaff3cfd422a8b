// Orders by REST: one call of the session carried out, one blocking HTTP request.
//
// Cold, the worker's thread. What is definitely not sent says so; what may have been sent and was
// not answered has an unknown outcome; an answer goes back as it came, for the session to read in
// the same way as those of the WebSocket API.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/net/shared_request_pause.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/rest_link.h"
#include "gateway/binance/signed_rest.h"

namespace mm::binance::orders {

// What may do harm when it comes late.
constexpr bool is_quote(CommandKind kind) {
  return kind == CommandKind::kPlace || kind == CommandKind::kReplace ||
         kind == CommandKind::kReduce;
}

class RestOrders {
 public:
  struct Setup {
    SignedRest& rest;
    RestKey key;
    const Clock& clock;
    net::SharedRequestPause& pause;
    std::string self_trade_prevention;
    // Why a command may not leave any more, asked on an open connection, directly before it is
    // written.
    std::function<RejectReason(const RestCall&)> refuse;
    // How old a quote may be when it arrives.
    int quote_window_ms;
  };
  RestOrders(const Setup& setup, const InstrumentMap& instruments)
      : setup_(setup), instruments_(instruments) {}

  void carry_out(RestCall& call);

 private:
  struct Request {
    const char* method = nullptr;  // null: there is none
    std::string_view path;
    Params params;
  };
  Request request_for(const Command& command) const;
  Request trades_of(const Command& command) const;
  void add_order(const Command& command, Params& params) const;
  void read(const net::HttpResponse& response, RestCall& call);

  Setup setup_;
  const InstrumentMap& instruments_;
};

}  // namespace mm::binance::orders
