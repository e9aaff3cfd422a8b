#include "feeds/binance/diff_buffer.h"

#include <algorithm>
#include <cstring>

namespace mm::binance {

DiffBuffer::DiffBuffer(std::size_t levels_max, std::size_t diffs_max)
    : levels_max_(levels_max),
      diffs_max_(diffs_max),
      levels_(std::make_unique_for_overwrite<GridLevel[]>(levels_max)),
      entries_(std::make_unique_for_overwrite<Entry[]>(diffs_max)) {}

BookMessage DiffBuffer::message(const Entry& e) const {
  const GridLevel* const levels = levels_.get() + e.level_begin;
  return {.ids = e.ids,
          .received = e.received,
          .exchange_time = e.exchange_time,
          .bids = {levels, e.bid_count},
          .asks = {levels + e.bid_count, e.ask_count}};
}

// Keeps the newer half at most, moved to the front, so that each level moves rarely.
void DiffBuffer::make_room(std::size_t levels) {
  const auto begin_of = [&](std::size_t i) {
    return i == last_ ? level_end_ : entries_[i].level_begin;
  };
  while (first_ != last_ && (level_end_ - begin_of(first_) > levels_max_ / 2 - levels ||
                             last_ - first_ > diffs_max_ / 2))
    ++first_;
  const std::size_t from = begin_of(first_);
  std::copy(levels_.get() + from, levels_.get() + level_end_, levels_.get());
  for (std::size_t i = first_; i != last_; ++i) {
    Entry e = entries_[i];
    e.level_begin -= from;
    entries_[i - first_] = e;
  }
  level_end_ -= from;
  last_ -= first_;
  first_ = 0;
}

bool DiffBuffer::push(const BookMessage& m) {
  if (m.levels() > levels_max_ / 2) {
    clear();
    return false;
  }
  if (empty()) clear();
  if (last_ == diffs_max_ || level_end_ + m.levels() > levels_max_) make_room(m.levels());
  GridLevel* out = levels_.get() + level_end_;
  out = std::copy(m.bids.begin(), m.bids.end(), out);
  std::copy(m.asks.begin(), m.asks.end(), out);
  entries_[last_++] = {m.ids,      m.received,    m.exchange_time,
                       level_end_, m.bids.size(), m.asks.size()};
  level_end_ += m.levels();
  return true;
}

}  // namespace mm::binance
