// Our fills of one instrument, and where the mid went after each: its markouts.
//
// One thread, cold; grows by a row a fill. The mid after a horizon is the last one up to then; for
// what the session's end cut short, the last one there was. A fill before the first mid is judged
// from that on. So a fill's markout at PnlSplit::kHorizon is its spread capture + adverse
// selection.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/instrument.h"
#include "engine/core/types.h"

namespace mm {

inline constexpr std::array kMarkoutHorizons = {10 * kMillisecond, 100 * kMillisecond, kSecond,
                                                10 * kSecond, 60 * kSecond};
inline constexpr std::array kMarkoutNames = {"10ms", "100ms", "1s", "10s", "60s"};
static_assert(kMarkoutHorizons.size() == kMarkoutNames.size());

struct FillRow {
  Nanos time{};
  ClientOrderId order{};
  TradeId trade{};
  Side side{};
  bool maker = true;
  int level = -1;  // of the ladder, which the order served then; -1: not known any more
  Ticks price{};
  Lots lots{};
  Amount base{};  // what the position changed by: signed, less a fee in base
  Amount fee{};
  Asset fee_asset{};
  Amount position{};  // behind it
  Money total{};      // profit then, fees deducted
  HalfTicks mark{};   // the mid then
  Nanos valued{};     // when that was known: `time`, or the first mid's
  std::array<HalfTicks, kMarkoutHorizons.size()> later{};
};

class FillLog {
 public:
  // `valued` and `later` are set here.
  void add(const FillRow& fill);
  void on_mark(HalfTicks mark, Nanos now) {
    if (mark != mark_) change_mark(mark, now);
  }
  // At the session's end.
  void finish();
  std::span<const FillRow> rows() const { return rows_; }

 private:
  void change_mark(HalfTicks mark, Nanos now);

  std::vector<FillRow> rows_;
  std::array<std::size_t, kMarkoutHorizons.size()> next_{};  // the first without it
  HalfTicks mark_{};
};

// Sums over the fills of a side and level; empty: of all of them.
struct MarkoutRow {
  std::optional<Side> side;
  std::optional<int> level;
  std::int64_t fills = 0;
  Money notional{};
  Money at_fill{};  // against the mid of that moment: the spread captured
  std::array<Money, kMarkoutHorizons.size()> later{};
};
// Each level of each side, each side, and all; none without fills.
std::vector<MarkoutRow> markouts(const Instrument& instrument, std::span<const FillRow> fills);

}  // namespace mm
