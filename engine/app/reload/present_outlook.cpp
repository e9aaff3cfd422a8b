#include "engine/app/reload/present_outlook.h"

#include <fmt/format.h>

#include <memory>

#include "engine/app/config/core_setup.h"
#include "engine/app/reload/rearrangement.h"
#include "engine/journal/instrument_text.h"

namespace mm::app {
namespace {

using monitor::InstrumentView;

Event event_of(EventKind kind, InstrumentId id) {
  Event e;
  e.kind = kind;
  e.instrument = id;
  return e;
}

// The orders are of an epoch before the core's, and the position is where it is from the start.
CoreConfig config_of(const Config& next, const std::vector<Instrument>& instruments,
                     const SessionOpening& opening, const monitor::EngineView& view) {
  CoreConfig config = make_core_config(unbounded(next), instruments, opening);
  ++config.epoch;
  for (std::size_t i = 0; i < config.instruments.size(); ++i) {
    mm::InstrumentConfig& c = config.instruments[i];
    c.strategy.warmup = Nanos(0);
    c.risk.start_position_from_account = false;
    c.risk.start_position = Amount(view.instruments[i].numbers.value("position_base"));
    c.carried = {};
  }
  return config;
}

class PresentCore {
 public:
  PresentCore(const CoreConfig& config, Nanos now) : core_(config), now_(now) {}

  const Core& core() const { return core_; }
  std::span<const Command> tell(Event event) {
    event.time = event.received = now_;
    commands_->clear();
    core_.on(event, *commands_);
    core_.conclude(*commands_);
    return commands_->items();
  }
  void begin(const monitor::EngineView& view) {
    Event feed = event_of(EventKind::kFeedStatus, 0);
    feed.feed.up = view.numbers.value("feed_up") != 0;
    tell(feed);
    const auto trip = static_cast<QuoteReason>(view.numbers.value("trip"));
    if (!view.latched && trip == QuoteReason::kQuoting) return;
    Event kill = event_of(EventKind::kControl, 0);  // whatever it was: a person has to resume
    kill.control.code = ControlCode::kKill;
    tell(kill);
  }
  void take(const InstrumentView& of, InstrumentId id) {
    for (std::size_t row = 0; row < of.orders.rows(); ++row) take_order(of, id, row);
    Event session = event_of(EventKind::kSessionStatus, id);
    session.session.state = static_cast<SessionState>(of.numbers.value("order_session"));
    session.session.symbol_trading = 1;
    tell(session);
    take_book(of, id);
    for (const Side side : kSides) {
      const auto reason = static_cast<QuoteReason>(of.numbers.value("quote_reason", index(side)));
      if (reason != QuoteReason::kPaused) continue;
      Event pause = event_of(EventKind::kControl, id);
      pause.control.code = ControlCode::kPause;
      pause.control.scope = side == Side::kBuy ? PauseScope::kBuy : PauseScope::kSell;
      tell(pause);
    }
  }

 private:
  void take_order(const InstrumentView& of, InstrumentId id, std::size_t row) {
    Event order = event_of(EventKind::kAdopted, id);
    const bool sells = of.orders.at(row, "order_side") == static_cast<int>(Side::kSell);
    order.flags = sells ? kFlagSell : 0;
    order.adoption.id = ClientOrderId(static_cast<std::uint64_t>(of.orders.at(row, "order_id")));
    order.adoption.venue_id = VenueOrderId(order.adoption.id.v);
    order.adoption.lots = Lots(of.orders.at(row, "order_quantity"));
    order.adoption.executed = Lots(of.orders.at(row, "order_filled"));
    order.adoption.ticks = static_cast<std::int32_t>(of.orders.at(row, "order_price"));
    tell(order);
  }
  void take_book(const InstrumentView& of, InstrumentId id) {
    Event begin = event_of(EventKind::kBookBegin, id);
    begin.sequence = 1;
    begin.flags = static_cast<std::uint8_t>(kFlagSnapshot | (of.book.rows() == 0 ? kFlagLast : 0));
    begin.book.first_id = begin.book.last_id = UpdateId(1);
    tell(begin);
    for (std::size_t row = 0; row < of.book.rows(); ++row) {
      take_level(id, Side::kBuy, of.book.at(row, "book_bid_price"),
                 of.book.at(row, "book_bid_quantity"), false);
      take_level(id, Side::kSell, of.book.at(row, "book_ask_price"),
                 of.book.at(row, "book_ask_quantity"), row + 1 == of.book.rows());
    }
  }
  void take_level(InstrumentId id, Side side, std::int64_t ticks, std::int64_t lots, bool last) {
    Event level = event_of(EventKind::kBookLevels, id);
    level.sequence = 1;
    level.flags =
        static_cast<std::uint8_t>((side == Side::kSell ? kFlagSell : 0) | (last ? kFlagLast : 0));
    level.levels.count = lots > 0 ? 1 : 0;
    level.levels.ticks[0] = static_cast<std::int32_t>(ticks);
    level.levels.lots[0] = lots;
    tell(level);
  }

  Core core_;
  Nanos now_;
  std::unique_ptr<CommandBuffer> commands_ = std::make_unique<CommandBuffer>();
};

// As published: the core above has decided nothing yet.
InstrumentOutlook as_published(const InstrumentView& of, const mm::InstrumentConfig& running) {
  InstrumentOutlook out;
  out.instrument = running.instrument;
  out.fair = HalfTicks(of.numbers.value("fair_value_price"));
  out.position = Amount(of.numbers.value("position_base"));
  Lots rest[2]{};
  for (std::size_t row = 0; row < of.orders.rows(); ++row) {
    const std::int64_t leaves =
        of.orders.at(row, "order_quantity") - of.orders.at(row, "order_filled");
    rest[of.orders.at(row, "order_side") == static_cast<int>(Side::kSell)] += Lots(leaves);
  }
  out.resting = static_cast<std::int64_t>(of.orders.rows());
  out.before = exposure_of(PositionLimit(running.risk, running.instrument), running.instrument,
                           out.fair, out.position, rest[0], rest[1]);
  return out;
}

}  // namespace

Outlook look_at_present(const JournalHeader& header, const monitor::EngineView& view,
                        const Config& running, const Config& next) {
  Outlook out;
  std::vector<Instrument> instruments;
  SessionOpening opening;
  out.error = parse_instrument_lines(header.instruments, instruments);
  if (out.error.empty()) out.error = parse_opening(header.opening, opening);
  if (out.error.empty() && instruments.size() != view.instruments.size()) {
    out.error = "journal and counters file have not the same instruments";
  }
  if (!out.error.empty()) return out;
  PresentCore present(config_of(next, instruments, opening, view), view.now());
  const CoreConfig now = make_core_config(running, instruments, opening);
  out.requests_sent = view.numbers.value("requests_sent_total");
  out.session = monitor::elapsed(view.started, view.now());
  present.begin(view);
  for (InstrumentId i = 0; i < instruments.size(); ++i) {
    const InstrumentView& of = view.instruments[i];
    const std::int64_t live =
        of.numbers.value("orders_live", 0) + of.numbers.value("orders_live", 1);
    if (live > static_cast<std::int64_t>(of.orders.rows())) {
      out.error = fmt::format("{}: of its {} orders {} are published, and no more is known of them",
                              of.symbol, live, of.orders.rows());
      return out;
    }
    present.take(of, i);
    out.instruments.push_back(as_published(of, now.instruments[i]));
  }
  rearrange(
      present.core(), [&present](const Event& e) { return present.tell(e); }, out.instruments);
  return out;
}

}  // namespace mm::app
