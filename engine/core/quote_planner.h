// From the quotes that are wanted and the orders that live to the fewest safe requests.
//
// One call per side at a decision, on the core's thread; O(orders x levels), fixed scratch, no
// allocation. Orders and levels are matched in price order so that as many orders as possible stay
// where they are; an order left over rolls to a level left over with one amend. A filled level is
// placed anew and its neighbours stay; a level whose order leaves with fills waits until the final
// executed quantity is known. The planner only proposes; risk, budget and the order lifecycle
// decide what is sent.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/core/ladder.h"
#include "engine/core/order_table.h"
#include "engine/core/params.h"
#include "engine/core/reason.h"

namespace mm {

enum class PlanStep : std::uint8_t { kKeep, kPlace, kMove, kResize, kCancel };

struct PlanAction {
  PlanStep step;
  DecisionReason why;
  std::int8_t level;   // -1 for a cancel of an order that serves none
  std::uint16_t slot;  // kNoSlot for kPlace
  Quote target;
};

// The rules' fractions of fair value in half ticks: an order nearer to fair value than `near`
// retreats, one more than `far` or `keep` off its target cannot stay.
struct PlanBounds {
  std::int64_t near = 0, far = 0, keep = 0;
};
// `patience`: times modify_threshold that an order may stand off its target.
PlanBounds plan_bounds(HalfTicks fair, const StrategyParams& params, int patience = 1);

struct PlanInput {
  Side side;
  std::span<const std::uint16_t> live;  // slots of the side's orders, best price first
  std::span<const Quote> targets;       // best first
  HalfTicks fair;
  Ticks opposite_best;  // market's, own orders excluded
  PlanBounds bounds;    // of `fair`
  Lots excess;          // what the orders that will rest hold beyond the limit; 0 or less: nothing
};

class QuotePlanner {
 public:
  static constexpr std::size_t kOrdersMax = 64;  // per side considered; the rest is cancelled
  using Actions = std::span<const PlanAction>;

  // Cancels come first, then the other actions, nearest level first. Valid until the next call.
  Actions plan(const PlanInput& in, const OrderTable& table, const StrategyParams& params,
               const VenueRules& rules);

 private:
  // How one order could serve one target.
  struct Fit {
    PlanStep step;
    DecisionReason why;
  };
  static constexpr Fit kStays{PlanStep::kKeep, DecisionReason::kNone};
  struct Candidate {
    const Order* order;
    Ticks price;  // where it rests, or will when the request in flight succeeds
    bool fixed;   // nothing can be sent for it now
  };

  template <class T, std::size_t kMax>
  struct List {
    void clear() { size = 0; }
    void add(const T& item) { items[size++] = item; }
    std::array<T, kMax> items;
    std::size_t size = 0;
  };

  Fit fit(const Order& order, const Quote& target) const;
  Fit fit_price(const Order& order, const Quote& target) const;
  Fit fit_size(const Order& order, const Quote& target) const;
  bool has_size(const Order& order, const Quote& target) const;
  bool amendable(const Order& order) const;
  bool is_through(const Order& order) const;
  std::int64_t pair_cost(std::size_t i, std::size_t j) const;
  void insert(const Candidate& candidate);
  // Apart from the code of nearly every plan, which has no use for them.
  [[gnu::noinline]] void gather();
  std::size_t first_to_move(std::size_t i) const;
  bool in_place();
  [[gnu::noinline]] bool one_follows(std::size_t first);
  bool in_order(std::size_t i) const;
  [[gnu::noinline]] void match();
  [[gnu::noinline]] void emit();
  void emit_pair(std::size_t i, std::int8_t level);
  void roll_all();
  bool roll(const Order& order, std::size_t& next);
  void give_way();
  Lots cut(Lots leaves, Lots target) const;
  void add(const PlanAction& action) {
    if (action_count_ < actions_.size()) actions_[action_count_++] = action;
  }

  const PlanInput* in_ = nullptr;
  const OrderTable* table_ = nullptr;
  const StrategyParams* params_ = nullptr;
  const VenueRules* rules_ = nullptr;
  std::array<Candidate, kOrdersMax> candidates_;
  std::size_t candidate_count_ = 0;
  std::array<std::array<Fit, kMaxLevelsPerSide>, kOrdersMax> fits_;
  // cost_[i][j]: least cost of candidates i.. against targets j..; orders that stay weigh more than
  // any price deviation.
  std::array<std::array<std::int64_t, kMaxLevelsPerSide + 1>, kOrdersMax + 1> cost_;
  List<std::uint16_t, kOrdersMax> leftover_orders_;
  List<PlanAction, kMaxLevelsPerSide> kept_;  // nearest level first
  List<PlanAction, kOrdersMax + kMaxLevelsPerSide> later_;
  std::array<PlanAction, 4 * kOrdersMax> actions_;
  std::size_t action_count_ = 0;
};

}  // namespace mm
