// Whether the venue still answers: the guard would learn too late that it cannot cancel.
//
// Asks on a cold thread of its own, at once and until destruction, so that no slow answer keeps the
// guard from looking at the engine. What changes is said once; `lost` tells other processes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "engine/core/types.h"

namespace mm {

class VenueProof {
 public:
  struct Setup {
    std::function<std::string()> ask;  // blocks; empty, or why the venue cannot be asked
    std::function<void(std::string_view)> say;
    std::atomic<std::uint32_t>& lost;  // 1 while it cannot
    Nanos interval{}, retry{kSecond};  // between two questions; while it is lost
  };

  explicit VenueProof(const Setup& setup);
  ~VenueProof();
  VenueProof(const VenueProof&) = delete;
  VenueProof& operator=(const VenueProof&) = delete;

  bool lost() const { return setup_.lost.load(std::memory_order_acquire) != 0; }

 private:
  void run();
  void prove();

  Setup setup_;
  std::string told_;
  std::mutex mutex_;  // of `stopped_`
  std::condition_variable wake_;
  bool stopped_ = false;
  Nanos lost_since_{};
  std::thread thread_;  // last: it uses the others
};

}  // namespace mm
