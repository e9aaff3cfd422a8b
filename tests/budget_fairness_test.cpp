// Fifty symbols on one account's order budget, the whole engine in the simulator: whoever is noisy
// cannot stop another's first quote.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"
#include "tests/observed_core.h"

namespace mm {
namespace {

constexpr Nanos kStart{1'704'067'200 * kSecond.v};
constexpr std::size_t kSymbols = 50, kNoisy = 10;
constexpr std::int64_t kPerSecond = 20;

std::string symbol(std::size_t i) {
  return std::string("SYM") + static_cast<char>('A' + i / 26) + static_cast<char>('A' + i % 26) +
         "USDT";
}

// None is filled. The first ten follow each tick, the others stay where they are.
std::vector<std::string> keys() {
  std::string symbols;
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < kSymbols; ++i) {
    symbols += (i == 0 ? "" : ",") + symbol(i);
    const bool noisy = i < kNoisy;
    const std::string section = "symbol " + symbol(i) + ".";
    sets.push_back(section + "modify_threshold=" + (noisy ? "0.00001" : "0.03"));
    sets.push_back(section + "min_spread=" + (noisy ? "0.01" : "0.02"));
    sets.push_back(section + "max_spread=" + (noisy ? "0.01" : "0.02"));
    if (!noisy) sets.push_back(section + "max_modify_deviation=0.04");
  }
  sets.push_back("venue.symbols=" + symbols);
  sets.push_back("market.updates_per_s=5");
  sets.push_back("market.orders_per_s=100");
  sets.push_back("strategy.target_orders_per_side=1");
  sets.push_back("strategy.warmup_s=1");
  sets.push_back("risk.max_order_count=200");
  sets.push_back("risk.max_price_change=0");
  sets.push_back("risk.max_daily_loss=1000000");
  sets.push_back("order_management.reset_interval=0");
  sets.push_back("execution.modify_rate_limit=" + std::to_string(kPerSecond));
  sets.push_back("simulator.orders_per_10s=100000");
  sets.push_back("simulator.weight_per_minute=1000000");
  return sets;
}

struct Fifty {
  explicit Fifty(const sim::FaultPlan& plan)
      : load(app::parse_config("", "test", keys())),
        instruments(app::simulated_instruments(load.config)),
        venue(app::make_sim_venue(load.config, instruments)),
        run(load.config, instruments, *venue, plan) {
    EXPECT_EQ(load.error, "");
    run.begin(kStart);
  }
  bool quoted(InstrumentId i) const {
    return std::ranges::all_of(
        kSides, [&](Side side) { return venue->book(i).first(side) != sim::kNoRow; });
  }
  std::string reasons(std::size_t i) const {
    const InstrumentState& s = run.core().instrument(static_cast<InstrumentId>(i));
    return std::string(": ") + name(s.side(Side::kBuy).reason) + ", " +
           name(s.side(Side::kSell).reason);
  }
  // What takes from the budget.
  std::uint64_t requests() const {
    const auto& core = static_cast<const test::ObservedCore&>(run.core());
    return core.commands(CommandKind::kPlace) + core.commands(CommandKind::kReplace);
  }
  std::size_t quoted() const {
    std::size_t count = 0;
    for (InstrumentId i = 0; i < kSymbols; ++i) count += quoted(i) ? 1u : 0u;
    return count;
  }

  app::ConfigLoad load;
  std::vector<Instrument> instruments;
  std::unique_ptr<sim::SimVenue> venue;
  app::CheckedRunOf<test::ObservedCore> run;
};

TEST(FiftySymbols, AllHaveTheirFirstQuotesAsSoonAsTheBudgetAllows) {
  Fifty all({});
  // A hundred sides, twenty at once and twenty a second; then some for those that lost theirs.
  all.run.advance(kStart +
                  kSecond * (1 + 2 * static_cast<std::int64_t>(kSymbols) / kPerSecond + 1));
  EXPECT_GE(all.quoted(), kSymbols - 2) << all.reasons(kSymbols - 1);
  all.run.advance(kStart + kSecond * 60);
  EXPECT_TRUE(all.run.shut_down());
  EXPECT_FALSE(all.run.checker().violated()) << all.run.checker().first().text.data();
}

TEST(FiftySymbols, NoiseStopsNobodysQuotesFromComingBack) {
  // From 30 s on, each quiet symbol is halted for a second, one after the other.
  sim::FaultPlan plan;
  for (std::size_t i = kNoisy; i < kSymbols; ++i) {
    const auto at = static_cast<std::int64_t>(30 + 3 * (i - kNoisy));
    plan.push_back({.kind = sim::FaultKind::kSymbolHalted,
                    .begin = kSecond * at,
                    .end = kSecond * (at + 1),
                    .instrument = static_cast<InstrumentId>(i)});
  }
  Fifty all(plan);
  all.run.advance(kStart + kSecond * 29);
  const std::uint64_t before = all.requests();
  for (std::size_t i = kNoisy; i < kSymbols; ++i) {
    const auto halted_until = kStart + kSecond * static_cast<std::int64_t>(31 + 3 * (i - kNoisy));
    all.run.advance(halted_until - 10 * kMillisecond);
    EXPECT_FALSE(all.quoted(static_cast<InstrumentId>(i)));
    all.run.advance(halted_until + kMillisecond * 500);
    EXPECT_TRUE(all.quoted(static_cast<InstrumentId>(i))) << i << all.reasons(i);
  }
  // The noisy ones took what there was meanwhile.
  const Nanos spent = all.run.now() - (kStart + kSecond * 29);
  const std::uint64_t sent = all.requests() - before;
  EXPECT_GT(sent, static_cast<std::uint64_t>(spent.v / kSecond.v * kPerSecond * 8 / 10));
  EXPECT_TRUE(all.run.shut_down());
  EXPECT_FALSE(all.run.checker().violated()) << all.run.checker().first().text.data();
}

}  // namespace
}  // namespace mm
