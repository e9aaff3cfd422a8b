// The last trade ids of one instrument: tells a new fill from one already counted.
//
// Owned by the order lifecycle, on the core's thread; O(1), allocates in the constructor only.
// Venues number an instrument's trades upwards. When the window is full its oldest entry leaves;
// an unknown id not above every id that has left cannot be judged and is called too old.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace mm {

class TradeIdWindow {
 public:
  enum class Verdict : std::uint8_t { kNew, kDuplicate, kTooOld };

  // Remembers `capacity` ids, rounded up to a power of two.
  explicit TradeIdWindow(std::size_t capacity = 4096)
      : order_(std::bit_ceil(std::max<std::size_t>(capacity, 1))), cells_(order_.size() * 2) {}

  // Judges an id and remembers a new one.
  Verdict insert(TradeId id) {
    std::size_t cell = home(id);
    for (; cells_[cell].used; cell = next(cell)) {
      if (cells_[cell].id == id) return Verdict::kDuplicate;
    }
    if (left_ && id <= newest_left_) return Verdict::kTooOld;
    if (size_ == order_.size()) {
      forget_oldest();
      cell = home(id);  // the cells have moved
      while (cells_[cell].used) cell = next(cell);
    }
    cells_[cell] = {id, true};
    order_[(first_ + size_) & (order_.size() - 1)] = id;
    ++size_;
    return Verdict::kNew;
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return order_.size(); }

 private:
  struct Cell {
    TradeId id{};
    bool used{};
  };

  std::size_t home(TradeId id) const {
    return (id.v * 0x9E3779B97F4A7C15u) >> (64 - std::bit_width(cells_.size() - 1));
  }
  std::size_t next(std::size_t cell) const { return (cell + 1) & (cells_.size() - 1); }

  void forget_oldest() {
    const TradeId id = order_[first_];
    first_ = (first_ + 1) & (order_.size() - 1);
    --size_;
    newest_left_ = left_ ? std::max(newest_left_, id) : id;
    left_ = true;
    std::size_t hole = home(id);
    while (!(cells_[hole].used && cells_[hole].id == id)) hole = next(hole);
    close(hole);
  }
  // Linear probing without tombstones: later entries of the run move into the hole.
  void close(std::size_t hole) {
    const std::size_t mask = cells_.size() - 1;
    for (std::size_t cell = next(hole); cells_[cell].used; cell = next(cell)) {
      const std::size_t distance = (cell - home(cells_[cell].id)) & mask;
      if (distance < ((cell - hole) & mask)) continue;  // its home lies behind the hole
      cells_[hole] = cells_[cell];
      hole = cell;
    }
    cells_[hole] = {};
  }

  std::vector<TradeId> order_;  // first come, first forgotten
  std::vector<Cell> cells_;     // open addressing, at most half full
  std::size_t first_ = 0, size_ = 0;
  TradeId newest_left_{};
  bool left_ = false;
};

}  // namespace mm
