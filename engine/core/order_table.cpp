#include "engine/core/order_table.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/order_id.h"

namespace mm {
namespace {

constexpr bool better(Side side, Ticks a, Ticks b) {
  return side == Side::kBuy ? a > b : a < b;
}

}  // namespace

OrderTable::OrderTable(const OrderTableConfig& config)
    : config_(config),
      rows_(config.capacity),
      deadlines_(config.capacity),
      generations_(config.capacity, config.nonce),
      live_(std::size_t{config.instruments} * 2 * config.per_side_max),
      sums_(config.instruments),
      ended_(std::size_t{config.capacity} + 1) {
  MM_ASSERT(config.capacity > 0 && config.capacity < kNoSlot, "1..65534 rows");
  MM_ASSERT(config.reserved_for_unknown < config.capacity, "rows left for known orders");
  free_.reserve(config.capacity);
  adopted_.reserve(config.capacity);
  for (std::uint16_t slot = config.capacity; slot-- > 0;) {
    rows_[slot].slot = slot;
    free_.push_back(slot);
  }
  ended_.back() = {config.capacity, config.capacity};
}

bool OrderTable::is_full() const {
  const std::size_t known = used_count_ - unknown_count_;
  return free_.empty() || known >= rows_.size() - config_.reserved_for_unknown;
}

bool OrderTable::has_room(InstrumentId instrument, Side side) const {
  return !is_full() && live(instrument, side).size() < config_.per_side_max;
}

Order* OrderTable::create(InstrumentId instrument, Side side, Ticks price, Lots lots, Nanos now) {
  if (!has_room(instrument, side)) return nullptr;
  return &open_row(instrument, side, price, lots, now, ClientOrderId(0));
}

Order* OrderTable::adopt(ClientOrderId id, InstrumentId instrument, Side side, Ticks price,
                         Lots lots, Nanos now) {
  MM_ASSERT(is_of_earlier_start(id) && find(id) == nullptr, "an order of an earlier start, once");
  if (!has_room(instrument, side)) return nullptr;
  Order& row = open_row(instrument, side, price, lots, now, id);
  adopted_.push_back(row.slot);
  return &row;
}

// The caller has looked for room. Without an id the row gets one of its own.
Order& OrderTable::open_row(InstrumentId instrument, Side side, Ticks price, Lots lots, Nanos now,
                            ClientOrderId adopted) {
  MM_ASSERT(instrument < config_.instruments, "an instrument of this table");
  const std::uint16_t slot = free_.back();
  free_.pop_back();
  ++used_count_;
  Order& row = rows_[slot];
  const Share nothing{};
  row = {};
  row.slot = slot;
  row.id = adopted.v != 0 ? adopted : fresh_id(row);
  row.instrument = instrument;
  row.side = side;
  row.price = price;
  row.lots = lots;
  row.created = row.updated = row.news = now;
  row.state = OrderState::kPendingNew;
  account(row, nothing, share(row));
  return row;
}

bool OrderTable::is_of_earlier_start(ClientOrderId id) const {
  const OrderIdParts p = parts(id);
  return p.instance == config_.instance && p.epoch != config_.epoch;
}

ClientOrderId OrderTable::fresh_id(const Order& row) {
  constexpr std::uint32_t kMask = 0xFFFFFF;
  std::uint32_t& generation = generations_[row.slot];
  generation = (generation + 1) & kMask;
  if (generation == 0) generation = 1;  // so that no id is ever 0
  return make_order_id({config_.instance, config_.epoch, row.slot, generation});
}

Order* OrderTable::find(ClientOrderId id) {
  const OrderIdParts p = parts(id);
  if (id.v == 0) return nullptr;
  std::uint16_t slot = p.slot;
  if (is_of_earlier_start(id)) {
    const auto adopted =
        std::ranges::find_if(adopted_, [&](std::uint16_t s) { return rows_[s].id == id; });
    slot = adopted == adopted_.end() ? kNoSlot : *adopted;
  }
  if (slot >= rows_.size()) return nullptr;
  Order& row = rows_[slot];
  if (row.state == OrderState::kFree || (row.id != id && row.next_id != id)) return nullptr;
  return &row;
}

bool OrderTable::may_enter(const Order& row, OrderState to) {
  if (to != OrderState::kFree && legal(row.state, to)) return true;
  ++illegal_transitions_;
  return false;
}

void OrderTable::release(Order& row) {
  MM_ASSERT(is_terminal(row.state), "only a terminal row may be released");
  const std::uint16_t slot = row.slot;
  unlink_ended(slot);
  std::erase(adopted_, slot);
  deadlines_.set(slot, kNever);
  row = {};
  row.slot = slot;
  free_.push_back(slot);
  --used_count_;
}

Order* OrderTable::oldest_terminal() {
  const std::uint16_t slot = ended_.back().next;
  return slot == capacity() ? nullptr : &rows_[slot];
}

std::span<const std::uint16_t> OrderTable::live(InstrumentId instrument, Side side) const {
  return {side_slots(instrument, side), sums(instrument, side).live};
}

Lots OrderTable::exposure(InstrumentId instrument, Side side) const {
  return sums(instrument, side).exposure;
}

const Payment& OrderTable::payment(InstrumentId instrument, Side side) const {
  return sums(instrument, side).payment;
}

Ticks OrderTable::most_aggressive(InstrumentId instrument, Side side) const {
  const auto slots = live(instrument, side);
  MM_ASSERT(!slots.empty(), "ask has_live first");
  Ticks best = rows_[slots.front()].aggressive_price();
  for (const std::uint16_t slot : slots) {
    const Ticks price = rows_[slot].aggressive_price();
    if (better(side, price, best)) best = price;
  }
  return best;
}

std::size_t OrderTable::live_count(InstrumentId instrument) const {
  const InstrumentSums& s = sums_[instrument];
  return std::size_t{s.sides[0].live} + s.sides[1].live;
}

std::size_t OrderTable::unknown_count(InstrumentId instrument) const {
  return sums_[instrument].unknown;
}

std::size_t OrderTable::pending_modifications(InstrumentId instrument) const {
  return sums_[instrument].pending;
}

std::uint16_t OrderTable::due(Nanos now, std::uint16_t from) const {
  for (std::uint16_t slot = from; slot < capacity(); ++slot) {
    if (deadlines_.at(slot) <= now) return slot;
  }
  return kNoSlot;
}

void OrderTable::insert_live(const Order& row) {
  std::uint16_t& count = sums_[row.instrument].sides[index(row.side)].live;
  MM_ASSERT(count < config_.per_side_max, "room was checked when the row was created");
  std::uint16_t* slots = side_slots(row.instrument, row.side);
  std::uint16_t at = count++;
  for (; at > 0 && better(row.side, row.price, rows_[slots[at - 1]].price); --at) {
    slots[at] = slots[at - 1];
  }
  slots[at] = row.slot;
}

void OrderTable::erase_live(const Order& row) {
  std::uint16_t& count = sums_[row.instrument].sides[index(row.side)].live;
  std::uint16_t* slots = side_slots(row.instrument, row.side);
  std::uint16_t* last = slots + count;
  std::uint16_t* at = std::find(slots, last, row.slot);
  MM_ASSERT(at != last, "a live row is in the list of its side");
  std::copy(at + 1, last, at);
  --count;
}

void OrderTable::append_ended(std::uint16_t slot) {
  const std::uint16_t end = capacity();
  const std::uint16_t last = ended_[end].previous;
  ended_[slot] = {last, end};
  ended_[last].next = slot;
  ended_[end].previous = slot;
}

void OrderTable::unlink_ended(std::uint16_t slot) {
  const Link link = ended_[slot];
  ended_[link.previous].next = link.next;
  ended_[link.next].previous = link.previous;
}

std::uint16_t* OrderTable::side_slots(InstrumentId instrument, Side side) {
  return live_.data() + (std::size_t{instrument} * 2 + index(side)) * config_.per_side_max;
}

const std::uint16_t* OrderTable::side_slots(InstrumentId instrument, Side side) const {
  return live_.data() + (std::size_t{instrument} * 2 + index(side)) * config_.per_side_max;
}

const OrderTable::SideSums& OrderTable::sums(InstrumentId instrument, Side side) const {
  MM_ASSERT(instrument < config_.instruments, "an instrument of this table");
  return sums_[instrument].sides[index(side)];
}

}  // namespace mm
