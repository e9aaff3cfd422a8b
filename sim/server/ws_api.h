// The conversation on a WS API socket: requests in JSON, answers that echo their id.
//
// The server's thread. A session may be logged on with an Ed25519 key; any request may be signed
// on its own. Events of the accounts subscribed to go out on the same socket.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/server/frontend.h"
#include "sim/server/requests.h"
#include "sim/server/venue_time.h"
#include "sim/server/ws_message.h"

namespace mm::server {

// What all conversations share.
struct VenueParts {
  ExchangeHost& host;
  Limits& limits;
  const ApiKeys& keys;
  const VenueTime& clock;
};

class WsApi : public Conversation, private UserDataClient {
 public:
  WsApi(const VenueParts& parts, Connection& connection, std::string address,
        bool return_rate_limits, TimeUnit unit);
  ~WsApi() override;
  WsApi(const WsApi&) = delete;
  WsApi& operator=(const WsApi&) = delete;

  void on_text(std::string_view text) override;
  void on_shutdown() override;
  int messages_per_s() const override { return 0; }  // weight bounds it

 private:
  struct Reply {
    Answer answer;
    int weight = 0;  // to be charged
    bool counts_orders = false;
    const ApiKey* key = nullptr;
  };
  struct Subscription {
    int id;
    sim::AccountId account;
    bool of_session;  // ends with the logon
  };

  TimeUnit unit() const override { return unit_; }
  void tell(SharedText text) override { connection_.send(std::move(text)); }

  Reply reply(const WsMessage& message, Nanos now);
  Reply perform(const Operation& operation, const WsMessage& message, Nanos now);
  std::optional<Answer> session_method(std::string_view method, const RequestParams& params,
                                       Nanos now);
  Answer log_on(const RequestParams& params, Nanos now);
  Answer log_out(Nanos now);
  Answer session_state(Nanos now) const;
  Answer subscribe(sim::AccountId account, bool of_session);
  Answer subscribe_signed(const RequestParams& params, Nanos now);
  Answer unsubscribe(const RequestParams& params, Nanos now);
  Answer subscriptions() const;
  void end(const Subscription& subscription, Nanos now);

  // Who signed it; the session's key where it is not signed.
  const ApiKey* authenticate(const RequestParams& params, bool may_be_session, Nanos now,
                             ApiError& error) const;
  void send(const WsMessage& message, const Reply& reply, Nanos now);

  VenueParts parts_;
  Connection& connection_;
  std::string address_;
  bool return_rate_limits_;
  TimeUnit unit_;
  WsMessageReader reader_;
  const ApiKey* session_ = nullptr;
  Nanos connected_{}, authorized_{};
  std::vector<Subscription> subscriptions_;
  int next_subscription_ = 0;
  std::vector<SharedText> afterwards_;  // what follows the answer
};

}  // namespace mm::server
