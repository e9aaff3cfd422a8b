#include "engine/app/soak/soak_report.h"

#include <fmt/format.h>

#include <iterator>

#include "engine/core/decimal_text.h"
#include "engine/ledger/json_writer.h"

namespace mm::app {
namespace {

using sim::Bare;
using sim::FaultKind;
using sim::QuotingTimes;

// In percent, to a thousandth.
std::string percent(Nanos part, Nanos whole) {
  if (whole.v == 0) return "0";
  return DecimalText(Int128{part.v} * 100'000 / whole.v, 3).str();
}
std::string hours(Nanos t) {
  return DecimalText(t.v / (36 * kSecond.v), 2).str();
}
std::string milliseconds(Nanos t) {
  return DecimalText(t.v / kMillisecond.v, 3).str();
}
std::string quoted_percent(const QuotingTimes& q) {
  return DecimalText(q.quoted_per_million(), 4).str();
}

Nanos all_waits(const QuotingTimes& q) {
  Nanos sum{};
  for (const Nanos wait : q.waits) sum += wait;
  return sum;
}

// use(name, time) for each reason that was named, and each cause of bare time.
template <class Use>
void for_each_wait(const QuotingTimes& q, Use&& use) {
  for (std::size_t k = 0; k < sim::kQuoteReasons; ++k) {
    if (q.waits[k].v > 0) use(name(static_cast<QuoteReason>(k)), q.waits[k]);
  }
}
template <class Use>
void for_each_bare(const QuotingTimes& q, Use&& use) {
  for (std::size_t k = 0; k < sim::kBares; ++k) use(name(static_cast<Bare>(k)), q.bare[k]);
}

using Text = std::back_insert_iterator<std::string>;

void put_quoting(Text out, const SoakTotals& totals) {
  const QuotingTimes& q = totals.quoting;
  fmt::format_to(out, "side hours\n");
  fmt::format_to(out, "  {:<18} {}\n", "faults", hours(q.faults));
  fmt::format_to(out, "  {:<18} {}\n", "waits", hours(all_waits(q)));
  for_each_wait(q, [&](std::string_view reason, Nanos time) {
    fmt::format_to(out, "    {:<16} {}\n", reason, hours(time));
  });
  fmt::format_to(out, "  {:<18} {}\n", "recovering", hours(q.recovering));
  fmt::format_to(out, "  {:<18} {}\n", "due", hours(q.due));
  fmt::format_to(out, "quoted %           {}{}\n", quoted_percent(q),
                 q.due < SoakTotals::kJudgedFrom ? " (too short to judge)"
                 : totals.quotes_enough()        ? ""
                                                 : " (less than 99.9)");
  fmt::format_to(out, "  of all due time  {}\n", percent(q.stood, q.due));
  for_each_bare(q, [&](std::string_view cause, Nanos time) {
    fmt::format_to(out, "    {:<18} {}\n", cause, percent(time, q.due));
  });
}

void put_quoting(JsonWriter& json, const QuotingTimes& q) {
  json.open_object("quoting");
  json.member_number("quoted_pct", quoted_percent(q));
  json.member_number("quoted_pct_of_all_due", percent(q.stood, q.due));
  json.open_object("side_hours");
  json.member_number("faults", hours(q.faults));
  json.member_number("waits", hours(all_waits(q)));
  json.member_number("recovering", hours(q.recovering));
  json.member_number("due", hours(q.due));
  json.close_object();
  json.open_object("wait_side_hours");
  for_each_wait(
      q, [&](std::string_view reason, Nanos time) { json.member_number(reason, hours(time)); });
  json.close_object();
  json.open_object("bare_pct");
  for_each_bare(q, [&](std::string_view cause, Nanos time) {
    json.member_number(cause, percent(time, q.due));
  });
  json.close_object();
  json.close_object();
}

}  // namespace

void SoakTotals::add(const SeedResult& r) {
  ++seeds;
  events += r.events;
  fills += r.fills;
  faults_skipped += r.faults_skipped;
  if (r.killed != Nanos{}) ++restarts;
  adopted += r.adopted;
  acts += r.acts;
  reloads += r.reloads;
  replayed += r.replayed;
  if (!r.ok()) ++violated;
  simulated += r.duration;
  quoted += r.quoted;
  measured += r.measured;
  quoting.add(r.quoting);
  cpu += r.cpu;
  if (r.cpu > cpu_most) {
    cpu_most = r.cpu;
    dearest = r.seed;
  }
  for (std::size_t k = 0; k < faults.size(); ++k) faults[k] += r.faults[k];
}

std::uint64_t SoakTotals::injected() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : faults) sum += n;
  return sum;
}

