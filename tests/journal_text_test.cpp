// Decimal text and instrument lines: exact, there and back.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "engine/core/decimal_text.h"
#include "engine/journal/instrument_text.h"

namespace mm {
namespace {

// Reads a decimal back, the slow and obvious way: digits without the point, then zeros.
Int128 from_text(std::string_view text, int decimals) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  Int128 value = 0;
  int after_point = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    value = value * 10 + (text[i] - '0') * (negative ? -1 : 1);
    after_point += point != std::string_view::npos && i > point ? 1 : 0;
  }
  for (; after_point < decimals; ++after_point) value *= 10;
  return value;
}

TEST(DecimalText, KnownNumbersReadAsWritten) {
  EXPECT_EQ(decimal_text(Amount(0)).view(), "0");
  EXPECT_EQ(decimal_text(Amount(1)).view(), "0.00000001");
  EXPECT_EQ(decimal_text(Amount(-150'000'000)).view(), "-1.5");
  EXPECT_EQ(decimal_text(Amount(100 * kAmountScale)).view(), "100");
  EXPECT_EQ(decimal_text(Money(kMoneyScale / 4)).view(), "0.25");
  EXPECT_EQ(decimal_text(Money(-1)).view(), "-0.000000000000000001");
  EXPECT_EQ(decimal_text(Ratio(2'000'000)).view(), "0.002");
  EXPECT_EQ(decimal_text(Amount::min()).view(), "-92233720368.54775808");
  EXPECT_EQ(decimal_text(Money::min()).view(), "-170141183460469231731.687303715884105728");
  EXPECT_EQ(decimal_text(Money::max()).view(), "170141183460469231731.687303715884105727");
  EXPECT_EQ(DecimalText(std::numeric_limits<Int128>::min(), 38).view(),
            "-1.70141183460469231731687303715884105728");
  EXPECT_EQ(DecimalText(-70, 0).str(), "-70");
  Instrument i;
  i.tick = Amount(1'000'000);  // 0.01
  i.lot = Amount(1'000);       // 0.00001
  EXPECT_EQ(price_text(i, Ticks(6'500'050)).view(), "65000.5");
  EXPECT_EQ(price_text(i, HalfTicks(13'000'101)).view(), "65000.505");
  EXPECT_EQ(quantity_text(i, Lots(-123)).view(), "-0.00123");
}

TEST(DecimalText, EveryNumberComesBackAndNoneEndsInZeros) {
  ASSERT_TRUE(
      rc::check([](std::int64_t high, std::uint64_t low, std::uint8_t shift, std::uint8_t scale) {
        const int decimals = scale % 39;
        Int128 value = (Int128{high} << 60) + static_cast<Int128>(low >> 4);
        value >>= shift % 127;
        const DecimalText text(value, decimals);
        RC_ASSERT(from_text(text.view(), decimals) == value);
        if (text.view().find('.') != std::string_view::npos) {
          RC_ASSERT(text.view().back() != '0' && text.view().back() != '.');
        }
      }));
}

Instrument sample_instrument() {
  Instrument i;
  std::copy_n("BTCUSDT", 7, i.symbol_text.begin());
  std::copy_n("BTC", 3, i.base_text.begin());
  std::copy_n("USDT", 4, i.quote_text.begin());
  i.tick = Amount(1'000'000);
  i.lot = Amount(1'000);
  i.notional_min = Money(5 * kMoneyScale);
  i.rules = kBinanceUsdmRules;
  i.fees = {Ratio(-100'000), Ratio(400'000), Asset::kOther};
  i.is_spot = false;
  i.book_includes_own = false;
  return i;
}

TEST(InstrumentText, ComesBackAsItWas) {
  const Instrument i = sample_instrument();
  Instrument other = i;
  std::copy_n("ETHUSDT", 7, other.symbol_text.begin());
  other.notional_min = Money::max() / 100;
  std::vector<Instrument> read;
  const std::string text = instrument_lines(std::array{i, other});
  ASSERT_EQ(parse_instrument_lines(text, read), "");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].symbol(), "BTCUSDT");
  EXPECT_EQ(read[0].tick, i.tick);
  EXPECT_EQ(read[0].fees.maker, i.fees.maker);
  EXPECT_EQ(read[0].rules.modify.orders, 1);
  EXPECT_FALSE(read[0].is_spot);
  EXPECT_EQ(read[1].notional_min, other.notional_min);
  EXPECT_EQ(instrument_lines(read), text);
}

TEST(InstrumentText, NonsenseIsAnErrorThatNamesTheKey) {
  const std::string good = instrument_line(sample_instrument());
  const auto error_of = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    line.replace(line.find(from), from.size(), to);
    Instrument i;
    return parse_instrument_line(line, i);
  };
  Instrument i;
  EXPECT_EQ(parse_instrument_line(good, i), "");
  EXPECT_NE(parse_instrument_line("", i).find("symbol"), std::string::npos);
  EXPECT_NE(parse_instrument_line(good + " x=1", i).find("x=1"), std::string::npos);
  EXPECT_NE(error_of("BTCUSDT", std::string(24, 'X')).find("symbol"), std::string::npos);
  EXPECT_NE(error_of("lot=1000", "lot=1e3").find("lot"), std::string::npos);
  EXPECT_NE(error_of("lot=1000", "lot=").find("lot"), std::string::npos);
  EXPECT_NE(error_of("lot=1000", "tol=1000").find("lot"), std::string::npos);
  EXPECT_NE(error_of("tick=1000000", "tick=0").find("tick"), std::string::npos);
  EXPECT_NE(error_of("fee_asset=2", "fee_asset=3").find("fee_asset"), std::string::npos);
  EXPECT_NE(error_of("is_spot=0", "is_spot=2").find("is_spot"), std::string::npos);
  EXPECT_NE(error_of("place_raw=1", "place_raw=256").find("place_raw"), std::string::npos);
  EXPECT_NE(error_of("notional_min=5", "notional_min=x").find("notional_min"), std::string::npos);
  std::string many;
  for (std::size_t n = 0; n <= kMaxInstruments; ++n) many += good + '\n';
  std::vector<Instrument> read;
  EXPECT_NE(parse_instrument_lines(many, read).find("too many"), std::string::npos);
}

}  // namespace
}  // namespace mm
