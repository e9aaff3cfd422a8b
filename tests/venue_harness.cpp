#include "tests/venue_harness.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>

#include "engine/net/percent_encoding.h"
#include "sim/server/book_levels.h"

namespace mm::test {

Json::Json(std::string text)
    : text_(std::move(text)), parser_(std::make_shared<simdjson::dom::parser>()) {
  EXPECT_EQ(parser_->parse(text_).get(root_), simdjson::SUCCESS) << text_;
}

simdjson::dom::element Json::at(const std::string& pointer) const {
  simdjson::dom::element found;
  EXPECT_EQ(root_.at_pointer(pointer).get(found), simdjson::SUCCESS) << pointer << " of " << text_;
  return found;
}

bool Json::has(const std::string& pointer) const {
  return root_.at_pointer(pointer).error() == simdjson::SUCCESS;
}

std::string Json::text(const std::string& pointer) const {
  std::string_view value;
  EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer << " of " << text_;
  return std::string(value);
}

std::int64_t Json::integer(const std::string& pointer) const {
  std::int64_t value = 0;
  EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer << " of " << text_;
  return value;
}

bool Json::flag(const std::string& pointer) const {
  bool value = false;
  EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer << " of " << text_;
  return value;
}

bool Json::is_null(const std::string& pointer) const {
  return at(pointer).is_null();
}

std::size_t Json::size(const std::string& pointer) const {
  simdjson::dom::array array;
  EXPECT_EQ(at(pointer).get(array), simdjson::SUCCESS) << pointer << " of " << text_;
  return array.size();
}

std::string Json::keys(const std::string& pointer) const {
  simdjson::dom::object object;
  EXPECT_EQ(at(pointer).get(object), simdjson::SUCCESS) << pointer << " of " << text_;
  std::string keys;
  for (const auto& field : object) {
    keys += (keys.empty() ? "" : " ") + std::string(std::string_view(field.key));
  }
  return keys;
}

std::string hmac_hex(std::string_view secret, std::string_view payload) {
  unsigned char digest[32];
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), digest, nullptr);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string ed25519_base64(const std::string& private_pem, std::string_view payload) {
  BIO* bio = BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char signature[64];
  std::size_t size = sizeof signature;
  EXPECT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key), 1);
  EXPECT_EQ(EVP_DigestSign(context, signature, &size,
                           reinterpret_cast<const unsigned char*>(payload.data()), payload.size()),
            1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free_all(bio);
  unsigned char base64[89];
  EVP_EncodeBlock(base64, signature, sizeof signature);
  return reinterpret_cast<const char*>(base64);
}

