#include "engine/app/modes/reaction_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mm::app {
namespace {

std::string percentiles(const Histogram& h) {
  return fmt::format(R"({{"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}})", h.p50().v, h.p90().v,
                     h.p99().v, h.p999().v, h.max().v);
}

// No value above what there was.
std::string buckets(const Histogram& h) {
  std::string all;
  h.for_each_bucket([&](Nanos value, std::uint64_t count) {
    fmt::format_to(std::back_inserter(all), "{}[{},{}]", all.empty() ? "" : ",",
                   std::min(value, h.max()).v, count);
  });
  return "[" + all + "]";
}

}  // namespace

void ReactionMeter::on_message(Nanos now) {
  if (waiting_.empty()) return;
  if (answers_++ >= kWarmUp) record_waiting(now);
  waiting_.clear();
}

void ReactionMeter::finish(Nanos now) {
  const std::uint64_t answered = from_due_.count();
  if (answers_ >= kWarmUp) record_waiting(now);
  unanswered_ = from_due_.count() - answered;
  waiting_.clear();
}

void ReactionMeter::record_waiting(Nanos now) {
  for (const Update& update : waiting_) {
    if (from_due_.count() == wanted_) return;
    from_due_.record(now - update.due);
    from_sent_.record(now - update.sent);
  }
}

std::string ReactionMeter::json() const {
  return fmt::format(
      R"({{"wanted":{},"updates":{},"unanswered":{},"from_due_ns":{},"from_sent_ns":{},)"
      R"("from_due_buckets":{}}})",
      wanted_, from_due_.count(), unanswered_, percentiles(from_due_), percentiles(from_sent_),
      buckets(from_due_));
}

}  // namespace mm::app
