#include "engine/app/reload/outlook.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/app/config/core_setup.h"
#include "engine/app/reload/shadow_core.h"
#include "engine/app/session/replay_core.h"
#include "engine/core/decimal_text.h"
#include "engine/journal/replay.h"

namespace mm::app {
namespace {

constexpr Nanos kWatchedMax{600 * kSecond.v};
constexpr Nanos kSettle{30 * kSecond.v};  // until the shadows' first orders stand

Exposure exposure_of(const InstrumentState& s, Lots buys, Lots sells) {
  const Instrument& i = s.config.instrument;
  const Amount position = s.position.base();
  return {.limit = s.position_limit.at(s.fair),
          .all_bought = position + base_amount(i, buys),
          .all_sold = position - base_amount(i, sells)};
}
Lots resting(const Core& core, InstrumentId id, Side side) {
  Lots sum{};
  for (const std::uint16_t slot : core.orders().live(id, side)) {
    sum += core.orders().row(slot).exposure();
  }
  return sum;
}
Lots wanted(const InstrumentState& s, Side side) {
  Lots sum{};
  for (const Quote& q : s.ladder.side(side).quotes()) sum += q.lots;
  return sum;
}

InstrumentOutlook before(const Core& core, InstrumentId id) {
  const InstrumentState& s = core.instrument(id);
  InstrumentOutlook out;
  out.instrument = s.config.instrument;
  out.fair = s.fair;
  out.position = s.position.base();
  out.resting = static_cast<std::int64_t>(core.orders().live(id, Side::kBuy).size() +
                                          core.orders().live(id, Side::kSell).size());
  out.before = exposure_of(s, resting(core, id, Side::kBuy), resting(core, id, Side::kSell));
  return out;
}

// What is placed takes the place of what was cancelled, or is new.
void after(const InstrumentState& s, InstrumentOutlook& out) {
  out.after = exposure_of(s, wanted(s, Side::kBuy), wanted(s, Side::kSell));
  out.bid = s.side(Side::kBuy).reason;
  out.ask = s.side(Side::kSell).reason;
  const auto levels = static_cast<std::int64_t>(s.ladder.bids.size() + s.ladder.asks.size());
  out.placed = std::max<std::int64_t>(0, levels - (out.resting - out.cancelled));
}

// With as many requests as it takes: what the budget spreads over time is said beside it.
std::string move_orders(ReplayCore& replayed, const Config& next, Outlook& out) {
  const Core& core = replayed.core();
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) {
    out.instruments.push_back(before(core, i));
  }
  Config unbounded = next;
  unbounded.order_management.modify_rate_limit = 10'000;
  unbounded.order_management.max_pending_modifications = 1000;
  if (std::string error = replayed.on_config(effective_text(unbounded)); !error.empty()) {
    return error;
  }
  Event event;
  event.time = event.received = core.now();
  event.kind = EventKind::kControl;
  event.control.code = ControlCode::kReload;
  replayed.on_event(event);
  event.kind = EventKind::kBatchEnd;
  replayed.on_event(event);
  for (const Command& c : replayed.commands()) {
    InstrumentOutlook& one = out.instruments[c.instrument];
    if (is_amend(c.kind)) ++one.amended;
    if (c.kind == CommandKind::kCancel) ++one.cancelled;
  }
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) {
    after(core.instrument(i), out.instruments[i]);
  }
  return {};
}

