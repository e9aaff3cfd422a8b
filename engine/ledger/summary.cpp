#include "engine/ledger/summary.h"

#include <fmt/format.h>

#include <iterator>

#include "engine/core/decimal_text.h"
#include "engine/ledger/json_writer.h"

namespace mm {
namespace {

std::string hundredths(std::int64_t value) {
  return DecimalText(value, 2).str();
}
// Whole milliseconds are enough for a duration.
std::string seconds(Nanos t) {
  return DecimalText(t.v / kMillisecond.v, 3).str();
}
// Times a second, to a tenth.
std::string rate(std::int64_t count, Nanos duration) {
  if (duration.v <= 0) return "0";
  return DecimalText(Int128{count} * 10 * kSecond.v / duration.v, 1).str();
}
// An amount of quote for the terminal: to 1e-4, towards zero.
std::string short_money(Money m) {
  return DecimalText(m.v / (kMoneyScale / 10'000), 4).str();
}

void put_requests(JsonWriter& json, const RequestSummary& r) {
  json.open_object("requests");
  json.member("sent", r.raw.sent);
  json.member("cancel_place_equivalent", r.raw.cancel_place_equivalent);
  json.member_number("saved_pct", hundredths(r.saved_pct_hundredths));
  json.member_number("amend_saved_pct", hundredths(r.amend_saved_pct_hundredths));
  json.open_object("by_limit");
  const auto put = [&json](const char* limit, const BudgetSummary& b) {
    json.open_object(limit);
    json.member("sent", b.sent);
    json.member("cancel_place_equivalent", b.cancel_place_equivalent);
    json.close_object();
  };
  put("raw_requests", r.raw);
  put("weight", r.weight);
  put("orders", r.orders);
  json.close_object();
  json.close_object();
}

void put_results(JsonWriter& json, const Results& r) {
  json.member("events_in", r.events_in);
  json.open_object("orders");
  json.member("placed", r.orders.placed);
  json.member("amended", r.orders.amended);
  json.member("cancelled", r.orders.cancelled);
  json.member("rejected", r.orders.rejected);
  json.member("denied", r.orders.denied);
  json.member("filled", r.orders.filled);
  json.close_object();
  json.member("fills", r.fills);
  if (r.position) {
    json.member("position", decimal_text(*r.position).view());
  } else {
    json.member_null("position");
  }
  json.open_object("pnl");
  json.member("realized", decimal_text(r.pnl.realized).view());
  json.member("unrealized", decimal_text(r.pnl.unrealized).view());
  json.member("fees", decimal_text(r.pnl.fees).view());
  json.member("total", decimal_text(r.pnl.total()).view());
  json.member("spread_capture", decimal_text(r.pnl.parts.spread_capture).view());
  json.member("adverse_selection", decimal_text(r.pnl.parts.adverse_selection).view());
  json.member("inventory", decimal_text(r.pnl.parts.inventory).view());
  json.close_object();
  json.member_number("quote_uptime_pct", hundredths(r.quote_uptime_pct_hundredths));
  put_requests(json, r.requests);
  if (!r.details.empty()) {
    json.open_object("details");
    for (const auto& [key, value] : r.details) json.member(key, value);
    json.close_object();
  }
}

void put_number(JsonWriter& json, std::string_view key, std::optional<std::int64_t> number) {
  number ? json.member(key, *number) : json.member_null(key);
}

void put_threads(JsonWriter& json, const std::vector<ThreadSummary>& threads) {
  json.open_object("threads");
  for (const ThreadSummary& t : threads) {
    json.open_object(t.agents);
    json.member("turn_ns_max", t.turn_ns_max);
    json.member("stalls", t.stalls);
    json.member("hiccup_ns_max", t.hiccup_ns_max);
    json.member("hiccups", t.hiccups);
    put_number(json, "preemptions", t.preemptions);
    put_number(json, "page_faults", t.faults);
    json.close_object();
  }
  json.close_object();
}

void put_measures(JsonWriter& json, const Summary& s) {
  json.open_object("invariants");
  for (const auto& [name, violations] : s.invariants) json.member(name, violations);
  json.close_object();
  json.open_object("latency_ns");
  for (const LatencySummary& l : s.latency) {
    json.open_object(l.stage);
    json.member("p50", l.p50);
    json.member("p99", l.p99);
    json.member("p999", l.p999);
    json.member("max", l.max);
    json.member("count", l.count);
    json.close_object();
  }
  json.close_object();
  json.member("hot_path_allocations", s.hot_path_allocations);
  put_number(json, "hot_path_faults", s.hot_path_faults());
  put_threads(json, s.threads);
  json.member("journal_lost", s.journal_lost);
  json.member("output_hash", fmt::format("{:016x}", s.output_hash));
}

void put_capture(JsonWriter& json, const CaptureSummary& c) {
  json.open_object("capture");
  json.member("lines", c.lines);
  json.member("messages", c.messages);
  json.member("ignored", c.ignored);
  json.member("bad_lines", c.bad_lines);
  json.open_object("problems");
  for (const CaptureSummary::Problem& p : c.problems) json.member(p.key, p.count);
  json.close_object();
  json.close_object();
}

using Text = std::back_insert_iterator<std::string>;

void put_totals(Text out, const Results& r) {
  const OrderSummary& o = r.orders;
  fmt::format_to(out, "  orders      {} placed, {} amended, {} cancelled, {} filled, ", o.placed,
                 o.amended, o.cancelled, o.filled);
  fmt::format_to(out, "{} rejected, {} denied\n", o.rejected, o.denied);
  fmt::format_to(out, "  fills       {}", r.fills);
  if (r.position) fmt::format_to(out, ", position {}", decimal_text(*r.position).view());
  fmt::format_to(out, "\n");
  fmt::format_to(out, "  pnl         {} = realized {} + unrealized {} - fees {}\n",
                 short_money(r.pnl.total()), short_money(r.pnl.realized),
                 short_money(r.pnl.unrealized), short_money(r.pnl.fees));
  const PnlParts& parts = r.pnl.parts;
  fmt::format_to(out, "  pnl from    spread {} + adverse selection {} + inventory {} - fees {}\n",
                 short_money(parts.spread_capture), short_money(parts.adverse_selection),
                 short_money(parts.inventory), short_money(r.pnl.fees));
  fmt::format_to(out, "  uptime      {} % with a quote on each side\n",
                 hundredths(r.quote_uptime_pct_hundredths));
  fmt::format_to(out,
                 "  requests    {} sent, {} by cancel and place: {} % saved ({} % of amends)\n",
                 r.requests.raw.sent, r.requests.raw.cancel_place_equivalent,
                 hundredths(r.requests.saved_pct_hundredths),
                 hundredths(r.requests.amend_saved_pct_hundredths));
  for (const auto& [key, value] : r.details) fmt::format_to(out, "  {:<11} {}\n", key, value);
}

void put_instruments(Text out, const Summary& s) {
  if (s.instruments.size() < 2) return;
  fmt::format_to(out, "  {:<14}{:>8}{:>8}{:>8}{:>8}{:>16}{:>16}{:>9}\n", "instrument", "placed",
                 "amended", "cancel", "fills", "position", "pnl", "uptime");
  for (const auto& [symbol, r] : s.instruments) {
    fmt::format_to(out, "  {:<14}{:>8}{:>8}{:>8}{:>8}{:>16}{:>16}{:>9}\n", symbol, r.orders.placed,
                   r.orders.amended, r.orders.cancelled, r.fills,
                   decimal_text(r.position.value_or(Amount{})).view(), short_money(r.pnl.total()),
                   hundredths(r.quote_uptime_pct_hundredths));
  }
}

// Where there are several: for those without a fill, how near they were to one.
void put_nearest(Text out, const Summary& s) {
  if (s.instruments.size() < 2) return;
  for (const auto& [symbol, r] : s.instruments) {
    if (r.fills > 0) continue;
    for (const auto& [key, value] : r.details) {
      if (key == "nearest_quote") fmt::format_to(out, "  {:<14}no fill, {}\n", symbol, value);
    }
  }
}

void put_capture(Text out, const CaptureSummary& c) {
  const auto put = [out](std::int64_t count, std::string_view name) {
    if (count != 0) fmt::format_to(out, "  capture     {} times {}\n", count, name);
  };
  for (const CaptureSummary::Problem& p : c.problems) put(p.count, p.name);
  put(c.ignored, "message of a stream that is ignored");
}

void put_checks(Text out, const Summary& s, bool colour) {
  const char* red = colour ? "\x1b[1;31m" : "";
  const char* plain = colour ? "\x1b[0m" : "";
  for (const LatencySummary& l : s.latency) {
    fmt::format_to(out, "  {:<26} p50 {} ns, p99 {} ns, p99.9 {} ns, max {} ns, {} times\n",
                   l.stage, l.p50, l.p99, l.p999, l.max, l.count);
  }
  if (s.violations() == 0) {
    fmt::format_to(out, "  invariants  all {} clean\n", s.invariants.size());
  }
  for (const auto& [name, violations] : s.invariants) {
    if (violations == 0) continue;
    fmt::format_to(out, "  {}invariant   {} broken {} times{}\n", red, name, violations, plain);
  }
  const std::optional<std::int64_t> faults = s.hot_path_faults();
  fmt::format_to(out, "  {}hot path    {} allocations{}{}\n", s.hot_path_allocations > 0 ? red : "",
                 s.hot_path_allocations,
                 faults ? fmt::format(", {} page faults after warm-up", *faults) : "",
                 s.hot_path_allocations > 0 ? plain : "");
  for (const ThreadSummary& t : s.threads) {
    fmt::format_to(out, "  thread      {}: longest turn {} us, {} stalls\n", t.agents,
                   t.turn_ns_max / 1000, t.stalls);
    fmt::format_to(out, "              idle turns over 10 us: {}, up to {} us\n", t.hiccups,
                   t.hiccup_ns_max / 1000);
  }
  if (s.journal_lost > 0) {
    fmt::format_to(out, "  {}journal     {} records lost: ledger and replay end there{}\n", red,
                   s.journal_lost, plain);
  }
}

}  // namespace

std::int64_t Summary::violations() const {
  std::int64_t sum = 0;
  for (const auto& [name, count] : invariants) sum += count;
  return sum;
}

std::optional<std::int64_t> Summary::hot_path_faults() const {
  std::optional<std::int64_t> sum;
  for (const ThreadSummary& t : threads) {
    if (t.faults) sum = sum.value_or(0) + *t.faults;
  }
  return sum;
}

std::string to_json(const Summary& s) {
  JsonWriter json;
  json.open_object();
  json.member("mode", s.mode);
  json.member("session", s.session);
  json.member_number("seconds", seconds(s.duration));
  json.member_number("wall_seconds", seconds(s.wall));
  put_results(json, s.total);
  put_measures(json, s);
  json.open_object("events");
  for (const auto& [kind, count] : s.events) {
    json.open_object(kind);
    json.member("count", count);
    json.member_number("per_second", rate(count, s.duration));
    json.close_object();
  }
  json.close_object();
  json.open_object("simulator");
  for (const auto& [key, value] : s.simulator) json.member(key, value);
  json.close_object();
  if (s.capture) put_capture(json, *s.capture);
  json.open_array("notes");
  for (const std::string& note : s.notes) json.element(note);
  json.close_array();
  json.open_object("instruments");
  for (const auto& [symbol, results] : s.instruments) {
    json.open_object(symbol);
    put_results(json, results);
    json.close_object();
  }
  json.close_object();
  json.close_object();
  return json.take();
}

std::string to_text(const Summary& s, bool colour) {
  std::string text;
  const Text out(text);
  fmt::format_to(out, "{} of {} s in {} s, {} events ({}/s)\n", s.mode, seconds(s.duration),
                 seconds(s.wall), s.total.events_in, rate(s.total.events_in, s.wall));
  put_totals(out, s.total);
  put_instruments(out, s);
  put_nearest(out, s);
  std::string simulator;
  for (const auto& [key, value] : s.simulator) {
    simulator += (simulator.empty() ? "" : ", ") + key + ' ' + value;
  }
  if (!simulator.empty()) fmt::format_to(out, "  simulated   {}\n", simulator);
  put_checks(out, s, colour);
  if (s.capture) put_capture(out, *s.capture);
  for (const std::string& note : s.notes) fmt::format_to(out, "  note        {}\n", note);
  fmt::format_to(out, "  output hash {:016x}\n", s.output_hash);
  if (!s.session.empty()) fmt::format_to(out, "  session     {}\n", s.session);
  return text;
}

}  // namespace mm
