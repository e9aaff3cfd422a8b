#include <cstdio>

#include "engine/app/modes.h"

namespace mm::app {

int run_mode(const RunOptions&, const Config&) {
  std::fputs("mm_logic: run is not built in yet\n", stderr);
  return 1;
}

}  // namespace mm::app
