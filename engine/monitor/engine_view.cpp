#include "engine/monitor/engine_view.h"

namespace mm::monitor {
namespace {

using counters::CountersFile;
using counters::Phase;

Life life_of(const CountersFile& file) {
  const Phase phase = file.layout().phase.load(std::memory_order_acquire);
  if (phase == Phase::kEnded) return Life::kEnded;
  if (!file.engine_alive()) return Life::kDied;
  return phase == Phase::kStarting  ? Life::kStarting
         : phase == Phase::kRunning ? Life::kRunning
                                    : Life::kEnding;
}

bool look_at(const counters::Instrument& of, InstrumentView& out) {
  out.symbol = of.symbol.data();
  out.base = of.base.data();
  out.quote = of.quote.data();
  out.scale = of.scale();
  bool whole = of.numbers.read(out.numbers);
  whole &= of.book.read(out.book);
  whole &= of.orders.read(out.orders);
  return of.levels.read(out.levels) && whole;
}

}  // namespace

const char* name(Life life) {
  constexpr const char* kNames[] = {"starting", "running", "ending", "ended", "died"};
  return kNames[static_cast<std::size_t>(life)];
}

std::string_view EngineView::session_name() const {
  if (!alias.empty()) return alias;
  std::string_view path = session;
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

bool look(const CountersFile& file, EngineView& out) {
  if (!file.intact()) {
    out.life = Life::kDied;
    return out.whole = false;
  }
  const counters::Layout& layout = file.layout();
  const counters::Identity& id = layout.identity;
  out.session = id.session.data();
  out.mode = id.mode.data();
  out.venue = id.venue.data();
  out.build = id.build.data();
  out.config_hash = layout.config_hash.load(std::memory_order_acquire);
  out.pid = id.process.pid;
  out.started = Nanos(id.started);
  out.life = life_of(file);
  out.latched = layout.latch.is_set();
  const Nanos now = counters::monotonic_now();
  for (std::size_t i = 0; i < kHotAgents; ++i) {
    const Nanos beat(layout.beats[i].at.load(std::memory_order_acquire));
    out.beat_ages[i] = beat.v == 0 ? kNever : elapsed(beat, now);
  }
  bool whole = layout.numbers.read(out.numbers);
  whole &= layout.latency.read(out.latency);
  out.instruments.resize(file.instruments().size());
  for (std::size_t i = 0; i < out.instruments.size(); ++i) {
    whole &= look_at(file.instruments()[i], out.instruments[i]);
  }
  out.connections.clear();
  for (const counters::Connection& c : file.connections()) {
    out.connections.push_back({c.name.data(), c.up.load(std::memory_order_relaxed),
                               c.opened.load(std::memory_order_relaxed)});
  }
  return out.whole = whole;
}

EventCounts events_of(const EngineView& view) {
  EventCounts counts;
  for (std::size_t i = 0; i < counts.by_kind.size(); ++i) {
    counts.by_kind[i] = static_cast<std::uint64_t>(view.numbers.value("events_total", i));
    counts.total += counts.by_kind[i];
  }
  return counts;
}

}  // namespace mm::monitor
