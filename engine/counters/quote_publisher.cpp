#include "engine/counters/quote_publisher.h"

#include <algorithm>

namespace mm::counters {
namespace {

constexpr std::int64_t number(auto value) {
  return static_cast<std::int64_t>(value);
}

// Why no order rests for a level of this side; what is about to be sent has no reason yet.
QuoteReason level_reason(const InstrumentState& s, Side side, std::size_t level,
                         const Order* order) {
  const bool rests = order != nullptr && !order->is_leaving();
  return rests ? QuoteReason::kQuoting : s.absence(side, level);
}

}  // namespace

void QuotePublisher::publish(const InstrumentState& s, Instrument& out) {
  publish_book(s, out);
  publish_orders(s, out);
  publish_levels(s, out);
}

void QuotePublisher::publish_book(const InstrumentState& s, Instrument& out) {
  const bool shown = s.market.synced();
  const std::size_t bids = shown ? s.market.book().top(Side::kBuy, bids_) : 0;
  const std::size_t asks = shown ? s.market.book().top(Side::kSell, asks_) : 0;
  BookBlock::Update update(out.book);
  const std::size_t rows = std::max(bids, asks);
  for (std::size_t i = 0; i < rows; ++i) {
    const BookLevel bid = i < bids ? bids_[i] : BookLevel{};
    const BookLevel ask = i < asks ? asks_[i] : BookLevel{};
    update.set_row(i, "book_bid_price", bid.price.v);
    update.set_row(i, "book_bid_quantity", bid.lots.v);
    update.set_row(i, "book_ask_price", ask.price.v);
    update.set_row(i, "book_ask_quantity", ask.lots.v);
  }
  update.set_rows(rows);
}

void QuotePublisher::publish_orders(const InstrumentState& s, Instrument& out) {
  OrderBlock::Update update(out.orders);
  std::size_t rows = 0;
  for (const Side side : kSides) {
    levels_.match(core_.orders(), s, side);
    // Half of the rows for each side: neither crowds out the other.
    std::size_t left = kOrderRowsMax / 2;
    for (const std::uint16_t slot : core_.orders().live(s.id, side)) {
      if (left-- == 0) break;
      set_order(update, rows++, s, core_.orders().row(slot));
    }
  }
  update.set_rows(rows);
}

void QuotePublisher::set_order(OrderBlock::Update& out, std::size_t row, const InstrumentState& s,
                               const Order& order) {
  const Lots shown = s.market.book().lots_at(order.side, order.price);
  const Lots own = s.config.instrument.book_includes_own ? order.leaves() : Lots(0);
  const Lots others = std::max(Lots(0), shown - own);
  const Lots ahead = order.acknowledged ? queue_.ahead(order, others) : Lots(-1);
  out.set_row(row, "order_id", number(order.id.v));
  out.set_row(row, "order_side", number(order.side));
  out.set_row(row, "order_state", number(order.state));
  out.set_row(row, "order_request", number(order.in_flight));
  out.set_row(row, "order_decision", number(order.why));
  out.set_row(row, "order_level", std::int64_t{levels_.level_of(order)});
  out.set_row(row, "order_price", order.price.v);
  out.set_row(row, "order_next_price", order.next_lots.v > 0 ? order.next_price.v : 0);
  out.set_row(row, "order_quantity", order.lots.v);
  out.set_row(row, "order_filled", order.filled.v);
  out.set_row(row, "order_queue_ahead", ahead.v);
  out.set_row(row, "order_price_quantity", shown.v);
  out.set_row(row, "order_created_seconds", order.created.v);
}

void QuotePublisher::publish_levels(const InstrumentState& s, Instrument& out) {
  LevelBlock::Update update(out.levels);
  std::size_t row = 0;
  for (const Side side : kSides) {
    const LadderSide& ladder = s.ladder.side(side);
    levels_.match(core_.orders(), s, side);
    for (std::size_t i = 0; i < levels_.levels(); ++i, ++row) {
      const Quote wanted = i < ladder.size() ? ladder[i] : Quote{};
      const Order* order = levels_.order_of(i);
      update.set_row(row, "level_side", number(side));
      update.set_row(row, "level_index", number(i));
      update.set_row(row, "level_price", wanted.price.v);
      update.set_row(row, "level_quantity", wanted.lots.v);
      update.set_row(row, "level_reason", number(level_reason(s, side, i, order)));
      update.set_row(row, "level_order_state",
                     number(order == nullptr ? OrderState::kFree : order->state));
      update.set_row(row, "level_order_id", order == nullptr ? 0 : number(order->id.v));
    }
  }
  update.set_rows(row);
}

}  // namespace mm::counters
