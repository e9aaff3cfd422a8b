#include "feeds/binance/market_connector.h"

#include <algorithm>

#include "engine/net/ws_connect.h"
#include "feeds/binance/parser.h"

namespace mm::binance {

namespace {

// A snapshot asked for so long after the last one (steady) is not a sign of trouble.
constexpr net::RetrySchedule::Pauses kSnapshotPauses{
    .first = 200 * kMillisecond, .longest = 10 * kSecond, .steady = 60 * kSecond};

std::string check_urls(const StreamPlan& plan, const RestMarket& rest, const net::TlsContext& tls) {
  for (const StreamLine& line : plan.lines) {
    const net::ParsedUrl url = net::parse_url(line.url);
    if (!url.error.empty()) return url.error;
  }
  return !rest.error().empty() ? rest.error() : tls.error();
}

}  // namespace

MarketConnector::MarketConnector(const LiveFeedOptions& options, const StreamPlan& plan,
                                 FeedChannel& channel, net::AddressLimits& limits, LogWriter* log,
                                 const std::atomic<bool>* stop, std::uint64_t seed)
    : options_(options),
      plan_(plan),
      channel_(channel),
      log_(log),
      stop_(stop),
      tls_(net::TlsContext::client(options.ca_file)),
      rest_(options, &tls_, limits.requests, stop),
      limit_(limits.connections),
      // A new socket is opened beside the old one.
      buffers_({.message_bytes_max = static_cast<std::size_t>(options.message_bytes_max)},
               2 * plan.lines.size()) {
  error_ = check_urls(plan, rest_, tls_);
  for (std::size_t i = 0; i < plan.lines.size(); ++i) lines_.emplace_back(i, options, seed + i);
  for (const FeedInstrument& i : plan.instruments)
    snapshots_.push_back({.instrument = i.id,
                          .symbol = std::string(i.spec.symbol()),
                          .last = {},
                          .retry = {kSnapshotPauses, seed + 1000 + i.id},
                          .wanted = false});
}

int MarketConnector::do_work(Nanos now) {
  if (!error_.empty()) return 0;
  int work = take_requests(now);
  if (channel_.snapshot.reclaim() != nullptr) body_out_ = false;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    Line& line = lines_[next_line_];
    next_line_ = (next_line_ + 1) % lines_.size();
    reclaim(line, now);
    if (now - line.opened >= options_.roll_over_after) roll_over(line, now);
    if (hand_over(line, now)) ++work;
    if (open(line, now)) return work + 1;
  }
  return work + (fetch(now) ? 1 : 0);
}

int MarketConnector::take_requests(Nanos now) {
  int work = 0;
  FeedRequest r;
  while (channel_.requests.try_pop(r)) {
    ++work;
    if (r.kind == FeedRequestKind::kSnapshot) {
      const auto at = std::ranges::find(snapshots_, r.instrument, &Snapshot::instrument);
      if (at == snapshots_.end()) continue;
      // Asked again soon after the last: the venue's snapshots lag, or the feed loses chains.
      if (at->last > Nanos{}) at->retry.ended(at->last, now);
      at->wanted = true;
    } else if (r.line < lines_.size()) {
      Line& line = lines_[r.line];
      if (r.serial == line.serial) roll_over(line, now);
    }
  }
  return work;
}

// Of a line's sockets only the end of the newest matters: whichever ended before it had been
// replaced by it.
void MarketConnector::reclaim(Line& line, Nanos now) {
  const std::unique_ptr<LineSocket> ended = channel_.sockets[line.index].reclaim();
  if (ended == nullptr || ended->serial != line.serial || line.wanted) return;
  line.retry.ended(line.opened, now);
  line.wanted = true;
  channel_.states[line.index].up.store(false, std::memory_order_relaxed);
}

void MarketConnector::roll_over(Line& line, Nanos now) {
  if (line.wanted || line.fresh != nullptr) return;
  ++counters_.roll_overs;
  line.wanted = true;
  line.retry.wait_until(now);
}

