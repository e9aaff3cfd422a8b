// The limits of [risk] that stop everything, judged anew: losses, and moves of the price.
//
// A loss is counted from what the venue has booked, at the mid of the market that the core was
// told, and only while it has heard of every fill. A move is one of that mid. Both are found late
// rather than early: what is found here the core has to have found, at the same decision or before.
// Fees in a third asset are left out, so a rebate in one is not judged.
//
// On the core's thread, once a decision; some nanoseconds an instrument where nothing has changed;
// allocates in the constructor only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/core.h"
#include "sim/faults/faulty_venue.h"

namespace mm::sim {

class RiskWatch {
 public:
  // Before the core's first event; all outlive it.
  RiskWatch(const Core& core, const FaultyVenue& faults, const CoreConfig& config);

  void on_event(const Event& event);
  void take_up_reload(const CoreConfig& next) { config_ = &next; }
  void update(Nanos now);
  // Since when a loss keeps the core from quoting, until a person resumes; kNever: none does.
  Nanos lost_since() const { return lost_since_; }
  // What an instrument decided on before another one's loss came to light still leaves.
  bool lost_just_now() const { return lost_just_now_; }
  // Since when a move of the price does; kNever: none does.
  Nanos moved_since(InstrumentId i, Nanos now) const;
  // In quote, by what the venue has booked; fees in another asset are not in it.
  Money earned(InstrumentId i) const;

 private:
  // Of an instrument or of all that have one quote asset.
  struct Profit {
    Money now{}, from{}, best{};

    bool exceeds(const RiskParams& limits);
    // Losses up to here are accepted; the core may know of another total than we do.
    void accept(Money of_core);
    void new_day(Money of_core);
  };
  struct Watch {
    Profit profit;
    std::size_t account = 0;
    bool judged = true;
    HalfTicks mid{}, mark{};  // the last one, and the one that the profit is counted with
    Money earned_before{};    // by the engine that was there before
    Nanos halted_at{}, halted_until{};
    Nanos core_halted_until{};
    bool moved = false;  // too far, in this batch
  };
  // The mid's extremes since `begin`, that in force there included.
  struct Span {
    Nanos begin{kNever};
    HalfTicks low{}, high{};
  };
  static constexpr std::size_t kSpans = 9;  // an eighth of the window each, and one in the making
  struct Moves {
    std::array<Span, kSpans> spans;
    std::size_t newest = 0;
  };

  bool follow_mid(InstrumentId i);
  void follow_moves(InstrumentId i, Nanos now, HalfTicks before);
  bool hides_moves(InstrumentId i, Nanos now) const;
  void follow_losses(bool any_moved, Nanos now);
  Money total(InstrumentId i) const;
  template <class Use>
  void for_each_profit(Use&& use);  // use(profit, what the core says that it is)

  const Core& core_;
  const FaultyVenue& faults_;
  const CoreConfig* config_;
  std::vector<Watch> watches_;
  std::vector<Moves> moves_;
  std::vector<Profit> accounts_;  // by the first instrument that has their asset
  std::uint64_t fills_before_, fills_seen_ = 0;
  Nanos day_at_{kNever};
  Nanos lost_since_{kNever};
  bool lost_just_now_ = false;
  bool decided_ = false;  // the core has just looked at the market
};

}  // namespace mm::sim
