#include "engine/monitor/book_ladder.h"

#include <algorithm>

namespace mm::monitor {
namespace {

std::vector<LadderRow> own_rows(const InstrumentView& view, Side side) {
  std::vector<LadderRow> rows;
  const auto& orders = view.orders;
  for (std::size_t i = 0; i < orders.rows(); ++i) {
    if (orders.at(i, "order_side") != static_cast<std::int64_t>(side)) continue;
    const Ticks price(orders.at(i, "order_price"));
    const std::int64_t size = orders.at(i, "order_quantity"), filled = orders.at(i, "order_filled");
    const Lots left(filled >= 0 && size > filled ? size - filled : 0);
    if (rows.empty() || rows.back().price != price) {
      rows.push_back({price,
                      Lots(orders.at(i, "order_price_quantity")),
                      {},
                      Lots(orders.at(i, "order_queue_ahead")),
                      orders.at(i, "order_state")});
    }
    if (Lots sum; !__builtin_add_overflow(rows.back().own.v, left.v, &sum.v)) rows.back().own = sum;
  }
  return rows;
}

std::vector<LadderRow> book_rows(const InstrumentView& view, Side side) {
  std::vector<LadderRow> rows;
  const auto& book = view.book;
  for (std::size_t i = 0; i < book.rows(); ++i) {
    const bool buy = side == Side::kBuy;
    const Lots lots(buy ? book.at(i, "book_bid_quantity") : book.at(i, "book_ask_quantity"));
    const Ticks price(buy ? book.at(i, "book_bid_price") : book.at(i, "book_ask_price"));
    if (lots.v > 0) rows.push_back({.price = price, .lots = lots});
  }
  return rows;
}

// Beyond the last level that is published nothing is known, but that a whole book ends there.
void mark_gaps(const InstrumentView& view, Side side, std::vector<LadderRow>& ladder) {
  const std::vector<LadderRow> book = book_rows(view, side);
  const auto better = [side](Ticks a, Ticks b) { return (a - b).v * sign(side) > 0; };
  const bool whole = book.size() < counters::kBookRowsMax;
  for (std::size_t i = 1; i < ladder.size(); ++i) {
    const Ticks inner = ladder[i - 1].price, outer = ladder[i].price;
    const bool hides = std::ranges::any_of(book, [&](const LadderRow& level) {
      return better(inner, level.price) && better(level.price, outer);
    });
    const bool apart = (inner - outer).v * sign(side) > 1;
    const bool unseen = !whole && apart && better(book.back().price, outer);
    ladder[i].gap = hides || unseen;
  }
}

}  // namespace

std::size_t own_prices(const InstrumentView& view, Side side) {
  return own_rows(view, side).size();
}

std::vector<LadderRow> ladder_rows(const InstrumentView& view, Side side, std::size_t rows) {
  std::vector<LadderRow> ladder = own_rows(view, side);
  const std::size_t own = ladder.size();
  // Of many orders the nearest; the market's best is always there.
  if (own > 0 && own >= rows) ladder.resize(rows > 0 ? rows - 1 : 0);
  for (const LadderRow& level : book_rows(view, side)) {
    if (ladder.size() >= rows) break;
    if (std::ranges::find(ladder, level.price, &LadderRow::price) == ladder.end()) {
      ladder.push_back(level);
    }
  }
  std::ranges::stable_sort(ladder, [side](const LadderRow& a, const LadderRow& b) {
    return side == Side::kBuy ? a.price > b.price : a.price < b.price;
  });
  mark_gaps(view, side, ladder);
  return ladder;
}

}  // namespace mm::monitor
