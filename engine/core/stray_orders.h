// Orders of ours that live at the venue without a row in the table: being cancelled until gone.
//
// Such a stray is of an earlier start, or was given up wrongly. It cannot be quoted with, its terms
// may not be known, and it may fill: so while an instrument has one, its session counts as
// reconciling (nothing of it is quoted), which is simpler than sums that hold what is not known,
// and as safe. Owned by the order lifecycle, on the core's thread; a short list, allocated once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm {

struct StrayOrder {
  ClientOrderId id{};
  VenueOrderId venue_id{};
  Nanos deadline{};  // of the next cancel
  InstrumentId instrument{};
  Side side{Side::kBuy};
  std::uint8_t tries{};
};

class StrayOrders {
 public:
  explicit StrayOrders(std::size_t max) { orders_.reserve(max); }

  // False when there is no room. The order must not be there yet.
  bool add(const StrayOrder& stray);
  StrayOrder* find(ClientOrderId id);
  void erase(StrayOrder& stray);

  std::size_t size() const { return orders_.size(); }
  bool has(InstrumentId instrument) const;
  Nanos next_deadline() const;
  std::span<StrayOrder> all() { return orders_; }

 private:
  std::vector<StrayOrder> orders_;
};

}  // namespace mm
