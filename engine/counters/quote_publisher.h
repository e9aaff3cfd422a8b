// One instrument's book, our orders in it and the ladder's levels, to the counters file.
//
// On the strategy's thread, as often as core_publisher.h says; some hundred plain stores and 40
// book levels read, about a microsecond; no allocation after construction.
#pragma once

#include <array>

#include "engine/core/core.h"
#include "engine/core/level_match.h"
#include "engine/counters/counters_layout.h"
#include "engine/counters/queue_estimate.h"

namespace mm::counters {

class QuotePublisher {
 public:
  explicit QuotePublisher(const Core& core) : core_(core), queue_(core.orders().capacity()) {}

  void publish(const InstrumentState& s, Instrument& out);

 private:
  void publish_book(const InstrumentState& s, Instrument& out);
  void publish_orders(const InstrumentState& s, Instrument& out);
  void publish_levels(const InstrumentState& s, Instrument& out);
  void set_order(OrderBlock::Update& out, std::size_t row, const InstrumentState& s,
                 const Order& order);

  const Core& core_;
  QueueEstimate queue_;
  std::array<BookLevel, kBookRowsMax> bids_, asks_;
  LevelMatch levels_;
};

}  // namespace mm::counters
