#include "sim/order_store.h"

#include "engine/core/assert.h"

namespace mm::sim {
namespace {

// Consecutive numbers must not be neighbours in the table: runs of them would make probing slow.
std::uint64_t scattered(std::uint64_t key) {
  return (key * 0x9E3779B97F4A7C15u) >> 20;
}

}  // namespace

OrderStore::OrderStore(std::uint32_t open_max, std::uint32_t closed_max)
    : open_max_(open_max),
      rows_(open_max + closed_max),
      by_client_id_(rows_.size()),
      by_venue_id_(rows_.size()),
      closed_(rows_.size()) {}

OrderRow OrderStore::open(ClientOrderId id, AccountId account) {
  MM_ASSERT(!full(), "the caller checks that there is room for one more order");
  const OrderRow old = find(id, account);
  // A closed order of the same id stays as a row but is no longer found by it.
  if (old != kNoRow) forget_client_id(old);
  const OrderRow row = unused_row();
  RestingOrder& order = rows_[row];
  order = {};
  order.id = id;
  order.account = account;
  order.venue_id = VenueOrderId(++last_id_.v);
  order.status = OrderStatusCode::kOpen;
  by_client_id_.insert(hash(id, account), row);
  by_venue_id_.insert(hash(order.venue_id), row);
  ++open_;
  return row;
}

void OrderStore::close(OrderRow row, OrderStatusCode status) {
  rows_[row].status = status;
  closed_[(closed_first_ + closed_count_++) % closed_.size()] = row;
  --open_;
}

OrderRow OrderStore::find(VenueOrderId id) const {
  return by_venue_id_.find(hash(id), [&](OrderRow row) { return rows_[row].venue_id == id; });
}

OrderRow OrderStore::find(ClientOrderId id, AccountId account) const {
  return by_client_id_.find(hash(id, account), [&](OrderRow row) {
    return rows_[row].id == id && rows_[row].account == account;
  });
}

OrderRow OrderStore::find_open(ClientOrderId id, AccountId account) const {
  const OrderRow row = find(id, account);
  return row != kNoRow && rows_[row].status == OrderStatusCode::kOpen ? row : kNoRow;
}

std::uint64_t OrderStore::hash(ClientOrderId id, AccountId account) {
  return scattered(id.v + (std::uint64_t{account} << 48));
}
std::uint64_t OrderStore::hash(VenueOrderId id) {
  return scattered(id.v);
}

void OrderStore::forget_client_id(OrderRow row) {
  by_client_id_.erase(row, [&](OrderRow r) { return hash(rows_[r].id, rows_[r].account); });
}

OrderRow OrderStore::unused_row() {
  if (used_ < rows_.size()) return used_++;
  MM_ASSERT(closed_count_ > 0, "every row is open or closed");
  const OrderRow row = closed_[closed_first_];
  closed_first_ = (closed_first_ + 1) % closed_.size();
  --closed_count_;
  forget_client_id(row);
  by_venue_id_.erase(row, [&](OrderRow r) { return hash(rows_[r].venue_id); });
  return row;
}

}  // namespace mm::sim
