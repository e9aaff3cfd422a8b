// A look at an engine as the JSON that the page reads: every metric by the name and unit that its
// table gives it.
//
// Pure functions, cold. What people may want to the last digit (money, amounts, ids) is text, other
// numbers are numbers, members of enums their names; null where there is none.
#pragma once

#include <string>

#include "engine/monitor/engine_view.h"

namespace mm::dashboard {

// What stays as it is: who it is, units, names of labels and of the rows' columns.
std::string about_json(const monitor::EngineView& view, std::size_t instrument);
// All numbers of the engine and of one instrument, book, orders and levels, as they are now.
std::string now_json(const monitor::EngineView& view, std::size_t instrument);
// What a list of engines needs to know of each.
std::string brief_json(const monitor::EngineView& view, std::uint32_t id);

// What is kept of each second, to be plotted: an array of numbers.
std::string engine_row(const monitor::EngineView& view);
std::string instrument_row(const monitor::EngineView& view, std::size_t instrument);

}  // namespace mm::dashboard
