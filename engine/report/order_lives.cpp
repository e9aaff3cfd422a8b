#include "engine/report/order_lives.h"

#include <algorithm>

#include "engine/core/level_match.h"
#include "engine/core/order_id.h"

namespace mm {

const Order* find_order(const OrderTable& table, ClientOrderId id) {
  const std::uint16_t slot = parts(id).slot;
  if (slot < table.capacity() && table.row(slot).id == id) return &table.row(slot);
  // An order of an earlier start: its id does not tell the slot.
  const auto rows = table.rows();
  const auto row = std::ranges::find(rows, id, &Order::id);
  return row == rows.end() ? nullptr : &*row;
}

void OrderLifeLog::join(const OrderTable& table, const InstrumentState& s, const Order& order,
                        Nanos now) {
  Life life;
  life.key = {order.side, level_served(table, s, order)};
  life.joined = now;
  life.price = order.price;
  life.ahead = s.market.book().lots_at(order.side, order.price).v;
  if (!resting_.try_emplace(order.id, life).second) return;  // told before
  OrderLives& level = by_level_[life.key];
  ++level.joined;
  level.ahead.add(life.ahead);
}

void OrderLifeLog::end(ClientOrderId id, End how, Nanos now) {
  const auto found = resting_.find(id);
  if (found == resting_.end()) return;
  const Life& life = found->second;
  OrderLives& level = by_level_[life.key];
  level.rested += now - life.joined;
  if (life.any_fill) level.ahead_filled.add(life.ahead);
  if (how == End::kFilled) ++level.filled;
  if (how != End::kFilled && life.any_fill) ++level.filled_in_part;
  if (how == End::kAmended) ++level.amended;
  if (how == End::kCancelled) ++level.cancelled;
  resting_.erase(found);
}

// Over, if the core says so: an order may be filled and the answer to its amend still be missing.
void OrderLifeLog::settle(const OrderTable& table, ClientOrderId id, Nanos now) {
  const Order* const order = find_order(table, id);
  if (order != nullptr && !is_terminal(order->state)) return;
  const bool filled = order != nullptr && order->state == OrderState::kFilled;
  end(id, filled ? End::kFilled : End::kCancelled, now);
}

void OrderLifeLog::on_fill(const Core& core, const InstrumentState& s, ClientOrderId id,
                           Nanos now) {
  const Order* const order = find_order(core.orders(), id);
  // Its fills may be told before its confirmation.
  const bool alive = order != nullptr && !is_terminal(order->state);
  if (alive || (order != nullptr && order->state == OrderState::kFilled)) {
    join(core.orders(), s, *order, now);
  }
  const auto found = resting_.find(id);
  if (found == resting_.end()) return;
  Life& life = found->second;
  if (!life.any_fill) by_level_[life.key].fill_wait.add((now - life.joined).v);
  life.any_fill = true;
  settle(core.orders(), id, now);
}

void OrderLifeLog::on_report(const Core& core, const InstrumentState& s, const Event& event) {
  const Nanos now = event.time;
  const OrderReport& r = event.report;
  const bool replaced = event.kind == EventKind::kReplaced;
  if (replaced) end(r.id, End::kAmended, now);
  const ClientOrderId id = replaced ? r.new_id : r.id;
  const Order* const order = find_order(core.orders(), id);
  if (order != nullptr && order->acknowledged) {
    const auto life = resting_.find(id);
    if (life != resting_.end() && life->second.price != order->price) end(id, End::kAmended, now);
    if (!is_terminal(order->state)) join(core.orders(), s, *order, now);
  }
  settle(core.orders(), id, now);
}

void OrderLifeLog::on_execution(const Core& core, const InstrumentState& s, const Event& event) {
  if (reports_order(event.kind)) return on_report(core, s, event);
  switch (event.kind) {
    case EventKind::kAdopted:
      if (const Order* order = find_order(core.orders(), event.adoption.id)) {
        join(core.orders(), s, *order, event.time);
      }
      return;
    case EventKind::kFilled:
      return on_fill(core, s, event.fill.id, event.time);
    default:
      if (!reports_failure(event.kind)) return;
      settle(core.orders(), event.failure.id, event.time);
      settle(core.orders(), event.failure.new_id, event.time);
  }
}

void OrderLifeLog::finish(const Core& core) {
  while (!resting_.empty()) {
    const ClientOrderId id = resting_.begin()->first;
    settle(core.orders(), id, core.now());
    end(id, End::kCancelled, core.now());
  }
}

}  // namespace mm
