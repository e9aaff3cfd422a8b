#include "engine/app/reload/rearrangement.h"

#include <utility>

#include "engine/app/reload/shadow_core.h"

namespace mm::app {
namespace {

using LotsOf = Lots (Order::*)() const;
Lots sum(const Core& core, InstrumentId id, Side side, LotsOf lots) {
  Lots all{};
  for (const std::uint16_t slot : core.orders().live(id, side)) {
    all += (core.orders().row(slot).*lots)();
  }
  return all;
}

Exposure exposure(const Core& core, InstrumentId id, LotsOf lots) {
  const InstrumentState& s = core.instrument(id);
  return exposure_of(s.position_limit, s.config.instrument, s.fair, s.position.base(),
                     sum(core, id, Side::kBuy, lots), sum(core, id, Side::kSell, lots));
}

void count(const Command& c, InstrumentOutlook& out) {
  if (is_amend(c.kind)) ++out.amended;
  if (c.kind == CommandKind::kCancel) ++out.cancelled;
  if (c.kind == CommandKind::kPlace) ++out.placed;
}

// What was under way before is taken to happen, too.
void as_it_will_stand(const Core& core, InstrumentId id, InstrumentOutlook& out) {
  out.after = exposure(core, id, &Order::intended);
  for (const Side side : kSides) {
    out.bare[index(side)] = core.instrument(id).side(side).bare();
    out.shortfall[index(side)] = core.instrument(id).side(side).shortfall();
  }
}

}  // namespace

Config unbounded(Config config) {
  config.order_management.modify_rate_limit = 10'000;
  config.order_management.max_pending_modifications = 1000;
  return config;
}

Exposure exposure_of(const PositionLimit& limit, const Instrument& instrument, HalfTicks fair,
                     Amount position, Lots buys, Lots sells) {
  return {.limit = limit.at(fair),
          .all_bought = position + base_amount(instrument, buys),
          .all_sold = position - base_amount(instrument, sells)};
}

InstrumentOutlook as_it_stands(const Core& core, InstrumentId id) {
  const InstrumentState& s = core.instrument(id);
  InstrumentOutlook out;
  out.instrument = s.config.instrument;
  out.fair = s.fair;
  out.position = s.position.base();
  for (const Side side : kSides) {
    out.resting += static_cast<std::int64_t>(core.orders().live(id, side).size());
  }
  out.before = exposure(core, id, &Order::exposure);
  return out;
}

// What was cancelled makes room for what is placed.
void rearrange(const Core& core, const TellCore& tell, std::vector<InstrumentOutlook>& out) {
  std::vector<Command> asked;
  const auto deliver = [&](Event event) {
    event.time = event.received = core.now();
    for (const Command& c : tell(event)) {
      count(c, out[c.instrument]);
      asked.push_back(c);
    }
  };
  Event decide;
  decide.kind = EventKind::kBatchEnd;
  deliver(decide);
  for (int round = 0; round < kAnswerRoundsMax && !asked.empty(); ++round) {
    for (const Command& c : std::exchange(asked, {})) {
      const Event answer = answer_to(c);
      if (answer.kind != EventKind::kNone) deliver(answer);
    }
    deliver(decide);
  }
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) as_it_will_stand(core, i, out[i]);
}

}  // namespace mm::app
