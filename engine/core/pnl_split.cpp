#include "engine/core/pnl_split.h"

namespace mm {

void PnlSplit::open(Amount base, HalfTicks mark) {
  opening_ = base;
  opening_worth_ = worth(base, mark);
}

void PnlSplit::fill(Amount base, Ticks price, Nanos now) {
  const Money cost = worth(base, half_ticks(price));
  if (mark_.v == 0) {
    early_ += base;
    early_cost_ += cost;
    return;
  }
  spread_capture_ += worth(base, mark_) - cost;
  add_pending(base, now);
}

// What is due by now was so at the mark that stood until now.
void PnlSplit::change_mark(HalfTicks mark, Nanos now) {
  while (count_ > 0 && pending_[first_].due < now) settle_first();
  mark_ = mark;
  if (early_.v == 0 && early_cost_.v == 0) return;
  spread_capture_ += worth(early_, mark) - early_cost_;
  add_pending(early_, now);
  early_ = Amount(0);
  early_cost_ = Money(0);
}

void PnlSplit::add_pending(Amount base, Nanos now) {
  if (count_ == kPendingMax) settle_first();
  pending_[(first_ + count_) % kPendingMax] = {base, mark_, now + kHorizon};
  ++count_;
  pending_base_ += base;
  pending_worth_ += worth(base, mark_);
}

void PnlSplit::settle_first() {
  const Pending& p = pending_[first_];
  const Money then = worth(p.base, p.mark), now = worth(p.base, mark_);
  adverse_selection_ += now - then;
  settled_ += p.base;
  settled_worth_ += now;
  pending_base_ -= p.base;
  pending_worth_ -= then;
  first_ = (first_ + 1) % kPendingMax;
  --count_;
}

PnlParts PnlSplit::parts() const {
  if (mark_.v == 0) return {};
  return {.spread_capture = spread_capture_,
          .adverse_selection = adverse_selection_ + worth(pending_base_, mark_) - pending_worth_,
          .inventory = worth(opening_ + settled_, mark_) - opening_worth_ - settled_worth_};
}

}  // namespace mm
