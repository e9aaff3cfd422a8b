#include "engine/app/control/stop_signal.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

namespace mm::app {
namespace {

std::atomic<bool> stop_requested{false};

// What the live page switched off: the cursor, and the wrapping of long lines.
constexpr std::string_view kTerminalRestored = "\x1b[?25h\x1b[?7h\n";

// The first one asks for an orderly end; the second is obeyed at once, as if we had no handler,
// but for the terminal. Only what POSIX calls async-signal-safe is called here.
void on_signal(int number) {
  if (!stop_requested.exchange(true)) return;
  termios terminal;
  if (tcgetattr(STDOUT_FILENO, &terminal) == 0) {
    [[maybe_unused]] const ssize_t written =
        write(STDOUT_FILENO, kTerminalRestored.data(), kTerminalRestored.size());
  }
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested.store(false);
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

StopSignal::~StopSignal() {
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGINT, &fallback, nullptr);
  sigaction(SIGTERM, &fallback, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &fallback, nullptr);
}

bool StopSignal::requested() {
  return stop_requested.load();
}

}  // namespace mm::app
