// A scripted venue on loopback (TLS streams, REST) and the live feed against it, in steps of the
// test's own: no threads but the servers', time comes from the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/market.h"
#include "feeds/binance/live_feed.h"
#include "feeds/binance/market_connector.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"
#include "tests/feed_test_support.h"
#include "tests/net_server.h"

namespace mm::test {

// A WebSocket server whose connections send what the test says.
class StreamServer {
 public:
  StreamServer() : scheme_("ws"), server_(handler()) {}
  explicit StreamServer(const Certificate& certificate)
      : scheme_("wss"), server_(handler(), NetServer::Tls{certificate, 0}) {}
  ~StreamServer() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

  std::string url() const { return fmt::format("{}://127.0.0.1:{}", scheme_, server_.port()); }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }
  std::string request(std::size_t c) const {
    const std::lock_guard lock(mutex_);
    return connections_.at(c).request;
  }
  // Frames that have left over the c-th connection.
  std::size_t sent(std::size_t c) const {
    const std::lock_guard lock(mutex_);
    return connections_.at(c).sent;
  }
  // Frames to the c-th connection since the start, counted from 0.
  void send(std::size_t c, std::string text) { act(c, {0x81, std::move(text)}); }
  void ping(std::size_t c) { act(c, {0x89, "18"}); }
  void close(std::size_t c, std::uint16_t code = 1000) {
    act(c, {0x88, WsPeer::close_payload(code)});
  }
  void raw(std::size_t c, std::uint8_t first, std::string payload) {
    act(c, {first, std::move(payload)});
  }
  void cut(std::size_t c) { act(c, {0, {}}); }

 private:
  struct Connection {
    std::string request;
    std::deque<WsFrame> due;
    std::size_t sent = 0;
  };

  NetServer::Handler handler() {
    return serve_websocket([this](WsPeer& peer) { serve(peer); });
  }
  void act(std::size_t c, WsFrame frame) {
    const std::lock_guard lock(mutex_);
    connections_.at(c).due.push_back(std::move(frame));
    changed_.notify_all();
  }
  void serve(WsPeer& peer) {
    std::unique_lock lock(mutex_);
    Connection& mine = connections_.emplace_back();
    mine.request = peer.request();
    while (true) {
      changed_.wait(lock, [&] { return stopping_ || !mine.due.empty(); });
      if (stopping_) return;
      const WsFrame frame = std::move(mine.due.front());
      mine.due.pop_front();
      if (frame.first == 0) return peer.peer().reset();
      lock.unlock();
      const bool sent = peer.send(frame.first, frame.payload);
      lock.lock();
      if (!sent) return;
      ++mine.sent;
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Connection> connections_;
  bool stopping_ = false;
  const char* scheme_;
  NetServer server_;
};

// Answers REST requests as the test last said.
class RestServer {
 public:
  explicit RestServer(const Certificate& certificate)
      : server_(serve_http([this](const ServedRequest& r) { return respond(r); }),
                NetServer::Tls{certificate, 0}) {}

  std::string url() const { return fmt::format("https://127.0.0.1:{}", server_.port()); }
  void answer(std::function<ServedResponse(const ServedRequest&)> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void answer(std::string body) {
    answer([body](const ServedRequest&) { return ServedResponse{.status = 200, .body = body}; });
  }
  std::vector<std::string> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

 private:
  ServedResponse respond(const ServedRequest& r) {
    const std::lock_guard lock(mutex_);
    targets_.push_back(r.target);
    return answer_ ? answer_(r) : ServedResponse{.status = 404, .body = "{}"};
  }

  mutable std::mutex mutex_;
  std::function<ServedResponse(const ServedRequest&)> answer_;
  std::vector<std::string> targets_;
  NetServer server_;
};

inline std::string stream_text(std::string_view stream, std::string_view data) {
  return fmt::format(R"({{"stream":"{}","data":{}}})", stream, data);
}
// Levels as JSON without their brackets: `["100.00","1"]`.
inline std::string diff_text(std::uint64_t first, std::uint64_t last, std::string_view bids = "",
                             std::string_view asks = "", std::string_view symbol = "BTCUSDT") {
  return stream_text(
      binance::lower_case(symbol) + "@depth@100ms",
      fmt::format(R"({{"e":"depthUpdate","E":1672515782136000,"s":"{}","U":{},"u":{},)"
                  R"("b":[{}],"a":[{}]}})",
                  symbol, first, last, bids, asks));
}
inline std::string snapshot_text(std::uint64_t id, std::string_view bids = R"(["100.00","1"])",
                                 std::string_view asks = R"(["101.00","1"])") {
  return fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[{}]}})", id, bids, asks);
}

