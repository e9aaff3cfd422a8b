#include "gateway/binance/signed_request.h"

#include <algorithm>
#include <array>

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
    text += encoded ? percent_encoded(p.value) : p.value;
  }
  return text;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 0xF];
    }
  }
  return out;
}

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
  return query + "&signature=" + percent_encoded(signature);
}

}  // namespace mm::binance::orders
