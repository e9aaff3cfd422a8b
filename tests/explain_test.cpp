// The words of explain: instants, levels, reasons; and a live core's orders, told as they happen.
#include <gmock/gmock.h>

#include "engine/app/explain/decision.h"
#include "engine/app/explain/explainer.h"
#include "engine/app/explain/moment.h"
#include "engine/app/explain/words.h"
#include "tests/core_harness.h"

namespace mm::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Nanos kBegin{1'700'000'000 * kSecond.v};  // 2023-11-14T22:13:20Z

TEST(Moment, IsWrittenInUtcWithMicroseconds) {
  EXPECT_EQ(moment_text(kBegin), "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(moment_text(kBegin + Nanos(12'345'999)), "2023-11-14T22:13:20.012345Z");
}

TEST(Moment, IsReadInEachFormThatHelpNames) {
  for (const char* text : {"2023-11-14T22:13:21.5Z", "2023-11-14 22:13:21.5", "22:13:21.5",
                           "22:13:21.500000000Z", "+1.5", "1700000001500000000"}) {
    EXPECT_EQ(parse_moment(text, kBegin), kBegin + Nanos(1'500'000'000)) << text;
  }
  EXPECT_EQ(parse_moment(moment_text(kBegin), kBegin), kBegin);
}

TEST(Moment, ATimeOfDayBeforeTheBeginIsOfTheNextDay) {
  EXPECT_EQ(moment_text(*parse_moment("00:00:01", kBegin)), "2023-11-15T00:00:01.000000Z");
}

TEST(Moment, AnythingElseIsRefused) {
  for (const char* text :
       {"", "+", "+x", "-1", "12", "12:00", "24:00:00", "12:60:00", "12:00:00.", "12:00:00 ",
        "2023-02-30T00:00:00", "2023-1-1T00:00:00", "1969-12-31T23:59:59", "9999-01-01T00:00:00",
        "2023-11-14", "2023-11-14T22:13:20+01:00", "99999999999999999999", "noon"}) {
    const auto read = parse_moment(text, kBegin);
    if (std::string_view(text) == "12") {
      EXPECT_EQ(read, Nanos(12));  // ns since 1970
    } else {
      EXPECT_EQ(read, std::nullopt) << text;
    }
  }
}

TEST(Level, IsCountedFromOne) {
  EXPECT_EQ(parse_level("bid:1")->index, 0);
  EXPECT_EQ(parse_level("ask:32")->side, Side::kSell);
  for (const char* text : {"", "bid", "bid:", "bid:0", "bid:33", "bid:1x", "mid:1", "bid:-1"}) {
    EXPECT_EQ(parse_level(text), std::nullopt) << text;
  }
}

TEST(Words, NoReasonIsLeftWithoutAny) {
  for (int i = 0; i < static_cast<int>(QuoteReason::kCount); ++i) {
    EXPECT_THAT(std::string(words(static_cast<QuoteReason>(i))), Not(HasSubstr("unknown")));
    EXPECT_FALSE(words(static_cast<QuoteReason>(i)).empty());
  }
  for (int i = 0; i < static_cast<int>(RejectReason::kCount); ++i) {
    EXPECT_THAT(std::string(words(static_cast<RejectReason>(i))), Not(HasSubstr("unknown")));
    EXPECT_FALSE(words(static_cast<RejectReason>(i)).empty());
  }
}

}  // namespace
}  // namespace mm::app
