// A capture feed as the virtual loop's source of messages.
//
// One thread, the loop's; the batch grows to the largest message and stays.
#pragma once

#include <span>

#include "feeds/capture/capture_feed.h"

namespace mm::app {

class CaptureSource {
 public:
  explicit CaptureSource(CaptureFeed& feed) : feed_(feed) {}
  bool next(Nanos& at, std::span<const Event>& events) {
    if (!feed_.next(at, batch_)) return false;
    events = batch_.events();
    return true;
  }

 private:
  CaptureFeed& feed_;
  EventBatch batch_;
};

}  // namespace mm::app
