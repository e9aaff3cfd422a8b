// How fast clients of the venue server react: from a book update to the next message of a client.
//
// The server's thread; a clock reading and a record each. Time counts from when the update was due,
// not from when it was sent, and an update that is not answered waits on while later ones are sent:
// neither a late server nor a slow client hides what was waited (coordinated omission). Which
// update a message answers nobody can tell, so it answers all that were sent before it. What waits
// is kept, so memory grows with a client that never answers.
#pragma once

#include <string>
#include <vector>

#include "engine/runtime/histogram.h"

namespace mm::app {

class ReactionMeter {
 public:
  static constexpr int kWarmUp = 200;  // answers that do not count

  // Of how many updates, one after the other, the reaction is wanted.
  explicit ReactionMeter(std::uint64_t wanted) : wanted_(wanted) { waiting_.reserve(4'096); }

  void on_publish(Nanos due, Nanos now) { waiting_.push_back({due, now}); }
  void on_message(Nanos now);
  // No answer will come any more: what waits has waited until now.
  void finish(Nanos now);

  // {"wanted":N,"updates":N,"unanswered":N,"from_due_ns":{"p50",...},"from_sent_ns":{...},
  // "from_due_buckets":[[ns,count],...]}: the whole distribution as well, as percentiles of several
  // measurements cannot be added up.
  std::string json() const;

 private:
  struct Update {
    Nanos due, sent;
  };
  void record_waiting(Nanos now);

  const std::uint64_t wanted_;
  std::vector<Update> waiting_;
  std::uint64_t answers_ = 0, unanswered_ = 0;
  Histogram from_due_, from_sent_;
};

}  // namespace mm::app
