// The lifecycle against a small venue that delays, reorders, refuses, repeats, loses and lags, and
// a session that goes down and up and keeps its contract (event.h): fills missed are told again
// while reconciling, and before an answer that counts them. Now and then the engine is killed, and
// its next start adopts what is open.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/core/order_id.h"
#include "engine/core/order_lifecycle.h"
#include "tests/random_choices.h"

namespace mm {
namespace {

using test::Choices;
using test::random_numbers;

constexpr Nanos kReceiveWindow{5 * kSecond.v};
constexpr Nanos kLagMax{3 * kSecond.v};
constexpr Side kSides[] = {Side::kBuy, Side::kSell};
constexpr std::uint16_t kOldEpoch = 999;

// What is true: orders by client id, whatever the engine believes. Requests are carried out in any
// order; answers travel one lane, user-stream reports another.
class Venue {
 public:
  struct Order {
    Side side{};
    Lots lots{}, executed{};
    Ticks price{};
    OrderStatusCode status{OrderStatusCode::kOpen};
    Nanos opened{}, changed{};
    bool stray{};  // of an earlier start: our table does not know it
  };

  void carry_out(const Command& c, Nanos now, Choices& choices) {
    now_ = now;
    const bool stale = now - c.time > kReceiveWindow;
    const bool refuse = stale || choices.one_in(5);
    switch (c.kind) {
      case CommandKind::kPlace:
        if (refuse) return fail(EventKind::kRejected, c, RejectReason::kFilter);
        open(c.id, c);
        return both(report(EventKind::kAccepted, c, c.lots));
      case CommandKind::kCancel:
        return cancel(c, refuse);
      case CommandKind::kReplace:
        return replace(c, refuse, choices.one_in(4));
      case CommandKind::kModify:
      case CommandKind::kReduce:
        return modify(c, refuse);
      default:
        return answer_question(c, choices);
    }
  }

  void fill_one(Nanos now, Choices& choices) {
    now_ = now;
    const ClientOrderId id = pick_open(choices);
    if (id.v == 0) return;
    Order& o = orders_.at(id);
    const std::int64_t left = (o.lots - o.executed).v;
    const bool all = choices.one_in(2);
    const Lots lots(all ? left : 1 + choices.below(static_cast<std::size_t>(left)));
    o.executed += lots;
    o.changed = now;
    if (o.executed == o.lots) o.status = OrderStatusCode::kFilled;
    Event e;
    e.kind = EventKind::kFilled;
    e.flags = o.side == Side::kSell ? kFlagSell : 0;
    e.fill = {};
    e.fill.id = id;
    e.fill.trade_id = TradeId(++trades_);
    e.fill.lots = lots;
    fills_.push_back(e);
    user.push_back(e);
  }

  void expire_one(Nanos now, Choices& choices) {
    now_ = now;
    const ClientOrderId id = pick_open(choices);
    if (id.v == 0) return;
    Order& o = orders_.at(id);
    o.status = OrderStatusCode::kExpired;
    o.changed = now;
    Command c;
    c.id = id;
    user.push_back(report(EventKind::kExpired, c, o.executed));
  }

  // An order of an earlier start of the engine rests, and is told of one way or another.
  void rest_stray(Nanos now, Choices& choices) {
    now_ = now;
    Command c;
    c.id = make_order_id({.instance = 0, .epoch = kOldEpoch, .slot = 1, .generation = ++strays_});
    c.side = choices.one_in(2) ? Side::kBuy : Side::kSell;
    c.lots = Lots(1 + choices.below(500));
    open(c.id, c);
    orders_[c.id].stray = true;
    if (choices.one_in(2)) return user.push_back(report(EventKind::kAccepted, c, c.lots));
    user.push_back(status_of(c.id, 0));
  }

