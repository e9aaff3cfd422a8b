// What refusals of an HTTP server are called.
#include "engine/net/refusal_words.h"

#include <gtest/gtest.h>

namespace mm::net {
namespace {

HttpResponse response(int status, const std::string& body, const std::string& retry_after = "") {
  HttpResponse r;
  r.status = status;
  r.body = body;
  if (!retry_after.empty()) r.headers.emplace_back("retry-after", retry_after);
  return r;
}

TEST(RefusalWords, SayWhatAStatusMeansAndUntilWhen) {
  EXPECT_EQ(refusal_words(response(403, "<html>")),
            "HTTP 403: refused by the venue's firewall: <html>");
  EXPECT_EQ(refusal_words(response(451, "")), "HTTP 451: the venue does not serve this location");
  EXPECT_EQ(refusal_words(response(429, "", "30")),
            "HTTP 429: too many requests, nothing more for 30 s");
  EXPECT_EQ(refusal_words(response(418, "", "120"), "-1003 banned"),
            "HTTP 418: this address is banned for too many requests, nothing more for 120 s: "
            "-1003 banned");
  EXPECT_EQ(refusal_words(response(502, "", "a date")), "HTTP 502: the venue has a problem");
  EXPECT_EQ(refusal_words(response(400, "{}")), "HTTP 400: not accepted: {}");
}

TEST(RefusalWords, APageInPlaceOfJsonBeginsAsItDoesAndIsOneLine) {
  EXPECT_EQ(refusal_words(response(200, "<html>\n" + std::string(1000, 'x'))),
            "not JSON: <html> " + std::string(113, 'x'));
  EXPECT_FALSE(is_json("<html>{"));
  EXPECT_FALSE(is_json(" \n"));
  EXPECT_TRUE(is_json(" \r\n["));
}

TEST(RefusalWords, WithoutAnAnswerTheReasonIsAllThereIs) {
  HttpResponse none;
  none.error = "127.0.0.1:1: connection refused";
  EXPECT_EQ(refusal_words(none), none.error);
}

}  // namespace
}  // namespace mm::net
