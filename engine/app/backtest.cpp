#include <cstdio>

#include "engine/app/modes.h"

namespace mm::app {

int backtest_mode(const BacktestOptions&, const Config&) {
  std::fputs("mm_logic: backtest is not built in yet\n", stderr);
  return 1;
}

}  // namespace mm::app
