// Ctrl-C and SIGTERM as a flag: the first asks for an orderly end.
//
// One request may come as several signals: `timeout` and a shell tell the process and its group. So
// whatever comes within kSameRequest of the first is the same request; a later one insists. Then
// SIGINT ends at once and says so; SIGTERM and SIGHUP still end in order, but wait for no pause or
// ban of the venue's any more. Process-wide; installed by the mode that runs, removed when it ends;
// one inside another changes nothing.
#pragma once

#include "engine/core/types.h"

namespace mm::app {

class StopSignal {
 public:
  static constexpr Nanos kSameRequest{2 * kSecond.v};

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  static bool requested();
  static bool insisted();
};

}  // namespace mm::app
