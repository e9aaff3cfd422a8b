// Requests that wait for their answers, found by the id the answer carries.
//
// Owned by one thread; O(1), allocates at construction only. Ids are never used again, so an answer
// that comes twice or after its request was given up finds nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"

namespace mm::binance::orders {

enum class Purpose : std::uint8_t {
  kCommand,  // of the core
  kTrades,   // executions of an order that miss with us
  kSweep,    // all open orders of a symbol, now and then
  kTime
};

struct PendingRequest {
  Command command{};
  std::uint64_t id = 0;          // 0: not in use
  std::uint32_t connection = 0;  // serial number of the connection it went out on
  Nanos sent{};
  Purpose purpose = Purpose::kCommand;
  Event then;  // of kTrades: told after them; kNone: nothing
};

class InFlight {
 public:
  explicit InFlight(std::size_t capacity) : rows_(capacity) {
    for (std::size_t i = capacity; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  std::size_t size() const { return rows_.size() - free_.size(); }
  std::size_t room() const { return free_.size(); }

  // The caller has looked at room(). The id is the request's; below 2^53, as JSON wants.
  PendingRequest& add() {
    PendingRequest& row = rows_[free_.back()];
    row = {};
    row.id = ++last_ * kSpan + free_.back();
    free_.pop_back();
    return row;
  }
  // Null for an id that waits for nothing. Valid until the row is removed.
  PendingRequest* find(std::uint64_t id) {
    const std::uint64_t slot = id % kSpan;
    return id != 0 && slot < rows_.size() && rows_[slot].id == id ? &rows_[slot] : nullptr;
  }
  void remove(PendingRequest& row) {
    free_.push_back(static_cast<std::uint32_t>(row.id % kSpan));
    row.id = 0;
  }
  // Calls `visit(row)` for every waiting request; it may remove that row.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (PendingRequest& row : rows_) {
      if (row.id != 0) visit(row);
    }
  }

 private:
  static constexpr std::uint64_t kSpan = 4096;

  std::vector<PendingRequest> rows_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_ = 0;
};

}  // namespace mm::binance::orders
