#include "engine/app/venue/venue_rest.h"

#include <fmt/format.h>

#include "engine/app/venue/feed_setup.h"
#include "engine/core/decimal.h"
#include "engine/runtime/core_dump.h"
#include "gateway/binance/questions.h"

namespace mm::app {

namespace orders = binance::orders;
namespace json = simdjson::dom;

// Secrets that libraries copy into memory of their own must not reach a core file either: a process
// that has a key leaves none.
orders::Credentials load_credentials(const Config& config) {
  forbid_core_dumps();
  const VenueConfig& venue = config.venue;
  return orders::Credentials::load(
      {venue.api_key_file, venue.api_secret_file, venue.private_key_file});
}

VenueRest::VenueRest(const VenueConfig& config, net::SharedRequestPause& pause)
    : url_(net::parse_url(venue_urls(config).rest)),
      tls_(net::TlsContext::client(config.ca_file)),
      pause_(pause),
      rest_(url_.endpoint, &tls_, {.timeout = std::chrono::seconds(5)}, clock_, pause_,
            static_cast<int>(config.recv_window.v / kMillisecond.v)),
      error_(url_.error) {
  if (error_.empty() && url_.endpoint.tls) error_ = tls_.error();
}

VenueAnswer VenueRest::refused(std::string error) {
  VenueAnswer answer;
  answer.error = std::move(error);
  return answer;
}

// Empty if the venue may be asked now.
std::string VenueRest::pause_text(const std::string& path) const {
  const Nanos now = clock_.now();
  const Nanos next = pause_.next(net::RequestUse::kOther, now);
  if (next == now) return {};
  return fmt::format("{}{}: not asked: the venue wants no request for another {} s",
                     url_.endpoint.host, path, (next - now).v / kSecond.v + 1);
}

VenueAnswer VenueRest::ask(const std::string& path, const orders::Params& params) {
  if (std::string error = pause_text(path); !error.empty()) return refused(std::move(error));
  return read(rest_.ask(path + "?" + orders::rest_query(params)), path, {});
}

VenueAnswer VenueRest::ask_signed(const std::string& path, orders::Params params,
                                  const orders::Credentials& key) {
  if (std::string error = pause_text(path); !error.empty()) return refused(std::move(error));
  return read(rest_.ask_signed("GET", path, std::move(params), {key.api_key.view(), *key.signer}),
              path, key.api_key.view());
}

VenueAnswer VenueRest::read(const net::HttpResponse& response, const std::string& path,
                            std::string_view key) {
  VenueAnswer answer;
  answer.status = response.status;
  text_ = response.body;
  const bool json = parser_.parse(text_).get(answer.body) == simdjson::SUCCESS;
  if (response.status == 200 && json) return answer;
  orders::ErrorBody error;
  if (!json || answer.body["code"].get(error.code) != simdjson::SUCCESS) error.code = 0;
  if (!json || answer.body["msg"].get(error.message) != simdjson::SUCCESS) error.message = {};
  answer.error =
      fmt::format("{}{}: {}", url_.endpoint.host, path, orders::rest_refusal(response, error, key));
  return answer;
}

std::string text_of(const json::element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<bool> flag_of(const json::element& object, const char* name) {
  bool value = false;
  return object[name].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
}

std::optional<Amount> amount_of(const json::element& object, const char* name) {
  const Decimal d = parse_decimal(text_of(object, name));
  return d.error == DecimalError::kNone ? std::optional(Amount(d.value)) : std::nullopt;
}

std::optional<Amount> free_balance(const json::element& account, std::string_view asset) {
  json::array balances;
  if (account["balances"].get(balances) != simdjson::SUCCESS) return std::nullopt;
  for (const json::element& balance : balances) {
    if (text_of(balance, "asset") == asset) return amount_of(balance, "free");
  }
  return Amount(0);
}

}  // namespace mm::app
