// A run in real time that is not to begin after all.
#include "engine/app/modes/run_realtime.h"

#include <gmock/gmock.h>

#include "engine/app/config/core_setup.h"
#include "engine/app/edges/sim_edge.h"
#include "engine/counters/counters_file.h"
#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using counters::CountersFile;
using counters::Phase;

// By a signal or HALT that came while the start was under way.
TEST(RunRealtime, WhoIsToldOffBeforeItBeginsHasEnded) {
  const test::Scratch here;
  const std::vector<std::string> sets{"session.dir=" + here.path("sessions")};
  const ConfigLoad load = parse_config("", "test", sets);
  ASSERT_EQ(load.error, "");
  const auto phase = [&here] {
    CountersFile engine;
    EXPECT_EQ(engine.attach(here.path("s"), CountersFile::Use::kLook), "");
    return engine.layout().phase.load();
  };
  std::string refused;
  RunParts parts{load.config, "sim", simulated_instruments(load.config), make_sim_edge};
  parts.may_begin = [&] {
    EXPECT_EQ(phase(), Phase::kStarting);
    EXPECT_TRUE(here.has("s/control.sock")) << "it can be steered";
    return std::string("not started: told to end");
  };
  parts.has_begun = [] { ADD_FAILURE() << "nothing is begun"; };
  parts.refuse = [&refused](const std::string& why) {
    refused = why;
    return 7;
  };
  RunOptions options;
  options.quiet = true;
  options.session_dir = here.path("s");
  EXPECT_EQ(run_realtime(options, parts), 7);
  EXPECT_EQ(refused, "not started: told to end");
  EXPECT_EQ(phase(), Phase::kEnded) << "no guard waits for it, nobody takes it for a dead one";
  EXPECT_FALSE(here.has("s/control.sock"));
}

}  // namespace
}  // namespace mm::app
