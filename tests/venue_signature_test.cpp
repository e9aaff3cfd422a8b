// Signing against the vectors of the venue's documentation, and against what is not quite right.
#include <gtest/gtest.h>

#include "sim/server/request_params.h"
#include "sim/server/signature.h"
#include "tests/venue_harness.h"

namespace mm::server {
namespace {

using test::ed25519_base64;
using test::hmac_hex;

constexpr const char* kSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
constexpr const char* kKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";

TEST(VenueSignature, WsRequestsAreSignedSortedByNameAndRaw) {
  RequestParams params;
  for (const auto& [name, value] : test::Params{{"symbol", "BTCUSDT"},
                                                {"side", "SELL"},
                                                {"type", "LIMIT"},
                                                {"timeInForce", "GTC"},
                                                {"quantity", "0.01000000"},
                                                {"price", "52000.00"},
                                                {"recvWindow", "100"},
                                                {"timestamp", "1645423376532"},
                                                {"signature", "is left out"},
                                                {"apiKey", kKey}}) {
    EXPECT_TRUE(params.add(name, value));
  }
  EXPECT_TRUE(
      hmac_signature_valid(kSecret, params.sorted_payload(),
                           "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"));
}

TEST(VenueSignature, WsSymbolsOfOtherScriptsAreSignedAsTheyAre) {
  EXPECT_TRUE(hmac_signature_valid(
      kSecret,
      std::string("apiKey=") + kKey +
          "&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY&symbol=\uFF11\uFF12"
          "\uFF13\uFF14\uFF15\uFF16&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
      "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"));
}

TEST(VenueSignature, RestRequestsAreSignedAsSent) {
  constexpr const char* kWanted =
      "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
  const std::string query =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&"
      "timestamp=1499827319559";
  const auto in_query = RequestParams::from_rest(query + "&signature=" + kWanted, "");
  ASSERT_TRUE(in_query);
  EXPECT_TRUE(hmac_signature_valid(kSecret, in_query->rest_payload(), kWanted));
  // The signature may stand anywhere, and all of it in the body.
  const auto first =
      RequestParams::from_rest("", std::string("signature=") + kWanted + "&" + query);
  ASSERT_TRUE(first);
  EXPECT_TRUE(hmac_signature_valid(kSecret, first->rest_payload(), kWanted));
}

TEST(VenueSignature, RestSymbolsOfOtherScriptsAreSignedEncoded) {
  const auto params = RequestParams::from_rest(
      "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&"
      "timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
      "");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->get("symbol"), "\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16");
  EXPECT_TRUE(
      hmac_signature_valid(kSecret, params->rest_payload(),
                           "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"));
}

TEST(VenueSignature, QueryAndBodyFollowEachOtherWithoutASeparator) {
  const auto params = RequestParams::from_rest("a=1&b=2", "c=3&a=4");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->rest_payload(), "a=1&b=2c=3&a=4");
  EXPECT_EQ(params->get("a"), "1") << "the query string wins";
  EXPECT_EQ(params->get("c"), "3");
}

TEST(VenueSignature, HexDigitsMayBeOfEitherCase) {
  std::string signature = hmac_hex(kSecret, "text");
  for (char& c : signature) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(hmac_signature_valid(kSecret, "text", signature));
}

TEST(VenueSignature, AWrongOrCutHmacIsRefused) {
  const std::string signature = hmac_hex(kSecret, "text");
  EXPECT_FALSE(hmac_signature_valid(kSecret, "text ", signature));
  EXPECT_FALSE(hmac_signature_valid("other", "text", signature));
  EXPECT_FALSE(hmac_signature_valid(kSecret, "text", signature.substr(1)));
  EXPECT_FALSE(hmac_signature_valid(kSecret, "text", ""));
}

// The key and the answer of the FIX logon in the documentation.
constexpr const char* kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGUIKv9dSpWXBViXp2m6vAIb8QMFJYBgyFEQsFJlqgA0=\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kLogon =
    "A\x01"
    "EXAMPLE\x01SPOT\x01"
    "1\x01"
    "20240627-11:17:25.223";
constexpr const char* kLogonSignature =
    "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA==";

TEST(VenueSignature, TheDocumentedEd25519SignatureHolds) {
  const auto key = read_ed25519_public_key(kPublicPem);
  ASSERT_TRUE(key);
  EXPECT_TRUE(ed25519_signature_valid(*key, kLogon, kLogonSignature));
  EXPECT_FALSE(ed25519_signature_valid(*key, std::string(kLogon) + "x", kLogonSignature));
}

TEST(VenueSignature, WhatIsNoEd25519SignatureIsRefused) {
  const auto key = read_ed25519_public_key(kPublicPem);
  ASSERT_TRUE(key);
  const std::string good = kLogonSignature;
  EXPECT_FALSE(ed25519_signature_valid(*key, kLogon, ""));
  EXPECT_FALSE(ed25519_signature_valid(*key, kLogon, good.substr(4)));
  EXPECT_FALSE(ed25519_signature_valid(*key, kLogon, "*" + good.substr(1)));
  EXPECT_FALSE(ed25519_signature_valid(*key, kLogon, good + "AAAA"));
}

TEST(VenueSignature, OnlyEd25519PublicKeysAreRead) {
  EXPECT_FALSE(read_ed25519_public_key(""));
  EXPECT_FALSE(
      read_ed25519_public_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
  EXPECT_FALSE(read_ed25519_public_key(make_ed25519_key_pair().private_pem));
}

TEST(VenueSignature, AMadePairFitsTogether) {
  const Ed25519KeyPair pair = make_ed25519_key_pair();
  const auto key = read_ed25519_public_key(pair.public_pem);
  ASSERT_TRUE(key);
  EXPECT_TRUE(ed25519_signature_valid(*key, "text", ed25519_base64(pair.private_pem, "text")));
}

TEST(VenueParams, PercentSignsAndBytesThatAreNoTextAreRefused) {
  EXPECT_FALSE(RequestParams::from_rest("symbol=%", ""));
  EXPECT_FALSE(RequestParams::from_rest("symbol=%ff", ""));
}

TEST(VenueParams, ThereAreAtMostSixtyFour) {
  std::string query;
  for (int i = 0; i < 64; ++i) query += "p" + std::to_string(i) + "=1&";
  EXPECT_TRUE(RequestParams::from_rest(query, ""));
  EXPECT_FALSE(RequestParams::from_rest(query, "onemore=1"));
}

}  // namespace
}  // namespace mm::server
