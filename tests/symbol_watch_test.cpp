// Whether our symbols take orders, as exchangeInfo tells it during a run.
#include "engine/app/edges/symbol_watch.h"

#include <gmock/gmock.h>

#include "tests/binance_instruments.h"

namespace mm::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SymbolWatchTest : public testing::Test {
 protected:
  static binance::ExchangeInfo says(const std::string& status, const std::string& tick = "0.01",
                                    const std::string& lot = "0.00001") {
    return binance::parse_exchange_info(
        R"({"symbols":[{"symbol":"BTCUSDT","filters":[{"filterType":"PRICE_FILTER","tickSize":")" +
        tick + R"("},{"filterType":"LOT_SIZE","stepSize":")" + lot +
        R"("},{"filterType":"MARKET_LOT_SIZE","stepSize":"0.00000000"}],"status":")" + status +
        R"("},{"symbol":"XRPUSDT","filters":[],"status":"HALT"}]})");
  }
  bool halted(std::size_t i = 0) const { return link_.halted[i].load(); }

  std::vector<Instrument> instruments_ = test::spot_instruments();
  binance::orders::SessionLink link_{1, 2};
  SymbolWatch watch_{instruments_, link_};
};

TEST_F(SymbolWatchTest, WhateverIsNotTradingIsHaltedAndComesBack) {
  for (const char* word : {"HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY", "SOMETHING_NEW"}) {
    EXPECT_THAT(watch_.take(says("TRADING")), IsEmpty());
    EXPECT_FALSE(halted());
    EXPECT_FALSE(link_.symbols_wanted.load());
    EXPECT_THAT(watch_.take(says(word)), IsEmpty());
    EXPECT_TRUE(halted()) << word;
    EXPECT_TRUE(link_.symbols_wanted.exchange(false)) << "nobody else would ask before a minute";
    EXPECT_FALSE(halted(1)) << "nothing was said of it";
  }
  EXPECT_EQ(link_.halted_news.load(), 10u);
}

TEST_F(SymbolWatchTest, AChangedTickOrLotHaltsUntilARestartAndIsSaidOnce) {
  struct Change {
    const char *tick, *lot;
  };
  for (const Change& change : {Change{"0.1", "0.00001"},       // coarser than ours
                               Change{"0.01", "0.000001"}}) {  // finer
    SymbolWatch watch(instruments_, link_);
    EXPECT_THAT(watch.take(says("TRADING")), IsEmpty());
    EXPECT_FALSE(halted());
    EXPECT_THAT(watch.take(says("TRADING", change.tick, change.lot)),
                ElementsAre(HasSubstr("BTCUSDT: the venue's tick is")));
    EXPECT_TRUE(halted());
    EXPECT_THAT(watch.take(says("TRADING")), IsEmpty()) << "and back";
    EXPECT_TRUE(halted());
  }
}

TEST_F(SymbolWatchTest, AGridThatOursDoesNotFitIsHaltedAtOnce) {
  EXPECT_THAT(watch_.take(says("TRADING", "0.5")), ElementsAre(HasSubstr("tick is 0.5")));
  EXPECT_TRUE(halted());
}

}  // namespace
}  // namespace mm::app
