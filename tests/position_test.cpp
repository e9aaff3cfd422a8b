#include "engine/core/position.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <ostream>
#include <tuple>
#include <vector>

namespace mm {

static std::ostream& operator<<(std::ostream& out, Money m) {
  return out << boost::multiprecision::cpp_int(m.v).str();
}

}  // namespace mm

namespace {

using namespace mm;
using Rational = boost::multiprecision::cpp_rational;
using Integer = boost::multiprecision::cpp_int;

Instrument instrument(std::int64_t tick = 1'000'000, std::int64_t lot = 10'000) {
  Instrument i;  // a tick of 0.01 and a lot of 0.0001
  i.tick = Amount(tick);
  i.lot = Amount(lot);
  return i;
}

constexpr Money quote(std::int64_t cents) {
  return Money(Int128{cents} * (kMoneyScale / 100));
}
constexpr HalfTicks at(std::int64_t ticks) {
  return half_ticks(Ticks(ticks));
}

struct Trade {
  Side side;
  Ticks price;
  Lots lots;
  Amount fee;
  Asset asset;
};

// Cash, holdings and average cost in unbounded fractions, written down without a thought for speed.
class Reference {
 public:
  explicit Reference(const Instrument& i) : tick_(i.tick.v), lot_(i.lot.v) {}

  void open(Amount base, HalfTicks mark) {
    base_ += base.v - opening_;
    opening_ = base.v;
    const Rational worth = Rational(base.v) * price(mark);
    cost_ += worth - opening_value_;
    opening_value_ = worth;
  }
  void set_fee_asset_price(Amount price) { fee_asset_price_ = price.v; }

  void fill(const Trade& t) {
    const Rational size = Rational(t.lots.v) * lot_ * sign(t.side);
    trade(size, price(half_ticks(t.price)));
    if (t.asset == Asset::kQuote) {
      fees_ += Rational(t.fee.v) * kMoneyPerAmount;
    } else if (t.asset == Asset::kBase) {
      // The fee's worth comes in as cash and goes out as a fee.
      trade(-t.fee.v, price(half_ticks(t.price)));
      fees_ += Rational(t.fee.v) * price(half_ticks(t.price));
    } else if (fee_asset_price_ != 0) {
      fees_ += Rational(t.fee.v) * fee_asset_price_ * 100;
    } else {
      unconverted_ += t.fee.v;
    }
  }

  const Rational& base() const { return base_; }
  const Rational& realized() const { return realized_; }
  const Rational& fees() const { return fees_; }
  const Rational& unconverted() const { return unconverted_; }
  Rational total(HalfTicks mark) const {
    return cash_ + base_ * price(mark) - opening_value_ - fees_;
  }

 private:
  static constexpr std::int64_t kMoneyPerAmount = 10'000'000'000;

  // Money (1e-18) per 1e-8 of base: a half tick is tick / 2 in 1e-8 quote.
  Rational price(HalfTicks p) const { return Rational(p.v) * tick_ * 50; }

  void trade(const Rational& size, const Rational& price) {
    cash_ -= size * price;
    Rational opens = size;
    if (base_ * size < 0) {
      const bool flips = abs(size) > abs(base_);
      const Rational closes = flips ? Rational(-base_) : size;
      const Rational average = cost_ / base_;
      realized_ += -closes * (price - average);
      cost_ += closes * average;
      base_ += closes;
      opens -= closes;
    }
    base_ += opens;
    cost_ += opens * price;
  }

