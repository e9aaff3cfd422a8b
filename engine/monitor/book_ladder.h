// The book's levels with our orders among them, as a ladder of so many rows shows them.
//
// Pure, cold. Our orders may stand far behind the levels that are published: they come before
// levels of others, so that none is lost for want of room.
#pragma once

#include <vector>

#include "engine/monitor/engine_view.h"

namespace mm::monitor {

struct LadderRow {
  Ticks price{};
  Lots lots{};             // all that the book shows there
  Lots own{};              // what is left of ours
  Lots ahead{-1};          // of the first of ours: at most so much before it; -1: it does not rest
  std::int64_t state = 0;  // OrderState of the first of ours
  bool gap = false;        // between it and the next better row there are, or may be, others
};

// At most `rows`, best first.
std::vector<LadderRow> ladder_rows(const InstrumentView& view, Side side, std::size_t rows);
// How many prices of ours there are on that side.
std::size_t own_prices(const InstrumentView& view, Side side);

}  // namespace mm::monitor
