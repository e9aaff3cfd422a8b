#include "engine/core/rate_budget.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using namespace mm;

constexpr Nanos kNow(1'700'000'000 * kSecond.v);

int take_all(RateBudget& budget, Nanos now) {
  int taken = 0;
  while (budget.take(now)) ++taken;
  return taken;
}

RateUsage used(std::uint32_t orders, std::uint32_t limit, Nanos end) {
  RateUsage u{};
  u.orders_used = orders;
  u.orders_limit = limit;
  u.orders_end = end;
  return u;
}

TEST(RateBudget, ASecondsWorthMayBeSpentAtOnceThenTokensComeOneByOne) {
  RateBudget budget(5);
  EXPECT_EQ(budget.capacity(), 5);
  EXPECT_EQ(budget.next(kNow), kNow);
  EXPECT_EQ(take_all(budget, kNow), 5);
  EXPECT_EQ(budget.next(kNow), kNow + kSecond / 5);
  EXPECT_FALSE(budget.take(kNow + kSecond / 5 - Nanos(1)));
  EXPECT_TRUE(budget.take(kNow + kSecond / 5));
  EXPECT_EQ(take_all(budget, kNow + kSecond * 60), 5);
}

TEST(RateBudget, IsNotFullTwiceWhenTimeStartsAtZero) {
  RateBudget budget(5);
  EXPECT_EQ(take_all(budget, Nanos(0)), 5);
  EXPECT_EQ(take_all(budget, Nanos(1)), 0);
}

TEST(RateBudget, HasExactlyTheConfiguredCapacityForAnyRate) {
  for (const int rate : {1, 3, 7, 99, 30'001, 60'000, 999'999'999}) {
    EXPECT_EQ(RateBudget(rate).capacity(), rate);
    EXPECT_EQ(RateBudget(rate).available(kNow), rate);
  }
}

TEST(RateBudget, TheVenuesWindowBindsUntilItEndsWithATenthInReserve) {
  RateBudget budget(100);
  const Nanos end = kNow + kSecond / 2;
  budget.on_usage(used(88, 100, end));
  EXPECT_EQ(take_all(budget, kNow), 2);
  EXPECT_EQ(budget.next(kNow), end);
  EXPECT_EQ(take_all(budget, end - Nanos(1)), 0);
  EXPECT_EQ(take_all(budget, end), 100);
  budget.on_usage(used(95, 100, end + kSecond * 3600));
  EXPECT_EQ(budget.available(end + kSecond), 0);
  EXPECT_EQ(budget.next(end + kSecond), end + kSecond * 2);  // looks again
}

TEST(RateBudget, PressureRisesWithTheFullestWindowAndEndsWithIt) {
  RateBudget budget(5);
  EXPECT_EQ(budget.pressure(kNow), BudgetPressure::kNone);
  RateUsage u{};
  u.tightest_end = kNow + kSecond;
  for (const auto& [pct, pressure] : {std::pair{59u, BudgetPressure::kNone},
                                      {60u, BudgetPressure::kSaving},
                                      {79u, BudgetPressure::kSaving},
                                      {80u, BudgetPressure::kScarce},
                                      {100u, BudgetPressure::kScarce}}) {
    u.tightest_pct = pct;
    budget.on_usage(u);
    EXPECT_EQ(budget.pressure(kNow), pressure) << pct;
    EXPECT_EQ(budget.pressure(kNow + kSecond), BudgetPressure::kNone) << pct;
  }
}

TEST(RateBudget, AHoldGivesNoTokenUntilItEndsAndAShorterOneChangesNothing) {
  RateBudget budget(5);
  budget.hold(kNow + kSecond * 7);
  budget.hold(kNow + kSecond);
  EXPECT_FALSE(budget.take(kNow + kSecond * 7 - Nanos(1)));
  EXPECT_EQ(budget.next(kNow), kNow + kSecond * 7);
  EXPECT_EQ(take_all(budget, kNow + kSecond * 7), 5);
}

RC_GTEST_PROP(RateBudgetProperty, NoSpanSeesMoreThanItsShareAndNextIsWhenATokenComes, ()) {
  const int rate = *rc::gen::inRange(1, 40);
  RateBudget budget(rate);
  std::vector<Nanos> taken;
  Nanos now = kNow;
  for (int k = 0; k < 200; ++k) {
    const int wanted = *rc::gen::inRange(0, 4);
    for (int w = 0; w < wanted; ++w) {
      if (budget.take(now)) taken.push_back(now);
    }
    const Nanos next = budget.next(now);
    RC_ASSERT((next == now) == (budget.available(now) > 0));
    if (next > now) {
      RateBudget earlier = budget, then = budget;
      RC_ASSERT(earlier.available(next - Nanos(1)) == 0);
      RC_ASSERT(then.available(next) == 1);
    }
    now = *rc::gen::element(next, now + Nanos(*rc::gen::inRange<std::int64_t>(0, 300'000'000)));
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    for (std::size_t j = i; j < taken.size(); ++j) {
      const Int128 span = (taken[j] - taken[i]).v;
      RC_ASSERT(Int128(j - i + 1) * kSecond.v <= (span + kSecond.v) * rate);
    }
  }
}

TEST(BudgetQueue, FirstQuotesGoBeforeEverythingElse) {
  BudgetQueue queue(3);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.is_next(2, false));
  queue.wait(0, false);
  EXPECT_TRUE(queue.is_next(0, false));
  EXPECT_FALSE(queue.is_next(1, false));
  EXPECT_TRUE(queue.is_next(1, true));
  queue.wait(1, true);
  EXPECT_EQ(queue.front(), 1);
  EXPECT_FALSE(queue.is_next(0, false));
  EXPECT_FALSE(queue.is_next(2, true));
  EXPECT_FALSE(queue.is_next(1, false));  // its own first quote before its own amend
  queue.leave(1);
  EXPECT_EQ(queue.front(), 0);
  queue.leave(0);
  EXPECT_TRUE(queue.empty());
}

