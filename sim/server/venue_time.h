// The venue's wall clock, which a fault may set.
//
// The server's thread.
#pragma once

#include "engine/core/types.h"

namespace mm::server {

class VenueTime {
 public:
  explicit VenueTime(Nanos (*wall)()) : wall_(wall) {}

  Nanos operator()() const { return wall_() + shift_; }
  // How far it is ahead of the host's.
  Nanos shift() const { return shift_; }
  void set_shift(Nanos shift) { shift_ = shift; }

 private:
  Nanos (*wall_)();
  Nanos shift_{};
};

}  // namespace mm::server
