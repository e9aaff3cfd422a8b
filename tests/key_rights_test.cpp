// What `check` says of a key that may do more, or less, than trading needs.
#include "engine/app/venue/key_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mm::app {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Judged {
  std::string said;
  bool failed;
};
Judged judge(const std::string& restrictions) {
  simdjson::dom::parser parser;
  Findings findings;
  testing::internal::CaptureStdout();
  judge_rights(parser.parse(restrictions).value(), findings);
  return {testing::internal::GetCapturedStdout(), findings.failed()};
}

TEST(KeyRights, AKeyThatMayOnlyTradeFromItsAddressIsRight) {
  const Judged j = judge(R"({"ipRestrict":true,"enableReading":true,"enableWithdrawals":false,)"
                         R"("enableInternalTransfer":false,"permitsUniversalTransfer":false,)"
                         R"("enableSpotAndMarginTrading":true})");
  EXPECT_EQ(j.said, "ok    rights    the key may trade spot\n");
  EXPECT_FALSE(j.failed);
}

TEST(KeyRights, AKeyThatMayWithdrawIsWarnedOf) {
  const Judged j = judge(R"({"ipRestrict":true,"enableWithdrawals":true,)"
                         R"("enableSpotAndMarginTrading":true})");
  EXPECT_THAT(j.said, HasSubstr("warn  rights    the key may withdraw"));
  EXPECT_THAT(j.said, Not(HasSubstr("any address")));
  EXPECT_FALSE(j.failed);
}

TEST(KeyRights, TransfersTakeMoneyAwayToo) {
  const Judged j =
      judge(R"({"ipRestrict":true,"enableInternalTransfer":true,"permitsUniversalTransfer":true})");
  EXPECT_THAT(j.said, HasSubstr("the key may transfer to other accounts"));
  EXPECT_THAT(j.said, HasSubstr("the key may transfer between wallets"));
}

TEST(KeyRights, AKeyThatWorksFromAnywhereIsWarnedOf) {
  const Judged j = judge(R"({"ipRestrict":false,"enableSpotAndMarginTrading":true})");
  EXPECT_THAT(j.said, HasSubstr("warn  rights    the key works from any address"));
}

TEST(KeyRights, AKeyThatMayNotTradeIsOfNoUse) {
  const Judged j = judge(R"({"ipRestrict":true,"enableSpotAndMarginTrading":false})");
  EXPECT_EQ(j.said, "fail  rights    the key may not trade spot\n");
  EXPECT_TRUE(j.failed);
}

TEST(KeyRights, WhatTheVenueDoesNotTellIsNotComplainedOf) {
  EXPECT_EQ(judge(R"({"enableSpotAndMarginTrading":true})").said,
            "ok    rights    the key may trade spot\n");
}

TEST(KeyRights, ARightToTradeThatIsNotToldIsUnknown) {
  for (const char* said : {"{}", R"({"ipRestrict":true,"enableSpotAndMarginTrading":"yes"})"}) {
    const Judged j = judge(said);
    EXPECT_EQ(j.said, "warn  rights    whether the key may trade spot: unknown\n") << said;
    EXPECT_FALSE(j.failed);
  }
}

}  // namespace
}  // namespace mm::app
