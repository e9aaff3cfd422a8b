#include "engine/report/fill_log.h"

#include <algorithm>
#include <utility>

#include "engine/core/params.h"

namespace mm {
namespace {

void add(const Instrument& instrument, const FillRow& fill, MarkoutRow& row) {
  const auto gain = [&](HalfTicks mid) {
    return value(instrument, fill.base, mid) - value(instrument, fill.base, half_ticks(fill.price));
  };
  ++row.fills;
  row.notional += notional(instrument, fill.price, fill.lots);
  row.at_fill += gain(fill.mark);
  for (std::size_t h = 0; h < row.later.size(); ++h) row.later[h] += gain(fill.later[h]);
}

}  // namespace

void FillLog::add(const FillRow& fill) {
  rows_.push_back(fill);
  rows_.back().mark = mark_;
  rows_.back().valued = fill.time;
}

void FillLog::change_mark(HalfTicks mark, Nanos now) {
  for (FillRow& fill : rows_) {
    if (mark_.v != 0) break;
    fill.mark = mark;
    fill.valued = now;
  }
  for (std::size_t h = 0; h < next_.size(); ++h) {
    for (; next_[h] < rows_.size(); ++next_[h]) {
      FillRow& fill = rows_[next_[h]];
      if (fill.valued + kMarkoutHorizons[h] >= now) break;
      fill.later[h] = mark_;
    }
  }
  mark_ = mark;
}

void FillLog::finish() {
  for (std::size_t h = 0; h < next_.size(); ++h) {
    for (; next_[h] < rows_.size(); ++next_[h]) rows_[next_[h]].later[h] = mark_;
  }
}

std::vector<MarkoutRow> markouts(const Instrument& instrument, std::span<const FillRow> fills) {
  std::vector<MarkoutRow> rows;
  const auto row = [&rows](std::optional<Side> side, std::optional<int> level) -> MarkoutRow& {
    const auto found = std::ranges::find_if(
        rows, [&](const MarkoutRow& r) { return r.side == side && r.level == level; });
    if (found != rows.end()) return *found;
    return rows.emplace_back(MarkoutRow{.side = side, .level = level});
  };
  for (const FillRow& fill : fills) {
    if (fill.mark.v == 0) continue;  // no mid was ever seen
    add(instrument, fill, row(fill.side, fill.level));
    add(instrument, fill, row(fill.side, std::nullopt));
    add(instrument, fill, row(std::nullopt, std::nullopt));
  }
  // By side, both last; by level, all last.
  const auto place = [](const MarkoutRow& r) {
    return std::pair(r.side ? static_cast<int>(*r.side) : 2,
                     r.level ? *r.level : kMaxLevelsPerSide);
  };
  std::ranges::sort(rows, {}, place);
  return rows;
}

}  // namespace mm