  // The engine is gone: nobody hears what was said to it. Returns the fills of its life.
  std::vector<Event> leave() {
    answers.clear();
    user.clear();
    return std::exchange(fills_, {});
  }
  // What is open, as the next start finds it.
  std::vector<Event> adoptable() const {
    std::vector<Event> events;
    for (const auto& [id, o] : orders_) {
      if (o.status != OrderStatusCode::kOpen) continue;
      Event& e = events.emplace_back();
      e.kind = EventKind::kAdopted;
      e.flags = o.side == Side::kSell ? kFlagSell : 0;
      e.adoption = {id, {}, o.lots, o.executed, static_cast<std::int32_t>(o.price.v), {}};
    }
    return events;
  }
  // A request of an engine that is gone; it hears nothing.
  void carry_out_late(const Command& c, Nanos now, Choices& choices) {
    const std::deque<Event> before = answers;
    const ClientOrderId opens = c.kind == CommandKind::kReplace ? c.new_id : c.id;
    const bool known = orders_.contains(opens);
    carry_out(c, now, choices);
    answers = before;
    if (!known && orders_.contains(opens)) orders_.at(opens).stray = true;
  }
  bool is_stray(ClientOrderId id) const { return orders_.at(id).stray; }
  void set_stray(ClientOrderId id, bool stray) { orders_.at(id).stray = stray; }

  // What a session tells that finds out what it has missed.
  std::vector<Event> told_again() const {
    std::vector<Event> events(fills_.begin(), fills_.end());
    for (const auto& [id, o] : orders_) {
      if (o.status == OrderStatusCode::kOpen) events.push_back(status_of(id, 0));
    }
    return events;
  }

  // What the side holds and may still come to hold.
  Lots reach(Side side) const {
    Lots sum{};
    for (const auto& [id, o] : orders_) {
      if (o.side != side || o.stray) continue;
      sum += o.status == OrderStatusCode::kOpen ? o.lots : o.executed;
    }
    return sum;
  }
  Lots executed(Side side) const {
    Lots sum{};
    for (const auto& [id, o] : orders_) sum += o.side == side ? o.executed : Lots(0);
    return sum;
  }
  std::size_t open_count() const {
    return static_cast<std::size_t>(std::count_if(orders_.begin(), orders_.end(), [](auto& o) {
      return o.second.status == OrderStatusCode::kOpen;
    }));
  }
  void fail(EventKind kind, const Command& c, RejectReason reason, bool old_canceled = false) {
    Event e;
    e.kind = kind;
    e.failure = {};
    e.failure.id = c.id;
    e.failure.new_id = c.new_id;
    e.failure.reason = reason;
    e.failure.command = static_cast<std::uint8_t>(c.kind);
    e.failure.old_canceled = old_canceled;
    if (reason == RejectReason::kRateLimit) e.failure.retry_after = now_ + kSecond * 7;
    answers.push_back(e);
  }

  std::deque<Event> answers, user;

