#include "feeds/binance/binance_feed.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mm::binance {

namespace {

constexpr std::size_t events_for(std::size_t levels) {
  return (levels + kLevelsPerEvent - 1) / kLevelsPerEvent;
}

void push_levels(const Event& begin, std::uint8_t flags, std::span<const GridLevel> levels,
                 EventBatch& out) {
  for (std::size_t i = 0; i < levels.size(); i += kLevelsPerEvent) {
    Event& e = out.push();
    e.received = begin.received;
    e.sequence = begin.sequence;
    e.instrument = begin.instrument;
    e.kind = EventKind::kBookLevels;
    e.flags = flags;
    const std::size_t count = std::min<std::size_t>(kLevelsPerEvent, levels.size() - i);
    e.levels = BookLevels{};
    for (std::size_t k = 0; k < count; ++k) {
      e.levels.lots[k] = levels[i + k].lots;
      e.levels.ticks[k] = levels[i + k].ticks;
    }
    e.levels.count = static_cast<std::uint8_t>(count);
  }
}

FeedProblem problem(UnitError e) {
  switch (e) {
    case UnitError::kOffGrid:
      return FeedProblem::kOffGrid;
    case UnitError::kOutOfRange:
      return FeedProblem::kBadNumber;
    case UnitError::kNone:
      break;
  }
  return FeedProblem::kNone;
}

}  // namespace

FeedCounters& FeedCounters::operator+=(const FeedCounters& o) {
  messages += o.messages;
  ignored += o.ignored;
  diffs += o.diffs;
  diffs_applied += o.diffs_applied;
  partials += o.partials;
  partials_applied += o.partials_applied;
  snapshots += o.snapshots;
  snapshots_applied += o.snapshots_applied;
  gaps += o.gaps;
  resyncs += o.resyncs;
  trades += o.trades;
  trades_repeated += o.trades_repeated;
  tickers += o.tickers;
  tickers_repeated += o.tickers_repeated;
  return *this;
}

BinanceFeed::BinanceFeed(std::span<const FeedInstrument> instruments, const FeedOptions& options)
    : venue_(options.venue),
      tickers_once_(options.tickers_once),
      parser_(options.message_bytes_max),
      bids_(Parser::kLevelsMax),
      asks_(Parser::kLevelsMax) {
  books_.reserve(instruments.size());
  for (const FeedInstrument& i : instruments) {
    symbols_.emplace_back(i.spec.symbol(), static_cast<std::uint32_t>(books_.size()));
    books_.push_back({.id = i.id,
                      .grid = UnitGrid(i.spec.tick, i.spec.lot),
                      .lot = i.spec.lot,
                      .sync = BookSync(venue_, options.buffered_levels, options.buffered_diffs),
                      .seen_price = i.price_about.v});
  }
  std::sort(symbols_.begin(), symbols_.end());
}

BinanceFeed::Book* BinanceFeed::find(std::string_view symbol) {
  if (found_ < symbols_.size() && symbols_[found_].first == symbol)
    return &books_[symbols_[found_].second];
  const auto at = std::lower_bound(symbols_.begin(), symbols_.end(), symbol,
                                   [](const auto& s, std::string_view v) { return s.first < v; });
  if (at == symbols_.end() || at->first != symbol) return nullptr;
  found_ = static_cast<std::uint32_t>(at - symbols_.begin());
  return &books_[at->second];
}

const BinanceFeed::Book* BinanceFeed::find_id(InstrumentId id) const {
  if (id < books_.size() && books_[id].id == id) return &books_[id];
  for (const Book& b : books_)
    if (b.id == id) return &b;
  return nullptr;
}

BinanceFeed::Book* BinanceFeed::find_id(InstrumentId id) {
  return const_cast<Book*>(std::as_const(*this).find_id(id));
}

bool BinanceFeed::needs_snapshot(InstrumentId id) const {
  const Book* const b = find_id(id);
  return b != nullptr && !b->sync.has_book();
}

bool BinanceFeed::is_proven(InstrumentId id) const {
  const Book* const b = find_id(id);
  return b != nullptr && b->sync.proven();
}

std::uint64_t BinanceFeed::book_id(InstrumentId id) const {
  const Book* const b = find_id(id);
  return b != nullptr ? b->sync.id() : 0;
}

void BinanceFeed::set_gap_patience(Nanos patience) {
  for (Book& b : books_) b.sync.set_gap_patience(patience);
}

void BinanceFeed::forget_ids() {
  for (Book& b : books_) b.trade_id = b.ticker_id = 0;
}

