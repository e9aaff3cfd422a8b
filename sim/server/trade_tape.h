// The last public trades of an instrument, single and aggregated, for queries.
//
// The server's thread; a ring of fixed size. Fills of one taker at one price are one aggregate.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/exchange_listener.h"

namespace mm::server {

struct AggregateTrade {
  std::uint64_t id = 0;
  sim::PublicTrade trade;  // of its first fill, with the lots of all
  TradeId last_id{};
};

class TradeTape {
 public:
  static constexpr std::size_t kSize = 1000;

  // The aggregate this trade has brought to an end.
  std::optional<AggregateTrade> add(const sim::PublicTrade& trade);
  // What is open when nothing more can join it.
  std::optional<AggregateTrade> flush();

  // Oldest first.
  const std::vector<sim::PublicTrade>& trades() const { return trades_; }
  const std::vector<AggregateTrade>& aggregates() const { return aggregates_; }

 private:
  std::vector<sim::PublicTrade> trades_;
  std::vector<AggregateTrade> aggregates_;
  std::optional<AggregateTrade> open_;
  std::uint64_t aggregate_id_ = 0;
};

}  // namespace mm::server
