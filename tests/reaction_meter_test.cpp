#include "engine/app/modes/reaction_meter.h"

#include <gtest/gtest.h>

namespace mm::app {
namespace {

// Updates that are due a millisecond apart and sent 16 ns late.
class Reactions : public testing::Test {
 protected:
  static constexpr Nanos kLate{16};

  Reactions() {
    for (int i = 0; i < ReactionMeter::kWarmUp; ++i) {
      update();
      answer(Nanos(500'000));
    }
  }
  void update() {
    due_ = due_ + kMillisecond;
    meter_.on_publish(due_, due_ + kLate);
  }
  // This long after the last update was sent.
  void answer(Nanos after) { meter_.on_message(due_ + kLate + after); }
  std::string finish(Nanos after) {
    meter_.finish(due_ + kLate + after);
    return meter_.json();
  }

  ReactionMeter meter_{6};

 private:
  Nanos due_{};
};

TEST_F(Reactions, CountFromWhenTheUpdateWasDueAndOncePerUpdate) {
  for (int i = 0; i < 3; ++i) {
    update();
    answer(Nanos(40));
    answer(Nanos(41));  // a second order for the same update
  }
  EXPECT_EQ(finish(kSecond), R"({"wanted":6,"updates":3,"unanswered":0,)"
                             R"("from_due_ns":{"p50":56,"p90":56,"p99":56,"p999":56,"max":56},)"
                             R"("from_sent_ns":{"p50":40,"p90":40,"p99":40,"p999":40,"max":40},)"
                             R"("from_due_buckets":[[56,3]]})");
}

// A client that was away for three updates has let the first of them wait for all that time.
TEST_F(Reactions, TheUpdatesBehindALateAnswerHaveWaitedToo) {
  for (int i = 0; i < 3; ++i) update();
  answer(Nanos(40));
  EXPECT_EQ(finish(Nanos(0)),
            R"({"wanted":6,"updates":3,"unanswered":0,"from_due_ns":{"p50":1015807,)"
            R"("p90":2000056,"p99":2000056,"p999":2000056,"max":2000056},"from_sent_ns":{)"
            R"("p50":1015807,"p90":2000040,"p99":2000040,"p999":2000040,"max":2000040},)"
            R"("from_due_buckets":[[56,1],[1015807,1],[2000056,1]]})");
}

TEST_F(Reactions, WhatIsNeverAnsweredHasWaitedToTheEnd) {
  update();
  EXPECT_EQ(finish(Nanos(24)), R"({"wanted":6,"updates":1,"unanswered":1,)"
                               R"("from_due_ns":{"p50":40,"p90":40,"p99":40,"p999":40,"max":40},)"
                               R"("from_sent_ns":{"p50":24,"p90":24,"p99":24,"p999":24,"max":24},)"
                               R"("from_due_buckets":[[40,1]]})");
}

TEST_F(Reactions, OfMoreThanIsWantedTheFirstCount) {
  for (int i = 0; i < 8; ++i) {
    update();
    answer(i < 6 ? Nanos(4) : kSecond);
  }
  update();
  EXPECT_EQ(finish(kSecond), R"({"wanted":6,"updates":6,"unanswered":0,)"
                             R"("from_due_ns":{"p50":20,"p90":20,"p99":20,"p999":20,"max":20},)"
                             R"("from_sent_ns":{"p50":4,"p90":4,"p99":4,"p999":4,"max":4},)"
                             R"("from_due_buckets":[[20,6]]})");
}

}  // namespace
}  // namespace mm::app
