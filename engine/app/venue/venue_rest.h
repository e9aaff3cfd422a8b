// A real venue asked by REST before a start.
//
// Cold, one thread; each question blocks up to its deadline. Errors are one line that names host
// and path, never a query: those carry signatures.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include "engine/app/config/config.h"
#include "engine/net/endpoint.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/signed_rest.h"

namespace mm::app {

// As configured, or from the environment, which gives them once. The error is in the result.
binance::orders::Credentials load_credentials(const Config& config);

struct VenueAnswer {
  simdjson::dom::element body;  // valid until the next question
  int status = 0;
  std::string error;  // one line, also for an error of the venue's
};

class VenueRest {
 public:
  // Pauses that the venue wants are kept, and told whoever shares `pause`.
  VenueRest(const VenueConfig& config, net::SharedRequestPause& pause);

  // Empty, or why it cannot be asked at all.
  const std::string& error() const { return error_; }
  const net::Endpoint& endpoint() const { return url_.endpoint; }
  const binance::orders::VenueClock& clock() const { return rest_.venue_clock(); }
  Nanos now() const { return clock_.now(); }

  // The venue's time, kept for signing. Returns the error.
  std::string ask_time() { return rest_.measure_clock(); }
  // What anybody may ask.
  VenueAnswer ask(const std::string& path, const binance::orders::Params& params);
  // Signed, after ask_time().
  VenueAnswer ask_signed(const std::string& path, binance::orders::Params params,
                         const binance::orders::Credentials& key);

 private:
  static VenueAnswer refused(std::string error);
  std::string pause_text(const std::string& path) const;
  VenueAnswer read(const net::HttpResponse& response, const std::string& path,
                   std::string_view key);

  net::ParsedUrl url_;
  net::TlsContext tls_;
  Clock clock_;
  net::SharedRequestPause& pause_;
  binance::orders::SignedRest rest_;
  std::string error_;
  std::string text_;  // what parser_ has read
  simdjson::dom::parser parser_;
};

// Members of an answer; empty or nothing where there is no such member.
std::string text_of(const simdjson::dom::element& object, const char* name);
std::optional<bool> flag_of(const simdjson::dom::element& object, const char* name);
// Nothing, too, for what is no decimal.
std::optional<Amount> amount_of(const simdjson::dom::element& object, const char* name);

// Of an account answer; zero for an asset it does not list.
std::optional<Amount> free_balance(const simdjson::dom::element& account, std::string_view asset);

}  // namespace mm::app
