// The table of all configuration keys: name, allowed values, meaning and the field behind it.
//
// Built once, on the main thread, cold. Parsing, range checks, the shipped config.ini, the key
// listing and the effective text all come from this table; a new key is one line of it. The
// default of a key is what its struct is initialised with.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"

namespace mm::app {

// What a key is read into: the config, and the symbol's part of it (common, or one override).
struct ConfigTarget {
  Config& config;
  SymbolConfig& symbol;
};

struct ConfigKey {
  std::string section;
  std::string name;
  std::string allowed;         // "a fraction from 0 to 1"
  std::string precision;       // ", at most 9 decimals", or empty
  std::string help;            // one sentence, with the unit
  bool from_scenario = false;  // its default is what [market] scenario says
  bool per_symbol = false;     // may stand in a [symbol NAME] section
  bool live = false;           // may change while an engine runs
  bool is_list = false;        // may be continued on indented lines
  std::function<bool(std::string_view, ConfigTarget)> read;  // false: not allowed, nothing changed
  std::function<std::string(ConfigTarget)> write;
};

struct ConfigSection {
  std::string name;
  std::string help;
};

const std::vector<ConfigKey>& config_keys();
const std::vector<ConfigSection>& config_sections();

const ConfigKey* find_key(std::string_view section, std::string_view name);
const ConfigKey* find_symbol_key(std::string_view name);

// The value in force of one key, as it would stand in the file; the key must exist.
std::string config_value(const Config& config, std::string_view section, std::string_view name);

// The known word nearest to a mistyped one, or empty if none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

// The shipped config.ini: every key with its default, its meaning and what is allowed.
std::string default_config_text();
// In lines of at most 98 columns, each after `# `.
std::string ini_comment(std::string_view text);

}  // namespace mm::app
