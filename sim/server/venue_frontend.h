// The venue behind its port: which path leads where.
//
// The server's thread. Owns everything but the sockets: exchange, limits, keys.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/server/frontend.h"
#include "sim/server/rest_api.h"
#include "sim/server/sessions.h"

namespace mm::server {

class VenueFrontend : public Frontend {
 public:
  // Config and sessions outlive this; the clock gives wall time.
  VenueFrontend(const ServerConfig& config, Sessions& sessions, Nanos (*clock)());

  HttpAnswer answer(const HttpRequest& request);
  void answer(const HttpRequest& request, Reply reply) override { reply(answer(request)); }
  std::optional<HttpAnswer> refuse_upgrade(const HttpRequest& request) override;
  std::unique_ptr<Conversation> open(const HttpRequest& request, Connection& connection) override;

  // Markets move on to now, and what happened is told.
  void advance();
  void publish(Rhythm rhythm);
  StreamHub& streams() { return host_.streams(); }

  // What the venue thinks the time is.
  Nanos now() const { return clock_(); }
  // Sets its clock this far ahead of the host's; markets and orders go on.
  void shift_clock(Nanos ahead);
  // Whether such requests are wanted in the config: from this host, for tests.
  bool trusts(const HttpRequest& request) const { return config_.admin && request.from_loopback; }
  bool is_admin(const HttpRequest& request, std::string_view path) const {
    return trusts(request) && request.path == path && request.method == "POST";
  }

  ExchangeHost& host() { return host_; }
  const ExchangeHost& host() const { return host_; }

 private:
  HttpAnswer drop(const HttpRequest& request);

  const ServerConfig& config_;
  Sessions& sessions_;
  Limits limits_;
  ApiKeys keys_;
  VenueTime clock_;
  ExchangeHost host_;
  VenueParts parts_;
  RestApi rest_;
  sim::Random random_;
};

}  // namespace mm::server
