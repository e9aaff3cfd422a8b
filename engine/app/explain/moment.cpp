#include "engine/app/explain/moment.h"

#include <fmt/chrono.h>

#include <charconv>
#include <chrono>

namespace mm::app {
namespace {

constexpr std::int64_t kDaySeconds = 24 * 3600;

// Takes what it reads off the front of a text; what does not fit leaves it not ok.
struct Scanner {
  std::string_view left;
  bool ok = true;

  std::int64_t digits(std::size_t at_least, std::size_t at_most) {
    std::size_t n = 0;
    std::int64_t value = 0;
    for (; n < at_most && n < left.size() && left[n] >= '0' && left[n] <= '9'; ++n) {
      value = value * 10 + (left[n] - '0');
    }
    ok = ok && n >= at_least;
    left.remove_prefix(n);
    return value;
  }
  bool take(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  void must(char c) { ok = take(c) && ok; }
  // .f, if it is there, in ns.
  std::int64_t fraction() {
    if (!take('.')) return 0;
    const std::size_t before = left.size();
    std::int64_t value = digits(1, 9);
    for (std::size_t n = before - left.size(); n < 9; ++n) value *= 10;
    return value;
  }
  // HH:MM:SS[.f] in ns.
  std::int64_t time_of_day() {
    const std::int64_t hours = digits(2, 2);
    must(':');
    const std::int64_t minutes = digits(2, 2);
    must(':');
    const std::int64_t seconds = digits(2, 2);
    ok = ok && hours < 24 && minutes < 60 && seconds < 60;
    return ((hours * 60 + minutes) * 60 + seconds) * kSecond.v + fraction();
  }
  bool ended() const { return ok && left.empty(); }
};

std::optional<Nanos> parse_date_and_time(std::string_view text) {
  Scanner scan{text};
  const auto year = static_cast<int>(scan.digits(4, 4));
  scan.must('-');
  const auto month = static_cast<unsigned>(scan.digits(2, 2));
  scan.must('-');
  const auto day = static_cast<unsigned>(scan.digits(2, 2));
  if (!scan.take('T')) scan.must(' ');
  const std::int64_t time = scan.time_of_day();
  scan.take('Z');
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  // Beyond these years nanoseconds do not fit 64 bits.
  if (!scan.ended() || !date.ok() || year < 1970 || year > 2261) return {};
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return Nanos(days * kDaySeconds * kSecond.v + time);
}

std::optional<Nanos> parse_time_of_day(std::string_view text, Nanos begin) {
  Scanner scan{text};
  const std::int64_t time = scan.time_of_day();
  scan.take('Z');
  if (!scan.ended()) return {};
  const std::int64_t day = kDaySeconds * kSecond.v;
  const Nanos today(begin.v / day * day + time);
  return today < begin ? today + Nanos(day) : today;
}

std::optional<Nanos> parse_seconds_after(std::string_view text, Nanos begin) {
  Scanner scan{text};
  const std::int64_t seconds = scan.digits(1, 9);
  const std::int64_t fraction = scan.fraction();
  if (!scan.ended()) return {};
  return Nanos(begin.v + seconds * kSecond.v + fraction);
}

}  // namespace

std::string moment_text(Nanos time) {
  const std::int64_t seconds = time.v / kSecond.v;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<time_t>(seconds)),
                     time.v % kSecond.v / 1000);
}

std::optional<Nanos> parse_moment(std::string_view text, Nanos begin) {
  if (text.starts_with('+')) return parse_seconds_after(text.substr(1), begin);
  if (text.size() > 2 && text[2] == ':') return parse_time_of_day(text, begin);
  if (text.size() > 4 && text[4] == '-') return parse_date_and_time(text);
  std::int64_t ns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
  if (error != std::errc() || end != text.data() + text.size() || ns < 0) return {};
  return Nanos(ns);
}

}  // namespace mm::app
