#include "engine/app/stop_signal.h"

#include <signal.h>

#include <atomic>

namespace mm::app {
namespace {

std::atomic<bool> stop_requested{false};

void on_signal(int number) {
  stop_requested.store(true);
  // A second one finds the default action: an impatient user is obeyed.
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  sigaction(number, &fallback, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested.store(false);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

StopSignal::~StopSignal() {
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGINT, &fallback, nullptr);
  sigaction(SIGTERM, &fallback, nullptr);
}

bool StopSignal::requested() {
  return stop_requested.load();
}

}  // namespace mm::app
