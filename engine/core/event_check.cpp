#include "engine/core/event_check.h"

#include "engine/core/command.h"
#include "engine/core/epoch.h"

namespace mm {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 61;      // spans of time, amounts of an asset
constexpr std::int64_t kLotsMost = 1'000'000'000'000'000;  // as Market has it

template <class Tag>
bool within(Unit<Tag, std::int64_t> value, std::int64_t most) {
  return value.v >= 0 && value.v <= most;
}
template <class Enum>
bool is_word(Enum value, Enum last) {
  return value <= last;
}

bool is_possible(const OrderReport& r) {
  return within(r.lots, kLotsMost) && r.ticks >= 0 && r.reason < RejectReason::kCount &&
         r.status <= static_cast<std::uint8_t>(OrderStatusCode::kRejected);
}
bool is_possible(const Adoption& a) {
  return a.id.v != 0 && within(a.lots, kLotsMost) && a.executed.v >= 0 && a.executed < a.lots &&
         a.ticks > 0;
}
bool is_possible(const RequestFailure& f) {
  return within(f.retry_after, kMost) && f.reason < RejectReason::kCount &&
         f.command < static_cast<std::uint8_t>(CommandKind::kCount);
}
bool is_possible(const Fill& f) {
  return within(f.lots, kLotsMost) && f.ticks >= 0 && f.fee.v > -kMost && f.fee.v < kMost &&
         is_word(f.fee_asset, Asset::kOther);
}
bool is_possible(const Balance& b) {
  return b.free.v > -kMost && b.free.v < kMost && within(b.locked, kMost) &&
         is_word(b.asset, Asset::kOther);
}
bool is_possible(const RateUsage& r) {
  return within(r.orders_end, kMost) && within(r.tightest_end, kMost) && r.tightest_pct <= 100;
}

}  // namespace

bool is_possible(const Event& e) {
  if (!within(e.time, kTimeMax.v) || !within(e.received, kTimeMax.v)) return false;
  if (reports_failure(e.kind)) return is_possible(e.failure);
  switch (e.kind) {
    case EventKind::kNone:
    case EventKind::kCount:
      return false;
    case EventKind::kBookLevels:
      return e.levels.count >= 1 && e.levels.count <= kLevelsPerEvent;
    case EventKind::kAssetPrice:
      return within(e.asset_price.price, kMost);
    case EventKind::kAccepted:
    case EventKind::kReplaced:
    case EventKind::kAmended:
    case EventKind::kCanceled:
    case EventKind::kExpired:
    case EventKind::kOrderStatus:
      return is_possible(e.report);
    case EventKind::kAdopted:
      return is_possible(e.adoption);
    case EventKind::kFilled:
      return is_possible(e.fill);
    case EventKind::kOffGridFill:
      return within(e.off_grid.quantity, kMost) && within(e.off_grid.price, kMost);
    case EventKind::kBalance:
      return is_possible(e.balance);
    case EventKind::kRateUsage:
      return is_possible(e.rate);
    case EventKind::kSessionStatus:
      return is_word(e.session.state, SessionState::kReconciling);
    case EventKind::kControl:
      return is_word(e.control.code, ControlCode::kReload) &&
             is_word(e.control.scope, PauseScope::kIncrease);
    default:
      return true;
  }
}

}  // namespace mm
