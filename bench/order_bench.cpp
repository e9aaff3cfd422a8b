// Cost of one order request from command to bytes, and of an answer from bytes to numbers.
#include <benchmark/benchmark.h>

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
void BM_EncodeReplace(benchmark::State& state) {
  encode(state, false);
}
void BM_EncodeReplaceSigned(benchmark::State& state) {
  encode(state, true);
}
BENCHMARK(BM_EncodeReplace);
BENCHMARK(BM_EncodeReplaceSigned);

template <class P>
void parse(benchmark::State& state, std::string text) {
  P parser(std::size_t{1} << 20);
  text.reserve(text.size() + P::kPadding);
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void BM_ParsePlaceAnswer(benchmark::State& state) {
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
void BM_ParseExecutionReport(benchmark::State& state) {
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
BENCHMARK(BM_ParsePlaceAnswer);
BENCHMARK(BM_ParseExecutionReport);

}  // namespace
}  // namespace mm
