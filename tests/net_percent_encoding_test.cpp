#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/net/percent_encoding.h"

namespace mm::net {
namespace {

TEST(PercentEncoding, EncodesAllButTheUnreservedCharacters) {
  EXPECT_EQ(percent_encoded("a+b/c="), "a%2Bb%2Fc%3D");
  EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encoded("\xEF\xBC\x91 %"), "%EF%BC%91%20%25");
  EXPECT_EQ(percent_encoded(""), "");
}

TEST(PercentEncoding, DecodesFormsWhateverTheCaseOfTheDigits) {
  EXPECT_EQ(percent_decoded("a%2Fb+c%3d"), "a/b c=");
  EXPECT_EQ(percent_decoded(""), "");
}

TEST(PercentEncoding, RefusesACutOrWrongSequenceAndBytesThatAreNoText) {
  for (const char* bad : {"%", "%2", "a%", "%zz", "%2g", "%ff", "%c3%28"}) {
    EXPECT_FALSE(percent_decoded(bad)) << bad;
  }
}

RC_GTEST_PROP(PercentEncodingProperty, WhatWasEncodedIsDecodedToTheSame, (std::string text)) {
  for (char& c : text) c = static_cast<char>(c & 0x7F);
  RC_ASSERT(percent_decoded(percent_encoded(text)) == text);
}

}  // namespace
}  // namespace mm::net
