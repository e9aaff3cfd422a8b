#include "feeds/binance/rest_feed.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "engine/net/percent_encoding.h"
#include "feeds/binance/stream_plan.h"

namespace mm::binance {

namespace {

namespace sj = simdjson;
namespace dom = simdjson::dom;

constexpr std::int32_t kTradesMax = 500, kTradesWeight = 25, kAggTradesWeight = 4;
// Answers this often in a row are missing: down.
constexpr int kFailuresMax = 3;

std::int32_t poll_levels(const LiveFeedOptions& o) {
  return o.depth == DepthKind::kTop5    ? 5
         : o.depth == DepthKind::kTop10 ? 10
         : o.depth == DepthKind::kTop20 ? 20
                                        : o.snapshot_levels;
}

// One trade of /api/v3/trades or /api/v3/aggTrades in the words of the streams.
sj::error_code write_trade(const dom::element& trade, std::string_view symbol, bool aggregate,
                           std::string& out) {
  std::uint64_t id = 0, time = 0;
  std::string_view price, quantity;
  bool buyer_is_maker = false;
  if (const auto e = trade[aggregate ? "a" : "id"].get(id)) return e;
  if (const auto e = trade[aggregate ? "T" : "time"].get(time)) return e;
  if (const auto e = trade[aggregate ? "p" : "price"].get(price)) return e;
  if (const auto e = trade[aggregate ? "q" : "qty"].get(quantity)) return e;
  if (const auto e = trade[aggregate ? "m" : "isBuyerMaker"].get(buyer_is_maker)) return e;
  out = fmt::format(
      R"({{"e":"{}","E":{},"s":"{}","{}":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}})",
      aggregate ? "aggTrade" : "trade", time, symbol, aggregate ? "a" : "t", id, price, quantity,
      time, buyer_is_maker);
  return sj::SUCCESS;
}

}  // namespace

RestFeed::RestFeed(const LiveFeedOptions& options, std::span<const FeedInstrument> instruments,
                   SpscRing<Event>& market, net::SharedRequestPause& pause, LogWriter* log,
                   const std::atomic<bool>* stop, RawTap* tap)
    : options_(options),
      market_(market),
      log_(log),
      tap_(tap),
      tls_(net::TlsContext::client(options.ca_file)),
      rest_(options, &tls_, pause, stop),
      error_(!rest_.error().empty() ? rest_.error() : tls_.error()),
      feed_(instruments, {.venue = Venue::kSpot,
                          .message_bytes_max = std::size_t{4} << 20,
                          .buffered_levels = 64,
                          .buffered_diffs = 64}),
      batch_(std::min(EventBatch::kDefaultCapacity, market.capacity())) {
  make_polls(instruments);
}

void RestFeed::make_polls(std::span<const FeedInstrument> instruments) {
  if (!instruments.empty()) first_ = instruments.front().id;
  const std::int32_t levels = poll_levels(options_);
  for (const FeedInstrument& i : instruments) {
    const std::string symbol(i.spec.symbol());
    polls_.push_back(
        {i.id, symbol, depth_target(symbol, levels), What::kBook, depth_weight(levels), {}});
    if (options_.trades == TradeKind::kNone) continue;
    const bool aggregate = options_.trades == TradeKind::kAggTrade;
    polls_.push_back(
        {i.id,
         symbol,
         fmt::format("/api/v3/{}?symbol={}&limit={}", aggregate ? "aggTrades" : "trades",
                     net::percent_encoded(symbol), kTradesMax),
         What::kTrades,
         aggregate ? kAggTradesWeight : kTradesWeight,
         {}});
  }
}

int RestFeed::do_work(Nanos now) {
  if (!error_.empty()) return 0;
  if (!told_) report(false, now);
  for (std::size_t i = 0; i < polls_.size(); ++i) {
    Poll& p = polls_[next_];
    if (now < p.due) {
      next_ = (next_ + 1) % polls_.size();
      continue;
    }
    if (rest_.next(now, p.weight) > now) return 0;  // it keeps its turn
    next_ = (next_ + 1) % polls_.size();
    ask(p, now);
    return 1;
  }
  return 0;
}

void RestFeed::ask(Poll& p, Nanos now) {
  p.due = std::max(p.due + options_.poll_interval, now);  // what was missed is not made up for
  if (p.due <= now) p.due = now + options_.poll_interval;
  ++counters_.polls;
  const RestAnswer answer = rest_.get(p.target, p.weight, now);
  if (!answer.error.empty()) {
    ++counters_.failed;
    log_.print(LogLevel::kWarning, now, "feed: {}: {}", p.symbol, answer.error);
    if (++failures_ >= kFailuresMax) report(false, now);
    return;
  }
  failures_ = 0;
  if (p.what == What::kBook)
    on_book(p, answer.body, now);
  else
    on_trades(p, answer.body, now);
  report(true, now);
}

void RestFeed::on_book(const Poll& p, std::string_view body, Nanos now) {
  text_ = fmt::format(R"({{"stream":"{}@depth{}","data":{}}})", lower_case(p.symbol),
                      poll_levels(options_), body.substr(0, body.find_last_not_of(" \r\n") + 1));
  on_message(p, now);
}

void RestFeed::on_trades(const Poll& p, std::string_view body, Nanos now) {
  dom::parser parser;
  dom::array trades;
  const bool aggregate = options_.trades == TradeKind::kAggTrade;
  sj::error_code e = parser.parse(body.data(), body.size()).get(trades);
  if (e == sj::SUCCESS)
    for (const dom::element trade : trades) {
      e = write_trade(trade, p.symbol, aggregate, text_);
      if (e != sj::SUCCESS) break;
      on_message(p, now);
    }
  if (e != sj::SUCCESS) log_.problem(FeedProblem::kBadJson, p.target, sj::error_message(e), now);
}

void RestFeed::on_message(const Poll& p, Nanos now) {
  const std::size_t size = text_.size();
  text_.append(Parser::kPadding, '\0');
  const std::string_view text = std::string_view(text_).substr(0, size);
  batch_.clear();
  const FeedProblem problem = feed_.on_message(now, text, batch_, p.instrument);
  if (problem != FeedProblem::kNone) log_.problem(problem, p.target, feed_.detail(), now);
  if (batch_.empty()) return;
  if (tap_ != nullptr) tap_->on_raw(now, text);
  if (market_.try_push_all(batch_.events())) {
    last_sent_ = now;
    return;
  }
  ++counters_.messages_dropped;
  feed_.resync(p.instrument);  // so that the next book is sent even if it is the same
}

void RestFeed::report(bool up, Nanos now) {
  if (up == up_ && told_ && (!up || now - last_sent_ < options_.alive_interval)) return;
  if (up && !up_ && feed_.counters().partials_applied == 0) return;
  Event e;
  e.received = now;
  e.instrument = first_;
  e.kind = EventKind::kFeedStatus;
  e.feed.up = up ? 1 : 0;
  if (!market_.try_push(e)) return;
  last_sent_ = now;
  up_ = up;
  told_ = true;
}

}  // namespace mm::binance
