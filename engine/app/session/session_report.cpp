#include "engine/app/session/session_report.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mm::app {

bool stdout_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

bool stdout_has_colours() {
  const char* refused = std::getenv("NO_COLOR");
  return stdout_is_terminal() && (refused == nullptr || *refused == '\0');
}

int fail(const std::string& error) {
  std::fprintf(stderr, "mm_logic: %s\n", error.c_str());
  return 1;
}

int report_session(const Summary& summary, const std::string& unrecorded) {
  std::fputs(to_text(summary, stdout_has_colours()).c_str(), stdout);
  if (!unrecorded.empty()) fail(unrecorded);
  for (const auto& [name, violations] : summary.invariants) {
    if (violations != 0) return fail("invariant broken: " + name);
  }
  return unrecorded.empty() ? 0 : 1;
}

}  // namespace mm::app
