// What the venue can be asked, in whichever way: one table of operations behind the WS API and
// REST.
//
// The server's thread. An operation gets parameters and the account that asks, and gives JSON or an
// error; who asks, what it costs and how the answer is wrapped is the business of the front-ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/server/api_keys.h"
#include "sim/server/exchange_host.h"
#include "sim/server/limits.h"

namespace mm::server {

struct Request {
  const RequestParams& params;
  const ApiKey* key = nullptr;  // of a signed request
  Nanos now{};
  TimeUnit unit{TimeUnit::kMilliseconds};

  sim::AccountId account() const { return static_cast<sim::AccountId>(key->account); }
};

struct Answer {
  std::string json;
  std::optional<ApiError> error;
  int weight = -1;  // where it depends on the parameters; -1: the operation's

  Answer(std::string text) : json(std::move(text)) {}      // NOLINT: an answer is its text
  Answer(ApiError failure) : error(std::move(failure)) {}  // NOLINT: or an error
  Answer&& with_weight(int w) && {
    weight = w;
    return std::move(*this);
  }
};

enum class Access : std::uint8_t { kPublic, kRead, kTrade };

struct Operation {
  std::string_view method;      // of the WS API; empty: REST only
  std::string_view verb, path;  // of REST; empty: WS API only
  Access access = Access::kPublic;
  int weight = 1;
  int weight_of_success = 1;
  bool counts_orders = false;  // its answer shows the ORDERS counts
  Answer (*perform)(ExchangeHost&, Limits&, const Request&) = nullptr;
};
std::span<const Operation> operations();

// The operations by subject, in the files of these names.
namespace order_requests {
Answer place(ExchangeHost&, Limits&, const Request&);
Answer test(ExchangeHost&, Limits&, const Request&);
Answer cancel(ExchangeHost&, Limits&, const Request&);
Answer cancel_replace(ExchangeHost&, Limits&, const Request&);
Answer amend(ExchangeHost&, Limits&, const Request&);
Answer cancel_all(ExchangeHost&, Limits&, const Request&);
}  // namespace order_requests
namespace order_queries {
Answer status(ExchangeHost&, Limits&, const Request&);
Answer open_orders(ExchangeHost&, Limits&, const Request&);
Answer all_orders(ExchangeHost&, Limits&, const Request&);
Answer amendments(ExchangeHost&, Limits&, const Request&);
Answer my_trades(ExchangeHost&, Limits&, const Request&);
}  // namespace order_queries
namespace account_requests {
Answer status(ExchangeHost&, Limits&, const Request&);
Answer order_counts(ExchangeHost&, Limits&, const Request&);
Answer restrictions(ExchangeHost&, Limits&, const Request&);
}  // namespace account_requests
namespace market_requests {
Answer ping(ExchangeHost&, Limits&, const Request&);
Answer time(ExchangeHost&, Limits&, const Request&);
Answer exchange_info(ExchangeHost&, Limits&, const Request&);
Answer my_filters(ExchangeHost&, Limits&, const Request&);
Answer depth(ExchangeHost&, Limits&, const Request&);
Answer trades(ExchangeHost&, Limits&, const Request&);
Answer historical_trades(ExchangeHost&, Limits&, const Request&);
Answer aggregate_trades(ExchangeHost&, Limits&, const Request&);
}  // namespace market_requests
namespace ticker_requests {
Answer book(ExchangeHost&, Limits&, const Request&);
Answer price(ExchangeHost&, Limits&, const Request&);
Answer day(ExchangeHost&, Limits&, const Request&);
Answer average(ExchangeHost&, Limits&, const Request&);
}  // namespace ticker_requests

}  // namespace mm::server
