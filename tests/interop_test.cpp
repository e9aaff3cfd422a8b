// A client that no one here wrote, against the venue server.
#include <gtest/gtest.h>

#include "tests/e2e_support.h"

namespace mm::test {
namespace {

TEST(Interop, TheNpmPackageBinanceTradesAtTheVenue) {
  if (run_process("command -v npm && command -v node").exit_code != 0) {
    GTEST_SKIP() << "npm is not installed: the foreign client was not tried";
  }
  if (run_process("npm view binance@3.6 version").exit_code != 0) {
    GTEST_SKIP() << "the npm registry cannot be reached: the foreign client was not tried";
  }
  const ProcessResult ran = run_process(kRoot + "/scripts/interop " + binary());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_EQ(count_of(ran.output, ": all calls as expected"), 2u) << ran.output;
}

}  // namespace
}  // namespace mm::test