void BinanceFeed::lose(InstrumentId id, Nanos now, EventBatch& out) {
  resync(id);
  if (Book* const b = find_id(id)) emit_stale(*b, now, out);
}

void BinanceFeed::resync(InstrumentId id) {
  if (Book* const b = find_id(id)) {
    b->sync.lose();
    b->lost = true;
    if (backlog_ == b) backlog_ = nullptr;
  }
}

BinanceFeed::Book* BinanceFeed::find_for(const Message& m, InstrumentId nameless) {
  if (!m.symbol.empty()) return find(m.symbol);
  if (!m.stream_symbol.empty()) {
    if (m.stream_symbol.size() > upper_.size()) return nullptr;
    std::size_t length = 0;
    for (const char c : m.stream_symbol)
      upper_[length++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return find({upper_.data(), length});
  }
  if (nameless == kOnlyInstrument && books_.size() == 1) return &books_.front();
  return nameless == kOnlyInstrument || nameless == kBestFit ? fit(m) : find_id(nameless);
}

// The instrument whose last price is near the snapshot's, and of several such the one whose last
// update id is nearest: USD-M numbers all symbols alike, spot each for itself.
BinanceFeed::Book* BinanceFeed::fit(const Message& m) {
  if (m.bids.empty()) return nullptr;
  const std::int64_t price = m.bids.front().price;
  Book* best = nullptr;
  std::uint64_t best_distance = 0;
  for (Book& b : books_) {
    const std::int64_t tolerance = b.seen_price / 8;
    if (price > b.seen_price + tolerance || price < b.seen_price - tolerance) continue;
    const std::uint64_t distance =
        m.last_id > b.seen_id ? m.last_id - b.seen_id : b.seen_id - m.last_id;
    if (best != nullptr && distance >= best_distance) continue;
    best = &b;
    best_distance = distance;
  }
  return best;
}

// Remembers what fit() compares.
void BinanceFeed::see(Book& b, const Message& m) {
  if (m.last_id != 0) b.seen_id = m.last_id;
  if (m.kind == MessageKind::kBookTicker) b.seen_price = m.bid.price;
  if (m.kind == MessageKind::kTrade || m.kind == MessageKind::kAggTrade) b.seen_price = m.price;
  if (b.seen_price != 0) return;
  for (const PriceLevel& l : m.bids) b.seen_price = std::max(b.seen_price, l.price);
}

// What rests on a level, of an order that was there before the lot changed or that somebody's odd
// filter let in: whole lots, so that the book goes on.
UnitError BinanceFeed::resting_lots(const Book& b, std::int64_t quantity, std::int64_t& lots) {
  const UnitError error = b.grid.lots(quantity, lots);
  if (error != UnitError::kOffGrid || quantity < 0 || b.lot.v <= 0) return error;
  rounded_ = true;
  lots = std::max<std::int64_t>(1, quantity / b.lot.v);
  return UnitError::kNone;
}

FeedProblem BinanceFeed::to_grid(const Book& b, std::span<const PriceLevel> in,
                                 std::vector<GridLevel>& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    const UnitError price = b.grid.ticks(in[i].price, out[i].ticks);
    const UnitError quantity = resting_lots(b, in[i].quantity, out[i].lots);
    if (price != UnitError::kNone) return fail(problem(price), "price of a level");
    if (quantity != UnitError::kNone) return fail(problem(quantity), "quantity of a level");
    if (out[i].ticks == 0) return fail(FeedProblem::kBadNumber, "price of a level");
  }
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::to_grid(const Book& b, Nanos received, const Message& m,
                                 BookMessage& out) {
  if (const FeedProblem p = to_grid(b, m.bids, bids_); p != FeedProblem::kNone) return p;
  if (const FeedProblem p = to_grid(b, m.asks, asks_); p != FeedProblem::kNone) return p;
  const bool is_diff = m.kind == MessageKind::kDepthDiff;
  out = {.ids = {is_diff ? m.first_id : m.last_id, m.last_id, m.previous_id},
         .received = received,
         .exchange_time = m.exchange_time,
         .bids = {bids_.data(), m.bids.size()},
         .asks = {asks_.data(), m.asks.size()}};
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::emit(Book& b, const BookMessage& m, std::uint8_t flags, EventBatch& out) {
  const std::size_t needed = 1 + events_for(m.bids.size()) + events_for(m.asks.size());
  if (needed + 1 > out.room()) {  // one is kept for the kBookStale that follows
    b.sync.lose();
    emit_stale(b, m.received, out);
    return fail(FeedProblem::kBatchFull, "book message");
  }
  Event& begin = out.push();
  begin.received = m.received;
  begin.sequence = ++b.sequence;
  begin.instrument = b.id;
  begin.kind = EventKind::kBookBegin;
  begin.flags = flags;
  begin.book = {.first_id = UpdateId(m.ids.first),
                .last_id = UpdateId(m.ids.last),
                .exchange_time = m.exchange_time,
                .level_count = static_cast<std::uint32_t>(m.levels()),
                .pad = 0};
  push_levels(begin, 0, m.bids, out);
  push_levels(begin, kFlagSell, m.asks, out);
  out.back().flags |= kFlagLast;
  return FeedProblem::kNone;
}

void BinanceFeed::emit_stale(Book& b, Nanos received, EventBatch& out) {
  b.lost = true;
  ++b.sequence;  // without room for the event the hole itself tells the core
  if (out.room() == 0) return;
  Event& e = out.push();
  e.received = received;
  e.sequence = b.sequence;
  e.instrument = b.id;
  e.kind = EventKind::kBookStale;
}

void BinanceFeed::found_again(Book& b) {
  if (b.lost) ++counters_.resyncs;
  b.lost = false;
}

FeedProblem BinanceFeed::settle(Book& b, DiffVerdict verdict, const BookMessage& m,
                                EventBatch& out) {
  if (verdict == DiffVerdict::kDrop) return FeedProblem::kNone;
  if (verdict == DiffVerdict::kGap) {
    ++counters_.gaps;
    emit_stale(b, m.received, out);
    return FeedProblem::kNone;
  }
  const FeedProblem p = emit(b, m, 0, out);
  if (p == FeedProblem::kNone) ++counters_.diffs_applied;
  return p;
}

FeedProblem BinanceFeed::on_diff(Book& b, const BookMessage& m, EventBatch& out) {
  ++counters_.diffs;
  if (!b.sync.synced() || b.sync.has_backlog()) {
    b.sync.keep(m);
    return FeedProblem::kNone;
  }
  const FeedProblem p = settle(b, b.sync.on_diff(m), m, out);
  if (b.sync.has_backlog()) {  // a hole was filled
    backlog_ = &b;
    drain(out);
  }
  return p;
}

void BinanceFeed::drain(EventBatch& out) {
  if (backlog_ == nullptr) return;
  Book& b = *backlog_;
  while (b.sync.has_backlog()) {
    const BookMessage m = b.sync.backlog();
    // What does not fit this batch waits for the next; what fits none is dropped by settle().
    if (2 + events_for(m.bids.size()) + events_for(m.asks.size()) > out.room() && !out.empty())
      return;
    settle(b, b.sync.take_backlog(), m, out);
  }
  const auto other = std::find_if(books_.begin(), books_.end(),
                                  [](const Book& o) { return o.sync.has_backlog(); });
  backlog_ = other == books_.end() ? nullptr : &*other;
}

FeedProblem BinanceFeed::on_snapshot(Book& b, const BookMessage& m, EventBatch& out) {
  ++counters_.snapshots;
  const SnapshotVerdict verdict = b.sync.on_snapshot(m.ids.last);
  if (verdict == SnapshotVerdict::kStale) return fail(FeedProblem::kStaleSnapshot, {});
  if (verdict == SnapshotVerdict::kOlder) return FeedProblem::kNone;
  if (const FeedProblem p = emit(b, m, kFlagSnapshot, out); p != FeedProblem::kNone) return p;
  ++counters_.snapshots_applied;
  found_again(b);
  if (b.sync.has_backlog()) {
    backlog_ = &b;
    drain(out);
  }
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::on_partial(Book& b, const BookMessage& m, EventBatch& out) {
  ++counters_.partials;
  if (b.sync.on_partial(m.ids.last) != SnapshotVerdict::kApply) return FeedProblem::kNone;
  if (const FeedProblem p = emit(b, m, kFlagSnapshot, out); p != FeedProblem::kNone) return p;
  ++counters_.partials_applied;
  found_again(b);
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::on_trade(Book& b, Nanos received, const Message& m, EventBatch& out) {
  std::int32_t ticks = 0;
  std::int64_t lots = 0;
  if (const UnitError e = b.grid.ticks(m.price, ticks); e != UnitError::kNone)
    return fail(problem(e), "price of a trade");
  if (const UnitError e = b.grid.lots(m.quantity, lots); e != UnitError::kNone)
    return fail(problem(e), "quantity of a trade");
  if (ticks == 0 || lots == 0) return fail(FeedProblem::kBadNumber, "trade of nothing");
  // Of trade and aggTrade, which tell the same news, the one that came first is believed.
  if (b.trade_kind == MessageKind::kIgnored) b.trade_kind = m.kind;
  const bool ahead = joining_ && b.trade_id != 0 && m.trade_id > b.trade_id + 1;
  if (b.trade_kind != m.kind || m.trade_id <= b.trade_id || ahead) {
    ++counters_.trades_repeated;
    return FeedProblem::kNone;
  }
  if (out.room() == 0) return fail(FeedProblem::kBatchFull, "trade");
  b.trade_id = m.trade_id;
  ++counters_.trades;
  Event& e = out.push();
  e.received = received;
  e.instrument = b.id;
  e.kind = EventKind::kTrade;
  e.flags = m.aggressor_sold ? kFlagSell : std::uint8_t{0};
  e.trade = {.trade_id = TradeId(m.trade_id),
             .lots = Lots(lots),
             .exchange_time = m.exchange_time,
             .ticks = ticks,
             .pad = {}};
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::on_ticker(Book& b, Nanos received, const Message& m, EventBatch& out) {
  BookTicker t{};
  std::int64_t bid_lots = 0, ask_lots = 0;
  for (const UnitError e :
       {b.grid.ticks(m.bid.price, t.bid_ticks), b.grid.ticks(m.ask.price, t.ask_ticks),
        resting_lots(b, m.bid.quantity, bid_lots), resting_lots(b, m.ask.quantity, ask_lots)})
    if (e != UnitError::kNone) return fail(problem(e), "bookTicker");
  if (tickers_once_ && m.last_id <= b.ticker_id) {
    ++counters_.tickers_repeated;
    return FeedProblem::kNone;
  }
  if (out.room() == 0) return fail(FeedProblem::kBatchFull, "bookTicker");
  b.ticker_id = m.last_id;
  ++counters_.tickers;
  t.update_id = UpdateId(m.last_id);
  t.bid_lots = Lots(bid_lots);
  t.ask_lots = Lots(ask_lots);
  t.exchange_time = m.exchange_time;
  Event& e = out.push();
  e.received = received;
  e.instrument = b.id;
  e.kind = EventKind::kBookTicker;
  e.ticker = t;
  return FeedProblem::kNone;
}

FeedProblem BinanceFeed::dispatch(Nanos received, const Message& m, EventBatch& out,
                                  InstrumentId nameless) {
  Book* const b = find_for(m, nameless);
  if (b == nullptr) {
    const bool named = !m.symbol.empty() || !m.stream_symbol.empty();
    return named ? fail(FeedProblem::kUnknownSymbol, m.symbol.empty() ? m.stream_symbol : m.symbol)
                 : fail(FeedProblem::kUnplacedSnapshot, {});
  }
  see(*b, m);
  arrival_ = {b->id, m.kind, m.trade_id != 0 ? m.trade_id : m.last_id};
  if (m.kind == MessageKind::kTrade || m.kind == MessageKind::kAggTrade)
    return on_trade(*b, received, m, out);
  if (m.kind == MessageKind::kBookTicker) return on_ticker(*b, received, m, out);
  if (m.kind == MessageKind::kDepthDiff && venue_ == Venue::kUsdm && !m.has_previous)
    return fail(FeedProblem::kMissingField, "pu");
  BookMessage book;
  if (const FeedProblem p = to_grid(*b, received, m, book); p != FeedProblem::kNone) return p;
  if (m.kind == MessageKind::kDepthDiff) return on_diff(*b, book, out);
  return m.kind == MessageKind::kSnapshot ? on_snapshot(*b, book, out) : on_partial(*b, book, out);
}

FeedProblem BinanceFeed::on_message(Nanos received, std::string_view text, EventBatch& out,
                                    InstrumentId nameless) {
  ++counters_.messages;
  arrival_ = {};
  drain(out);
  const FeedProblem p = parser_.parse(text);
  if (p != FeedProblem::kNone) return fail(p, parser_.detail());
  const MessageKind kind = parser_.message().kind;
  if (kind == MessageKind::kIgnored || kind == MessageKind::kServerShutdown) {
    ++counters_.ignored;
    arrival_.kind = kind;
    return FeedProblem::kNone;
  }
  rounded_ = false;
  const FeedProblem done = dispatch(received, parser_.message(), out, nameless);
  if (done != FeedProblem::kNone || !rounded_) return done;
  return fail(FeedProblem::kOffGrid, "a quantity, rounded down to whole lots");
}

}  // namespace mm::binance
