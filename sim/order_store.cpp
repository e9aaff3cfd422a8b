#include "sim/order_store.h"

#include <bit>

#include "engine/core/assert.h"

namespace mm::sim {

OrderStore::OrderStore(std::uint32_t open_max, std::uint32_t closed_max)
    : open_max_(open_max),
      rows_(open_max + closed_max),
      table_(std::bit_ceil(2 * rows_.size()), kNoRow),
      closed_(rows_.size()) {}

OrderRow OrderStore::open(ClientOrderId id, AccountId account) {
  MM_ASSERT(!full(), "the caller checks that there is room for one more order");
  const OrderRow old = find(id, account);
  // A closed order of the same id stays as a row but is no longer found.
  if (old != kNoRow) unindex(old);
  const OrderRow row = unused_row();
  rows_[row] = {};
  rows_[row].id = id;
  rows_[row].account = account;
  rows_[row].status = OrderStatusCode::kOpen;
  index(row);
  ++open_;
  return row;
}

void OrderStore::close(OrderRow row, OrderStatusCode status) {
  rows_[row].status = status;
  closed_[(closed_first_ + closed_count_++) % closed_.size()] = row;
  --open_;
}

OrderRow OrderStore::find(ClientOrderId id, AccountId account) const {
  for (std::size_t i = home(id); table_[i] != kNoRow; i = (i + 1) & (table_.size() - 1)) {
    if (rows_[table_[i]].id == id && rows_[table_[i]].account == account) return table_[i];
  }
  return kNoRow;
}

OrderRow OrderStore::find_open(ClientOrderId id, AccountId account) const {
  const OrderRow row = find(id, account);
  return row != kNoRow && rows_[row].status == OrderStatusCode::kOpen ? row : kNoRow;
}

std::size_t OrderStore::home(ClientOrderId id) const {
  return ((id.v * 0x9E3779B97F4A7C15u) >> 20) & (table_.size() - 1);
}

void OrderStore::index(OrderRow row) {
  std::size_t i = home(rows_[row].id);
  while (table_[i] != kNoRow) i = (i + 1) & (table_.size() - 1);
  table_[i] = row;
}

// Removes a row's entry and moves later ones of the same probe run into the hole.
void OrderStore::unindex(OrderRow row) {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = home(rows_[row].id);
  while (table_[hole] != row) {
    if (table_[hole] == kNoRow) return;
    hole = (hole + 1) & mask;
  }
  for (std::size_t i = (hole + 1) & mask; table_[i] != kNoRow; i = (i + 1) & mask) {
    const std::size_t from_home = (i - home(rows_[table_[i]].id)) & mask;
    if (from_home >= ((i - hole) & mask)) {
      table_[hole] = table_[i];
      hole = i;
    }
  }
  table_[hole] = kNoRow;
}

OrderRow OrderStore::unused_row() {
  if (used_ < rows_.size()) return used_++;
  MM_ASSERT(closed_count_ > 0, "every row is open or closed");
  const OrderRow row = closed_[closed_first_];
  closed_first_ = (closed_first_ + 1) % closed_.size();
  --closed_count_;
  unindex(row);
  return row;
}

}  // namespace mm::sim
