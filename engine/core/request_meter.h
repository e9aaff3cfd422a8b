// What our requests cost, and what plain cancel-and-place would have cost: the measured savings.
//
// Fed by the core on its thread with every command and every desired ladder; O(levels), allocates
// in the constructor only. The shadow planner keeps one imaginary order per level and, given the
// same ladders, cancels and places each whose target moved by a tick or a lot, touching one order
// at most once a second. It never pays for fills, so the savings are not flattered.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/instrument.h"
#include "engine/core/ladder.h"
#include "engine/core/params.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

// Requests in each of the venue's budgets.
struct RequestTotals {
  std::int64_t raw{}, weight{}, orders{};
};

// What was sent and what the shadow would have sent, of one instrument or of all.
struct RequestUsage {
  std::array<std::int64_t, static_cast<std::size_t>(CommandKind::kCount)> counts{};
  std::int64_t amended = 0;   // changes made by one request
  std::int64_t replaced = 0;  // changes made by a cancel and a place
  RequestTotals sent, cancel_place_equivalent;

  std::int64_t count(CommandKind kind) const { return counts[static_cast<std::size_t>(kind)]; }
  // 100 x (1 - sent / equivalent) over raw requests, in hundredths of a percent; 0 without any.
  // Negative when we sent more than the shadow.
  std::int64_t saved_pct_hundredths() const;
  // The same over changes of price or size only: an amend is 1 request for 2, a change made by a
  // cancel (for deviation, size or refill) and a new place is 2 for 2. At most 5000.
  std::int64_t amend_saved_pct_hundredths() const;
  // sent / equivalent per budget, in hundredths of a percent; 0 where the equivalent is 0.
  RequestTotals sent_per_equivalent_hundredths() const;
};

class RequestMeter {
 public:
  static constexpr Nanos kShadowInterval = kSecond;

  // The rules of each instrument's venue, by instrument id.
  explicit RequestMeter(std::span<const VenueRules> rules);

  void on_sent(const Command& command);
  // kDenied: the command never left, so it cost nothing.
  void on_denied(InstrumentId instrument, CommandKind kind);
  // The ladder of one side, best level first; empty when the side is pulled.
  void on_desired(InstrumentId instrument, Side side, std::span<const Quote> ladder, Nanos now);
  // A timed reset: the shadow, too, cancels and places everything.
  void on_reset(InstrumentId instrument, Nanos now);

  const RequestUsage& total() const { return total_; }
  const RequestUsage& of(InstrumentId instrument) const { return by_instrument_[instrument]; }

 private:
  struct Shadow {
    Ticks price{};
    Lots lots{};
    Nanos changed{};
    bool live = false;
    bool touched = false;  // `changed` is set
  };
  struct ShadowLadder {
    std::array<Shadow, kMaxLevelsPerSide> levels;
    std::size_t used = 0;  // levels that ever were wanted
  };

  void count(InstrumentId instrument, CommandKind kind, std::int64_t times);
  void shadow_requests(InstrumentId instrument, std::int64_t cancels, std::int64_t places);

  std::vector<VenueRules> rules_;
  std::vector<ShadowLadder> shadows_;  // instrument x side
  std::vector<RequestUsage> by_instrument_;
  RequestUsage total_;
};

}  // namespace mm
