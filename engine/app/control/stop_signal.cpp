#include "engine/app/control/stop_signal.h"

#include <signal.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace mm::app {
namespace {

std::atomic<std::int64_t> first_at{0};  // CLOCK_MONOTONIC; 0: none came
std::atomic<bool> stop_insisted{false};
int installed = 0;  // main thread
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

// What the live page switched off: the cursor, and the wrapping of long lines.
constexpr std::string_view kTerminalRestored = "\x1b[?25h\x1b[?7h\n";

constexpr std::string_view kEndedAtOnce =
    "mm_logic: told again to end: ended at once, without a look at what may be left open\n";

void put(int file, std::string_view text) {
  [[maybe_unused]] const ssize_t written = write(file, text.data(), text.size());
}

// Only what POSIX calls async-signal-safe is called here.
void on_signal(int number) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const std::int64_t now = time.tv_sec * kSecond.v + time.tv_nsec;
  std::int64_t first = 0;
  if (first_at.compare_exchange_strong(first, now)) return;
  if (now - first < StopSignal::kSameRequest.v) return;
  stop_insisted.store(true);
  if (number != SIGINT) return;
  // As if we had no handler, but for the terminal.
  termios terminal;
  if (tcgetattr(STDOUT_FILENO, &terminal) == 0) put(STDOUT_FILENO, kTerminalRestored);
  put(STDERR_FILENO, kEndedAtOnce);
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

StopSignal::StopSignal() {
  if (installed++ > 0) return;
  first_at.store(0);
  stop_insisted.store(false);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A terminal that goes away takes no order with it, unless somebody (nohup) has said to stay.
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  // Nor does whoever read our output and has gone: what is written then is lost, and that is all.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

// What was told to end is about to: told again meanwhile, it still ends in order.
StopSignal::~StopSignal() {
  if (--installed > 0) return;
  if (requested()) return;
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGINT, &fallback, nullptr);
  sigaction(SIGTERM, &fallback, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &fallback, nullptr);
}

bool StopSignal::requested() {
  return first_at.load() != 0;
}

bool StopSignal::insisted() {
  return stop_insisted.load();
}

}  // namespace mm::app
