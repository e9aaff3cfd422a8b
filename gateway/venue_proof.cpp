#include "gateway/venue_proof.h"

#include <fmt/format.h>

#include <chrono>

#include "engine/counters/counters_file.h"

namespace mm {

VenueProof::VenueProof(const Setup& setup) : setup_(setup), thread_([this] { run(); }) {}

VenueProof::~VenueProof() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void VenueProof::run() {
  for (;;) {
    prove();
    const Nanos pause = lost() ? setup_.retry : setup_.interval;
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::nanoseconds(pause.v), [this] { return stopped_; })) {
      return;
    }
  }
}

void VenueProof::prove() {
  const std::string problem = setup_.ask();
  const bool was_lost = lost();
  const Nanos now = counters::monotonic_now();
  if (!was_lost && !problem.empty()) lost_since_ = now;
  setup_.lost.store(problem.empty() ? 0 : 1, std::memory_order_release);
  if (problem.empty() && was_lost) {
    setup_.say(
        fmt::format("the venue answers again, after {} s", (now - lost_since_).v / kSecond.v));
  } else if (!problem.empty() && problem != told_) {
    setup_.say("COULD NOT CANCEL the engine's orders now: " + problem);
  }
  told_ = problem;
}

}  // namespace mm
