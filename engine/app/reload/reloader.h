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
  };
  explicit Reloader(const Setup& setup) : setup_(setup), running_(setup.config) {}

  // Whose config.ini is to say what is in force.
  void keep_in(const std::string& session) { session_ = session; }
  ConfigAnswer configure(std::string_view text, bool apply);
  // The configuration in force, or that the core takes over next.
  const Config& running() const { return running_; }

 private:
  std::vector<ConfigChange> compare(Config& next) const;
  bool waits() const;
  std::string keep(const std::string& text);

  Setup setup_;
  std::string session_;
  Config running_;
  std::uint64_t taken_ = 0;              // reloads so far
  std::unique_ptr<CoreConfig> offered_;  // as long as the core may read it
};

}  // namespace mm::app
