// How much of the time it ought to have quoted a side was quoted, judged from outside, and what
// became of the rest.
//
// A side ought to quote unless a fault is at work or has ended less than 5 s ago, or the core names
// a wait that the venue or the configuration imposes; while no order stands it is not believed but
// judged (named_waits.h). After such a wait, and after a reload, it has until its first order
// stands, 5 s at most. It is quoted while an order of ours stands in the venue's book, no farther
// out than the outermost level wanted plus the drift that modify_threshold allows. What is left is
// bare time, and has a cause: on the way are the news that the market took (or refused) the last
// order, and the request that replaces it; nobody quotes faster than the link. All else the engine
// answers for.
//
// On the core's thread, once a decision: some tens of nanoseconds a side; allocates in the
// constructor only. A state holds from one decision to the next.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/core.h"
#include "sim/faults/faulty_venue.h"
#include "sim/faults/named_waits.h"

namespace mm::sim {

enum class Bare : std::uint8_t {
  kNewsUnderWay,      // the last order is gone or moved, and the core has not been told yet
  kRequestUnderWay,   // it has sent for another, or for a better price, and that came to stand
  kRequestOvertaken,  // or came too late: the market was faster
  kRequestRefused,    // or was refused for anything else
  kCanceled,          // we cancelled the last order ourselves, and wait for that
  kInDoubt,           // there is an order whose state is not known
  kOutOfReach,        // there are orders, too far out, and nothing is sent
  kIdle,              // nothing is there, nothing is sent, and no wait is named
  kCount
};
inline constexpr std::size_t kBares = static_cast<std::size_t>(Bare::kCount);
inline constexpr std::size_t kQuoteReasons = static_cast<std::size_t>(QuoteReason::kCount);
std::string_view name(Bare cause);

// Of all sides of all instruments, added up.
struct QuotingTimes {
  Nanos faults{};                            // and their 5 s
  std::array<Nanos, kQuoteReasons> waits{};  // by the reason named
  Nanos recovering{};                        // from the end of a wait to the first order
  Nanos due{}, stood{};                      // what is left, and how long of it an order stood
  std::array<Nanos, kBares> bare{};          // due and not stood

  void add(const QuotingTimes& other);
  Nanos on_the_way() const;
  // Due time less what is on the way, in millionths: what stands within reach of the engine.
  std::int64_t quoted_per_million() const;
};

class QuotingWatch {
 public:
  // From the end of a fault or of a wait to the first order.
  static constexpr Nanos kRequote{5 * kSecond.v};

  // All outlive it.
  QuotingWatch(const Core& core, const FaultyVenue& faults, const CoreConfig& config)
      : core_(core),
        faults_(faults),
        waits_(core, faults, config),
        sides_(core.instrument_count()) {}

  void on_event(const Event& event);
  void take_up_reload(const CoreConfig& next);
  void update(Nanos now);  // at every decision
  // Whether a fault is at work or has ended less than kRequote ago.
  bool disturbed() const { return calm_since_ == kNever || now_ - calm_since_ < kRequote; }
  // For how long a side has had no order, faults and named waits apart; 0: it has one.
  Nanos naked(InstrumentId i, Side side) const;
  const QuotingTimes& times() const { return times_; }

 private:
  enum class Phase : std::uint8_t { kFault, kWait, kRecovering, kDue };
  struct SideWatch {
    Phase phase = Phase::kFault;
    QuoteReason wait{};
    Nanos named_since{};  // for how long that has been the reason
    Nanos since{};        // of kRecovering
    Nanos naked_since{kNever};
    bool stands = false;
    Bare bare{};
    ClientOrderId asked{};  // what is under way, and for how long
    Nanos trip{};
  };

  void account(SideWatch& w, Nanos passed);
  void judge(InstrumentId i, Side side, SideWatch& w);
  Phase phase_now(InstrumentId i, Side side, const SideWatch& w, bool any);
  bool in_reach(InstrumentId i, Side side, Ticks price) const;
  Bare cause(InstrumentId i, Side side, bool any, ClientOrderId& asked) const;
  void judge_trip(SideWatch& w, ClientOrderId asked);

  const Core& core_;
  const FaultyVenue& faults_;
  NamedWaits waits_;
  std::vector<std::array<SideWatch, 2>> sides_;
  std::array<ClientOrderId, 16> overtaken_{};  // the last that the market was faster than
  std::size_t next_overtaken_ = 0;
  QuotingTimes times_;
  Nanos now_{}, calm_since_{kNever};
};

}  // namespace mm::sim
