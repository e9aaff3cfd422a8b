// How fast clients of the venue server react: from a book update to the next message of a client.
//
// The server's thread; a clock reading and a record each, nothing allocated. Time counts from when
// the update was due, not from when it was sent, so that a server which is late does not hide what
// its clients would have waited (coordinated omission). One reaction per update; updates are
// expected to lie further apart than clients take.
#pragma once

#include <string>

#include "engine/runtime/histogram.h"

namespace mm::app {

class ReactionMeter {
 public:
  static constexpr int kWarmUp = 400;  // reactions that do not count

  void on_publish(Nanos due, Nanos now);
  void on_message(Nanos now);

  // {"updates":N,"reactions":N,"from_due_ns":{"p50",...},"from_sent_ns":{...}}
  std::string json() const;

 private:
  bool warm() const { return reactions_ >= kWarmUp; }

  Nanos due_{}, sent_{};
  bool waiting_ = false;
  std::int64_t reactions_ = 0, updates_ = 0;  // updates: once warm
  Histogram from_due_, from_sent_;
};

}  // namespace mm::app
