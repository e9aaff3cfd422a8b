#include "engine/app/modes/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "engine/app/edges/capture_source.h"
#include "engine/core/decimal.h"
#include "engine/core/market.h"

namespace mm::app {

namespace {

constexpr std::size_t kPendingTickersMax = 65'536;  // per instrument: the oldest go first

// A bookTicker usually comes before the difference that reaches its id: it waits for it here.
class TickerCheck {
 public:
  void on_ticker(const BookTicker& ticker, const Market& market) {
    if (market.synced() && ticker.update_id == market.update_id()) {
      compare(ticker, market);
    } else if (!market.synced() || ticker.update_id > market.update_id()) {
      pending_.push_back(ticker);
      if (pending_.size() > kPendingTickersMax) pending_.pop_front();
    }
  }
  // The book has reached an id: what waits for it is compared, what waits for less never will be.
  void on_book(const Market& market) {
    while (!pending_.empty() && pending_.front().update_id <= market.update_id()) {
      if (pending_.front().update_id == market.update_id()) compare(pending_.front(), market);
      pending_.pop_front();
    }
  }

  std::uint64_t checked = 0, mismatched = 0;

 private:
  static bool equal(const OrderBook& book, Side side, std::int32_t ticks, Lots lots) {
    if (book.empty(side)) return lots.v == 0;
    const Ticks best = book.best(side);
    return best.v == ticks && book.lots_at(side, best) == lots;
  }
  void compare(const BookTicker& t, const Market& market) {
    ++checked;
    if (!equal(market.book(), Side::kBuy, t.bid_ticks, t.bid_lots) ||
        !equal(market.book(), Side::kSell, t.ask_ticks, t.ask_lots))
      ++mismatched;
  }

  std::deque<BookTicker> pending_;
};

struct InspectedBook {
  Instrument spec;
  Market market;
  TickerCheck tickers;
  std::uint64_t applied = 0;
};

class Inspection {
 public:
  Inspection(const InspectOptions& options, CaptureFeed& feed, std::FILE* out, std::FILE* err);

  int run();

 private:
  void on_event(Event e, bool is_partial);
  void on_book_end(InspectedBook& b, bool counts);
  void print_book(const InspectedBook& b);
  std::string side_text(const InspectedBook& b, Side side);
  void print_summary();
  void say_problems();

