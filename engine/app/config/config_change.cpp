#include "engine/app/config/config_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/app/config/config_schema.h"

namespace mm::app {
namespace {

constexpr std::string_view kNotLive = "cannot change while the engine runs";

class Comparison {
 public:
  Comparison(const Config& running, const Config& next) : running_(running), next_(next) {}

  std::vector<ConfigChange> run() {
    for (const ConfigKey& k : config_keys()) {
      const bool common = add(k, k.section, running_.common, next_.common);
      if (k.per_symbol) add_symbols(k, common);
    }
    return std::move(changes_);
  }

 private:
  bool add(const ConfigKey& k, const std::string& section, SymbolConfig& before,
           SymbolConfig& after) {
    std::string was = k.write({running_, before}), is = k.write({next_, after});
    if (was == is) return false;
    changes_.push_back({section, k.name, std::move(was), std::move(is),
                        k.live ? std::string() : std::string(kNotLive)});
    return true;
  }
  // Where a symbol goes its own way, before or after.
  void add_symbols(const ConfigKey& k, bool common) {
    for (const std::string& name : running_.venue.symbols) {
      SymbolConfig before = running_.symbol(name), after = next_.symbol(name);
      const bool told = common &&
                        k.write({running_, before}) == k.write({running_, running_.common}) &&
                        k.write({next_, after}) == k.write({next_, next_.common});
      if (!told) add(k, "symbol " + name, before, after);
    }
  }

  Config running_, next_;  // copies: the schema's fields are mutable references
  std::vector<ConfigChange> changes_;
};

}  // namespace

std::vector<ConfigChange> config_changes(const Config& running, const Config& next) {
  return Comparison(running, next).run();
}

bool all_live(const std::vector<ConfigChange>& changes) {
  return std::ranges::all_of(changes, [](const ConfigChange& c) { return c.problem.empty(); });
}

std::string change_text(const ConfigChange& c) {
  return fmt::format("[{}] {}: {} -> {}{}{}", c.section, c.key,
                     c.before.empty() ? "(empty)" : c.before, c.after.empty() ? "(empty)" : c.after,
                     c.problem.empty() ? "" : ": ", c.problem);
}

std::string changes_text(const std::vector<ConfigChange>& changes) {
  std::string text;
  for (ConfigChange change : changes) {
    change.problem.clear();
    text += (text.empty() ? "" : "; ") + change_text(change);
  }
  return text;
}

// A value that has a tab itself is told with a space: its line must be one.
std::string write_changes(const std::vector<ConfigChange>& changes) {
  const auto field = [](std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    return text;
  };
  std::string lines;
  for (const ConfigChange& c : changes) {
    lines += fmt::format("{}\t{}\t{}\t{}\t{}\n", field(c.section), c.key, field(c.before),
                         field(c.after), c.problem);
  }
  return lines;
}

std::vector<ConfigChange> read_changes(std::string_view lines) {
  std::vector<ConfigChange> changes;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(lines.size(), end + 1));
    if (std::ranges::count(line, '\t') != 4) continue;
    std::array<std::string, 5> field;
    for (std::string& text : field) {
      const std::size_t tab = std::min(line.find('\t'), line.size());
      text = line.substr(0, tab);
      line.remove_prefix(std::min(line.size(), tab + 1));
    }
    changes.push_back({field[0], field[1], field[2], field[3], field[4]});
  }
  return changes;
}

}  // namespace mm::app
