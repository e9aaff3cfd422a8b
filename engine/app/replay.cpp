#include <cstdio>

#include "engine/app/modes.h"

namespace mm::app {

int replay_mode(const ReplayOptions&) {
  std::fputs("mm_logic: replay is not built in yet\n", stderr);
  return 1;
}

}  // namespace mm::app
