#include "engine/app/modes/reaction_meter.h"

#include <fmt/format.h>

namespace mm::app {
namespace {

std::string percentiles(const Histogram& h) {
  return fmt::format(R"({{"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}})", h.p50().v, h.p90().v,
                     h.p99().v, h.p999().v, h.max().v);
}

}  // namespace

void ReactionMeter::on_publish(Nanos due, Nanos now) {
  if (warm()) ++updates_;
  due_ = due;
  sent_ = now;
  waiting_ = true;
}

void ReactionMeter::on_message(Nanos now) {
  if (!waiting_) return;
  waiting_ = false;
  if (warm()) {
    from_due_.record(now - due_);
    from_sent_.record(now - sent_);
  }
  ++reactions_;
}

std::string ReactionMeter::json() const {
  return fmt::format(R"({{"updates":{},"reactions":{},"from_due_ns":{},"from_sent_ns":{}}})",
                     updates_, from_due_.count(), percentiles(from_due_), percentiles(from_sent_));
}

}  // namespace mm::app
