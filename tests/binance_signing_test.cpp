// Client order ids, keys and signatures, against the documented vectors.
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include "gateway/binance/client_order_id.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/signed_request.h"
#include "tests/e2e_support.h"

namespace mm::binance::orders {
namespace {

using test::Scratch;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecret =
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
constexpr std::string_view kApiKey =
    "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
constexpr std::string_view kEd25519Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n";

std::string sign(Signer::Made& made, std::string_view payload) {
  std::array<char, Signer::kTextMax> text;
  return std::string(made.signer->sign(payload, text));
}
std::string hmac(std::string_view payload) {
  Signer::Made made = Signer::from_secret(SecretText(kSecret));
  return sign(made, payload);
}

std::string rsa_pem(unsigned bits) {
  EVP_PKEY* const key = EVP_RSA_gen(bits);
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(bytes));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

TEST(BinanceClientId, IsReadBackAsItWasWritten) {
  for (const std::uint64_t v : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0},
                                make_order_id({7, 0xBEEF, 12, 99}).v}) {
    const ClientIdText text = client_id_text(ClientOrderId(v));
    EXPECT_EQ(parse_client_id({text.data(), text.size()}), ClientOrderId(v));
  }
  const ClientIdText text = client_id_text(ClientOrderId(0x0123456789abcdef));
  EXPECT_EQ(std::string_view(text.data(), text.size()), "mm0123456789abcdef");
}

TEST(BinanceClientId, IsNobodyElsesText) {
  for (const std::string_view text :
       {"", "mm", "mm0123456789abcde", "mm0123456789abcdef0", "mm0123456789ABCDEF",
        "mm0123456789abcdeg", "xm0123456789abcdef", "web_0123456789abcd", "mm 123456789abcdef"}) {
    EXPECT_FALSE(parse_client_id(text)) << text;
    EXPECT_EQ(owner_of(text, {}), Owner::kForeign) << text;
  }
}

TEST(BinanceClientId, TellsWhoseAnOrderIs) {
  const Identity self{.instance = 3, .epoch = 9};
  EXPECT_EQ(owner_of(make_order_id({3, 9, 1, 1}), self), Owner::kOurs);
  EXPECT_EQ(owner_of(make_order_id({3, 8, 1, 1}), self), Owner::kEarlier);
  EXPECT_EQ(owner_of(make_order_id({2, 9, 1, 1}), self), Owner::kOtherInstance);
}

TEST(BinanceSigner, HmacMatchesTheDocumentedWebSocketVectors) {
  const std::string key(kApiKey);
  EXPECT_EQ(hmac("apiKey=" + key +
                 "&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT"
                 "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"),
            "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24");
  EXPECT_EQ(hmac("apiKey=" + key +
                 "&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY"
                 "&symbol=\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16&timeInForce=GTC"
                 "&timestamp=1645423376532&type=LIMIT"),
            "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd");
}

TEST(BinanceSigner, ThePayloadOfTheWebSocketApiIsSortedAndRaw) {
  EXPECT_EQ(ws_payload({{"symbol", "BTCUSDT"},
                        {"side", "SELL"},
                        {"type", "LIMIT"},
                        {"timeInForce", "GTC"},
                        {"quantity", "0.01000000"},
                        {"price", "52000.00"},
                        number_param("recvWindow", 100),
                        number_param("timestamp", 1645423376532),
                        {"apiKey", std::string(kApiKey)}}),
            "apiKey=" + std::string(kApiKey) +
                "&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT"
                "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT");
}

