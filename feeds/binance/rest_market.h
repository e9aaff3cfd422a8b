// Public market data over REST: one request at a time, within the venue's weights.
//
// Cold: get() blocks until answered or timed out; one thread. What can go wrong (no connection, a
// wrong certificate, 403, 418, 429, 451, 5xx, a page of HTML, a body too long) comes back as one
// line that names host, path and cause; after a refusal next() holds everything back for as long
// as the venue asked, after 418 and 429 for all who share the pause.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "engine/net/http_client.h"
#include "engine/net/shared_request_pause.h"
#include "feeds/binance/live_options.h"
#include "feeds/binance/rest_weight.h"

namespace mm::binance {

struct RestAnswer {
  std::string body;
  std::string error;  // one line; empty: the body is JSON, as far as its first byte tells
  int status = 0;
};

class RestMarket {
 public:
  // `tls` may be null for http.
  RestMarket(const LiveFeedOptions& options, const net::TlsContext* tls,
             net::SharedRequestPause& pause, const std::atomic<bool>* stop);

  // Empty, or why the URL is of no use.
  const std::string& error() const { return error_; }
  // When a request of that weight may be sent: `now` if it may be already.
  Nanos next(Nanos now, std::int32_t weight) const {
    return std::max(weight_.next(now, weight), pause_.next(net::RequestUse::kOther, now));
  }
  RestAnswer get(const std::string& target, std::int32_t weight, Nanos now);
  // What has come of a request for `target`; get() without the asking.
  RestAnswer take(net::HttpResponse response, std::string_view target, Nanos now);

  std::uint64_t requests() const { return requests_; }
  std::uint64_t weight_spent() const { return weight_spent_; }

 private:
  std::string judge(const net::HttpResponse& response, const std::string& path, Nanos now);

  std::string error_;
  std::string host_;
  net::HttpClient client_;
  net::SharedRequestPause& pause_;
  RestWeight weight_;
  std::uint64_t requests_ = 0, weight_spent_ = 0;
};

// /api/v3/exchangeInfo of some symbols.
inline constexpr std::int32_t kExchangeInfoWeight = 20;
std::string exchange_info_target(const std::vector<std::string>& symbols);
std::string depth_target(std::string_view symbol, std::int32_t levels);

}  // namespace mm::binance
