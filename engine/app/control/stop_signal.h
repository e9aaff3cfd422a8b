// Ctrl-C and SIGTERM as a flag: the first asks for an orderly stop, the second ends at once.
//
// Process-wide; installed by the mode that runs, removed when it ends.
#pragma once

namespace mm::app {

class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  static bool requested();
};

}  // namespace mm::app
