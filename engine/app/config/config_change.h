// What is different between two configurations, and what of it an engine can change while it runs.
//
// Cold, pure. A key that several instruments share is told once; [symbol NAME] sections count as
// far as NAME is traded. The words travel from the engine to whoever asks as lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"

namespace mm::app {

struct ConfigChange {
  std::string section;  // "strategy", or "symbol NAME"
  std::string key, before, after;
  std::string problem{};  // why a running engine cannot take it over; empty: it can

  bool operator==(const ConfigChange&) const = default;
};

std::vector<ConfigChange> config_changes(const Config& running, const Config& next);
bool all_live(const std::vector<ConfigChange>& changes);

// "[strategy] min_spread: 0.002 -> 0.003", with the problem behind it.
std::string change_text(const ConfigChange& change);
// All of them without their problems, on one line.
std::string changes_text(const std::vector<ConfigChange>& changes);

// As lines, and back; lines that are none are left out.
std::string write_changes(const std::vector<ConfigChange>& changes);
std::vector<ConfigChange> read_changes(std::string_view lines);

}  // namespace mm::app
