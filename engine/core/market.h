// One instrument's market as the core sees it: book, best bid and ask, last trade, measures.
//
// Owned by the core's thread; reads market events and nothing else. A level costs what the book's
// update costs, a message some tens of nanoseconds more; no allocation after construction.
// A message is a kBookBegin and its kBookLevels up to kFlagLast, all with one sequence, and the
// next message has the next sequence. Anything else is a break: the market is out of sync and
// ignores diffs until a complete snapshot. Between messages what is seen here is whole; while one
// is open (in_message) only the book is ahead of the rest.
#pragma once

#include <cstdint>

#include "engine/core/event.h"
#include "engine/core/market_measures.h"
#include "engine/core/order_book.h"
#include "engine/core/types.h"

namespace mm {

struct Touch {
  Ticks bid, ask;
  Lots bid_lots, ask_lots;
  bool has_bid = false, has_ask = false;

  bool operator==(const Touch&) const = default;
};

class Market {
 public:
  struct Config {
    OrderBook::Config book{};
    MeasureConfig measures{};
    Ticks price_max{2'000'000'000};
  };
  struct Counters {
    std::uint64_t diffs = 0;            // applied completely
    std::uint64_t snapshots = 0;        // applied completely
    std::uint64_t sequence_breaks = 0;  // found here
    std::uint64_t stale = 0;            // breaks the feed found (kBookStale)
    std::uint64_t ignored = 0;          // diffs not applied while out of sync
    std::uint64_t crossed = 0;          // messages after which the book was crossed
    std::uint64_t trades = 0;
    std::uint64_t tickers = 0;
    std::uint64_t out_of_range = 0;  // levels, trades, tickers with impossible numbers: not used
  };

  explicit Market(const Config& config);

  // kBookBegin, kBookLevels, kBookStale, kTrade and kBookTicker; others are not for us.
  void on(const Event& event);
  // Has what `event` will need fetched: for who knows what comes next while another is taken in.
  void expect(const Event& event) const;

  // A snapshot has been applied completely and no sequence break has come since.
  bool synced() const { return synced_; }
  bool in_message() const { return in_message_; }
  // The book's best bid was at or above its best ask when the last message ended.
  bool crossed() const { return crossed_; }
  // The best prices of the last complete message, or of a bookTicker newer than that.
  const Touch& touch() const { return touch_; }
  const OrderBook& book() const { return book_; }
  UpdateId update_id() const { return update_id_; }
  Nanos last_book_time() const { return last_book_time_; }

  bool has_last_trade() const { return last_trade_price_.v > 0; }
  Ticks last_trade_price() const { return last_trade_price_; }
  Nanos last_trade_time() const { return last_trade_time_; }

  // True once after a break found here: the feed does not know of it and must resynchronise.
  bool take_resync_request();

  const Counters& counters() const { return counters_; }
  const MarketMeasures& measures() const { return measures_; }
  void restart_moves() { measures_.restart_moves(); }

 private:
  void on_begin(const Event& event);
  void on_levels(const Event& event);
  void on_stale(const Event& event);
  void on_trade(const Event& event);
  void on_ticker(const Event& event);
  void expect_next(const Event& event);
  void lose_sync();
  void apply(const Event& event);
  void complete_message(Nanos now);
  Touch book_touch() const;
  static Touch ticker_touch(const BookTicker& ticker);
  void show(const Touch& touch, Nanos now);
  bool possible(std::int64_t ticks, std::int64_t lots) const;
  bool possible(const Touch& touch) const;

  OrderBook book_;
  Ticks price_max_;

  bool synced_ = false;
  bool crossed_ = false;
  bool resync_wanted_ = false;

  bool in_message_ = false;
  bool applying_ = false;     // the open message goes into the book
  bool is_snapshot_ = false;  // the open message
  UpdateId message_id_{};     // the open message's last update id
  bool any_message_ = false;
  std::uint32_t sequence_ = 0;  // of the open message or, if none is, of the last

  Touch touch_;
  Touch ticker_touch_;
  UpdateId ticker_id_{};  // overrides the book's touch while above update_id_
  UpdateId update_id_{};
  Nanos last_book_time_{};
  Ticks last_trade_price_{};
  Nanos last_trade_time_{};
  Counters counters_;
  MarketMeasures measures_;  // last: most of it are rings
};

}  // namespace mm
