// Cost of one order request from command to bytes, of signing it in the ways there are, and of an
// answer from bytes to numbers.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <string>
#include <string_view>

#include "gateway/binance/request_encoder.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/user_data_parser.h"

namespace mm {
namespace {

using namespace binance::orders;

Instrument instrument() {
  Instrument i;
  std::string_view("BTCUSDT").copy(i.symbol_text.data(), 7);
  i.tick = Amount(1'000'000);
  i.lot = Amount(1'000);
  return i;
}

void encode(benchmark::State& state, bool sign) {
  const Instrument i = instrument();
  const Signer::Made made = Signer::from_secret(SecretText("secret"));
  RequestEncoder encoder({&i, 1}, {.sign_requests = sign}, "key", made.signer.get());
  Command c;
  c.kind = CommandKind::kReplace;
  c.id = ClientOrderId(1);
  c.new_id = ClientOrderId(2);
  c.venue_id = VenueOrderId(12569099453);
  c.ticks = 2'341'610;
  c.lots = Lots(847);
  std::array<char, RequestEncoder::kBytesMax> out;
  std::uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(c, ++id, 1'655'716'096'498, out));
}
void encode_replace(benchmark::State& state) {
  encode(state, false);
}
void encode_replace_signed(benchmark::State& state) {
  encode(state, true);
}
BENCHMARK(encode_replace)->Name("order/encode_replace");
BENCHMARK(encode_replace_signed)->Name("order/encode_replace_signed");

// The same request by formatting.
void format_replace(benchmark::State& state) {
  std::array<char, RequestEncoder::kBytesMax> out;
  std::uint64_t id = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fmt::format_to_n(
        out.data(), out.size(),
        R"({{"id":{},"method":"order.cancelReplace","params":{{"symbol":"BTCUSDT","side":"BUY",)"
        R"("type":"LIMIT_MAKER","cancelReplaceMode":"STOP_ON_FAILURE","cancelOrderId":{},)"
        R"("newClientOrderId":"mm{:016x}","price":"{}.{:02}","quantity":"0.{:05}",)"
        R"("cancelRestrictions":"ONLY_NEW","timestamp":{}}}}})",
        ++id, 12569099453u, id, 23416, 10, 847, 1'655'716'096'498u));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(format_replace)->Name("order/format_replace");

// As long as a signed order's query.
const std::string kQuery =
    "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&price=23416.10"
    "&quantity=0.00847&side=SELL&symbol=BTCUSDT&timestamp=1655716096498";
constexpr std::string_view kSecret =
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

void sign_hmac(benchmark::State& state) {
  const Signer::Made made = Signer::from_secret(SecretText(kSecret));
  std::array<char, Signer::kTextMax> out;
  for (auto _ : state) benchmark::DoNotOptimize(made.signer->sign(kQuery, out));
}
BENCHMARK(sign_hmac)->Name("order/sign_hmac");

const unsigned char* bytes(std::string_view text) {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

void sign_hmac_one_shot(benchmark::State& state) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned length = 0;
  for (auto _ : state) {
    HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()), bytes(kQuery),
         kQuery.size(), out.data(), &length);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(sign_hmac_one_shot)->Name("order/sign_hmac_one_shot");

// Keyed once, begun anew for each.
void sign_hmac_evp_mac(benchmark::State& state) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac);
  std::string digest = "SHA256";
  const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                          OSSL_PARAM_construct_end()};
  EVP_MAC_init(context, bytes(kSecret), kSecret.size(), params.data());
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  std::size_t length = 0;
  for (auto _ : state) {
    EVP_MAC_init(context, nullptr, 0, nullptr);
    EVP_MAC_update(context, bytes(kQuery), kQuery.size());
    EVP_MAC_final(context, out.data(), &length, out.size());
    benchmark::DoNotOptimize(out);
  }
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
}
BENCHMARK(sign_hmac_evp_mac)->Name("order/sign_hmac_evp_mac");

// What a logged-on session spares each request.
void sign_ed25519(benchmark::State& state) {
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  const Signer::Made made =
      Signer::from_pem(SecretText(std::string_view(text, static_cast<std::size_t>(size))));
  BIO_free(memory);
  EVP_PKEY_free(key);
  if (made.signer == nullptr) return state.SkipWithError(made.error.c_str());
  std::array<char, Signer::kTextMax> out;
  for (auto _ : state) benchmark::DoNotOptimize(made.signer->sign(kQuery, out));
}
BENCHMARK(sign_ed25519)->Name("order/sign_ed25519");

template <class P>
void parse(benchmark::State& state, std::string text) {
  P parser(std::size_t{1} << 20);
  text.reserve(text.size() + P::kPadding);
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void parse_place_answer(benchmark::State& state) {
  parse<ResponseParser>(
      state,
      R"({"id":77,"status":200,"result":{"symbol":"BTCUSDT","orderId":12569099453,)"
      R"("orderListId":-1,"clientOrderId":"mm00000000000000ab","transactTime":1660801715639,)"
      R"("price":"23416.10000000","origQty":"0.00847000","executedQty":"0.00000000",)"
      R"("status":"NEW","type":"LIMIT_MAKER","side":"SELL"},"rateLimits":[)"
      R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50,"count":12},)"
      R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,)"
      R"("count":321}]})");
}
void parse_execution_report(benchmark::State& state) {
  parse<UserDataParser>(
      state,
      R"({"subscriptionId":0,"event":{"e":"executionReport","E":1499405658658,"s":"BTCUSDT",)"
      R"("c":"mm00000000000000ab","S":"BUY","o":"LIMIT_MAKER","f":"GTC","q":"1.00000000",)"
      R"("p":"23416.10000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"TRADE",)"
      R"("X":"PARTIALLY_FILLED","r":"NONE","i":4293153,"l":"0.50000000","z":"0.50000000",)"
      R"("L":"23416.10000000","n":"0.00001","N":"BNB","T":1499405658657,"t":99,"v":3,)"
      R"("I":8641984,"w":true,"m":true,"M":false,"O":1499405658657,"Z":"11708.05000000",)"
      R"("Y":"11708.05000000","Q":"0.00000000","W":1499405658657,"V":"EXPIRE_MAKER"}})");
}
BENCHMARK(parse_place_answer)->Name("order/parse_place_answer");
BENCHMARK(parse_execution_report)->Name("order/parse_execution_report");

}  // namespace
}  // namespace mm
