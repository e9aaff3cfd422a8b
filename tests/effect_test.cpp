// What of a request is said to be done: a real socket, and a core that takes it up or hangs.
#include "engine/app/control/effect.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/app/control/control_socket.h"
#include "tests/published_core.h"

namespace mm::app {
namespace {

using std::chrono::milliseconds;

class EffectOfARequest : public testing::Test {
 protected:
  void SetUp() override {
    engine_.publisher.publish_all();
    ASSERT_EQ(server_.open(session_), "");
    thread_ = std::thread([this] {
      while (!done_) {
        server_.serve(milliseconds(10), [this](std::string_view, bool) { return answer_; });
      }
    });
  }
  void TearDown() override {
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::string ask(milliseconds patience) {
    return ask_and_wait(session_, engine_.ours, "kill", patience);
  }

  test::PublishedCore engine_;
  const std::string session_ = engine_.here.path("session");
  std::string answer_ = "ok 1 the disk is full";
  std::atomic<bool> done_{false};
  ControlServer server_;
  std::thread thread_;
};

TEST_F(EffectOfARequest, IsTheEnginesWordOnceTheCoreHasDoneIt) {
  engine_.events.count(EventKind::kControl);
  engine_.publisher.publish_all();
  EXPECT_EQ(ask(milliseconds(20'000)), "ok 1 the disk is full");
}

TEST_F(EffectOfARequest, OfACoreThatHangsIsNone) {
  EXPECT_EQ(ask(milliseconds(500)), kNotTakenUp);
}

}  // namespace
}  // namespace mm::app
