// A fuzz target: what a parser of outside bytes promises of every input. One a file.
//
// Built with libFuzzer (preset fuzz, scripts/fuzz) a target is a program of its own. In mm_tests it
// goes into a list, and fuzz_corpus_test.cpp runs it over its corpus and mutations of that. What
// does not hold aborts, as a broken promise does (MM_ASSERT).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/assert.h"

namespace mm::test {

struct FuzzTarget {
  std::string_view name;
  void (*run)(std::string_view input);
};
inline std::vector<FuzzTarget>& fuzz_targets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}
struct FuzzRegistration {
  explicit FuzzRegistration(const FuzzTarget& target) { fuzz_targets().push_back(target); }
};

// The next line of a text input, without its newline; false at the end.
inline bool next_line(std::string_view& rest, std::string_view& line) {
  if (rest.empty()) return false;
  line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return true;
}

}  // namespace mm::test

// MM_FUZZ_TARGET(name) { ... } with the bytes in `input`; in the global namespace.
#ifdef MM_FUZZ
#define MM_FUZZ_TARGET(target)                                                   \
  static void fuzz_##target(std::string_view input);                             \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) { \
    fuzz_##target({reinterpret_cast<const char*>(data), size});                  \
    return 0;                                                                    \
  }                                                                              \
  static void fuzz_##target(std::string_view input)
#else
#define MM_FUZZ_TARGET(target)                                                            \
  static void fuzz_##target(std::string_view input);                                      \
  static const mm::test::FuzzRegistration registered_##target{{#target, &fuzz_##target}}; \
  static void fuzz_##target(std::string_view input)
#endif
