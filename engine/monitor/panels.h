// The pieces that pages of text are put together from: one subject each.
//
// Pure functions of a look at an engine, cold. A panel is as long as its subject; whoever has less
// room drops lines by their rank.
#pragma once

#include <vector>

#include "engine/monitor/engine_view.h"
#include "engine/monitor/text_page.h"

namespace mm::monitor {

struct Ranked {
  Line line;
  int rank = 0;  // the greatest goes first where there is no room
};
// The lines that fit, those of great rank left out; the last says how many there are more.
Page fitted(std::vector<Ranked> lines, std::size_t rows);
// The first rows of a page; where that is not all, the last says how many there are more.
Page cut(Page page, std::size_t rows);

// Who runs, what it quotes, whether all is well: two lines.
Page head_panel(const EngineView& view, const InstrumentView& of, std::size_t place);
// Book and our orders in it, asks above bids.
Page book_panel(const InstrumentView& of, std::size_t rows);
// Position, profit, orders, limits, rates, latency, connections, levels.
std::vector<Ranked> state_panel(const EngineView& view, const InstrumentView& of,
                                const EventCounts& rates);
Page levels_panel(const InstrumentView& of);
Page orders_panel(const EngineView& view, const InstrumentView& of);
Page engine_panel(const EngineView& view, const EventCounts& rates);

}  // namespace mm::monitor
