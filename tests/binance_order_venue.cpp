#include "tests/binance_order_venue.h"

#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <set>

#include "gateway/binance/signed_request.h"

namespace mm::test {
namespace {

namespace orders = binance::orders;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

VenueRequest parse_request(const std::string& text, int connection) {
  simdjson::dom::parser parser;
  VenueRequest request{
      .connection = connection, .id = {}, .method = {}, .params = {}, .text = text};
  simdjson::dom::object root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS) return request;
  request.id = simdjson::minify(simdjson::dom::element(root["id"]));
  request.method = std::string(std::string_view(root["method"]));
  simdjson::dom::object params;
  if (root["params"].get(params) != simdjson::SUCCESS) return request;
  for (const auto& [key, value] : params) {
    request.params[std::string(key)] =
        value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value);
  }
  return request;
}

}  // namespace

struct OrderVenue::State {
  struct Connection {
    WsPeer* peer = nullptr;  // null: gone
    bool subscribed = false, logged_on = false, hangs = false;
  };

  void serve(WsPeer& peer);
  void read(WsPeer& peer, int number);
  std::vector<std::string> answer(const VenueRequest& request);
  std::string check(const VenueRequest& request);
  std::vector<std::string> default_answer(const VenueRequest& request);

  mutable std::mutex mutex;
  std::map<std::string, Answer> answers;
  std::vector<VenueRequest> requests;
  std::map<int, Connection> connections;
  int last_connection = 0, pings = 0;
  bool closing = false;
  std::condition_variable closes;
  std::int64_t clock_ahead_ms = 0;
  std::string api_key, problems;
  const char* scheme = "ws";
  const orders::Signer* signer = nullptr;
  std::unique_ptr<NetServer> server;  // last: its threads use the others
};

OrderVenue::OrderVenue(const NetServer::Tls* tls) : state_(std::make_unique<State>()) {
  State* const state = state_.get();
  state->scheme = tls != nullptr ? "wss" : "ws";
  const auto handler = serve_websocket([state](WsPeer& peer) { state->serve(peer); });
  state->server = tls != nullptr ? std::make_unique<NetServer>(handler, *tls)
                                 : std::make_unique<NetServer>(handler);
}
OrderVenue::~OrderVenue() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->closes.notify_all();
  state_->server.reset();
}

void OrderVenue::State::serve(WsPeer& peer) {
  int number = 0;
  {
    const std::lock_guard lock(mutex);
    number = ++last_connection;
    connections[number].peer = &peer;
  }
  read(peer, number);
  std::unique_lock lock(mutex);
  connections[number].peer = nullptr;
  closes.wait(lock, [&] { return closing || !connections[number].hangs; });
}

// Until it ends or hangs.
void OrderVenue::State::read(WsPeer& peer, int number) {
  while (const auto frame = peer.read()) {
    const int opcode = frame->first & 0x0F;
    const VenueRequest request = parse_request(frame->payload, number);
    const std::lock_guard lock(mutex);
    if (opcode == 8 || connections[number].hangs) return;
    if (opcode == 9) {
      peer.send(0x8A, frame->payload);
      ++pings;
    }
    if (opcode != 1) continue;
    requests.push_back(request);
    for (const std::string& message : answer(request)) peer.send_text(message);
  }
}

// What is wrong with its key, signature or time; empty if nothing is, or nothing is asked for.
std::string OrderVenue::State::check(const VenueRequest& request) {
  if (request.param("timestamp").empty()) return {};
  const std::int64_t stamp = std::stoll(request.param("timestamp"));
  const std::int64_t now = now_ms() + clock_ahead_ms;
  if (stamp >= now + 1000 || now - stamp > 5000) {
    problems += request.method + " at " + std::to_string(stamp - now) + " ms;";
    return failed(request, 400, -1021, "Timestamp for this request is outside of the recvWindow.");
  }
  if (signer == nullptr || connections[request.connection].logged_on) return {};
  orders::Params params;
  for (const auto& [name, value] : request.params) {
    if (name != "signature") params.push_back({name, value});
  }
  std::array<char, orders::Signer::kTextMax> signature;
  if (request.param("apiKey") != api_key) {
    problems += request.method + " with another key;";
    return failed(request, 401, -2015, "Invalid API-key, IP, or permissions for action.");
  }
  if (request.param("signature") != signer->sign(orders::ws_payload(params), signature)) {
    problems += request.method + " with a bad signature;";
    return failed(request, 400, -1022, "Signature for this request is not valid.");
  }
  return {};
}

std::vector<std::string> OrderVenue::State::answer(const VenueRequest& request) {
  if (const std::string problem = check(request); !problem.empty()) return {problem};
  const auto scripted = answers.find(request.method);
  const std::vector<std::string> messages =
      scripted != answers.end() ? scripted->second(request) : default_answer(request);
  const bool refused = !messages.empty() && messages[0].find("\"error\"") != std::string::npos;
  if (request.method.starts_with("userDataStream.subscribe") && !refused) {
    connections[request.connection].subscribed = true;
  }
  if (request.method == "session.logon" && !refused) {
    connections[request.connection].logged_on = true;
  }
  return messages;
}

