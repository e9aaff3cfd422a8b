// What `mm_logic top` shows: from a look at an engine to lines of text that fit a terminal.
//
// Pure functions, cold: the same input gives the same lines, whoever draws them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/monitor/engine_view.h"
#include "engine/monitor/text_page.h"

namespace mm::monitor {

enum class Tab : std::uint8_t {
  kMarket,  // book, position, levels, and the rest in short
  kOrders,  // every level and every order
  kEngine,  // events, requests, limits, latencies, connections
  kLog,
  kHelp,
  kCount
};

struct TopInput {
  const EngineView& view;
  const EventCounts& rates;          // a second
  std::span<const std::string> log;  // oldest first
  std::size_t instrument = 0;        // shown, by place in the view
  Tab tab = Tab::kMarket;
  std::string_view message = {};  // what the last key has led to; in place of the keys
};

struct PageSize {
  std::size_t rows, columns;
};

// Exactly as many lines as there are rows, none longer than the columns.
Page top_page(const TopInput& in, PageSize size);
// Everything, of all instruments, as long as it is.
Page whole_page(const TopInput& in, std::size_t columns);

}  // namespace mm::monitor
