#include "engine/app/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/app/explain/decision.h"
#include "engine/app/explain/moment.h"
#include "engine/ledger/ledger.h"

namespace mm::app {
namespace {

// The orders that an execution event names; 0 where there is none.
std::array<ClientOrderId, 2> orders_of(const Event& e) {
  if (reports_failure(e.kind)) return {e.failure.id, e.failure.new_id};
  if (reports_order(e.kind)) return {e.report.id, e.report.new_id};
  switch (e.kind) {
    case EventKind::kFilled:
      return {e.fill.id, {}};
    case EventKind::kAdopted:
      return {e.adoption.id, {}};
    default:
      return {};
  }
}

}  // namespace

std::string Explainer::build(const JournalHeader& header) {
  if (std::string error = core_.build(header); !error.empty()) return error;
  for (InstrumentId id = 0; id < core_.instruments().size(); ++id) {
    const std::string symbol(core_.instruments()[id].symbol());
    if (question_.symbol.empty() || question_.symbol == symbol) watched_.push_back({id, {}});
  }
  if (watched_.empty()) return "the session has no " + question_.symbol;
  return {};
}

void Explainer::say(const std::string& text) {
  answered_ = true;
  say_(text);
}

std::uint64_t Explainer::on_event(const Event& event) {
  if (question_.at && !told_ && event.time > *question_.at) tell_standing();
  const std::uint64_t hash = core_.on_event(event);
  if (core_.reloads().size() > reloads_seen_) follow_reloads();
  if (question_.all_orders || question_.order.v != 0) follow_orders(event);
  if (question_.level && !question_.at) {
    for (Watched& w : watched_) follow_level(w);
  }
  return hash;
}

void Explainer::finish() {
  if (question_.at && !told_) tell_standing();
  for (const OrderStory& story : stories_) say(story.text(core_.core()));
}

// Since when the parameters are what they are, if they were others.
std::string Explainer::reload_line() const {
  if (core_.reloads().empty()) return {};
  const ReplayCore::Reload& last = core_.reloads().back();
  return fmt::format("    reload      at {}: {}\n", moment_text(last.time), last.changes);
}

// As decided last before the instant asked for.
void Explainer::tell_standing() {
  told_ = true;
  const Core& core = core_.core();
  if (core.now().v == 0) return;
  for (const Watched& w : watched_) {
    const InstrumentState& s = core.instrument(w.instrument);
    say(fmt::format("{} at {}\n{}{}", s.config.instrument.symbol(), moment_text(core.now()),
                    reload_line(), standing_text(core, s, core.now(), question_.level)));
  }
}

// What is told from here on is of other parameters.
void Explainer::follow_reloads() {
  const ReplayCore::Reload& last = core_.reloads().back();
  reloads_seen_ = core_.reloads().size();
  for (OrderStory& story : stories_) story.on_reload(last.time, last.changes);
  if (question_.level && !question_.at) {
    say(fmt::format("{} reload: {}\n", moment_text(last.time), last.changes));
  }
}

OrderStory* Explainer::story_of(ClientOrderId id) {
  if (id.v == 0 || (!question_.all_orders && id != question_.order)) return nullptr;
  const auto [it, fresh] = story_at_.try_emplace(id.v, stories_.size());
  if (fresh) stories_.emplace_back(id);
  return &stories_[it->second];
}

void Explainer::follow_orders(const Event& event) {
  const Core& core = core_.core();
  for (const ClientOrderId id : orders_of(event)) {
    if (OrderStory* story = story_of(id)) story->on_event(core, event);
  }
  for (const Command& c : core_.commands()) {
    for (const ClientOrderId id : {c.id, c.new_id}) {
      if (OrderStory* story = story_of(id)) story->on_command(core, c);
    }
  }
  if (event.kind != EventKind::kBatchEnd) return;
  for (const Order& order : core.orders().rows()) {
    const bool idle = is_resting(order.state) && order.in_flight == CommandKind::kNone;
    if (!idle) continue;
    if (OrderStory* story = story_of(order.id)) story->on_left(core, order);
  }
}

// A line when another order serves the level, or none for another reason; and every request for it.
void Explainer::follow_level(Watched& watched) {
  const Core& core = core_.core();
  const InstrumentState& s = core.instrument(watched.instrument);
  const Order* order = order_at(core, s, *question_.level);
  const auto place = static_cast<std::size_t>(question_.level->index);
  const QuoteReason reason = s.absence(question_.level->side, place);
  const bool wanted = place < s.ladder.side(question_.level->side).size();
  const std::string now = order != nullptr ? fmt::format("{}", order->id.v)
                                           : fmt::format("{} {}", name(reason), wanted);
  const auto line = [&](const std::string& text) {
    say(fmt::format("{} {} {}\n", moment_text(core.now()), s.config.instrument.symbol(), text));
  };
  for (const Command& c : core_.commands()) {
    const Order* row = find_row(core, c.id);
    const bool of_level = row != nullptr && c.instrument == s.id && row == order;
    if (of_level) line(fmt::format("{}: {}", request_text(core, c), rule_text(core, c)));
  }
  if (now == watched.said) return;
  watched.said = now;
  line(level_line(core, s, *question_.level));
}

}  // namespace mm::app