// Both shadows over the journal once more.
std::string watch_requests(const SessionFolder& folder, const CoreConfig& running,
                           const CoreConfig& next, Nanos begin, Nanos end, Outlook& out) {
  JournalReader reader;
  if (std::string error = reader.open(folder.journal()); !error.empty()) return error;
  const Nanos settle = std::min(kSettle, (end - begin) / 2);
  out.watched = std::min(kWatchedMax, end - begin - settle);
  const Nanos from = end - out.watched;
  ShadowCore old_way(running, from - settle), new_way(next, from - settle);
  const auto add = [&](std::int64_t sign) {
    for (InstrumentId i = 0; i < out.instruments.size(); ++i) {
      out.instruments[i].requests_before += sign * old_way.requests(i);
      out.instruments[i].requests_after += sign * new_way.requests(i);
    }
  };
  JournalRecord record;
  bool watched = false;
  for (JournalItem item = reader.next(record);
       item == JournalItem::kRecord || item == JournalItem::kConfig; item = reader.next(record)) {
    if (item == JournalItem::kConfig) continue;
    if (record.event.time > end) break;
    if (!watched && record.event.time >= from) {
      watched = true;
      add(-1);
    }
    old_way.on_event(record.event);
    new_way.on_event(record.event);
  }
  if (!watched) add(-1);  // nothing came in that time
  add(1);
  return {};
}

std::string side_text(const Instrument& i, HalfTicks fair, Amount before, Amount after) {
  const auto cents = [&](Amount a) {
    return DecimalText(value(i, a, fair).v / (kMoneyScale / 100), 2);
  };
  return fmt::format("{} -> {} {} ({} -> {} {})", decimal_text(before).view(),
                     decimal_text(after).view(), i.base(), cents(before).view(),
                     cents(after).view(), i.quote());
}

}  // namespace

Outlook look_ahead(const SessionFolder& folder, const Config& next) {
  Outlook out;
  JournalReader reader;
  if (out.error = reader.open(folder.journal()); !out.error.empty()) return out;
  ReplayCore replayed;
  if (out.error = replayed.build(reader.header()); !out.error.empty()) return out;
  const ReplayResult result = replay(reader, replayed);
  if (!result.ok() || result.records == 0) {
    out.error = result.records == 0 && result.ok() ? "the journal is empty yet" : result.message;
    return out;
  }
  // With other parameters before it, what was sent says nothing of those in force.
  const Nanos begin =
      replayed.reloads().empty() ? reader.header().start_time : replayed.reloads().back().time;
  const Nanos end = replayed.core().now();
  const CoreConfig running =
      make_core_config(replayed.config(), replayed.instruments(), replayed.opening());
  const CoreConfig then = make_core_config(next, replayed.instruments(), replayed.opening());
  out.error = move_orders(replayed, next, out);
  if (out.error.empty()) out.error = watch_requests(folder, running, then, begin, end, out);
  return out;
}

std::string outlook_text(const Outlook& outlook) {
  std::string text;
  const auto to = std::back_inserter(text);
  for (const InstrumentOutlook& o : outlook.instruments) {
    const Instrument& i = o.instrument;
    fmt::format_to(to, "{}\n  orders     {} rest: {} amended, {} cancelled, {} left; {} placed\n",
                   i.symbol(), o.resting, o.amended, o.cancelled,
                   std::max<std::int64_t>(0, o.resting - o.amended - o.cancelled), o.placed);
    for (const auto& [side, reason] : {std::pair{"bid", o.bid}, std::pair{"ask", o.ask}}) {
      if (reason == QuoteReason::kQuoting) continue;
      fmt::format_to(to, "             {}: {}\n", side, name(reason));
    }
    fmt::format_to(to, "  position   {} {}\n", decimal_text(o.position).view(), i.base());
    fmt::format_to(to, "  if bought  {}\n",
                   side_text(i, o.fair, o.before.all_bought, o.after.all_bought));
    fmt::format_to(to, "  if sold    {}\n",
                   side_text(i, o.fair, o.before.all_sold, o.after.all_sold));
    fmt::format_to(to, "  limit      {}\n", side_text(i, o.fair, o.before.limit, o.after.limit));
    const auto per_minute = [&](std::int64_t count) {
      const std::int64_t ms = std::max<std::int64_t>(1, outlook.watched.v / kMillisecond.v);
      return DecimalText(count * 600'000 / ms, 1);
    };
    fmt::format_to(to, "  requests   {} -> {} a minute, on the market of the last {} s\n",
                   per_minute(o.requests_before).view(), per_minute(o.requests_after).view(),
                   outlook.watched.v / kSecond.v);
  }
  return text;
}

}  // namespace mm::app