  const InspectOptions& options_;
  CaptureFeed& feed_;
  std::FILE* out_;
  std::FILE* err_;
  std::vector<std::unique_ptr<InspectedBook>> books_;
  std::vector<BookLevel> levels_;
  Nanos now_{};
  bool counts_ = false;  // the open book message is a difference, or a partial book
};

Inspection::Inspection(const InspectOptions& options, CaptureFeed& feed, std::FILE* out,
                       std::FILE* err)
    : options_(options),
      feed_(feed),
      out_(out),
      err_(err),
      levels_(static_cast<std::size_t>(options.depth)) {
  for (const Instrument& i : feed.instruments()) {
    Market::Config config;
    config.measures.lot = i.lot;
    books_.push_back(std::make_unique<InspectedBook>(InspectedBook{i, Market(config), {}}));
  }
}

std::string Inspection::side_text(const InspectedBook& b, Side side) {
  std::string text;
  const std::size_t count = b.market.book().top(side, levels_);
  for (std::size_t i = 0; i < count; ++i)
    text += fmt::format("{}[\"{}\",\"{}\"]", i == 0 ? "" : ",",
                        decimal_text(levels_[i].price.v * b.spec.tick.v),
                        decimal_text(levels_[i].lots.v * b.spec.lot.v));
  return text;
}

void Inspection::print_book(const InspectedBook& b) {
  const std::string symbol =
      books_.size() > 1 ? fmt::format("\"symbol\":\"{}\",", b.spec.symbol()) : "";
  fmt::print(out_, "{{{}\"applied\":{},\"u\":{},\"bids\":[{}],\"asks\":[{}]}}\n", symbol, b.applied,
             b.market.update_id().v, side_text(b, Side::kBuy), side_text(b, Side::kSell));
}

void Inspection::on_book_end(InspectedBook& b, bool counts) {
  b.tickers.on_book(b.market);
  if (!counts) return;
  ++b.applied;
  const auto every = static_cast<std::uint64_t>(options_.every);
  if (every != 0 && b.applied % every == 0) print_book(b);
}

void Inspection::on_event(Event e, bool is_partial) {
  InspectedBook& b = *books_[e.instrument];
  // What waited for a snapshot was received before it and comes after it.
  now_ = std::max(now_, e.received);
  e.time = now_;
  if (e.kind == EventKind::kBookBegin) counts_ = (e.flags & kFlagSnapshot) == 0 || is_partial;
  b.market.on(e);
  if (e.kind == EventKind::kBookTicker) b.tickers.on_ticker(e.ticker, b.market);
  const bool book = e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookLevels;
  if (book && e.last()) on_book_end(b, counts_);
}

void Inspection::say_problems() {
  feed_.problems().take_unsaid([&](FeedProblem p, std::string_view where) {
    fmt::print(err_, "inspect: {} ({})\n", name(p), where);
  });
}

void Inspection::print_summary() {
  const binance::FeedCounters c = feed_.counters();
  std::uint64_t crossed = 0, applied = 0, checked = 0, mismatched = 0;
  for (const auto& b : books_) {
    crossed += b->market.counters().crossed;
    applied += b->applied;
    checked += b->tickers.checked;
    mismatched += b->tickers.mismatched;
  }
  std::string problems;
  feed_.problems().for_each([&problems](FeedProblem p, std::uint64_t count) {
    problems += fmt::format("{}\"{}\":{}", problems.empty() ? "" : ",", key(p), count);
  });
  fmt::print(out_,
             "{{\"summary\":{{\"messages\":{},\"diffs_applied\":{},\"diffs_dropped\":{},"
             "\"gaps\":{},\"resyncs\":{},\"crossed\":{},\"trades\":{},\"bad_lines\":{},"
             "\"book_ticker_checked\":{},\"book_ticker_mismatched\":{},"
             "\"ignored\":{},\"problems\":{{{}}}}}}}\n",
             c.messages, applied, c.diffs + c.partials - applied, c.gaps, c.resyncs, crossed,
             c.trades, feed_.problems().bad_lines(), checked, mismatched, c.ignored, problems);
}

int Inspection::run() {
  EventBatch batch;
  Nanos at;
  std::uint64_t partials = 0;
  while (feed_.next(at, batch)) {
    const std::uint64_t now = feed_.partials_applied();
    for (const Event& e : batch.events()) on_event(e, now != partials);
    partials = now;
    say_problems();
  }
  say_problems();
  if (std::ranges::none_of(books_, [](const auto& b) { return has_book(b->market); })) {
    fmt::print(err_, "inspect: {}\n", no_book_text(feed_));
    return 1;
  }
  for (const auto& b : books_)
    if (b->applied != 0 || b->market.counters().snapshots != 0) print_book(*b);
  print_summary();
  return 0;
}

}  // namespace

int inspect_mode(const InspectOptions& options, const Config& config, std::FILE* out,
                 std::FILE* err) {
  CaptureOptions capture = capture_options(config, options.captures);
  capture.symbol = options.symbol;
  capture.named = {};
  CaptureFeed::Opened opened = CaptureFeed::open(capture);
  if (opened.feed == nullptr) {
    fmt::print(err, "inspect: {}\n", opened.error);
    return 1;
  }
  for (const std::string& note : opened.feed->notes()) fmt::print(err, "inspect: {}\n", note);
  return Inspection(options, *opened.feed, out, err).run();
}

}  // namespace mm::app
