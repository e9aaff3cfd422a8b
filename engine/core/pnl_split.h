// Where the profit of one instrument comes from: spread captured, adverse selection, inventory.
//
// Owned by the core's thread beside its Position, whose fills and marks it follows; O(1) an update,
// allocates in the constructor only. f is the mid that positions are valued at, H is kHorizon; of a
// fill that changes the base by a (bought less sold, less a fee charged in base) at price p:
//   spread capture a (f_fill - p), adverse selection a (f_fill+H - f_fill), inventory
//   a (f_end - f_fill+H); beside them opening x (f_end - f_start) is inventory.
// Their sum is realised + unrealised profit, exactly, whatever came. Fills before the first mid are
// valued at it; of more than kPendingMax fills within H the first are judged early.
#pragma once

#include <vector>

#include "engine/core/instrument.h"
#include "engine/core/types.h"

namespace mm {

struct PnlParts {
  Money spread_capture{}, adverse_selection{}, inventory{};

  PnlParts& operator+=(const PnlParts& o) {
    spread_capture += o.spread_capture;
    adverse_selection += o.adverse_selection;
    inventory += o.inventory;
    return *this;
  }
  Money sum() const { return spread_capture + adverse_selection + inventory; }
};

class PnlSplit {
 public:
  static constexpr Nanos kHorizon{10 * kSecond.v};
  static constexpr std::size_t kPendingMax = 1024;

  explicit PnlSplit(const Instrument& instrument)
      : instrument_(&instrument), pending_(kPendingMax) {}

  // As Position::open; replaces an earlier opening.
  void open(Amount base, HalfTicks mark);
  // What a fill changed the base by.
  void fill(Amount base, Ticks price, Nanos now);
  void on_mark(HalfTicks mark, Nanos now) {
    if (mark != mark_) change_mark(mark, now);
  }
  // At the last mark; nothing before the first.
  PnlParts parts() const;

 private:
  struct Pending {
    Amount base{};
    HalfTicks mark{};  // f_fill
    Nanos due{};
  };

  void change_mark(HalfTicks mark, Nanos now);
  void add_pending(Amount base, Nanos now);
  void settle_first();
  Money worth(Amount base, HalfTicks mark) const { return value(*instrument_, base, mark); }

  const Instrument* instrument_;
  HalfTicks mark_{};  // 0: none yet
  Amount opening_{}, settled_{}, pending_base_{}, early_{};
  // Of the opening and what is settled, at f_start and f_fill+H; of what is pending, at f_fill;
  // paid for the fills before the first mid.
  Money opening_worth_{}, settled_worth_{}, pending_worth_{}, early_cost_{};
  Money spread_capture_{}, adverse_selection_{};
  std::vector<Pending> pending_;  // a ring, the first due first
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace mm
