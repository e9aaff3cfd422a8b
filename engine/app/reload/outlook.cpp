#include "engine/app/reload/outlook.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/app/config/core_setup.h"
#include "engine/app/reload/rearrangement.h"
#include "engine/app/reload/sent_requests.h"
#include "engine/app/reload/shadow_core.h"
#include "engine/app/session/replay_core.h"
#include "engine/core/decimal_text.h"
#include "engine/journal/replay.h"

namespace mm::app {
namespace {

constexpr Nanos kWatchedMax = SentRequests::kKept;
constexpr Nanos kSettle{30 * kSecond.v};  // until the shadows' first orders stand

std::string move_orders(ReplayCore& replayed, const Config& next, Outlook& out) {
  const Core& core = replayed.core();
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) {
    out.instruments.push_back(as_it_stands(core, i));
  }
  std::string error = replayed.on_config(effective_text(unbounded(next)));
  if (!error.empty()) return error;
  Event event;
  event.time = event.received = core.now();
  event.kind = EventKind::kControl;
  event.control.code = ControlCode::kReload;
  replayed.on_event(event);
  const auto tell = [&replayed](const Event& e) {
    replayed.on_event(e);
    return replayed.commands();
  };
  rearrange(core, tell, out.instruments);
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

DecimalText per_minute(std::int64_t count, Nanos time) {
  return DecimalText(count * 600'000 / std::max<std::int64_t>(1, time.v / kMillisecond.v), 1);
}

// What the shadows would have sent is held against what was: they are prompter than any venue.
std::string requests_text(const Outlook& outlook, const InstrumentOutlook& o) {
  const Nanos watched = outlook.watched;
  return fmt::format(
      "  requests   {} -> {} a minute by this forecast on the market of the last {} s; {} were "
      "sent\n",
      per_minute(o.requests_before, watched).view(), per_minute(o.requests_after, watched).view(),
      watched.v / kSecond.v, per_minute(o.requests_sent, watched).view());
}

}  // namespace

Outlook look_ahead(const SessionFolder& folder, const Config& next) {
  Outlook out;
  JournalReader reader;
  if (out.error = reader.open(folder.journal()); !out.error.empty()) return out;
  ReplayCore replayed;
  if (out.error = replayed.build(reader.header()); !out.error.empty()) return out;
  SentRequests sent(replayed);
  const ReplayResult result = replay(reader, sent);
  if (!result.ok() || result.records == 0) {
    out.error = result.records == 0 && result.ok() ? "the journal is empty yet" : result.message;
    return out;
  }
  sent.finish();
  // With other parameters before it, what was sent says nothing of those in force.
  const Nanos begin =
      replayed.reloads().empty() ? reader.header().start_time : replayed.reloads().back().time;
  const Nanos end = replayed.core().now();
  const CoreConfig running =
      make_core_config(replayed.config(), replayed.instruments(), replayed.opening());
  const CoreConfig then = make_core_config(next, replayed.instruments(), replayed.opening());
  out.error = move_orders(replayed, next, out);
  if (out.error.empty()) out.error = watch_requests(folder, running, then, begin, end, out);
  for (InstrumentId i = 0; i < out.instruments.size(); ++i) {
    out.instruments[i].requests_sent = sent.since(end - out.watched, i);
  }
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
    for (const Side side : kSides) {
      const QuoteReason bare = o.bare[index(side)], shortfall = o.shortfall[index(side)];
      const char* const label = side == Side::kBuy ? "bid" : "ask";
      if (bare != QuoteReason::kQuoting) {
        fmt::format_to(to, "             {}: {}\n", label, name(bare));
      } else if (shortfall != QuoteReason::kQuoting) {
        fmt::format_to(to, "             {}: not all levels: {}\n", label, name(shortfall));
      }
    }
    fmt::format_to(to, "  position   {} {}\n", decimal_text(o.position).view(), i.base());
    fmt::format_to(to, "  if bought  {}\n",
                   side_text(i, o.fair, o.before.all_bought, o.after.all_bought));
    fmt::format_to(to, "  if sold    {}\n",
                   side_text(i, o.fair, o.before.all_sold, o.after.all_sold));
    fmt::format_to(to, "  limit      {}\n", side_text(i, o.fair, o.before.limit, o.after.limit));
    if (outlook.watched.v > 0) text += requests_text(outlook, o);
  }
  if (outlook.watched.v == 0 && outlook.error.empty()) {
    fmt::format_to(to, "in all\n  requests   {} a minute were sent so far -> not known\n",
                   per_minute(outlook.requests_sent, outlook.session).view());
  }
  return text;
}

}  // namespace mm::app
