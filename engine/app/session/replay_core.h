// A core rebuilt from a journal's header, re-driven by replay; the ledger listens if there is one.
//
// One thread, cold. What replay compares is what the driver hashed: every event's commands and, at
// the end, the final state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/journal/journal_format.h"
#include "engine/journal/session_opening.h"
#include "engine/ledger/ledger.h"
#include "engine/runtime/output_hash.h"

namespace mm::app {

class ReplayCore {
 public:
  // Returns the error, empty if the header makes a core.
  [[nodiscard]] std::string build(const JournalHeader& header);
  void attach(LedgerWriter* ledger) { ledger_ = ledger; }
  // Is told now and then how many events there were.
  void watch(std::function<void(std::uint64_t)> progress) { progress_ = std::move(progress); }

  // False for what no session can have written; on_event() takes everything else.
  bool possible(const Event& event) const;
  std::uint64_t on_event(const Event& event);
  // Parameters that the next kReload brings.
  std::string on_config(std::string_view text);
  std::uint64_t output_hash();

  const Core& core() const { return *core_; }
  // Of the event consumed last.
  std::span<const Command> commands() const { return commands_->items(); }
  std::span<const Instrument> instruments() const { return instruments_; }
  const SessionOpening& opening() const { return opening_; }
  // That in force.
  const Config& config() const { return config_; }
  // What every reload so far has changed, on a line.
  struct Reload {
    Nanos time;
    std::string changes;
  };
  std::span<const Reload> reloads() const { return reloads_; }

 private:
  void take_up(Nanos now);
  void note_resets(Nanos now);

  Config config_;
  std::optional<Config> next_config_;
  std::unique_ptr<CoreConfig> next_;  // of that
  std::vector<Reload> reloads_;
  std::vector<Instrument> instruments_;
  SessionOpening opening_;
  std::vector<std::uint64_t> resets_;  // of each instrument, as far as the ledger knows
  std::unique_ptr<Core> core_;
  std::unique_ptr<CommandBuffer> commands_;
  OutputHash output_;
  LedgerWriter* ledger_ = nullptr;
  std::function<void(std::uint64_t)> progress_;
  std::uint64_t events_ = 0;
};

}  // namespace mm::app
