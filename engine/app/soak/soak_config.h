// A configuration by chance, within what the schema allows: the same seed, the same configuration.
//
// Cold, any thread. It comes as `--set` arguments, so that a seed can be told and tried by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mm::app {

// Whether the engines of a seed keep journals, which are replayed: of fewer symbols, since all of
// it is done twice.
constexpr bool is_journaled(std::uint64_t seed) {
  return seed % 8 == 0;
}
std::vector<std::string> random_sets(std::uint64_t seed);
// Of those, some that a running engine can take over.
std::vector<std::string> random_live_sets(std::uint64_t seed);
// The keys of a configuration file that can be read, in the same form.
std::vector<std::string> sets_of_file(const std::string& path);

}  // namespace mm::app
