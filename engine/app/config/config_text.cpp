#include <fmt/format.h>

#include <algorithm>

#include "engine/app/config/config_schema.h"

namespace mm::app {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string assignment(const ConfigKey& key, ConfigTarget target) {
  const std::string value = key.write(target);
  return fmt::format("{} ={}{}\n", key.name, value.empty() ? "" : " ", value);
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t distance_min = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < distance_min) {
      distance_min = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string config_value(const Config& config, std::string_view section, std::string_view name) {
  Config copy = config;  // the schema's fields are mutable references
  return find_key(section, name)->write({copy, copy.common});
}

std::string ini_comment(std::string_view text) {
  constexpr std::size_t kWidth = 96;
  std::string out;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > kWidth) length = text.rfind(' ', kWidth);
    out += fmt::format("# {}\n", text.substr(0, length));
    text.remove_prefix(std::min(text.size(), length + 1));
  }
  return out;
}

std::string default_config_text() {
  Config defaults;
  const ConfigTarget target{defaults, defaults.common};
  std::string text = ini_comment(
      "MM_Logic: every key with its default. A [symbol NAME] section overrides any key of "
      "[strategy], [risk], [instrument] or [market] for that instrument, but day_start, scenario "
      "and seed; "
      "--set section.key=value overrides any key where a command takes a configuration. Comments "
      "start with ; or #.");
  for (const ConfigSection& section : config_sections()) {
    text += fmt::format("\n{}[{}]\n", ini_comment(section.help + "."), section.name);
    for (const ConfigKey& k : config_keys()) {
      if (k.section != section.name) continue;
      text += ini_comment(fmt::format("{}; {}.", k.help, k.allowed));
      // A key that follows the scenario is shown, not set: setting it would pin it.
      text += (k.from_scenario ? "; " : "") + assignment(k, target);
    }
  }
  return text;
}

std::string effective_text(const Config& config) {
  Config copy = config;
  std::string text;
  for (const ConfigSection& section : config_sections()) {
    text += fmt::format("[{}]\n", section.name);
    for (const ConfigKey& k : config_keys()) {
      if (k.section == section.name) text += assignment(k, {copy, copy.common});
    }
  }
  for (SymbolConfig& symbol : copy.overrides) {
    std::string own;
    for (const ConfigKey& k : config_keys()) {
      if (!k.per_symbol || k.write({copy, symbol}) == k.write({copy, copy.common})) continue;
      own += assignment(k, {copy, symbol});
    }
    if (!own.empty()) text += fmt::format("[symbol {}]\n{}", symbol.name, own);
  }
  return text;
}

}  // namespace mm::app
