#include "sim/server/request_params.h"

#include <algorithm>

#include "engine/net/percent_encoding.h"

namespace mm::server {
namespace {

using net::percent_decoded;

constexpr std::string_view kSignature = "signature";

// Calls `f` with each name=value of a form.
template <class F>
void each_pair(std::string_view form, F f) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (!pair.empty()) f(pair);
  }
}

std::string without_signature(std::string_view form) {
  std::string kept;
  each_pair(form, [&](std::string_view pair) {
    if (pair.substr(0, pair.find('=')) == kSignature) return;
    if (!kept.empty()) kept += '&';
    kept += pair;
  });
  return kept;
}

}  // namespace

std::optional<RequestParams> RequestParams::from_rest(std::string_view query,
                                                      std::string_view body) {
  RequestParams params;
  if (!params.add_form(query) || !params.add_form(body)) return std::nullopt;
  params.rest_payload_ = without_signature(query) + without_signature(body);
  return params;
}

bool RequestParams::add_form(std::string_view form) {
  bool good = true;
  each_pair(form, [&](std::string_view pair) {
    const std::string_view name = pair.substr(0, pair.find('='));
    const auto value = percent_decoded(pair.substr(std::min(pair.size(), name.size() + 1)));
    const auto decoded_name = percent_decoded(name);
    good = good && value && decoded_name && add(*decoded_name, *value);
  });
  return good;
}

bool RequestParams::add(std::string_view name, std::string_view value) {
  if (has(name)) return true;
  if (params_.size() == kCountMax) return false;
  params_.push_back({std::string(name), std::string(value)});
  return true;
}

const std::string* RequestParams::find(std::string_view name) const {
  const auto it = std::ranges::find(params_, name, &RequestParam::name);
  return it == params_.end() ? nullptr : &it->value;
}

std::string_view RequestParams::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string_view{} : *value;
}

std::string RequestParams::sorted_payload() const {
  std::vector<RequestParam> sorted = params_;
  std::ranges::sort(sorted, {}, &RequestParam::name);
  std::string payload;
  for (const RequestParam& p : sorted) {
    if (p.name == kSignature) continue;
    if (!payload.empty()) payload += '&';
    payload += p.name + '=' + p.value;
  }
  return payload;
}

}  // namespace mm::server
