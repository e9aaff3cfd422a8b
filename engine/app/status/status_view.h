// The live status on the terminal: a page redrawn in place, or plain lines where there is none.
//
// Owned by the main thread, cold. `status` shows market, quotes, profit and rates; `orders` shows
// the order table, pending amends, the countdown to the next reset and the log.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "engine/app/status/status_board.h"
#include "engine/runtime/event_counter.h"

namespace mm::app {

enum class ViewKind : std::uint8_t { kStatus, kOrders };

// What stdout is good for: a page drawn again and again (else lines are written), and colours.
struct Screen {
  bool redraws = false, colours = false;
};

struct ViewInput {
  const StatusSnapshot& snapshot;
  const EventCounts& events;
  const EventCounts& rates;  // a second
  Nanos started{};
  Nanos until{kNever};  // planned end
  std::string_view where;
  std::string_view warning = {};  // of what goes wrong beside the core
};

// Best prices, moves, trend, volatility and flow: three lines.
std::string market_lines(const Instrument& instrument, const InstrumentView& view);

class StatusView {
 public:
  StatusView(ViewKind kind, Screen screen, std::vector<Instrument> instruments);

  // A line of the log, with its time.
  void log(Nanos at, std::string_view line);
  void show(const ViewInput& in);
  // The cursor back where a shell expects it; also what remains after Ctrl-C.
  void close();

  // The page as text, for tests.
  std::string page(const ViewInput& in) const;
  // One instrument, or what all come to and which are not quoted.
  std::string line(const ViewInput& in) const;

 private:
  std::string head(const ViewInput& in) const;
  std::string instrument_block(const ViewInput& in, std::size_t i) const;
  std::string orders_block(const ViewInput& in, std::size_t i) const;
  std::string total_line(const StatusSnapshot& s) const;
  std::string idle_text(const StatusSnapshot& s) const;
  std::string colour(const char* code, std::string text) const;

  static constexpr std::size_t kLogLines = 16;

  ViewKind kind_;
  Screen screen_;
  std::vector<Instrument> instruments_;
  std::deque<std::string> log_;
  bool opened_ = false;
};

}  // namespace mm::app
