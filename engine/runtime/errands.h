// Work that a disk, a pipe or a terminal may hold up for ever, done where it holds up nobody.
//
// One cold thread does it in order; where none is to be had it is done at once, by whoever hands it
// over. Any thread hands it over and never waits for it but by wait(),
// for as long as it likes. What is under way cannot be taken back, so the destructor waits for all
// of it: whoever must end even so asks wait() first and leaves the process by _Exit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/core/types.h"

namespace mm {

class Errands {
 public:
  static constexpr std::size_t kWaitingMax = 256;

  Errands();
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // Must not throw. False: as many wait as may, this one is left out.
  bool hand_over(std::function<void()> errand);
  // Whether all that was handed over before is done; for `patience` at most.
  bool wait(Nanos patience);

 private:
  void run();

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::uint64_t taken_ = 0, done_ = 0;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace mm
