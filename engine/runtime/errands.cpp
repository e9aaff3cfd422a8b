#include "engine/runtime/errands.h"

#include <chrono>
#include <system_error>
#include <utility>

namespace mm {

Errands::Errands() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    stopped_ = true;
  }
}

Errands::~Errands() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Errands::hand_over(std::function<void()> errand) {
  if (!thread_.joinable()) {
    errand();
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaitingMax) return false;
    waiting_.push_back(std::move(errand));
    ++taken_;
  }
  changed_.notify_all();
  return true;
}

bool Errands::wait(Nanos patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::nanoseconds(patience.v),
                           [this, all = taken_] { return done_ >= all; });
}

void Errands::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> errand = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    errand();
    errand = nullptr;
    lock.lock();
    ++done_;
    changed_.notify_all();
  }
}

}  // namespace mm