  Rational tick_, lot_, base_, opening_, opening_value_, cash_, cost_, realized_, fees_;
  Rational unconverted_, fee_asset_price_;
};

Rational exact(Money m) {
  return Rational(Integer(m.v));
}

rc::Gen<Trade> any_trade() {
  using rc::gen::inRange;
  return rc::gen::map(
      rc::gen::tuple(rc::gen::element(Side::kBuy, Side::kSell), inRange<std::int64_t>(1, 5'000'000),
                     rc::gen::oneOf(inRange<std::int64_t>(1, 20), inRange<std::int64_t>(1, 5'000)),
                     inRange<std::int64_t>(-20'000, 60'000),
                     rc::gen::element(Asset::kQuote, Asset::kBase, Asset::kOther)),
      [](const auto& t) {
        return Trade{std::get<0>(t), Ticks(std::get<1>(t)), Lots(std::get<2>(t)),
                     Amount(std::get<3>(t)), std::get<4>(t)};
      });
}

}  // namespace

namespace rc {
template <>
struct Arbitrary<Trade> {
  static Gen<Trade> arbitrary() { return any_trade(); }
};
}  // namespace rc

namespace {

TEST(Position, BuyingAndSellingHigherRealisesTheDifference) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(20'000), Amount(0), Asset::kQuote);   // 2 at 100.00
  p.fill(Side::kSell, Ticks(10'500), Lots(10'000), Amount(0), Asset::kQuote);  // 1 at 105.00
  EXPECT_EQ(p.base(), Amount(kAmountScale));
  EXPECT_EQ(p.realized(), quote(500));
  EXPECT_EQ(p.unrealized(at(10'200)), quote(200));
  EXPECT_EQ(p.total(at(10'200)), quote(700));
  EXPECT_EQ(p.fills(), 2u);
  EXPECT_EQ(p.bought(), Lots(20'000));
  EXPECT_EQ(p.sold(), Lots(10'000));
}

TEST(Position, RealisedProfitUsesTheAverageCostNotTheFirst) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(10'000), Amount(0), Asset::kQuote);
  p.fill(Side::kBuy, Ticks(10'200), Lots(30'000), Amount(0), Asset::kQuote);  // average 101.50
  p.fill(Side::kSell, Ticks(10'150), Lots(10'000), Amount(0), Asset::kQuote);
  EXPECT_EQ(p.realized(), quote(0));
  EXPECT_EQ(p.unrealized(at(10'150)), quote(0));
}

TEST(Position, AFillThroughZeroClosesAtTheOldCostAndOpensAtItsOwnPrice) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(10'000), Amount(0), Asset::kQuote);
  p.fill(Side::kSell, Ticks(9'900), Lots(30'000), Amount(0), Asset::kQuote);
  EXPECT_EQ(p.base(), Amount(-2 * kAmountScale));
  EXPECT_EQ(p.realized(), quote(-100));
  EXPECT_EQ(p.unrealized(at(9'900)), quote(0));
  p.fill(Side::kBuy, Ticks(9'800), Lots(20'000), Amount(0), Asset::kQuote);
  EXPECT_EQ(p.realized(), quote(100));
  EXPECT_EQ(p.base(), Amount(0));
  EXPECT_EQ(p.unrealized(at(1)), quote(0));
}

TEST(Position, HalfTickMidsAreExact) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(100), Lots(1), Amount(0), Asset::kQuote);
  // Half of 0.01 x 0.0001.
  EXPECT_EQ(p.unrealized(HalfTicks(201)), Money(kMoneyScale / 2'000'000));
}

TEST(Position, AFeeInQuoteCostsMoneyARebateBringsSome) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(10'000), Amount(kAmountScale / 10), Asset::kQuote);
  EXPECT_EQ(p.fees(), quote(10));
  p.fill(Side::kBuy, Ticks(10'000), Lots(10'000), Amount(-kAmountScale / 2), Asset::kQuote);
  EXPECT_EQ(p.fees(), quote(-40));
  EXPECT_EQ(p.total(at(10'000)), quote(40));
}

TEST(Position, AFeeInBaseReducesThePositionAndIsWorthTheFillsPrice) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(10'000), Amount(kAmountScale / 1000), Asset::kBase);
  EXPECT_EQ(p.base(), Amount(kAmountScale - kAmountScale / 1000));
  EXPECT_EQ(p.base_fees(), Amount(kAmountScale / 1000));
  EXPECT_EQ(p.explained_base(), p.base());
  EXPECT_EQ(p.fees(), quote(10));
  EXPECT_EQ(p.total(at(10'000)), quote(-10));
}

TEST(Position, AFeeInAThirdAssetIsConvertedOnlyWithAPrice) {
  const Instrument i = instrument();
  Position p(i);
  p.fill(Side::kBuy, Ticks(10'000), Lots(1), Amount(7), Asset::kOther);
  EXPECT_EQ(p.fees_unconverted(), Amount(7));
  EXPECT_EQ(p.fees(), quote(0));
  p.set_fee_asset_price(Amount(600 * kAmountScale));
  p.fill(Side::kBuy, Ticks(10'000), Lots(1), Amount(kAmountScale / 100), Asset::kOther);
  EXPECT_EQ(p.fees(), quote(600));
  EXPECT_EQ(p.fees_unconverted(), Amount(7));
}

TEST(Position, TheOpeningIsNoProfitAndCanBeCorrectedAfterFills) {
  const Instrument i = instrument();
  Position p(i);
  p.open(Amount(3 * kAmountScale), at(10'000));
  EXPECT_EQ(p.total(at(10'000)), quote(0));
  EXPECT_EQ(p.total(at(10'100)), quote(300));
  p.open(Amount(5 * kAmountScale), at(10'100));
  EXPECT_EQ(p.base(), Amount(5 * kAmountScale));
  EXPECT_EQ(p.total(at(10'100)), quote(0));
  p.fill(Side::kSell, Ticks(10'200), Lots(10'000), Amount(0), Asset::kQuote);
  EXPECT_EQ(p.realized(), quote(100));
  p.open(Amount(4 * kAmountScale), at(10'100));
  EXPECT_EQ(p.base(), Amount(3 * kAmountScale));
  EXPECT_EQ(p.explained_base(), p.base());
}

TEST(Position, ABillionCheapCoinsDoNotOverflow) {
  const Instrument i = instrument(1, 100'000'000);  // a tick of 1e-8, a lot of 1
  Position p(i);
  const std::int64_t coins = 10'000'000'000;
  p.fill(Side::kBuy, Ticks(1'000), Lots(coins), Amount(0), Asset::kQuote);  // 100,000 quote
  p.fill(Side::kSell, Ticks(1'100), Lots(coins / 2), Amount(0), Asset::kQuote);
  EXPECT_EQ(p.realized(), quote(5'000 * 100));
  EXPECT_EQ(p.unrealized(at(1'000)), quote(0));
}

RC_GTEST_PROP(PositionProperty, EqualsTheExactReference,
              (const std::vector<Trade>& trades, bool priced)) {
  const Instrument i = instrument(*rc::gen::element<std::int64_t>(1, 10'000, 1'000'000),
                                  *rc::gen::element<std::int64_t>(1, 10'000, 100'000'000));
  Position p(i);
  Reference reference(i);
  const Amount opening(*rc::gen::inRange<std::int64_t>(-100'000'000, 100'000'000));
  const HalfTicks opened_at(*rc::gen::inRange<std::int64_t>(1, 5'000'000));
  p.open(opening, opened_at);
  reference.open(opening, opened_at);
  if (priced) {
    p.set_fee_asset_price(Amount(61'234'567'891));
    reference.set_fee_asset_price(Amount(61'234'567'891));
  }
  std::size_t steps = 0;
  for (const Trade& t : trades) {
    p.fill(t.side, t.price, t.lots, t.fee, t.asset);
    reference.fill(t);
    ++steps;
    const HalfTicks mark(2 * t.price.v + 17);
    RC_ASSERT(reference.base() == p.base().v);
    RC_ASSERT(p.explained_base() == p.base());
    RC_ASSERT(exact(p.total(mark)) == reference.total(mark));
    RC_ASSERT(exact(p.fees()) == reference.fees());
    RC_ASSERT(reference.unconverted() == p.fees_unconverted().v);
    // Rounding by division: below one unit (1e-18) a closing, two closings a fill.
    RC_ASSERT(abs(exact(p.realized()) - reference.realized()) <= Rational(4 * steps));
  }
}

}  // namespace
