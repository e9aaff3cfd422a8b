// The venue server's requests, behind its sockets: every answer is JSON with a status, parameters
// read as they were written, and no account is owed more than it has.
//
// Input: a request a line. `GET /path?query` (or another verb) is REST, `signed POST /path?query`
// the same with timestamp and signature; `ws {...}` goes to the WebSocket API, `sign METHOD query`
// too, signed; `md {...}` to a market data socket; `+N` is N milliseconds.
#include <simdjson.h>

#include <charconv>
#include <string>

#include "engine/net/percent_encoding.h"
#include "gateway/binance/signed_request.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_venue.h"

namespace {

using namespace mm;
namespace orders = binance::orders;

// Whether it is there and what it says.
bool take_word(std::string_view& line, std::string_view word) {
  if (!line.starts_with(word)) return false;
  line.remove_prefix(word.size());
  return true;
}

class Far : public server::Connection {
 public:
  void send(server::SharedText text) override { judge(*text); }
  void close(std::string_view) override {}
  void abort() override {}
  void freeze(Nanos) override {}
  void limit_rate(std::size_t) override {}
  void judge(const std::string& text) {
    MM_ASSERT(parser_.parse(text).error() == simdjson::SUCCESS, "what is said is JSON");
  }

 private:
  simdjson::dom::parser parser_;
};

class Client {
 public:
  Client()
      : signer_(signer_of(venue_.account())),
        ws_(open("/ws-api/v3", "")),
        market_(open("/stream", "streams=btcusdt@depth@100ms/ethusdt@trade")) {}

  void say(std::string_view line) {
    if (take_word(line, "+")) {
      std::int64_t milliseconds = 0;
      std::from_chars(line.data(), line.data() + line.size(), milliseconds);
      venue_.pass(kMillisecond * std::clamp<std::int64_t>(milliseconds, 0, 200));
    } else if (take_word(line, "ws ")) {
      ws_->on_text(line);
    } else if (take_word(line, "md ")) {
      market_->on_text(line);
    } else if (take_word(line, "sign ")) {
      sign(line);
    } else {
      rest(line);
    }
    judge_funds();
  }

 private:
  static std::unique_ptr<orders::Signer> signer_of(const server::AccountConfig& account) {
    const orders::SecretText secret{std::string_view(account.hmac_secret)};
    return orders::Signer::from_secret(secret).signer;
  }
  std::unique_ptr<server::Conversation> open(std::string path, std::string query) {
    server::HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    request.address = "a";
    MM_ASSERT(!venue_.frontend.refuse_upgrade(request), "the first connections are let in");
    return venue_.frontend.open(request, far_);
  }

  void rest(std::string_view line) {
    const bool is_signed = take_word(line, "signed ");
    server::HttpRequest request;
    request.method = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), request.method.size() + 1));
    request.path = line.substr(0, line.find('?'));
    request.query = line.substr(std::min(line.size(), request.path.size() + 1));
    request.address = "a";
    request.from_loopback = true;
    judge_params(request.query);
    if (is_signed) {
      request.query += (request.query.empty() ? "timestamp=" : "&timestamp=") + time();
      std::array<char, orders::Signer::kTextMax> room;
      const auto params = server::RequestParams::from_rest(request.query, {});
      if (!params) return;
      request.query += "&signature=" + std::string(signer_->sign(params->rest_payload(), room));
      request.api_key = venue_.account().api_key;
    }
    const server::HttpAnswer answer = venue_.frontend.answer(request);
    MM_ASSERT(answer.status >= 200 && answer.status < 600, "an answer has a status");
    far_.judge(answer.body);
  }

  // Printed and read again they are the same.
  static void judge_params(const std::string& query) {
    const auto params = server::RequestParams::from_rest(query, {});
    if (!params) return;
    orders::Params printed;
    for (const auto& p : params->all()) printed.push_back({net::percent_encoded(p.name), p.value});
    const auto again = server::RequestParams::from_rest(orders::rest_query(printed), {});
    MM_ASSERT(again && again->all().size() <= params->all().size(), "what was read can be printed");
    for (const auto& p : again->all()) {
      MM_ASSERT(params->get(p.name) == p.value, "and reads the same");
    }
  }

  void sign(std::string_view line) {
    const std::string_view method = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), method.size() + 1));
    const auto params = server::RequestParams::from_rest(line, {});
    if (!params) return;
    orders::Params all;
    for (const auto& p : params->all()) all.push_back({p.name, p.value});
    all.push_back({"timestamp", time(), false});
    ws_->on_text(orders::ws_request(1, method, all, venue_.account().api_key, signer_.get()));
  }

  static std::string time() { return std::to_string(mm::test::FuzzVenue::now.v / kMillisecond.v); }

  void judge_funds() {
    const server::ExchangeHost& host = venue_.frontend.host();
    const sim::Accounts& accounts = host.exchange().accounts();
    for (sim::AssetId a = 0; a < host.assets().size(); ++a) {
      const sim::Funds& funds = accounts.funds(0, a);
      MM_ASSERT(funds.locked.v >= 0, "no order holds back less than nothing");
      MM_ASSERT(funds.free.v >= -kAmountScale * 1000,
                "nobody spends what is not there, but for fees");
    }
  }

  Far far_;
  mm::test::FuzzVenue venue_;
  std::unique_ptr<orders::Signer> signer_;
  std::unique_ptr<server::Conversation> ws_, market_;
};

}  // namespace

MM_FUZZ_TARGET(venue_requests) {
  Client client;
  std::string_view line;
  for (int lines = 0; lines < 100 && mm::test::next_line(input, line); ++lines) client.say(line);
}
