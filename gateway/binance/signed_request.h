// Requests of the cold path, written and signed: for the WebSocket API and for REST.
//
// Cold, allocates. The two sign differently: the WebSocket API its parameters sorted by name, raw,
// the key among them; REST the text as it is sent, percent-encoded, the key outside in a header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/binance/signer.h"

namespace mm::binance::orders {

struct Param {
  std::string name, value;  // the value as text, without quotes
  bool is_text = true;      // quoted in JSON; numbers and lists are not
};
using Params = std::vector<Param>;

inline Param number_param(std::string name, std::uint64_t value) {
  return {std::move(name), std::to_string(value), false};
}

// What the WebSocket API wants signed.
std::string ws_payload(Params params);
// One request; with a signer the key and the signature are added. Empty if signing fails.
std::string ws_request(std::uint64_t id, std::string_view method, Params params,
                       std::string_view api_key = {}, const Signer* signer = nullptr);

// `a=1&b=2`, percent-encoded, in the order given: what REST wants signed, and sent.
std::string rest_query(const Params& params);
// The same with its signature. Empty if signing fails.
std::string signed_rest_query(const Params& params, const Signer& signer);

}  // namespace mm::binance::orders
