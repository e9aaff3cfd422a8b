#include "gateway/binance/order_connector.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/net/ws_connect.h"

namespace mm::binance::orders {
namespace {

std::string_view end_text(const OrderConnection& ended) {
  switch (ended.end) {
    case EndReason::kSilent:
      return "silent: nothing came within silence_s, not even a pong";
    case EndReason::kKeyRefused:
      return "the venue no longer accepts the key";
    case EndReason::kNotUnderstood:
      return "an event of the user data was not understood, it may have been a fill";
    case EndReason::kTerminated:
      return "the venue has terminated the user data";
    case EndReason::kDistrusted:
      return "the engine stood still, what it was told may be old";
    case EndReason::kReplaced:
      return "replaced by a newer one";
    case EndReason::kNone:
    case EndReason::kSocket:
      break;
  }
  const std::string_view why = ended.socket->problem();
  return why.empty() ? "closed by the venue" : why;
}

}  // namespace

OrderConnector::OrderConnector(const OrderSessionOptions& options, const Credentials& credentials,
                               SessionLink& link, net::AddressLimits& limits, const Clock& clock,
                               Say say, TellSymbols tell_symbols)
    : options_(options),
      credentials_(credentials),
      link_(link),
      clock_(clock),
      say_(std::move(say)),
      tell_symbols_(std::move(tell_symbols)),
      tls_(net::TlsContext::client(options.ca_file)),
      instruments_(options.instruments),
      notes_(link.notes, instruments_, credentials.api_key.view()),
      parser_(options.message_bytes_max),
      reconciler_(instruments_, options.identity, options.adopted_max, link,
                  options.adoption_patience),
      limits_(limits),
      // A new connection is opened beside the old one.
      buffers_({.message_bytes_max = options.message_bytes_max}, 2 * link.lanes.size()) {
  net::ParsedUrl url = net::parse_url(options.ws_api_url);
  endpoint_ = std::move(url.endpoint);
  error_ = url.error.empty() ? tls_.error() : std::move(url.error);
  for (std::size_t i = 0; i < link.lanes.size(); ++i) {
    // One that lived for less is followed by a pause, which grows: each costs a reconciliation.
    lanes_.push_back({0,
                      {{options.backoff_first, options.backoff_longest, options.backoff_longest},
                       options.seed + i}});
  }
}

int OrderConnector::do_work() {
  if (!error_.empty()) return 0;
  int work = notes_.tell(clock_.now(), say_);
  for (std::size_t i = 0; i < lanes_.size() && !stop_.load(std::memory_order_acquire); ++i) {
    if (reclaim(i)) ++work;
    if (is_wanted(i, clock_.now()) && connect(i)) ++work;
  }
  return work;
}

// What the session has given back is closed here; its last words go to the log.
bool OrderConnector::reclaim(std::size_t lane) {
  const std::unique_ptr<OrderConnection> old = link_.lanes[lane].handover.reclaim();
  if (old == nullptr) return false;
  const bool planned = old->end == EndReason::kReplaced;
  say_(planned ? LogLevel::kInfo : LogLevel::kWarning,
       fmt::format("order connection {} ended: {}", lane, end_text(*old)));
  if (old->end == EndReason::kKeyRefused) {
    failed(lane, "the venue no longer accepts the API key", options_.key_refused_pause);
    return true;
  }
  lanes_[lane].retry.ended(old->opened, clock_.now());
  return true;
}

bool OrderConnector::is_wanted(std::size_t lane, Nanos now) {
  const SessionLink::Lane& shared = link_.lanes[lane];
  if (!shared.wanted.load(std::memory_order_acquire)) return false;
  if (shared.taken.load(std::memory_order_acquire) != lanes_[lane].offered) return false;
  // Connecting and reconciling cost weight.
  if (!lanes_[lane].retry.is_due(now) || limits_.requests.next(net::RequestUse::kOther, now) > now)
    return false;
  const bool others = has_connection();
  const auto use = others ? net::ConnectionUse::kOrders : net::ConnectionUse::kOnlyOrders;
  const bool taken = limits_.connections.take(use, now);
  const Nanos next = limits_.connections.next(use, now);
  const bool waited =
      link_.lanes[lane].waits_until.exchange(taken ? 0 : next.v, std::memory_order_relaxed) != 0;
  if (taken) return true;
  // It may go sooner where the others end.
  lanes_[lane].retry.wait_until(others ? std::min(next, now + kSecond) : next);
  if (waited) return false;
  say_(LogLevel::kWarning,
       fmt::format("order connection {}: as many attempts were made as the venue allows; the next "
                   "in {} ms",
                   lane, (next - now).v / kMillisecond.v));
  return false;
}

// One that is in use, or that the session is about to take.
bool OrderConnector::has_connection() const {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const SessionLink::Lane& shared = link_.lanes[i];
    const bool offered = shared.taken.load(std::memory_order_acquire) != lanes_[i].offered;
    if (offered || shared.up.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

bool OrderConnector::connect(std::size_t lane) {
  net::WsOpened opened = net::open_websocket(
      endpoint_, &tls_,
      {.timeout = std::chrono::nanoseconds(options_.dial_timeout.v), .stop = &stop_}, buffers_);
  if (opened.socket == nullptr) {
    const Nanos now = clock_.now();
    // 429 is about connections here, not about requests.
    if (opened.http_status == 418) {
      limits_.requests.on_wait(opened.http_status, opened.retry_after, now);
    }
    failed(lane, std::move(opened.error), opened.retry_after);
    return false;
  }
  auto connection = std::make_unique<OrderConnection>();
  connection->socket = std::move(opened.socket);
  connection->serial = ++last_serial_;
  connection->lane = lane;
  connection->era = link_.era.load(std::memory_order_acquire);
  connection->asked = connection->opened = clock_.now();
  connection->reconciled = lane == 0;
  if (lane == 0) link_.reconciling.store(true, std::memory_order_release);
  pause_min_ = Nanos(0);
  if (std::string error = prepare(*connection); !error.empty()) {
    if (lane == 0) link_.reconciling.store(false, std::memory_order_release);
    connection->socket->close();
    failed(lane, std::move(error), pause_min_);
    return false;
  }
  if (!link_.lanes[lane].handover.offer(std::move(connection))) return false;  // cannot be
  ++lanes_[lane].offered;
  link_.connects.fetch_add(1, std::memory_order_acq_rel);
  problem_.clear();
  say_(LogLevel::kInfo, fmt::format("order connection {} is ready", lane));
  return true;
}

std::string OrderConnector::prepare(OrderConnection& connection) {
  RequestChannel channel({.socket = *connection.socket,
                          .parser = parser_,
                          .clock = clock_,
                          .api_key = credentials_.api_key.view(),
                          .signer = *credentials_.signer,
                          .recv_window_ms = options_.recv_window_ms,
                          .timeout = std::chrono::nanoseconds(options_.dial_timeout.v),
                          .stop = &stop_});
  std::string error = channel.measure_clock(3);
  if (error.empty() && credentials_.signer->type() == KeyType::kEd25519) error = channel.log_on();
  if (error.empty() && connection.reconciled) error = channel.subscribe_user_data();
  if (error.empty() && connection.reconciled) error = ask_rules(channel, connection);
  if (error.empty() && connection.reconciled) {
    error = reconciler_.run(channel, options_.last_trade_ids, connection);
  }
  if (!error.empty()) {
    pause_min_ = std::max(pause_min_, pause_after(channel));
    return error;
  }
  connection.clock = channel.venue_clock();
  connection.used = channel.used();
  connection.used_at = channel.used_at();
  connection.backlog = std::move(channel.backlog());
  return {};
}

// What may have changed while we were away: whether our symbols trade, their filters, the limits.
// Where this API does not tell, REST has to.
std::string OrderConnector::ask_rules(RequestChannel& channel, OrderConnection& into) {
  const std::span<const Instrument> all = instruments_.all();
  for (std::size_t at = 0; at < all.size(); at += kSymbolsPerQuestion) {
    std::string list;
    for (const Instrument& i : all.subspan(at, std::min(kSymbolsPerQuestion, all.size() - at))) {
      list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", i.symbol());
    }
    const std::string error = channel.ask("exchangeInfo", {{"symbols", "[" + list + "]", false},
                                                           {"showPermissionSets", "false", false}});
    const Response& r = channel.response();
    if (!error.empty() && (!channel.answered() || limits_address(r))) return error;
    if (!error.empty()) {
      say_(LogLevel::kWarning, error);
      link_.symbols_wanted.store(true, std::memory_order_release);
      return {};
    }
    into.limits.assign(r.announced.begin(), r.announced.end());
    if (tell_symbols_) tell_symbols_(channel.text());
  }
  return {};
}

// A key that is not accepted will not be a moment later; a limit says until when.
Nanos OrderConnector::pause_after(const RequestChannel& channel) {
  const Response& r = channel.response();
  if (!channel.answered()) return Nanos(0);
  if (refuses_key(r.error.code)) return options_.key_refused_pause;
  if (!limits_address(r)) return Nanos(0);
  const Nanos now = clock_.now();
  const Nanos told = r.retry_after_ms > 0
                         ? channel.venue_clock().local(kMillisecond * r.retry_after_ms)
                         : Nanos(0);
  limits_.requests.on_status(r.status, told, now);
  return limits_.requests.next(net::RequestUse::kOther, now) - now;
}

void OrderConnector::failed(std::size_t lane, std::string problem, Nanos pause_min) {
  const Nanos pause = lanes_[lane].retry.failed(clock_.now(), pause_min);
  link_.connect_failures.fetch_add(1, std::memory_order_acq_rel);
  problem_ = std::move(problem);
  say_(LogLevel::kWarning, fmt::format("order connection {}: {}; next attempt in {} ms", lane,
                                       problem_, pause.v / kMillisecond.v));
}

}  // namespace mm::binance::orders
