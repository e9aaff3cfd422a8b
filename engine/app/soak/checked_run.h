// A virtual session in which things go wrong and everything is checked.
//
// VirtualRun with a FaultyVenue for a venue and a Checker where the driver journals and sends; with
// or without a journal on disk. See virtual_run.h for threads and allocation.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/app/soak/soak_person.h"
#include "engine/app/soak/virtual_run.h"
#include "sim/faults/checker.h"
#include "sim/faults/faulty_venue.h"

namespace mm::app {

// Sits where the driver journals, beside the journal if there is one.
class CheckedJournal {
 public:
  CheckedJournal(sim::FaultyVenue& venue, JournalWriter* journal)
      : venue_(venue), journal_(journal) {}

  void watch(sim::Checker& checker) { checker_ = &checker; }
  void append(const Event& e, std::uint64_t command_hash) {
    if (journal_ != nullptr) journal_->append(e, command_hash);
    checker_->on_event(e);
  }
  // A feed asked to resynchronise asks the venue.
  bool push(SpscRing<Command>& gateway, const Command& c) {
    checker_->on_command(c);
    if (c.kind != CommandKind::kResyncFeed) return gateway.try_push(c);
    venue_.submit(c, c.time);
    return true;
  }

 private:
  sim::FaultyVenue& venue_;
  JournalWriter* journal_;
  sim::Checker* checker_ = nullptr;
};

struct CheckedSink {
  SpscRing<Command>& gateway;
  CheckedJournal& checked;
  bool push(const Command& c) { return checked.push(gateway, c); }
};
inline CheckedSink make_sink(SpscRing<Command>& gateway, CheckedJournal& checked) {
  return {gateway, checked};
}

// What the run is built on, so made before it.
struct CheckedParts {
  CheckedParts(sim::SimVenue& venue, std::span<const Instrument> instruments,
               const sim::FaultPlan& plan, std::uint64_t seed, JournalWriter* journal)
      : faulty_venue(venue, instruments, plan, seed), checked(faulty_venue, journal) {}

  sim::FaultyVenue faulty_venue;
  CheckedJournal checked;
};

// Tests put a broken core in the core's place, to see that the checkers notice.
template <class CoreT>
class CheckedRunOf : private CheckedParts,
                     public VirtualRun<NoSource, sim::FaultyVenue, CheckedJournal, CoreT> {
  using Run = VirtualRun<NoSource, sim::FaultyVenue, CheckedJournal, CoreT>;

 public:
  CheckedRunOf(const Config& config, std::span<const Instrument> instruments, sim::SimVenue& venue,
               const sim::FaultPlan& plan, JournalWriter* journal = nullptr,
               const SessionOpening& opening = {})
      : CheckedParts(venue, instruments, plan, config.scenario.seed, journal),
        Run(config, instruments, faulty_venue, checked, opening),
        checker_(this->core(), faulty_venue, make_core_config(config, instruments, opening)) {
    checked.watch(checker_);
  }
  // Before begin(): the engine of `before` has died, the venue went on, and this is the next start.
  void go_on_from(const CheckedRunOf& before) {
    faulty_venue.go_on();
    checker_.go_on_from(before.checker_);
  }

  // Before begin(): what a person does on the way, in order of time.
  void plan(std::vector<PersonAct> acts) { acts_ = std::move(acts); }
  std::size_t acts_done() const { return acts_done_; }
  using Run::advance;
  bool advance(Nanos until) {
    for (; acts_done_ < acts_.size() && acts_[acts_done_].at <= until; ++acts_done_) {
      if (!Run::advance(acts_[acts_done_].at)) return false;
      this->control(acts_[acts_done_].control);
    }
    return Run::advance(until);
  }
  // As VirtualRun's, of `next`.
  void take_up_reload(const CoreConfig& next) {
    checker_.offer(next);
    Run::take_up_reload();
  }

  // As VirtualRun's, and on until what is under way has arrived.
  bool shut_down() {
    const bool flat = Run::shut_down();
    ended_ = this->now();
    if (flat) checker_.at_stop();
    this->advance(this->now() + kLateEvents);
    checker_.at_end(flat);
    return flat;
  }
  Nanos ended() const { return ended_; }
  const sim::Checker& checker() const { return checker_; }
  const sim::FaultyVenue& faults() const { return faulty_venue; }

 private:
  static constexpr Nanos kLateEvents{60 * kSecond.v};

  sim::Checker checker_;
  std::vector<PersonAct> acts_;
  std::size_t acts_done_ = 0;
  Nanos ended_{};
};
using CheckedRun = CheckedRunOf<Core>;

}  // namespace mm::app
