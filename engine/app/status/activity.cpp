#include "engine/app/status/activity.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"

namespace mm::app {
namespace {

std::string id_text(ClientOrderId id) {
  return fmt::format("{:x}", id.v & 0xFFFFFFFFFFu);
}

std::string quote_text(const Instrument& i, std::int32_t ticks, Lots lots) {
  return fmt::format("{} @ {}", quantity_text(i, lots).view(), price_text(i, Ticks(ticks)).view());
}

std::string command_text(const Command& c, const Instrument& i) {
  const auto why = name(static_cast<DecisionReason>(c.why));
  switch (c.kind) {
    case CommandKind::kPlace:
      return fmt::format("{} place {} {} ({}) [{}]", i.symbol(), name(c.side),
                         quote_text(i, c.ticks, c.lots), why, id_text(c.id));
    case CommandKind::kReplace:
    case CommandKind::kModify:
    case CommandKind::kReduce:
      return fmt::format("{} order_modify {} to {} ({}) [{}]", i.symbol(), name(c.side),
                         quote_text(i, c.ticks, c.lots), why, id_text(c.id));
    case CommandKind::kCancel:
      if (static_cast<DecisionReason>(c.why) == DecisionReason::kResetCancel) {
        return fmt::format("{} order_reset: cancel {} [{}]", i.symbol(), name(c.side),
                           id_text(c.id));
      }
      return fmt::format("{} cancel {} ({}) [{}]", i.symbol(), name(c.side), why, id_text(c.id));
    case CommandKind::kCancelAll:
      return fmt::format("{} cancel everybody's orders", i.symbol());
    case CommandKind::kResyncFeed:
      return fmt::format("{} feed asked to resynchronise", i.symbol());
    default:
      return fmt::format("{} {} [{}]", i.symbol(), name(c.kind), id_text(c.id));
  }
}

std::string event_text(const Event& e, const Instrument& i) {
  switch (e.kind) {
    case EventKind::kTrade:
      return fmt::format("{} trade, {} aggressor, {}", i.symbol(), name(e.side()),
                         quote_text(i, e.trade.ticks, e.trade.lots));
    case EventKind::kFilled:
      return fmt::format("{} FILLED {} {} [{}]", i.symbol(), name(e.side()),
                         quote_text(i, e.fill.ticks, e.fill.lots), id_text(e.fill.id));
    case EventKind::kOffGridFill:
      return fmt::format(
          "{} FILLED {} {} @ {}, trade {}: not in whole lots and ticks, so the position does not "
          "contain it; halted until a restart [{}]",
          i.symbol(), name(e.side()), decimal_text(e.off_grid.quantity).view(),
          decimal_text(e.off_grid.price).view(), e.off_grid.trade_id.v, id_text(e.off_grid.id));
    case EventKind::kAdopted:
      return fmt::format("{} order of an earlier start goes on: {} {}, {} executed [{}]",
                         i.symbol(), name(e.side()),
                         quote_text(i, e.adoption.ticks, e.adoption.lots),
                         quantity_text(i, e.adoption.executed).view(), id_text(e.adoption.id));
    case EventKind::kReplaced:
    case EventKind::kAmended:
      return fmt::format("{} order_modify_success [{}]", i.symbol(), id_text(e.report.id));
    case EventKind::kReplaceRejected:
    case EventKind::kAmendRejected:
      return fmt::format("{} order_modify_failure: {} [{}]", i.symbol(), name(e.failure.reason),
                         id_text(e.failure.id));
    case EventKind::kRejected:
    case EventKind::kCancelRejected:
    case EventKind::kDenied:
    case EventKind::kOutcomeUnknown:
      return fmt::format("{} {}: {} [{}]", i.symbol(), name(e.kind), name(e.failure.reason),
                         id_text(e.failure.id));
    case EventKind::kControl:
      return e.control.code == ControlCode::kShutdown ? "shutting down: cancelling all orders"
             : e.control.code == ControlCode::kKill   ? "KILL: cancelling all orders"
             : e.control.code == ControlCode::kPause  ? "paused"
             : e.control.code == ControlCode::kReload ? "parameters reloaded"
                                                      : "resumed";
    default:
      return fmt::format("{} {} [{}]", i.symbol(), name(e.kind), id_text(e.report.id));
  }
}

}  // namespace

std::string activity_text(const Activity& a, std::span<const Instrument> instruments) {
  const bool is_command = a.command.kind != CommandKind::kNone;
  const InstrumentId id = is_command ? a.command.instrument : a.event.instrument;
  if (id >= instruments.size()) return {};
  return is_command ? command_text(a.command, instruments[id])
                    : event_text(a.event, instruments[id]);
}

}  // namespace mm::app