std::string to_text(const SoakTotals& t) {
  std::string text;
  const Text out(text);
  fmt::format_to(out, "seeds            {}", t.seeds);
  if (t.stopped()) fmt::format_to(out, " of {} seeds run; stopped", t.seeds_wanted);
  fmt::format_to(out, "\n");
  if (t.left_out > 0) fmt::format_to(out, "left out         {} (no valid config)\n", t.left_out);
  fmt::format_to(out, "virtual hours    {}\n", hours(t.simulated));
  fmt::format_to(out, "seconds          {}\n", t.wall.v / kSecond.v);
  if (t.seeds > 0) {
    fmt::format_to(out, "core s a seed    {}, at most {} (seed {})\n",
                   milliseconds(Nanos(t.cpu.v / static_cast<std::int64_t>(t.seeds))),
                   milliseconds(t.cpu_most), t.dearest);
  }
  fmt::format_to(out, "events           {}\n", t.events);
  fmt::format_to(out, "fills            {}\n", t.fills);
  fmt::format_to(out, "restarts         {}, {} orders adopted\n", t.restarts, t.adopted);
  fmt::format_to(out, "by hand          {} pauses, kills and resumes\n", t.acts);
  fmt::format_to(out, "reloads          {}\n", t.reloads);
  fmt::format_to(out, "replayed         {} events\n", t.replayed);
  fmt::format_to(out, "quote uptime %   {}\n", percent(t.quoted, t.measured));
  put_quoting(out, t);
  fmt::format_to(out, "faults injected  {}\n", t.injected());
  const sim::FaultKinds kinds = sim::simulated_faults();
  for (std::size_t k = 0; k < t.faults.size(); ++k) {
    if (!kinds[k]) continue;
    fmt::format_to(out, "  {:<18} {}\n", name(static_cast<FaultKind>(k)), t.faults[k]);
  }
  if (t.faults_skipped > 0) fmt::format_to(out, "faults without room {}\n", t.faults_skipped);
  fmt::format_to(out, "violations       {}\n", t.violated);
  return text;
}

std::string to_json(const SoakTotals& t) {
  JsonWriter json;
  json.open_object();
  json.member("seeds", t.seeds);
  json.member("seeds_wanted", t.seeds_wanted);
  json.member("left_out", t.left_out);
  json.member("violations", t.violated);
  json.member_number("virtual_hours", hours(t.simulated));
  json.member_number("wall_seconds", milliseconds(t.wall));
  json.member_number("core_seconds", milliseconds(t.cpu));
  json.member_number("core_seconds_of_a_seed_max", milliseconds(t.cpu_most));
  json.member("events", t.events);
  json.member("fills", t.fills);
  json.member("restarts", t.restarts);
  json.member("orders_adopted", t.adopted);
  json.member("acts_by_hand", t.acts);
  json.member("reloads", t.reloads);
  json.member("events_replayed", t.replayed);
  json.member_number("quote_uptime_pct", percent(t.quoted, t.measured));
  put_quoting(json, t.quoting);
  json.member("faults_injected", t.injected());
  json.member("faults_without_room", t.faults_skipped);
  json.open_object("faults");
  const sim::FaultKinds kinds = sim::simulated_faults();
  for (std::size_t k = 0; k < t.faults.size(); ++k) {
    if (!kinds[k]) continue;
    json.member(name(static_cast<FaultKind>(k)), t.faults[k]);
  }
  json.close_object();
  json.close_object();
  return json.take();
}

}  // namespace mm::app