TEST(BudgetQueue, WhoHadItsTurnGoesToTheEndOfItsLine) {
  BudgetQueue queue(4);
  const std::vector<InstrumentId> ids{2, 0, 1};
  for (const InstrumentId id : ids) queue.wait(id, false);
  queue.wait(2, false);  // once in line is enough
  EXPECT_EQ(queue.front(), 2);
  queue.requeue(2);
  EXPECT_EQ(queue.front(), 0);
  queue.requeue(0);
  queue.requeue(1);
  EXPECT_EQ(queue.front(), 2);
  queue.requeue(3);  // not in line
  queue.leave(3);
  for (const InstrumentId id : ids) queue.leave(id);
  EXPECT_TRUE(queue.empty());
}

TEST(BudgetQueue, AnAmenderWhoLosesASideMovesToTheFirstLine) {
  BudgetQueue queue(2);
  queue.wait(0, false);
  queue.wait(1, false);
  queue.wait(1, true);
  EXPECT_EQ(queue.front(), 1);
  queue.leave(1);
  EXPECT_EQ(queue.front(), 0);
  queue.leave(0);
  EXPECT_TRUE(queue.empty());
}

TEST(BudgetQueue, WhoAsksTwiceForSomethingElseNoLongerWaitsForAFirstQuote) {
  BudgetQueue queue(3);
  queue.wait(0, true);
  queue.wait(1, true);
  queue.wait(2, false);
  queue.wait(0, false);
  EXPECT_EQ(queue.front(), 0);  // its other side may still be without an order
  queue.wait(0, true);
  queue.wait(0, false);
  EXPECT_EQ(queue.front(), 0);
  queue.wait(0, false);
  EXPECT_EQ(queue.front(), 1);
  queue.leave(1);
  EXPECT_EQ(queue.front(), 2);  // 0 joined at the end of the others
  queue.leave(2);
  EXPECT_EQ(queue.front(), 0);
}

// The account seen from the budget: who spends tokens on what, by the rules the core follows. Each
// side wants one first quote and then `amends` requests without end.
class Account {
 public:
  struct Side {
    bool quoted = false;
    bool amends = false;
    int tokens = 0;
    Nanos first_quote_at{};
  };
  struct Symbol {
    Side sides[2];
  };

  Account(std::size_t count, std::int32_t rate) : symbols(count), budget_(rate), queue_(count) {}

  void end_batch(Nanos now, const std::vector<InstrumentId>& dirty) {
    for (const InstrumentId id : dirty) decide(id, now);
    for (std::size_t turns = symbols.size(); turns > 0 && !queue_.empty(); --turns) {
      if (budget_.available(now) < 1) break;
      decide(queue_.front(), now);
    }
  }

  std::vector<Symbol> symbols;

 private:
  void decide(InstrumentId id, Nanos now) {
    bool blocked = false, spent = false;
    for (Side& side : symbols[id].sides) {
      while (!side.quoted || side.amends) {
        if (!queue_.is_next(id, !side.quoted) || budget_.available(now) < 1) {
          queue_.wait(id, !side.quoted);
          blocked = true;
          break;
        }
        spent = budget_.take(now);
        ++side.tokens;
        if (!side.quoted) side.first_quote_at = now;
        side.quoted = true;
      }
    }
    if (!blocked) {
      queue_.leave(id);
    } else if (spent) {
      queue_.requeue(id);
    }
  }