bool MarketConnector::open(Line& line, Nanos now) {
  if (!line.wanted || line.fresh != nullptr || !line.retry.is_due(now)) return false;
  if (!limit_.take(net::ConnectionUse::kMarket, now)) {
    const Nanos next = limit_.next(net::ConnectionUse::kMarket, now);
    line.retry.wait_until(next);
    log_.print(LogLevel::kWarning, now,
               "feed: {}: as many attempts were made as the venue allows; the next in {} ms",
               plan_.lines[line.index].place, (next - now).v / kMillisecond.v);
    return false;
  }
  ++counters_.attempts;
  const StreamLine& plan = plan_.lines[line.index];
  const net::ParsedUrl url = net::parse_url(plan.url);
  net::WsOpened opened = net::open_websocket(
      url.endpoint, &tls_,
      {.timeout = std::chrono::nanoseconds(options_.connect_timeout.v), .stop = stop_}, buffers_);
  if (opened.socket == nullptr) {
    failed(line, opened, now);
    return true;
  }
  ++counters_.opened;
  line.fresh = std::make_unique<LineSocket>();
  line.fresh->socket = std::move(opened.socket);
  line.fresh->serial = line.serial + 1;
  line.subscribed = 0;
  line.next_message = now;
  hand_over(line, now);
  return true;
}

void MarketConnector::failed(Line& line, const net::WsOpened& opened, Nanos now) {
  ++counters_.failed;
  const Nanos pause = line.retry.failed(now, opened.retry_after);
  log_.print(LogLevel::kWarning, now, "feed: {}: {}; next attempt in {} ms",
             plan_.lines[line.index].place, opened.error, pause.v / kMillisecond.v);
}

// Subscribes at the pace the venue allows, then gives the socket to the feed.
bool MarketConnector::hand_over(Line& line, Nanos now) {
  if (line.fresh == nullptr) return false;
  const std::vector<std::string>& messages = plan_.lines[line.index].subscribe;
  while (line.subscribed < messages.size()) {
    if (now < line.next_message) return false;
    line.next_message = now + options_.subscribe_interval;
    if (!line.fresh->socket->send_text(messages[line.subscribed])) break;  // the feed will see why
    ++line.subscribed;
  }
  const std::uint64_t serial = line.fresh->serial;
  if (!channel_.sockets[line.index].offer(std::move(line.fresh))) return false;
  line.serial = serial;
  line.wanted = false;
  line.opened = now;
  LineState& state = channel_.states[line.index];
  state.up.store(true, std::memory_order_relaxed);
  state.opened.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool MarketConnector::fetch(Nanos now) {
  if (body_out_) return false;
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    Snapshot& s = snapshots_[next_snapshot_];
    next_snapshot_ = (next_snapshot_ + 1) % snapshots_.size();
    if (!s.wanted || !s.retry.is_due(now)) continue;
    const std::int32_t weight = depth_weight(options_.snapshot_levels);
    const Nanos allowed = rest_.next(now, weight);
    if (allowed > now) return false;
    const std::string target = depth_target(s.symbol, options_.snapshot_levels);
    const RestAnswer answer = rest_.get(target, weight, now);
    s.last = now;
    if (answer.error.empty()) {
      ++counters_.snapshots;
      deliver(s, answer.body);
      return true;
    }
    ++counters_.snapshots_failed;
    s.retry.failed(now);
    log_.print(LogLevel::kWarning, now, "feed: snapshot of {}: {}", s.symbol, answer.error);
    return true;
  }
  return false;
}

// The REST body names no symbol; an envelope like that of the streams does.
void MarketConnector::deliver(Snapshot& s, std::string_view body) {
  s.wanted = false;
  auto out = std::make_unique<SnapshotBody>();
  out->instrument = s.instrument;
  out->bytes = fmt::format(R"({{"stream":"{}@snapshot","data":)", lower_case(s.symbol));
  out->bytes.append(body.substr(0, body.find_last_not_of(" \r\n") + 1)).append("}");
  std::ranges::replace(out->bytes, '\n', ' ');
  out->size = out->bytes.size();
  out->bytes.append(Parser::kPadding, '\0');
  body_out_ = channel_.snapshot.offer(std::move(out));
}

}  // namespace mm::binance
