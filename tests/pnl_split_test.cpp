// The profit's parts against a slow reference that follows the words of the definition, and their
// sum against the position.
#include "engine/core/pnl_split.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <vector>

#include "engine/core/position.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;

constexpr Nanos kHorizon = PnlSplit::kHorizon;

Money quote(std::int64_t cents) {
  return Money(Int128{cents} * (kMoneyScale / 100));
}
bool equal(const PnlParts& a, const PnlParts& b) {
  return a.spread_capture == b.spread_capture && a.adverse_selection == b.adverse_selection &&
         a.inventory == b.inventory;
}

// What the definition says, from the whole history.
class Reference {
 public:
  explicit Reference(const Instrument& i) : instrument_(i) {}

  void open(Amount base, HalfTicks mark) {
    opening_ = base;
    opening_mark_ = mark;
  }
  void mark(HalfTicks mark, Nanos now) { marks_.push_back({mark, now}); }
  void fill(Amount base, Ticks price, Nanos now) {
    fills_.push_back({base, price, now, marks_.size()});
  }
  PnlParts parts() const {
    PnlParts parts;
    const HalfTicks last = marks_.back().mark;
    for (const FillAt& f : fills_) {
      const bool early = f.marks_before == 0;
      const Mark& known = early ? marks_[0] : marks_[f.marks_before - 1];
      const HalfTicks then = mark_at((early ? known.time : f.time) + kHorizon);
      parts.spread_capture +=
          value(instrument_, f.base, known.mark) - value(instrument_, f.base, half_ticks(f.price));
      parts.adverse_selection += value(instrument_, f.base, then - known.mark);
      parts.inventory += value(instrument_, f.base, last - then);
    }
    parts.inventory += value(instrument_, opening_, last - opening_mark_);
    return parts;
  }

 private:
  struct Mark {
    HalfTicks mark;
    Nanos time;
  };
  struct FillAt {
    Amount base;
    Ticks price;
    Nanos time;
    std::size_t marks_before;
  };
  HalfTicks mark_at(Nanos time) const {
    HalfTicks found{};
    for (const Mark& m : marks_) {
      if (m.time <= time) found = m.mark;
    }
    return found;
  }

  const Instrument& instrument_;
  Amount opening_{};
  HalfTicks opening_mark_{};
  std::vector<Mark> marks_;
  std::vector<FillAt> fills_;
};

// A random life: time passes, the mid moves, fills of all kinds come.
struct Life {
  Instrument instrument = test::eth_spot();
  Position position{instrument};
  PnlSplit split{instrument};
  Reference reference{instrument};
  Nanos now{};
  HalfTicks mark{};
  std::size_t fills = 0;

  void set_mark(HalfTicks m) {
    mark = m;
    split.on_mark(m, now);
    reference.mark(m, now);
  }
  void open(Amount base, HalfTicks at) {
    position.open(base, at);
    split.open(base, at);
    reference.open(base, at);
  }
  void fill(Side side, Ticks price, Lots lots, Amount fee, Asset asset) {
    const Amount before = position.base();
    position.fill(side, price, lots, fee, asset);
    split.fill(position.base() - before, price, now);
    reference.fill(position.base() - before, price, now);
    ++fills;
  }
  void check() const {
    const PnlParts parts = split.parts();
    RC_ASSERT(parts.sum() == position.realized() + position.unrealized(mark));
    RC_ASSERT(equal(parts, reference.parts()));
  }
};

RC_GTEST_PROP(PnlSplitProperty, SumsToTheProfitExactlyAndFollowsItsDefinition, ()) {
  Life life;
  const auto price = rc::gen::inRange<std::int64_t>(1, 1'000'000);
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    life.now += Nanos(*rc::gen::inRange<std::int64_t>(0, 4)) * kSecond.v;
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        life.open(Amount(*rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000)),
                  HalfTicks(*price));
        break;
      case 1:
      case 2:
      case 3:
        life.set_mark(HalfTicks(*price));
        break;
      default:
        life.fill(*rc::gen::element(Side::kBuy, Side::kSell), Ticks(*price),
                  Lots(*rc::gen::inRange<std::int64_t>(1, 100'000)),
                  Amount(*rc::gen::inRange<std::int64_t>(-10'000, 10'000)),
                  *rc::gen::element(Asset::kQuote, Asset::kBase, Asset::kOther));
    }
    if (life.mark.v != 0) life.check();
  }
}

