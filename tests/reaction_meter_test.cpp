#include "engine/app/modes/reaction_meter.h"

#include <gtest/gtest.h>

namespace mm::app {
namespace {

TEST(ReactionMeter, CountsFromWhenTheUpdateWasDueAndOncePerUpdate) {
  ReactionMeter meter;
  Nanos now{};
  const auto update = [&](Nanos late, Nanos answer_after) {
    now = now + kMillisecond;
    meter.on_publish(now, now + late);
    if (answer_after.v == 0) return;
    meter.on_message(now + late + answer_after);
    meter.on_message(now + late + answer_after + Nanos(1));  // a second order for the same update
  };
  for (int i = 0; i < ReactionMeter::kWarmUp; ++i) update(Nanos(0), Nanos(500'000));
  for (int i = 0; i < 3; ++i) update(Nanos(16), Nanos(40));
  update(Nanos(16), Nanos(0));  // unanswered
  EXPECT_EQ(meter.json(), R"({"updates":4,"reactions":3,)"
                          R"("from_due_ns":{"p50":56,"p90":56,"p99":56,"p999":56,"max":56},)"
                          R"("from_sent_ns":{"p50":40,"p90":40,"p99":40,"p999":40,"max":40}})");
}

}  // namespace
}  // namespace mm::app
