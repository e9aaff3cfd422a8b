// A scripted Binance order venue on a real loopback WebSocket: answers what a test tells it to.
//
// By default it answers like an empty account: time, logon, subscription, no open orders, no
// trades. Signatures are checked by signing again, time stamps against its own (movable) clock. It
// runs on the server's threads; tests speak to it from theirs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/binance/signer.h"
#include "tests/net_server.h"

namespace mm::test {

struct VenueRequest {
  int connection = 0;  // counted from 1
  std::string id, method;
  std::map<std::string, std::string> params;  // as text
  std::string text;

  std::string param(const std::string& name) const {
    const auto found = params.find(name);
    return found == params.end() ? std::string{} : found->second;
  }
};

class OrderVenue {
 public:
  // Messages to send back, in order; none: no answer.
  using Answer = std::function<std::vector<std::string>(const VenueRequest&)>;

  OrderVenue() : OrderVenue(nullptr) {}
  // Over TLS it only answers: no push(), send_to() or drop().
  explicit OrderVenue(const NetServer::Tls* tls);
  ~OrderVenue();

  std::string url() const;
  // From now on requests of this method are answered so.
  void on(const std::string& method, Answer answer);
  // The result of every request of this method.
  void result(const std::string& method, const std::string& json);
  // `{"id":..,"status":..,"error":..}`.
  void error(const std::string& method, int status, int code, const std::string& message);
  // As without any of the above.
  void forget(const std::string& method);
  // To every connection that has subscribed to user data, or to one.
  void push(const std::string& event_json);
  void send_to(int connection, const std::string& text);
  void drop(int connection);  // without a goodbye
  void drop_all();
  // It stays open, and nothing is read or answered any more.
  void hang(int connection);
  void set_clock_ahead_ms(std::int64_t ms);
  // Keys it accepts; requests without a session must be signed with it.
  void trust(std::string api_key, const binance::orders::Signer* signer);

  std::vector<VenueRequest> requests(const std::string& method = "") const;
  std::size_t count(const std::string& method) const { return requests(method).size(); }
  int connections() const;       // so far
  int pings() const;             // answered so far
  std::string problems() const;  // what was wrong with signatures and time stamps

  static std::string ok(const VenueRequest& request, const std::string& result);
  static std::string failed(const VenueRequest& request, int status, int code,
                            const std::string& message, const std::string& data = "");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// An order as cancel, place and status tell it.
std::string order_json(const std::string& client_id, std::uint64_t order_id,
                       const std::string& status, const std::string& executed = "0.00000000");

}  // namespace mm::test
