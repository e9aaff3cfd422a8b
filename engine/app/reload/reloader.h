// The engine's side of plan and reload: reads a new configuration, says what it changes, and hands
// it to the core and to the journal.
//
// Cold, one thread (Steering's); allocates, and waits for the journal to have the text, a quarter
// of a second at most. The core takes over at the kReload event that whoever asked here puts into
// the control ring next; until then the parameters are kept here and another reload is refused. So
// it outlives the core's thread. What is refused changes nothing. Of a run in virtual time nothing
// is waited for: it has no journal thread, and whoever drives it knows what was told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/app/config/config_change.h"
#include "engine/app/config/config_hash.h"
#include "engine/app/control/steering.h"
#include "engine/core/core.h"
#include "engine/journal/journal_lane.h"
#include "engine/journal/session_opening.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {

class Reloader {
 public:
  struct Setup {
    const Config& config;  // as started
    std::span<const Instrument> instruments;
    const SessionOpening& opening;
    Core& core;
    JournalLane* lane;  // null in virtual time
    // What the venue allows less of than a configuration; none: all that it says.
    std::function<void(Config&)> obey{};
    // What the venue's filters have against the size of an instrument's orders now, empty if
    // nothing; none: there is no venue to say so.
    std::function<std::string(const Config&, InstrumentId)> size_problem{};
  };
  explicit Reloader(const Setup& setup)
      : setup_(setup),
        running_(setup.config),
        hash_(config_hash(effective_text(running_))),
        hash_before_(hash_) {}

  // Whose config.ini is to say what is in force.
  void keep_in(const std::string& session) { session_ = session; }
  // `disk`: how the session's config.ini is written; none: at once.
  ConfigAnswer configure(std::string_view text, bool apply, const OnDisk& disk = {});
  // Of the configuration that the core runs with: the one before until it has taken up the next.
  std::uint64_t hash_in_force() const { return waits() ? hash_before_ : hash_; }
  // The configuration in force, or that the core takes over next.
  const Config& running() const { return running_; }

 private:
  std::vector<ConfigChange> compare(Config& next) const;
  void judge_sizes(const Config& next, std::vector<ConfigChange>& changes) const;
  bool waits() const;
  std::string keep(const std::string& text, const OnDisk& disk);

  Setup setup_;
  std::string session_;
  Config running_;
  std::uint64_t hash_, hash_before_;     // of it, and of the one before the last reload
  std::uint64_t taken_ = 0;              // reloads so far
  std::unique_ptr<CoreConfig> offered_;  // as long as the core may read it
};

}  // namespace mm::app