 private:
  bool is_open(ClientOrderId id) const {
    const auto found = orders_.find(id);
    return found != orders_.end() && found->second.status == OrderStatusCode::kOpen;
  }
  ClientOrderId pick_open(Choices& choices) {
    std::vector<ClientOrderId> open;
    for (const auto& [id, o] : orders_) {
      if (o.status == OrderStatusCode::kOpen) open.push_back(id);
    }
    return open.empty() ? ClientOrderId(0) : open[choices.below(open.size())];
  }
  void open(ClientOrderId id, const Command& c) {
    RC_ASSERT(!orders_.contains(id));
    orders_[id] = {
        .side = c.side, .lots = c.lots, .price = Ticks(c.ticks), .opened = now_, .changed = now_};
  }
  static Event report(EventKind kind, const Command& c, Lots lots) {
    Event e;
    e.kind = kind;
    e.report = {};
    e.report.id = c.id;
    e.report.new_id = c.new_id;
    e.report.lots = lots;
    e.report.ticks = c.ticks;
    return e;
  }
  void both(const Event& e) {
    answers.push_back(e);
    user.push_back(e);
  }
  void cancel(const Command& c, bool refuse) {
    if (!is_open(c.id)) return fail(EventKind::kCancelRejected, c, RejectReason::kUnknownOrder);
    if (refuse) return fail(EventKind::kCancelRejected, c, RejectReason::kRateLimit);
    Order& o = orders_.at(c.id);
    o.status = OrderStatusCode::kCanceled;
    o.changed = now_;
    both(report(EventKind::kCanceled, c, o.executed));
  }
  void replace(const Command& c, bool refuse, bool new_fails) {
    constexpr EventKind kFailed = EventKind::kReplaceRejected;
    if (!is_open(c.id)) return fail(kFailed, c, RejectReason::kUnknownOrder);
    Order& old = orders_.at(c.id);
    if (old.executed.v > 0) return fail(kFailed, c, RejectReason::kRestricted);
    if (refuse) return fail(kFailed, c, RejectReason::kRateLimit);
    old.status = OrderStatusCode::kCanceled;
    old.changed = now_;
    user.push_back(report(EventKind::kCanceled, c, Lots(0)));
    if (new_fails) return fail(kFailed, c, RejectReason::kWouldCross, true);
    open(c.new_id, c);
    answers.push_back(report(EventKind::kReplaced, c, c.lots));
    Event accepted = report(EventKind::kAccepted, c, c.lots);
    accepted.report.id = c.new_id;
    user.push_back(accepted);
  }
  void modify(const Command& c, bool refuse) {
    if (!is_open(c.id)) return fail(EventKind::kAmendRejected, c, RejectReason::kUnknownOrder);
    if (refuse) return fail(EventKind::kAmendRejected, c, RejectReason::kFilter);
    Order& o = orders_.at(c.id);
    o.changed = now_;
    if (c.lots <= o.executed) {
      o.status = OrderStatusCode::kCanceled;
      return both(report(EventKind::kCanceled, c, o.executed));
    }
    o.lots = c.lots;
    o.price = Ticks(c.ticks);
    both(report(EventKind::kAmended, c, c.lots));
  }
  Event status_of(ClientOrderId id, std::uint8_t asked) const {
    const auto found = orders_.find(id);
    const bool known = found != orders_.end();
    Command c;
    c.id = id;
    Event e = report(EventKind::kOrderStatus, c, known ? found->second.executed : Lots(0));
    e.report.status =
        static_cast<std::uint8_t>(known ? found->second.status : OrderStatusCode::kNotFound);
    e.report.asked = asked;
    return e;
  }
  void answer_question(const Command& c, Choices& choices) {
    const auto found = orders_.find(c.id);
    Event e = status_of(c.id, c.question);
    if (found != orders_.end() && choices.one_in(2)) {  // as it was a moment ago
      if (now_ < found->second.opened + kLagMax) {
        e.report.status = static_cast<std::uint8_t>(OrderStatusCode::kNotFound);
      } else if (now_ < found->second.changed + kLagMax) {
        e.report.status = static_cast<std::uint8_t>(OrderStatusCode::kOpen);
        e.report.lots = Lots(0);
      }
    }
    for (const Event& fill : fills_) {
      if (fill.fill.id == c.id && e.report.lots.v > 0) answers.push_back(fill);
    }
    answers.push_back(e);
  }

  std::map<ClientOrderId, Order> orders_;
  std::vector<Event> fills_;
  std::uint64_t trades_ = 0;
  std::uint32_t strays_ = 0;
  Nanos now_{};
};

class World {
 public:
  World() {
    start();
    life_->on_session(0, SessionState::kUp, now_);
  }