TEST(PnlSplit, MoreFillsThanItKeepsAreJudgedEarlyAndStillAddUp) {
  Life life;
  life.set_mark(HalfTicks(20'000));
  for (std::size_t i = 0; i < 3 * PnlSplit::kPendingMax; ++i) {
    life.fill(Side::kBuy, Ticks(9'990), Lots(3), Amount(0), Asset::kQuote);
    life.now += Nanos(1);
    life.set_mark(HalfTicks(20'000 + static_cast<std::int64_t>(i % 7)));
  }
  EXPECT_EQ(life.split.parts().sum(),
            life.position.realized() + life.position.unrealized(life.mark));
}

TEST(PnlSplit, ALongSessionIsWhatTheDefinitionSays) {
  Life life;
  const auto fills = static_cast<std::int64_t>(2 * PnlSplit::kPendingMax);
  for (std::int64_t i = 0; i < fills; ++i) {
    life.now += kSecond;
    life.set_mark(HalfTicks(20'000 + 37 * i % 101));
    life.fill(i % 3 == 0 ? Side::kSell : Side::kBuy, Ticks(10'000 + 11 * i % 53), Lots(1 + i % 5),
              Amount(0), Asset::kQuote);
  }
  EXPECT_TRUE(equal(life.split.parts(), life.reference.parts()));
}

TEST(PnlSplit, ABoughtUnitThatTheMarketLeavesBehind) {
  Life life;
  life.set_mark(half_ticks(Ticks(10'000)));                                     // 100.00
  life.fill(Side::kBuy, Ticks(9'990), Lots(10'000), Amount(0), Asset::kQuote);  // 1 at 99.90
  EXPECT_TRUE(equal(life.split.parts(), {quote(10), quote(0), quote(0)}));
  life.now += kHorizon;
  life.set_mark(half_ticks(Ticks(9'970)));  // at the horizon itself: still the fill's affair
  EXPECT_TRUE(equal(life.split.parts(), {quote(10), quote(-30), quote(0)}));
  life.now += Nanos(1);
  life.set_mark(half_ticks(Ticks(10'050)));
  EXPECT_TRUE(equal(life.split.parts(), {quote(10), quote(-30), quote(80)}));
}

TEST(PnlSplit, AnOpeningIsInventoryAndAFillBeforeTheFirstMidIsValuedAtIt) {
  Life life;
  life.fill(Side::kSell, Ticks(10'100), Lots(10'000), Amount(0), Asset::kQuote);
  EXPECT_TRUE(equal(life.split.parts(), {}));
  life.set_mark(half_ticks(Ticks(10'000)));
  life.open(Amount(2 * kAmountScale), half_ticks(Ticks(9'900)));  // as an earlier session left it
  EXPECT_TRUE(equal(life.split.parts(), {quote(100), quote(0), quote(200)}));
  life.now += kSecond;
  life.set_mark(half_ticks(Ticks(10'010)));
  EXPECT_TRUE(equal(life.split.parts(), {quote(100), quote(-10), quote(220)}));
}

// In the core: f is the mid that the position is valued at, so the parts add up to its profit.
TEST(PnlSplit, TheCoresPartsAddUpToItsProfit) {
  CoreConfig config = test::one_instrument();
  config.instruments[0].risk.start_position = Amount(kAmountScale);
  CoreHarness h(config);
  h.book(Ticks(300'000), Ticks(300'010));
  h.advance(kSecond * 6);
  std::uint64_t trade = 0;
  for (int i = 0; i < 20; ++i) {
    for (const Command& c : h.take(CommandKind::kPlace)) {
      Event e;
      e.kind = EventKind::kFilled;
      e.flags = static_cast<std::uint8_t>(kFlagMaker | (c.side == Side::kSell ? kFlagSell : 0));
      e.fill.id = c.id;
      e.fill.trade_id = TradeId(++trade);
      e.fill.lots = c.lots;
      e.fill.ticks = c.ticks;
      e.fill.fee = Amount(12'345);
      e.fill.fee_asset = Asset::kBase;
      h.deliver(e);
    }
    h.book(Ticks(300'000 + 100 * (i % 3)), Ticks(300'010 + 100 * (i % 3)));
    h.advance(kSecond * 3);
    const InstrumentState& s = h.core.instrument(0);
    EXPECT_EQ(s.pnl_parts().sum(), s.position.realized() + s.unrealized());
    EXPECT_EQ(s.pnl_parts().sum() - s.position.fees(), s.total);
  }
  EXPECT_GT(trade, 6u);
}

}  // namespace
}  // namespace mm