class LiveFeedHarness {
 public:
  explicit LiveFeedHarness(std::vector<std::string> symbols = {"BTCUSDT"}) {
    for (const std::string& s : symbols)
      instruments_.push_back({.id = static_cast<InstrumentId>(instruments_.size()),
                              .spec = make_instrument(s, 1'000'000, 1'000)});
    options.stream_urls = {streams.url()};
    options.rest_url = rest.url();
    options.ca_file = scratch_.write("ca.pem", authority_.pem());
    options.ping_interval = Nanos{};
    options.silence_timeout = options.data_timeout = 86'400 * kSecond;
    rest.answer(snapshot_text(10));
  }

  // After the options are as the test wants them.
  void start(binance::RawTap* tap = nullptr, std::size_t ring_slots = 1 << 14) {
    plan_ = binance::plan_streams(options, instruments_);
    channel_ = std::make_unique<binance::FeedChannel>(plan_.lines.size(), plan_.instruments.size());
    ring_ = std::make_unique<SpscRing<Event>>(ring_slots);
    feed_ = std::make_unique<binance::LiveFeed>(
        options, plan_, *channel_, binance::LiveFeedRings{*ring_, &commands_}, &writer_, tap);
    limit_ = std::make_unique<net::AddressLimits>(static_cast<std::size_t>(options.attempts_max),
                                                  options.attempts_window, 0);
    connector_ = std::make_unique<binance::MarketConnector>(options, plan_, *channel_, *limit_,
                                                            &writer_, nullptr);
    for (std::size_t i = 0; i < instruments_.size(); ++i)
      markets_.push_back(std::make_unique<Market>(Market::Config{}));
  }

  void turn() {
    connector_->do_work(now);
    turn_feed();
    log_.drain(now);
  }
  void turn_feed() {
    feed_->do_work(now);
    if (!reading) return;
    Event e;
    while (ring_->try_pop(e)) take(e);
  }
  // Turns until it holds; the time of the test moves a millisecond a turn. False after 20 s.
  bool until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      turn();
      now += kMillisecond;
      std::this_thread::yield();
    }
    return true;
  }
  bool until_connected(std::size_t count) {
    return until([&] { return streams.connections() >= count && feed_->open_sockets() > 0; }) &&
           until([&] { return feed_->counters().sockets_taken >= count; });
  }
  // A synchronised book at id 11 over the first connection.
  bool bring_up() {
    if (!until_connected(static_cast<std::size_t>(options.connections))) return false;
    streams.send(0, diff_text(9, 10));
    if (!until([&] { return book(0).synced(); })) return false;
    streams.send(0, diff_text(11, 11, R"(["100.01","2"])"));
    return until([&] { return up && book(0).update_id().v == 11; });
  }

  const Market& book(std::size_t i = 0) const { return *markets_[i]; }
  bool until_id(std::uint64_t id, std::size_t i = 0) {
    return until([&] { return book(i).update_id().v >= id; });
  }
  binance::LiveFeed& feed() { return *feed_; }
  binance::MarketConnector& connector() { return *connector_; }
  SpscRing<Event>& ring() { return *ring_; }
  SpscRing<Command>& commands() { return commands_; }
  std::string log_text() {
    log_.drain(now + 10 * kSecond);
    std::string all;
    for (const std::string& line : log_.tail()) all += line + "\n";
    return all;
  }

 private:
  void take(const Event& e) {
    ++kinds[static_cast<std::size_t>(e.kind)];
    if (e.kind == EventKind::kFeedStatus)
      up = e.feed.up != 0;
    else
      markets_[e.instrument]->on(e);
  }

  Scratch scratch_;
  CertificateAuthority authority_;
  std::vector<binance::FeedInstrument> instruments_;
  Log log_{""};
  LogWriter writer_{log_};

 public:
  StreamServer streams{authority_.issue()};
  RestServer rest{authority_.issue()};
  binance::LiveFeedOptions options;
  Nanos now{1'700'000'000 * kSecond.v};
  bool up = false;
  bool reading = true;  // the ring is emptied every turn
  std::array<std::uint64_t, static_cast<std::size_t>(EventKind::kCount)> kinds{};
  std::uint64_t count(EventKind k) const { return kinds[static_cast<std::size_t>(k)]; }

 private:
  SpscRing<Command> commands_{64};
  binance::StreamPlan plan_;
  std::unique_ptr<binance::FeedChannel> channel_;
  std::unique_ptr<SpscRing<Event>> ring_;
  std::vector<std::unique_ptr<Market>> markets_;
  std::unique_ptr<net::AddressLimits> limit_;
  std::unique_ptr<binance::MarketConnector> connector_;
  std::unique_ptr<binance::LiveFeed> feed_;
};

}  // namespace mm::test