std::string header(const server::HttpAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

Json Client::next() {
  if (heard_.empty()) {
    ADD_FAILURE() << "nothing was said";
    return Json("{}");
  }
  Json first(heard_.front());
  heard_.erase(heard_.begin());
  return first;
}

namespace {

Nanos harness_clock() {
  return VenueHarness::now;
}

server::HttpRequest request_of(const std::string& verb, const std::string& target) {
  server::HttpRequest request;
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.method = verb;
  request.path = target.substr(0, mark);
  request.query = target.substr(std::min(target.size(), mark + 1));
  request.address = "127.0.0.1";
  request.from_loopback = true;
  return request;
}

std::string key_of(int account) {
  return account == 0 ? server::default_account().api_key : VenueHarness::kEd25519Key;
}

std::string signature_of(int account, std::string_view payload) {
  return account == 0 ? hmac_hex(server::default_account().hmac_secret, payload)
                      : ed25519_base64(VenueHarness::key_pair().private_pem, payload);
}

}  // namespace

VenueHarness::VenueHarness(server::ServerConfig wanted)
    : config((now = kStart, std::move(wanted))), frontend(config, sessions, harness_clock) {}

const server::Ed25519KeyPair& VenueHarness::key_pair() {
  static const server::Ed25519KeyPair pair = server::make_ed25519_key_pair();
  return pair;
}

server::ServerConfig VenueHarness::default_config() {
  server::ServerConfig config;
  config.symbols = server::default_symbols({});
  config.accounts = {server::default_account(), server::default_account()};
  server::AccountConfig& second = config.accounts[1];
  second.name = "second";
  second.api_key = kEd25519Key;
  second.hmac_secret.clear();
  second.kind = server::KeyKind::kEd25519;
  second.public_key = *server::read_ed25519_public_key(key_pair().public_pem);
  config.admin = true;
  return config;
}

void VenueHarness::pass(std::int64_t milliseconds) {
  for (std::int64_t i = 1; i <= milliseconds; ++i) {
    now += kMillisecond;
    frontend.advance();
    if (i % 100 == 0) frontend.publish(server::Rhythm::kFast);
    if (i % 1000 == 0) frontend.publish(server::Rhythm::kSlow);
  }
}

std::unique_ptr<Client> VenueHarness::connect(const std::string& target) {
  const server::HttpRequest request = request_of("GET", target);
  if (auto refused = way_in->refuse_upgrade(request)) {
    refusal = std::move(*refused);
    return nullptr;
  }
  auto client = std::make_unique<Client>();
  client->conversation = way_in->open(request, *client);
  return client;
}

std::string VenueHarness::signed_request(const std::string& method, Params params, int account) {
  params.emplace_back("apiKey", key_of(account));
  params.emplace_back("timestamp", std::to_string(milliseconds()));
  std::ranges::sort(params);
  std::string payload, json;
  for (const auto& [name, value] : params) {
    payload += (payload.empty() ? "" : "&") + name + '=' + value;
    json += fmt::format("\"{}\":\"{}\",", name, value);
  }
  return fmt::format(R"({{"id":7,"method":"{}","params":{{{}"signature":"{}"}}}})", method, json,
                     signature_of(account, payload));
}

Json VenueHarness::ask(Client& client, const std::string& method, Params params, int account) {
  client.take();
  client.say(signed_request(method, std::move(params), account));
  return client.next();
}

server::HttpAnswer VenueHarness::rest(const std::string& verb, const std::string& path,
                                      Params params, int account) {
  server::HttpRequest request = request_of(verb, path);
  request.query = signed_query(std::move(params), account);
  request.api_key = key_of(account);
  return answer_of(request);
}

std::string VenueHarness::signed_query(Params params, int account) {
  params.emplace_back("timestamp", std::to_string(milliseconds()));
  std::string query;
  for (const auto& [name, value] : params) {
    query += (query.empty() ? "" : "&") + name + '=' + net::percent_encoded(value);
  }
  return query + "&signature=" + net::percent_encoded(signature_of(account, query));
}

server::HttpAnswer VenueHarness::public_rest(const std::string& verb, const std::string& path,
                                             const std::string& query) {
  server::HttpRequest request = request_of(verb, path);
  request.query = query;
  return answer_of(request);
}

server::HttpAnswer VenueHarness::answer_of(const server::HttpRequest& request) {
  const auto at_once = std::make_shared<std::optional<server::HttpAnswer>>();
  const auto waits = std::make_shared<bool>(true);
  way_in->answer(request, [this, at_once, waits](server::HttpAnswer answer) {
    if (*waits) {
      *at_once = std::move(answer);
    } else {
      late.push_back(std::move(answer));
    }
  });
  *waits = false;
  return at_once->value_or(server::HttpAnswer{kLate, {}, {}});
}

std::string VenueHarness::price(Side side, std::int64_t ticks_away) {
  const sim::Exchange& exchange = frontend.host().exchange();
  const Instrument& instrument = exchange.instrument(0);
  Ticks best{};
  server::for_each_level(exchange, 0, side, 1, [&](Ticks p, Lots) { best = p; });
  best -= Ticks(sign(side) * ticks_away);
  return server::eight_places(server::price_amount(instrument, best));
}

Params VenueHarness::maker(Side side, const std::string& quantity) {
  constexpr std::int64_t kFar = 100'000;  // ticks: a sixtieth of the price
  return {{"symbol", "BTCUSDT"},
          {"side", side == Side::kBuy ? "BUY" : "SELL"},
          {"type", "LIMIT_MAKER"},
          {"price", price(side, kFar)},
          {"quantity", quantity}};
}

}  // namespace mm::test
