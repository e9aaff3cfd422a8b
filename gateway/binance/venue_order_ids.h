// Which order of ours a venue's order number belongs to; bounded, the oldest of a bucket goes.
//
// One thread writes, any may read; wait-free, allocates at construction only. Order numbers are
// unique on one symbol only, so the instrument is part of the key.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/instrument.h"

namespace mm::binance::orders {

class VenueOrderIds {
 public:
  explicit VenueOrderIds(std::size_t capacity = 65536)
      : cells_(std::bit_ceil(capacity < kWays ? kWays : capacity)) {}

  // The writer's thread.
  void insert(InstrumentId instrument, VenueOrderId venue_id, ClientOrderId id) {
    const std::uint64_t key = key_of(instrument, venue_id);
    if (venue_id.v == 0 || find(instrument, venue_id) == id) return;
    const std::size_t bucket = bucket_of(key);
    for (std::size_t way = kWays - 1; way > 0; --way) {
      move(cells_[bucket + way - 1], cells_[bucket + way]);
    }
    write(cells_[bucket], key, id.v);
  }
  // 0 if it is not known (any more).
  ClientOrderId find(InstrumentId instrument, VenueOrderId venue_id) const {
    const std::uint64_t key = key_of(instrument, venue_id);
    const std::size_t bucket = bucket_of(key);
    for (std::size_t way = 0; way < kWays; ++way) {
      const Cell& cell = cells_[bucket + way];
      if (cell.key.load(std::memory_order_acquire) != key) continue;
      const std::uint64_t id = cell.id.load(std::memory_order_acquire);
      if (cell.key.load(std::memory_order_acquire) == key) return ClientOrderId(id);
    }
    return {};
  }

 private:
  static constexpr std::size_t kWays = 4;

  struct Cell {
    std::atomic<std::uint64_t> key{0}, id{0};
  };

  static std::uint64_t key_of(InstrumentId instrument, VenueOrderId venue_id) {
    static_assert(kMaxInstruments == 1024);
    return (venue_id.v << 10) | instrument;
  }
  std::size_t bucket_of(std::uint64_t key) const {
    const std::uint64_t mixed = key * 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>(mixed >> 20) & (cells_.size() - 1) & ~(kWays - 1);
  }
  // A reader sees the key gone, or key and id as they belong together.
  static void write(Cell& cell, std::uint64_t key, std::uint64_t id) {
    cell.key.store(0, std::memory_order_release);
    cell.id.store(id, std::memory_order_release);
    cell.key.store(key, std::memory_order_release);
  }
  static void move(const Cell& from, Cell& to) {
    write(to, from.key.load(std::memory_order_relaxed), from.id.load(std::memory_order_relaxed));
  }

  std::vector<Cell> cells_;
};

}  // namespace mm::binance::orders
