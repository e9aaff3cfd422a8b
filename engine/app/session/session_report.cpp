#include "engine/app/session/session_report.h"

#include <unistd.h>

#include <cerrno>
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

// Standard I/O drops what a signal has kept it from writing, and who says TERM again and again
// still wants to read how the session went.
void write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int report_session(const Summary& summary, const std::string& unrecorded) {
  std::fflush(stdout);
  write_whole(STDOUT_FILENO, to_text(summary, stdout_has_colours()));
  if (!unrecorded.empty()) fail(unrecorded);
  for (const auto& [name, violations] : summary.invariants) {
    if (violations != 0) return fail("invariant broken: " + name);
  }
  return unrecorded.empty() ? 0 : 1;
}

}  // namespace mm::app