  RateBudget budget_;
  BudgetQueue queue_;
};

// One tick every 20 ms: every noisy symbol decides each time, others when the line reaches them.
void run(Account& account, Nanos from, Nanos until, const std::vector<InstrumentId>& noisy) {
  for (Nanos now = from; now < until; now += kMillisecond * 20) account.end_batch(now, noisy);
}

TEST(BudgetFairness, ANoisySymbolCannotStopAnothersFirstQuote) {
  constexpr std::size_t kSymbols = 6;
  Account account(kSymbols, 5);
  for (Account::Side& side : account.symbols[0].sides) side.amends = true;
  run(account, kNow, kNow + kSecond * 10, {0});
  // Five quiet symbols wake up once, each with both sides to quote: ten tokens, two seconds.
  const Nanos woken = kNow + kSecond * 10;
  account.end_batch(woken, {0, 1, 2, 3, 4, 5});
  run(account, woken, woken + kSecond * 10, {0});
  for (std::size_t i = 1; i < kSymbols; ++i) {
    for (const Account::Side& side : account.symbols[i].sides) {
      EXPECT_TRUE(side.quoted);
      EXPECT_LE(side.first_quote_at, woken + kMillisecond * 2'100);
    }
  }
}

TEST(BudgetFairness, ALostQuoteComesBackWhileEveryOtherSymbolIsNoisy) {
  Account account(4, 5);
  std::vector<InstrumentId> all{0, 1, 2, 3};
  for (Account::Symbol& s : account.symbols) {
    for (Account::Side& side : s.sides) side.amends = true;
  }
  run(account, kNow, kNow + kSecond * 10, all);
  Nanos at = kNow + kSecond * 10;
  for (const Side lost : {Side::kBuy, Side::kSell}) {
    for (const InstrumentId id : all) {
      Account::Side& side = account.symbols[id].sides[index(lost)];
      side.quoted = false;
      run(account, at, at + kSecond * 5, all);
      EXPECT_TRUE(side.quoted);
      EXPECT_LE(side.first_quote_at, at + kMillisecond * 220);
      at += kSecond * 5;
    }
  }
}

TEST(BudgetFairness, NoisySymbolsShareTheTokensEvenlyAndNoneIsWasted) {
  constexpr int kSymbols = 5;
  Account account(kSymbols, 5);
  for (Account::Symbol& s : account.symbols) {
    for (Account::Side& side : s.sides) side.amends = true;
  }
  run(account, kNow, kNow + kSecond * 100, {0, 1, 2, 3, 4});
  int total = 0;
  for (const Account::Symbol& s : account.symbols) {
    const int tokens = s.sides[0].tokens + s.sides[1].tokens;
    EXPECT_NEAR(tokens, 100, 5);
    total += tokens;
  }
  EXPECT_GE(total, 500);
}

RC_GTEST_PROP(BudgetFairnessProperty, TheLineNeverStallsWhateverComesAndGoes, ()) {
  constexpr std::size_t kSymbols = 4;
  Account account(kSymbols, 5);
  Nanos now = kNow;
  const auto tokens = [&] {
    int sum = 0;
    for (const Account::Symbol& s : account.symbols) sum += s.sides[0].tokens + s.sides[1].tokens;
    return sum;
  };
  for (int step = 0; step < 100; ++step) {
    Account::Side& side = account.symbols[*rc::gen::inRange<std::size_t>(0, kSymbols)]
                              .sides[*rc::gen::inRange<std::size_t>(0, 2)];
    side.quoted = *rc::gen::arbitrary<bool>();
    side.amends = *rc::gen::arbitrary<bool>();
    std::vector<InstrumentId> dirty;
    for (InstrumentId id = 0; id < kSymbols; ++id) {
      if (*rc::gen::arbitrary<bool>()) dirty.push_back(id);
    }
    now += kMillisecond * *rc::gen::inRange<std::int64_t>(0, 400);
    account.end_batch(now, dirty);
  }
  // Somebody always wants more: from here on every token is used.
  account.symbols[0].sides[0].amends = true;
  const Nanos from = now;
  account.end_batch(from, {0, 1, 2, 3});
  run(account, from, from + kSecond * 2, {0});
  for (const Account::Symbol& s : account.symbols) {
    for (const Account::Side& side : s.sides) RC_ASSERT(side.quoted);
  }
  const int before = tokens();
  run(account, from + kSecond * 2, from + kSecond * 12, {0});
  RC_ASSERT(tokens() - before >= 49);
}

}  // namespace
