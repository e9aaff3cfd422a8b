#include "gateway/switch_renewal.h"

#include <string>
#include <utility>

namespace mm {

SwitchRenewal::SwitchRenewal(DeadMansSwitch& venue, std::function<void(std::string_view)> say)
    : venue_(venue), say_(std::move(say)), thread_([this] { run(); }) {}

void SwitchRenewal::renew(Nanos countdown) {
  {
    const std::lock_guard lock(mutex_);
    if (busy_) return;
    wanted_ = countdown;
  }
  wake_.notify_one();
}

void SwitchRenewal::disarm() {
  stop();
  std::ignore = venue_.arm(Nanos(0));
}

void SwitchRenewal::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SwitchRenewal::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || wanted_ != Nanos{}; });
    if (stopped_) return;
    const Nanos countdown = std::exchange(wanted_, Nanos{});
    busy_ = true;
    lock.unlock();
    const std::string error = venue_.arm(countdown);
    if (!error.empty()) say_("the venue's dead man's switch could not be armed: " + error);
    lock.lock();
    busy_ = false;
  }
}

}  // namespace mm
