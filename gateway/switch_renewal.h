// Arms the venue's dead man's switch anew whenever it is told to.
//
// Requests are made on a cold thread of its own, so that no slow answer keeps the guard from
// looking at the engine. It is the guard that tells it, each time: a guard that hangs lets the
// switch run down.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "engine/core/types.h"
#include "gateway/dead_mans_switch.h"

namespace mm {

class SwitchRenewal {
 public:
  SwitchRenewal(DeadMansSwitch& venue, std::function<void(std::string_view)> say);
  // After the request that is under way; the switch runs down.
  ~SwitchRenewal() { stop(); }
  SwitchRenewal(const SwitchRenewal&) = delete;
  SwitchRenewal& operator=(const SwitchRenewal&) = delete;

  // Returns at once. Left out while the last one still waits for its answer.
  void renew(Nanos countdown);
  // The last word, after the request that is under way; blocks.
  void disarm();

 private:
  void run();
  void stop();

  DeadMansSwitch& venue_;
  std::function<void(std::string_view)> say_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  Nanos wanted_{};  // 0: nothing
  bool busy_ = false, stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace mm
