#include "engine/app/inspect.h"

#include <cstdio>

namespace mm::app {

int run_inspect(const InspectOptions&) {
  std::fputs("mm_logic: inspect is not built in yet\n", stderr);
  return 1;
}

}  // namespace mm::app