TEST(BinanceSigner, HmacMatchesTheDocumentedRestVectors) {
  Signer::Made made = Signer::from_secret(SecretText(kSecret));
  const auto query = [&](const char* symbol) {
    return signed_rest_query({{"symbol", symbol},
                              {"side", "BUY"},
                              {"type", "LIMIT"},
                              {"timeInForce", "GTC"},
                              {"quantity", "1"},
                              {"price", "0.1"},
                              {"recvWindow", "5000"},
                              {"timestamp", "1499827319559"}},
                             *made.signer);
  };
  EXPECT_EQ(query("LTCBTC"),
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
            "&recvWindow=5000&timestamp=1499827319559&signature="
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
  EXPECT_THAT(
      query("\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16"),
      HasSubstr("signature=e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"));
}

TEST(BinanceSigner, Ed25519MatchesTheDocumentedVector) {
  Signer::Made made = Signer::from_pem(SecretText(kEd25519Pem));
  ASSERT_NE(made.signer, nullptr) << made.error;
  EXPECT_EQ(made.signer->type(), KeyType::kEd25519);
  EXPECT_EQ(
      sign(made,
           "A\x01"
           "EXAMPLE\x01SPOT\x01"
           "1\x01"
           "20240627-11:17:25.223"),
      "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA==");
}

TEST(BinanceSigner, RsaSignsWithPkcs1AndIsVerifiedByItsPublicKey) {
  const std::string pem = rsa_pem(2048);
  Signer::Made made = Signer::from_pem(SecretText(pem));
  ASSERT_NE(made.signer, nullptr) << made.error;
  EXPECT_EQ(made.signer->type(), KeyType::kRsa);
  const std::string text = sign(made, "symbol=BTCUSDT&timestamp=1");
  EXPECT_EQ(text, sign(made, "symbol=BTCUSDT&timestamp=1"));  // PSS would differ each time
  std::array<unsigned char, 300> raw{};
  const int bytes = EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  ASSERT_EQ(bytes, 258);  // 256 and the padding
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  ASSERT_EQ(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key), 1);
  const std::string_view payload = "symbol=BTCUSDT&timestamp=1";
  EXPECT_EQ(
      EVP_DigestVerify(context, raw.data(), 256,
                       reinterpret_cast<const unsigned char*>(payload.data()), payload.size()),
      1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
}

TEST(BinanceSigner, RefusesWhatIsNoKeyOfTheVenue) {
  EXPECT_THAT(Signer::from_pem(SecretText("nonsense")).error, HasSubstr("not an unencrypted"));
  EXPECT_THAT(Signer::from_secret(SecretText("")).error, HasSubstr("empty"));
}

class BinanceCredentials : public testing::Test {
 protected:
  std::string file(const char* name, std::string_view text, unsigned mode) {
    const std::string path = scratch_.write(name, text);
    chmod(path.c_str(), mode);
    return path;
  }
  void TearDown() override {
    for (const char* v :
         {"MM_API_KEY", "MM_API_SECRET", "MM_PRIVATE_KEY_FILE", "CREDENTIALS_DIRECTORY"}) {
      unsetenv(v);
    }
  }
  Scratch scratch_;
};

TEST_F(BinanceCredentials, ComeFromTheEnvironmentAndLeaveIt) {
  setenv("MM_API_KEY", "key", 1);
  setenv("MM_API_SECRET", std::string(kSecret).c_str(), 1);
  const Credentials c = Credentials::load({});
  ASSERT_EQ(c.error, "");
  EXPECT_EQ(c.api_key.view(), "key");
  EXPECT_EQ(c.signer->type(), KeyType::kHmac);
  EXPECT_EQ(std::getenv("MM_API_SECRET"), nullptr);
  EXPECT_EQ(std::getenv("MM_API_KEY"), nullptr);
}

TEST_F(BinanceCredentials, ComeFromFilesOnlyTheirOwnerMayRead) {
  const Credentials c = Credentials::load({.api_key_file = file("key", "the-key\n", 0600),
                                           .api_secret_file = "",
                                           .private_key_file = file("pem", kEd25519Pem, 0400)});
  ASSERT_EQ(c.error, "");
  EXPECT_EQ(c.api_key.view(), "the-key");
  EXPECT_EQ(c.signer->type(), KeyType::kEd25519);
}

TEST_F(BinanceCredentials, RefuseAFileOthersMayReadNamingItAndItsMode) {
  for (const unsigned mode : {0644u, 0640u, 0604u, 0660u}) {
    const std::string pem = file("pem", kEd25519Pem, mode);
    setenv("MM_API_KEY", "key", 1);
    const Credentials c =
        Credentials::load({.api_key_file = "", .api_secret_file = "", .private_key_file = pem});
    EXPECT_THAT(c.error, HasSubstr(pem));
    EXPECT_THAT(c.error, HasSubstr("0" + std::string{static_cast<char>('0' + mode / 64)}));
    EXPECT_THAT(c.error, HasSubstr("chmod 600"));
    EXPECT_THAT(c.error, Not(HasSubstr("IIJEYWtG")));
  }
}

// Root's copy on a file system in memory, with a right for the service's user alone.
TEST_F(BinanceCredentials, MayBeASystemdCredentialAndNothingLikeIt) {
  const auto error_of = [](const std::string& path) { return read_secret_file(path).error; };
  std::filesystem::create_directories(scratch_.path("credentials/deeper"));
  const std::string passed = file("credentials/pem", kEd25519Pem, 0440);
  const std::string deeper = file("credentials/deeper/pem", kEd25519Pem, 0440);
  const std::string beside = file("pem", kEd25519Pem, 0440);
  EXPECT_THAT(error_of(passed), HasSubstr("mode 0440")) << "no service of systemd's";
  setenv("CREDENTIALS_DIRECTORY", scratch_.path("credentials").c_str(), 1);
  EXPECT_THAT(error_of(beside), HasSubstr("mode 0440"));
  EXPECT_THAT(error_of(deeper), HasSubstr("mode 0440"));
  std::filesystem::create_symlink(beside, scratch_.path("credentials/link"));
  EXPECT_THAT(error_of(scratch_.path("credentials/link")), HasSubstr("mode 0440"));
  EXPECT_THAT(error_of(scratch_.path("credentials/../pem")), HasSubstr("mode 0440"));
  for (const unsigned mode : {0460u, 0444u, 0450u}) {
    EXPECT_THAT(error_of(file("credentials/wide", kEd25519Pem, mode)), HasSubstr("has mode 04"));
  }
  if (geteuid() == 0) {
    EXPECT_EQ(error_of(passed), "");
    EXPECT_EQ(error_of(scratch_.path("credentials/deeper/../pem")), "");
    ASSERT_EQ(chown(passed.c_str(), 65534, 65534), 0);
  }
  EXPECT_THAT(error_of(passed), HasSubstr("mode 0440")) << "not root's";
}

TEST_F(BinanceCredentials, SayWhatIsMissingOrWrong) {
  EXPECT_THAT(Credentials::load({}).error, HasSubstr("no API key"));
  setenv("MM_API_KEY", "key", 1);
  EXPECT_THAT(Credentials::load({}).error, HasSubstr("no key to sign with"));
  setenv("MM_API_KEY", "ke\"y", 1);
  EXPECT_THAT(Credentials::load({}).error, HasSubstr("no API key has"));
  setenv("MM_API_KEY", "key", 1);
  EXPECT_THAT(
      Credentials::load(
          {.api_key_file = "", .api_secret_file = scratch_.path("absent"), .private_key_file = ""})
          .error,
      HasSubstr("absent: No such file"));
  setenv("MM_API_KEY", "key", 1);
  EXPECT_THAT(Credentials::load({.api_key_file = "",
                                 .api_secret_file = file("blank", " \n", 0600),
                                 .private_key_file = ""})
                  .error,
              HasSubstr("is empty"));
}

TEST_F(BinanceCredentials, NeverQuoteAKeyTheyCannotRead) {
  setenv("MM_API_KEY", "key", 1);
  const Credentials c = Credentials::load({.api_key_file = "",
                                           .api_secret_file = "",
                                           .private_key_file = file("pem", "SECRETSECRET", 0600)});
  EXPECT_THAT(c.error, HasSubstr("not an unencrypted private key"));
  EXPECT_THAT(c.error, Not(HasSubstr("SECRETSECRET")));
}

TEST(BinanceSecretText, MovesAndShortens) {
  SecretText a("abcdef");
  SecretText b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT: a moved-from secret holds nothing
  b.shorten(3);
  EXPECT_EQ(b.view(), "abc");
  b = SecretText("xyz");
  EXPECT_EQ(b.view(), "xyz");
}

}  // namespace
}  // namespace mm::binance::orders
