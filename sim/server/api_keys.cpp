#include "sim/server/api_keys.h"

#include <algorithm>
#include <charconv>

#include "engine/core/decimal.h"
#include "engine/core/epoch.h"

namespace mm::server {
namespace {

constexpr Nanos kAheadMax = kSecond;
constexpr Nanos kWindowDefault{5000 * kMillisecond.v}, kWindowMax{60'000 * kMillisecond.v};

bool key_format_good(std::string_view key) {
  return !key.empty() && key.size() <= 128 && std::ranges::all_of(key, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

// Milliseconds with up to three decimals.
std::optional<ApiError> read_window(const RequestParams& params, Nanos& window) {
  const std::string* text = params.find("recvWindow");
  window = kWindowDefault;
  if (text == nullptr) return std::nullopt;
  const Decimal decimal = parse_decimal(*text);
  constexpr std::int64_t kMicro = kAmountScale / 1000;
  if (decimal.error == DecimalError::kTooPrecise || decimal.value % kMicro != 0) {
    return errors::too_precise("recvWindow");
  }
  if (decimal.error != DecimalError::kNone) {
    return errors::illegal_characters("recvWindow", R"(^[0-9]{1,5}(\.[0-9]{1,3})?$)");
  }
  if (decimal.value / kMicro > kWindowMax.v / kMicrosecond.v) {
    return errors::bad_request(-1131, "recvWindow must be less than 60000.");
  }
  window = (decimal.value / kMicro) * kMicrosecond;
  return std::nullopt;
}

}  // namespace

ApiKeys::ApiKeys(const std::vector<AccountConfig>& accounts) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    keys_.emplace(accounts[i].api_key, ApiKey{i, &accounts[i]});
  }
}

const ApiKey* ApiKeys::find(std::string_view api_key, ApiError& error) const {
  if (!key_format_good(api_key)) {
    error = errors::bad_key_format();
    return nullptr;
  }
  const auto it = keys_.find(std::string(api_key));
  if (it != keys_.end()) return &it->second;
  error = errors::bad_key();
  return nullptr;
}

std::optional<ApiError> check_timing(const RequestParams& params, Nanos now) {
  const std::string_view text = params.get("timestamp");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  Nanos timestamp;
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
      !epoch_from_integer(number, timestamp)) {
    return errors::mandatory("timestamp");
  }
  Nanos window;
  if (auto wrong = read_window(params, window)) return wrong;
  if (timestamp >= now + kAheadMax) return errors::ahead_of_server();
  if (now - timestamp > window) return errors::outside_window();
  return std::nullopt;
}

std::optional<ApiError> check_signed(const ApiKey& key, const RequestParams& params,
                                     std::string_view payload, Nanos now) {
  const std::string_view signature = params.get("signature");
  if (signature.empty()) return errors::mandatory("signature");
  if (auto late = check_timing(params, now)) return late;
  const AccountConfig& account = *key.config;
  const bool valid = account.kind == KeyKind::kHmac
                         ? hmac_signature_valid(account.hmac_secret, payload, signature)
                         : ed25519_signature_valid(account.public_key, payload, signature);
  if (!valid) return errors::bad_signature();
  return std::nullopt;
}

}  // namespace mm::server
