#include "engine/app/session/replay_core.h"

#include "engine/app/config/config_change.h"
#include "engine/app/config/core_setup.h"
#include "engine/core/event_check.h"
#include "engine/journal/instrument_text.h"

namespace mm::app {

std::string ReplayCore::build(const JournalHeader& header) {
  ConfigLoad load = parse_config(header.config, "the journal's config");
  if (!load.ok()) return load.error;
  config_ = std::move(load.config);
  if (std::string error = parse_instrument_lines(header.instruments, instruments_);
      !error.empty()) {
    return "the journal's instruments cannot be read: " + error;
  }
  if (instruments_.empty()) return "the journal has no instruments";
  if (std::string error = parse_opening(header.opening, opening_); !error.empty()) {
    return "the journal's opening cannot be read: " + error;
  }
  core_ = std::make_unique<Core>(make_core_config(config_, instruments_, opening_));
  commands_ = std::make_unique<CommandBuffer>();
  resets_.assign(instruments_.size(), 0);
  return {};
}

bool ReplayCore::possible(const Event& event) const {
  return is_possible(event) && event.time >= core_->now();
}

std::uint64_t ReplayCore::on_event(const Event& event) {
  constexpr std::uint64_t kLook = 1 << 16;
  if (++events_ % kLook == 0 && progress_) progress_(events_);
  commands_->clear();
  const LifecycleCounters before = core_->lifecycle().counters();
  core_->on(event, *commands_);
  core_->conclude(*commands_);
  if (next_config_ && !core_->reload_waits()) take_up(event.time);
  if (ledger_ != nullptr) {
    const LifecycleCounters& now = core_->lifecycle().counters();
    // By an amend of an earlier start's the order's terms have changed all the same.
    const bool repeats = event.kind == EventKind::kAmended && now.unmatched != before.unmatched &&
                         !core_->orders().is_of_earlier_start(event.report.id);
    ledger_->on_record(event, commands_->items(), repeats);
    if (now.amends != before.amends) ledger_->on_amend(event);
    for (const Denial& denial : core_->denials()) ledger_->on_denial(event.time, denial);
    if (event.kind == EventKind::kBatchEnd) note_resets(event.time);
  }
  return output_.add(commands_->items());
}

void ReplayCore::note_resets(Nanos now) {
  for (InstrumentId i = 0; i < resets_.size(); ++i) {
    const std::uint64_t count = core_->instrument(i).reset.count();
    if (count == resets_[i]) continue;
    resets_[i] = count;
    ledger_->on_change(now, i, "order_reset", std::to_string(count));
  }
}

std::string ReplayCore::on_config(std::string_view text) {
  ConfigLoad load = parse_config(text, "a reload's config");
  if (!load.ok()) return load.error;
  auto next = std::make_unique<CoreConfig>(make_core_config(load.config, instruments_, opening_));
  core_->offer(*next);
  next_ = std::move(next);
  next_config_ = std::move(load.config);
  return {};
}

void ReplayCore::take_up(Nanos now) {
  reloads_.push_back({now, changes_text(config_changes(config_, *next_config_))});
  config_ = std::move(*next_config_);
  next_config_.reset();
  if (ledger_ != nullptr) ledger_->on_change(now, 0, "reload", reloads_.back().changes);
}

std::uint64_t ReplayCore::output_hash() {
  output_.add(core_->state_hash());
  return output_.value();
}

}  // namespace mm::app
