#include "gateway/binance/signed_request.h"

#include <algorithm>
#include <array>

#include "engine/net/percent_encoding.h"

namespace mm::binance::orders {
namespace {

std::string signature_of(std::string_view payload, const Signer& signer) {
  std::array<char, Signer::kTextMax> text;
  return std::string(signer.sign(payload, text));
}

std::string joined(const Params& params, bool encoded) {
  std::string text;
  for (const Param& p : params) {
    if (!text.empty()) text += '&';
    text += p.name;
    text += '=';
    text += encoded ? net::percent_encoded(p.value) : p.value;
  }
  return text;
}

}  // namespace

std::string ws_payload(Params params) {
  std::ranges::sort(params, {}, &Param::name);
  return joined(params, false);
}

std::string ws_request(std::uint64_t id, std::string_view method, Params params,
                       std::string_view api_key, const Signer* signer) {
  if (signer != nullptr) {
    params.push_back({"apiKey", std::string(api_key)});
    std::string signature = signature_of(ws_payload(params), *signer);
    if (signature.empty()) return {};
    params.push_back({"signature", std::move(signature)});
  }
  std::string text = "{\"id\":" + std::to_string(id) + ",\"method\":\"" + std::string(method) + '"';
  std::string_view separator = ",\"params\":{";
  for (const Param& p : params) {
    const char* const quote = p.is_text ? "\"" : "";
    text.append(separator).append("\"").append(p.name).append("\":");
    text.append(quote).append(p.value).append(quote);
    separator = ",";
  }
  return text + (params.empty() ? "}" : "}}");
}

std::string rest_query(const Params& params) {
  return joined(params, true);
}

std::string signed_rest_query(const Params& params, const Signer& signer) {
  std::string query = rest_query(params);
  const std::string signature = signature_of(query, signer);
  if (signature.empty()) return {};
  return query + "&signature=" + net::percent_encoded(signature);
}

}  // namespace mm::binance::orders