std::vector<std::string> OrderVenue::State::default_answer(const VenueRequest& request) {
  if (request.method == "time") {
    return {ok(request, "{\"serverTime\":" + std::to_string(now_ms() + clock_ahead_ms) + "}")};
  }
  if (request.method == "account.status") {
    return {ok(request, R"({"balances":[{"asset":"BTC","free":"1.00000000","locked":"0.00000000"},)"
                        R"({"asset":"USDT","free":"100000.00000000","locked":"0.00000000"}]})")};
  }
  if (request.method == "openOrders.status" || request.method == "myTrades") {
    return {ok(request, "[]")};
  }
  if (request.method.starts_with("userDataStream.subscribe")) {
    return {ok(request, R"({"subscriptionId":0})")};
  }
  if (request.method == "session.logon") return {ok(request, "{}")};
  if (request.method == "exchangeInfo") {  // limits are told with other answers
    return {"{\"id\":" + request.id + R"(,"status":200,"result":{"rateLimits":[],"symbols":[]}})"};
  }
  return {};
}

std::string OrderVenue::url() const {
  return std::string(state_->scheme) + "://127.0.0.1:" + std::to_string(state_->server->port()) +
         "/ws-api/v3";
}
void OrderVenue::on(const std::string& method, Answer answer) {
  const std::lock_guard lock(state_->mutex);
  state_->answers[method] = std::move(answer);
}
void OrderVenue::result(const std::string& method, const std::string& json) {
  on(method, [json](const VenueRequest& r) { return std::vector{ok(r, json)}; });
}
void OrderVenue::error(const std::string& method, int status, int code,
                       const std::string& message) {
  on(method, [=](const VenueRequest& r) { return std::vector{failed(r, status, code, message)}; });
}
void OrderVenue::forget(const std::string& method) {
  const std::lock_guard lock(state_->mutex);
  state_->answers.erase(method);
}
void OrderVenue::push(const std::string& event_json) {
  const std::lock_guard lock(state_->mutex);
  for (auto& [number, connection] : state_->connections) {
    if (connection.peer == nullptr || !connection.subscribed) continue;
    connection.peer->send_text("{\"subscriptionId\":0,\"event\":" + event_json + "}");
  }
}
void OrderVenue::send_to(int connection, const std::string& text) {
  const std::lock_guard lock(state_->mutex);
  WsPeer* const peer = state_->connections[connection].peer;
  if (peer != nullptr) peer->send_text(text);
}
void OrderVenue::drop(int connection) {
  const std::lock_guard lock(state_->mutex);
  WsPeer* const peer = state_->connections[connection].peer;
  if (peer != nullptr) peer->send_close(1001);
}
void OrderVenue::drop_all() {
  for (int i = 1; i <= connections(); ++i) drop(i);
}
void OrderVenue::hang(int connection) {
  const std::lock_guard lock(state_->mutex);
  state_->connections[connection].hangs = true;
  state_->connections[connection].peer = nullptr;
}
void OrderVenue::set_clock_ahead_ms(std::int64_t ms) {
  const std::lock_guard lock(state_->mutex);
  state_->clock_ahead_ms = ms;
}
void OrderVenue::trust(std::string api_key, const binance::orders::Signer* signer) {
  const std::lock_guard lock(state_->mutex);
  state_->api_key = std::move(api_key);
  state_->signer = signer;
}
std::vector<VenueRequest> OrderVenue::requests(const std::string& method) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<VenueRequest> found;
  for (const VenueRequest& r : state_->requests) {
    if (method.empty() || r.method == method) found.push_back(r);
  }
  return found;
}
int OrderVenue::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->last_connection;
}
int OrderVenue::pings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->pings;
}
std::string OrderVenue::problems() const {
  const std::lock_guard lock(state_->mutex);
  return state_->problems;
}

std::string OrderVenue::ok(const VenueRequest& request, const std::string& result) {
  return "{\"id\":" + request.id + ",\"status\":200,\"result\":" + result +
         R"(,"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,)"
         R"("limit":50,"count":1},{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",)"
         R"("intervalNum":1,"limit":6000,"count":30}]})";
}
std::string OrderVenue::failed(const VenueRequest& request, int status, int code,
                               const std::string& message, const std::string& data) {
  return "{\"id\":" + request.id + ",\"status\":" + std::to_string(status) +
         ",\"error\":{\"code\":" + std::to_string(code) + ",\"msg\":\"" + message + "\"" +
         (data.empty() ? "" : ",\"data\":" + data) + "}}";
}

std::string order_json(const std::string& client_id, std::uint64_t order_id,
                       const std::string& status, const std::string& executed) {
  return R"({"symbol":"BTCUSDT","orderId":)" + std::to_string(order_id) +
         R"(,"orderListId":-1,"clientOrderId":")" + client_id +
         R"(","price":"23416.10000000","origQty":"0.00847000","executedQty":")" + executed +
         R"(","status":")" + status + R"(","timeInForce":"GTC","type":"LIMIT_MAKER","side":"BUY"})";
}

}  // namespace mm::test