  void step(Choices& choices) {
    switch (choices.below(12)) {
      case 0:
      case 1:
        return place(choices);
      case 2:
      case 3:
        return amend(choices);
      case 4:
        return cancel(choices);
      case 5:
      case 6:
        return carry_out(choices);
      case 7:
        return venue_.fill_one(now_, choices);
      case 8:
        return answer(choices);
      case 9:
        return tell(choices.one_in(4));
      case 10:
        now_ += Nanos((1 + choices.below(3'000)) * kMillisecond.v);
        return life_->on_time(now_, out_);
      default:
        return trouble(choices);
    }
  }

  // Commands decided in a step set out; what we hold and may hold must cover the truth.
  void check() {
    for (const Command& c : out_.items()) requests_.push_back(c);
    out_.clear();
    for (const Side side : kSides) {
      Lots exposure{};
      Payment payment;
      for (const Order& o : table_->rows()) {
        if (o.side != side) continue;
        exposure += o.exposure();
        payment += o.payment();
      }
      RC_ASSERT(table_->exposure(0, side) == exposure);
      RC_ASSERT(table_->payment(0, side) == payment);
      RC_ASSERT(exposure + counted_[index(side)] >= venue_.reach(side));
    }
    RC_ASSERT(table_->illegal_transitions() == 0u);
    RC_ASSERT(life_->counters().overfills == 0u);
  }

  // The network behaves again: everything is settled, nothing is forgotten.
  void drain(Choices& choices) {
    reconcile();
    for (int round = 0; round < 400 && !is_settled(); ++round) {
      for (std::uint16_t slot = 0; slot < table_->capacity(); ++slot) {
        life_->request_cancel(table_->row(slot), DecisionReason::kShutdown, now_, out_);
      }
      check();
      while (!late_requests_.empty()) carry_out_late(choices);
      while (!requests_.empty()) carry_out(choices);
      while (!venue_.user.empty()) tell(false);
      while (!venue_.answers.empty()) deliver(venue_.answers);
      now_ += kSecond * 5;
      life_->on_time(now_, out_);
      check();
    }
    RC_ASSERT(table_->live_count() == 0u);
    RC_ASSERT(life_->stray_count() == 0u);
    RC_ASSERT(venue_.open_count() == 0u);
    RC_ASSERT(life_->session(0) == SessionState::kUp);
    for (const Side side : kSides) {
      RC_ASSERT(counted_[index(side)] + of_strays_[index(side)] == venue_.executed(side));
    }
    RC_ASSERT(life_->counters().missing_fills == 0u);
  }

 private:
  void start() {
    table_ = std::make_unique<OrderTable>(OrderTableConfig{
        .capacity = 10, .per_side_max = 10, .epoch = epoch_, .reserved_for_unknown = 2});
    life_ = std::make_unique<OrderLifecycle>(*table_,
                                             LifecycleConfig{.missing_fill_answers_max = 1'000});
  }
  // kill -9, and a start that adopts. Requests under way may still arrive, but no amend: its terms
  // would be the venue's before anybody could know.
  void restart() {
    for (const Command& c : requests_) {
      const bool amend = c.kind == CommandKind::kModify || c.kind == CommandKind::kReduce;
      if (!amend) late_requests_.push_back(c);
    }
    requests_.clear();
    ++epoch_;
    start();
    life_->on_session(0, SessionState::kReconciling, now_);
    for (const Event& fill : venue_.leave()) {
      if (!counted_trades_.contains(fill.fill.trade_id.v)) apply(fill);
    }
    for (const Event& e : venue_.adoptable()) adopt(e);
    life_->on_session(0, SessionState::kUp, now_);
  }
  // What was executed before is ours from now on, too; without room for it the order is a stray.
  void adopt(const Event& e) {
    apply(e);
    const ClientOrderId id = e.adoption.id;
    const bool taken = table_->find(id) != nullptr;
    if (taken && venue_.is_stray(id)) {
      counted_[index(e.side())] += e.adoption.executed;
      of_strays_[index(e.side())] -= e.adoption.executed;
    }
    venue_.set_stray(id, !taken);
  }
  void carry_out_late(Choices& choices) {
    const Command c = late_requests_.front();
    late_requests_.pop_front();
    venue_.carry_out_late(c, now_, choices);
  }
  bool is_settled() const {
    return table_->live_count() == 0 && life_->stray_count() == 0 && venue_.open_count() == 0 &&
           requests_.empty() && venue_.user.empty() && venue_.answers.empty();
  }
  // Every size is another one, so that each report can be told from every other.
  Lots size(Choices& choices) { return Lots(1 + choices.below(20) * 1'000 + ++sizes_); }

  void place(Choices& choices) {
    if (life_->session(0) != SessionState::kUp) return;
    const Side side = choices.one_in(2) ? Side::kBuy : Side::kSell;
    const Ticks price(90 + choices.below(20));
    life_->place({.side = side, .price = price, .lots = size(choices)}, now_, out_);
  }
  void amend(Choices& choices) {
    Order& row = table_->row(static_cast<std::uint16_t>(choices.below(table_->capacity())));
    const Ticks price(90 + choices.below(20));
    const auto why = DecisionReason::kDeviation;
    switch (choices.below(3)) {
      case 0:
        life_->request_replace(row, price, size(choices), why, now_, out_);
        return;
      case 1:
        life_->request_modify(row, price, size(choices), why, now_, out_);
        return;
      default:
        life_->request_reduce(row, row.lots - Lots(1 + choices.below(500)), why, now_, out_);
    }
  }
  void cancel(Choices& choices) {
    Order& row = table_->row(static_cast<std::uint16_t>(choices.below(table_->capacity())));
    life_->request_cancel(row, DecisionReason::kPulled, now_, out_);
  }
  Command take_request(Choices& choices) {
    const auto at = requests_.begin() + choices.below(requests_.size());
    const Command c = *at;
    requests_.erase(at);
    return c;
  }
  void carry_out(Choices& choices) {
    if (!late_requests_.empty() && choices.one_in(2)) return carry_out_late(choices);
    if (!requests_.empty()) venue_.carry_out(take_request(choices), now_, choices);
  }
  void answer(Choices& choices) {
    if (venue_.answers.empty()) return;
    if (choices.one_in(6)) {
      venue_.answers.pop_front();  // lost
    } else {
      deliver(venue_.answers);
    }
  }
  void tell(bool twice) {
    if (venue_.user.empty()) return;
    if (twice) apply(venue_.user.front());
    deliver(venue_.user);
  }
  // Requests vanish, are denied, or time out at the gateway; orders expire; sessions come and go.
  void trouble(Choices& choices) {
    if (choices.one_in(20)) return restart();
    const std::uint32_t kind = choices.below(10);
    if (kind == 8) return venue_.rest_stray(now_, choices);
    if (kind == 9) {  // a report on the user stream is lost, and nobody noticed
      if (!venue_.user.empty()) venue_.user.pop_front();
      return;
    }
    if (kind == 0) return venue_.expire_one(now_, choices);
    if (kind == 1) return change_session(choices);
    if (kind == 2) return life_->release_terminal(0);
    if (requests_.empty()) return;
    const Command c = take_request(choices);
    if (kind == 3) return;
    if (kind < 6) return venue_.fail(EventKind::kDenied, c, RejectReason::kTooOld);
    if (kind == 6) requests_.push_back(c);  // it may still arrive
    Event e;
    e.kind = EventKind::kOutcomeUnknown;
    e.failure = {};
    e.failure.id = c.id;
    e.failure.command = static_cast<std::uint8_t>(c.kind);
    venue_.answers.push_back(e);
  }
  // Answers die with their connection, reports with the stream, requests may arrive all the same.
  void change_session(Choices& choices) {
    switch (choices.below(3)) {
      case 0:
        venue_.answers.clear();
        venue_.user.clear();
        return life_->on_session(0, SessionState::kDown, now_);
      case 1:
        venue_.user.clear();
        return life_->on_session(0, SessionState::kReconciling, now_);
      default:
        return reconcile();
    }
  }
  void reconcile() {
    life_->on_session(0, SessionState::kReconciling, now_);
    for (const Event& e : venue_.told_again()) apply(e);
    life_->on_session(0, SessionState::kUp, now_);
  }
  void deliver(std::deque<Event>& lane) {
    const Event e = lane.front();
    lane.pop_front();
    apply(e);
  }
  void apply(const Event& told) {
    Event e = told;
    e.time = now_;
    const OrderChange change = life_->apply(e);
    if (change.fill_counted) {
      const bool stray = venue_.is_stray(e.fill.id);
      (stray ? of_strays_ : counted_)[index(e.side())] += e.fill.lots;
      counted_trades_.insert(e.fill.trade_id.v);
    }
    RC_ASSERT(!change.fill_too_old);
  }

  std::unique_ptr<OrderTable> table_;
  std::unique_ptr<OrderLifecycle> life_;
  std::uint16_t epoch_ = 0;
  CommandBuffer out_;
  std::deque<Command> requests_, late_requests_;  // of this start, and of those before
  std::set<std::uint64_t> counted_trades_;
  Venue venue_;
  Lots counted_[2], of_strays_[2];
  std::int64_t sizes_ = 0;
  Nanos now_{kSecond};
};

RC_GTEST_PROP(OrderLifecycleModel, ExposureCoversTheTruthAndEveryOrderIsSettled, ()) {
  Choices choices(*random_numbers(1'500));
  World world;
  while (choices.left()) {
    world.step(choices);
    world.check();
  }
  world.drain(choices);
}

}  // namespace
}  // namespace mm
