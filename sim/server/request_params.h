// The parameters of one request, and the text its signature is computed over.
//
// The server's thread; a few dozen strings at most. Values are kept exactly as the client wrote
// them (a JSON number keeps its digits, 1e-05 too), because that is what was signed: the WS API
// signs all of them sorted by name and raw, REST what was sent, in the order and the encoding sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mm::server {

struct RequestParam {
  std::string name, value;
};

class RequestParams {
 public:
  static constexpr std::size_t kCountMax = 64;

  // Of a REST request: query string and form body, as sent. nullopt if a percent sign stands wrong,
  // the text is not UTF-8 or there are too many.
  static std::optional<RequestParams> from_rest(std::string_view query, std::string_view body);

  // The first of a name stays. False if there are too many.
  bool add(std::string_view name, std::string_view value);

  const std::string* find(std::string_view name) const;
  // As find, empty if missing.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const std::vector<RequestParam>& all() const { return params_; }

  // a=1&b=2: sorted by name, without the signature.
  std::string sorted_payload() const;
  // The query and the body, joined by nothing, without the signature.
  const std::string& rest_payload() const { return rest_payload_; }

 private:
  bool add_form(std::string_view form);

  std::vector<RequestParam> params_;
  std::string rest_payload_;
};

}  // namespace mm::server
