// Which of several connections to the same streams brings the news first, and by how much.
//
// Owned by the feed's thread; a handful of compares a message, memory fixed at construction. The
// last few first arrivals of each stream are remembered; when the same id comes over another
// connection, the first one has won by the time between.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/types.h"
#include "engine/runtime/histogram.h"
#include "feeds/binance/parser.h"

namespace mm::binance {

class ArrivalRank {
 public:
  struct Standing {
    std::uint64_t first = 0;  // messages it brought before another did
    Histogram lead;           // by how much
  };

  ArrivalRank(std::size_t connections, std::size_t instruments)
      : standings_(connections), streams_(connections > 1 ? instruments * kKinds : 0) {}

  void on_arrival(std::size_t connection, std::size_t instrument, MessageKind kind,
                  std::uint64_t id, Nanos now) {
    if (streams_.empty()) return;
    Stream& s = streams_[instrument * kKinds + static_cast<std::size_t>(kind)];
    for (Seen& seen : s.recent) {
      if (seen.id != id) continue;
      if (seen.connection == connection || seen.counted) return;
      seen.counted = true;
      Standing& winner = standings_[seen.connection];
      ++winner.first;
      winner.lead.record(now - seen.at);
      return;
    }
    s.recent[s.next] = {id, now, static_cast<std::uint16_t>(connection), false};
    s.next = (s.next + 1) % kRecent;
  }

  std::size_t connections() const { return standings_.size(); }
  const Standing& standing(std::size_t connection) const { return standings_[connection]; }
  // The one that was first most often.
  std::size_t best() const {
    std::size_t best = 0;
    for (std::size_t c = 1; c < standings_.size(); ++c)
      if (standings_[c].first > standings_[best].first) best = c;
    return best;
  }

 private:
  static constexpr std::size_t kRecent = 8;
  static constexpr std::size_t kKinds = static_cast<std::size_t>(MessageKind::kServerShutdown);

  struct Seen {
    std::uint64_t id = 0;
    Nanos at{};
    std::uint16_t connection = 0;
    bool counted = false;
  };
  struct Stream {
    std::array<Seen, kRecent> recent{};
    std::size_t next = 0;
  };

  std::vector<Standing> standings_;
  std::vector<Stream> streams_;  // by instrument and kind
};

}  // namespace mm::binance
