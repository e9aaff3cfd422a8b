// Numbers for people who watch: columns that line up, times in the unit that fits.
//
// Pure functions, cold.
#pragma once

#include <string>

#include "engine/counters/metric.h"

namespace mm::monitor {

// With as many decimals as the step has: columns of prices and quantities line up.
std::string price_column(const counters::Scale& scale, Ticks price);
std::string price_column(const counters::Scale& scale, HalfTicks price);
std::string lots_column(const counters::Scale& scale, Lots lots);
// In at most so many columns, five or more: where there is no room, shortened as 79.5M towards
// zero, or with ~ in place of the last decimals.
std::string lots_column(const counters::Scale& scale, Lots lots, std::size_t columns);
// Two decimals; exact numbers stand in the summary.
std::string money_column(Money m);
std::string signed_money(Money m);
// 850ns, 1.25us, 12.5ms, 3.00s.
std::string duration_text(Nanos duration);
// 00:12:31, of a time of day.
std::string clock_text(Nanos time);
// The same of a duration, with days before it where there are some: 3d 00:12:31.
std::string span_text(Nanos duration);

}  // namespace mm::monitor
