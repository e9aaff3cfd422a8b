#include "engine/report/iso_time.h"

#include <fmt/format.h>

#include <chrono>

namespace mm {

std::string iso_time(Nanos time) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds(time.v)};
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss clock(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace mm
