#include "engine/core/order.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace mm {
namespace {

using enum OrderState;

constexpr std::size_t kStates = static_cast<std::size_t>(kCount);

constexpr std::uint16_t states(std::initializer_list<OrderState> list) {
  unsigned bits = 0;
  for (const OrderState s : list) bits |= 1u << static_cast<unsigned>(s);
  return static_cast<std::uint16_t>(bits);
}

// Row: from; bits: to. Reports overtake each other, so whatever may be live may also end.
constexpr std::array<std::uint16_t, kStates> kLegal = {
    /* kFree            */ states({kPendingNew}),
    /* kPendingNew      */
    states({kActive, kPartiallyFilled, kUnknown, kFilled, kCanceled, kRejected, kDenied, kExpired}),
    /* kActive          */
    states(
        {kPartiallyFilled, kPendingModify, kPendingCancel, kUnknown, kFilled, kCanceled, kExpired}),
    /* kPartiallyFilled */
    states({kPendingModify, kPendingCancel, kUnknown, kFilled, kCanceled, kExpired}),
    /* kPendingModify   */
    states({kActive, kPartiallyFilled, kUnknown, kFilled, kCanceled, kExpired}),
    /* kPendingCancel   */
    states({kActive, kPartiallyFilled, kUnknown, kFilled, kCanceled, kExpired}),
    /* kUnknown         */
    states({kActive, kPartiallyFilled, kPendingCancel, kFilled, kCanceled, kRejected, kDenied,
            kExpired}),
    /* kFilled          */ states({kFree}),
    /* kCanceled        */ states({kFree}),
    /* kRejected        */ states({kFree}),
    /* kDenied          */ states({kFree}),
    /* kExpired         */ states({kFree}),
};

}  // namespace

bool legal(OrderState from, OrderState to) {
  if (from >= kCount || to >= kCount) return false;
  const unsigned allowed = kLegal[static_cast<std::size_t>(from)];
  return (allowed >> static_cast<unsigned>(to) & 1u) != 0;
}

Lots Order::exposure() const {
  if (!may_be_live(state)) return Lots(0);
  // A replacement starts with nothing executed; a modified order keeps its fills.
  const Lots next = next_id.v != 0 ? next_lots : next_lots - filled;
  return std::max(leaves(), next);
}

Payment Order::payment() const {
  Payment p;
  if (!may_be_live(state)) return p;
  if (acknowledged) p.locked = mm::payment(side, price, leaves());
  if (acknowledged && next_lots.v == 0) return p;
  p.in_flight = mm::payment(side, aggressive_price(), exposure()) - p.locked;
  return p;
}

Lots Order::intended() const {
  if (is_leaving() || !may_be_live(state)) return Lots(0);
  if (state != OrderState::kPendingModify) return leaves();
  return next_id.v != 0 ? next_lots : std::max(next_lots - filled, Lots(0));
}

Ticks Order::aggressive_price() const {
  if (next_lots.v == 0) return price;
  return side == Side::kBuy ? std::max(price, next_price) : std::min(price, next_price);
}

}  // namespace mm
