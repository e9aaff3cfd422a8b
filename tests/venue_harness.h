// The venue behind its sockets: conversations and REST requests in process, time under control.
//
// One thread. The clock stands still unless a test moves it; nothing trades but what a test does
// or lets happen with pass().
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/server/venue_frontend.h"

namespace mm::test {

// A JSON text, looked into by pointer ("/result/status"); what is missing fails the test.
class Json {
 public:
  explicit Json(std::string text);

  std::string text(const std::string& pointer) const;
  std::int64_t integer(const std::string& pointer) const;
  bool flag(const std::string& pointer) const;
  bool has(const std::string& pointer) const;
  bool is_null(const std::string& pointer) const;
  std::size_t size(const std::string& pointer) const;       // of an array
  std::string keys(const std::string& pointer = "") const;  // of an object: "a b c"
  const std::string& whole() const { return text_; }

 private:
  simdjson::dom::element at(const std::string& pointer) const;

  std::string text_;
  std::shared_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

std::string hmac_hex(std::string_view secret, std::string_view payload);
std::string ed25519_base64(const std::string& private_pem, std::string_view payload);

using Params = std::vector<std::pair<std::string, std::string>>;

// The far end of a conversation.
class Client : public server::Connection {
 public:
  void send(server::SharedText text) override { heard_.push_back(*text); }
  void close(std::string_view reason) override { closed = reason; }
  void abort() override { closed = "aborted"; }
  void freeze(Nanos) override { closed = "frozen"; }
  void limit_rate(std::size_t bytes_per_s) override { rate = bytes_per_s; }

  void say(std::string_view text) { conversation->on_text(text); }
  // The oldest message not yet taken; fails the test if there is none.
  Json next();
  std::size_t waiting() const { return heard_.size(); }
  std::vector<std::string> take() { return std::exchange(heard_, {}); }

  std::string closed;  // why, if the venue closed it
  std::size_t rate = kAnyRate;
  std::unique_ptr<server::Conversation> conversation;

 private:
  std::vector<std::string> heard_;
};

class VenueHarness {
 public:
  static constexpr Nanos kStart{1'700'000'000 * kSecond.v};

  explicit VenueHarness(server::ServerConfig wanted = default_config());

  // BTCUSDT and ETHUSDT; account 0 has an HMAC key, account 1 an Ed25519 key.
  static server::ServerConfig default_config();
  static const server::Ed25519KeyPair& key_pair();
  static constexpr const char* kEd25519Key = "ed25519-key";

  // Lets time pass, a millisecond at a time, and books be published.
  void pass(std::int64_t milliseconds);
  static std::int64_t milliseconds() { return now.v / kMillisecond.v; }

  // Null if the venue refuses it; `refusal` says how.
  std::unique_ptr<Client> connect(const std::string& target);
  server::HttpAnswer refusal;

  // One request of account 0 (HMAC) or 1 (Ed25519) on a WS API conversation; its answer.
  Json ask(Client& client, const std::string& method, Params params = {}, int account = 0);
  // The text of such a request, signed.
  static std::string signed_request(const std::string& method, Params params, int account = 0);
  // The same over REST.
  server::HttpAnswer rest(const std::string& verb, const std::string& path, Params params = {},
                          int account = 0);
  // Its query, signed.
  static std::string signed_query(Params params, int account = 0);
  server::HttpAnswer public_rest(const std::string& verb, const std::string& path,
                                 const std::string& query = "");
  // The status of an answer that has not come yet; it comes here.
  static constexpr int kLate = -1;
  std::vector<server::HttpAnswer> late;

  // A price this many ticks below the best bid (above the best ask) of BTCUSDT.
  std::string price(Side side, std::int64_t ticks_away);
  // Parameters of a post-only order far from the market.
  Params maker(Side side = Side::kBuy, const std::string& quantity = "0.01000");

  static inline Nanos now{kStart};
  server::ServerConfig config;
  server::Sessions sessions;
  server::VenueFrontend frontend;
  // What requests and conversations go through: the frontend, or what a test has put before it.
  server::Frontend* way_in = &frontend;

 private:
  server::HttpAnswer answer_of(const server::HttpRequest& request);
};

std::string header(const server::HttpAnswer& answer, std::string_view name);

}  // namespace mm::test
