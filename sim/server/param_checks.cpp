#include "sim/server/param_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/core/decimal.h"

namespace mm::server::param {
namespace {

constexpr std::string_view kLegalDecimal = R"(^([0-9]{1,20})(\.[0-9]{1,20})?$)";
constexpr std::string_view kLegalInteger = "^[0-9]{1,20}$";
constexpr std::string_view kLegalClientId = "^[a-zA-Z0-9-_]{1,36}$";
constexpr std::string_view kLegalSymbol = R"(^[\w\-._]{1,50}$)";
constexpr std::string_view kLegalSymbols = R"x(^\[("[\w\-._]{1,50}"(,"[\w\-._]{1,50}"){0,})?\]$)x";
constexpr std::string_view kForbidden = "\"'<>&/\\";
constexpr std::size_t kPlacesMax = 8, kClientIdMax = 36, kSymbolMax = 50;

bool is_client_id(std::string_view text) {
  return text.size() <= kClientIdMax && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

Problem symbol(const ExchangeHost& host, const RequestParams& params, InstrumentId& out) {
  const std::string_view text = params.get("symbol");
  if (text.empty()) return errors::mandatory("symbol");
  const bool legal = text.size() <= kSymbolMax && std::ranges::none_of(text, [](char c) {
                       return static_cast<unsigned char>(c) <= 0x20 ||
                              kForbidden.find(c) != std::string_view::npos;
                     });
  if (!legal) return errors::illegal_characters("symbol", kLegalSymbol);
  const auto found = host.find_symbol(text);
  if (!found) return errors::bad_symbol();
  out = *found;
  return std::nullopt;
}

Problem symbols(const ExchangeHost& host, const RequestParams& params,
                std::vector<InstrumentId>& out) {
  const std::string* text = params.find("symbols");
  if (text == nullptr) {
    for (std::size_t i = 0; i < host.config().symbols.size(); ++i) {
      out.push_back(static_cast<InstrumentId>(i));
    }
    return std::nullopt;
  }
  std::string_view rest = *text;
  for (std::size_t open; (open = rest.find('"')) != std::string_view::npos;) {
    const std::size_t close = rest.find('"', open + 1);
    if (close == std::string_view::npos) break;
    const auto found = host.find_symbol(rest.substr(open + 1, close - open - 1));
    if (!found) return errors::bad_symbol();
    out.push_back(*found);
    rest.remove_prefix(close + 1);
  }
  if (out.empty()) return errors::illegal_characters("symbols", kLegalSymbols);
  return std::nullopt;
}

Problem integer(const RequestParams& params, std::string_view name, std::int64_t& out) {
  const std::string* text = params.find(name);
  if (text == nullptr) return std::nullopt;
  const char* const end = text->data() + text->size();
  std::int64_t value = 0;
  const auto [parsed_to, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || parsed_to != end || value < 0) {
    return errors::illegal_characters(name, kLegalInteger);
  }
  out = value;
  return std::nullopt;
}

Problem limit(const RequestParams& params, std::int64_t most, std::int64_t& out) {
  if (auto problem = integer(params, "limit", out)) return problem;
  if (out < 1) return errors::bad_request(-1130, "Data sent for parameter 'limit' is not valid.");
  out = std::min(out, most);
  return std::nullopt;
}

Problem span(const RequestParams& params, Span& out) {
  std::int64_t from = -1, to = -1;
  if (auto problem = integer(params, "startTime", from)) return problem;
  if (auto problem = integer(params, "endTime", to)) return problem;
  if (from >= 0) out.from = from * kMillisecond;
  if (to >= 0 && to < kNever.v / kMillisecond.v) out.to = (to + 1) * kMillisecond;
  return std::nullopt;
}

Problem decimal(const RequestParams& params, std::string_view name, Amount& out) {
  const std::string_view text = params.get(name);
  if (text.empty()) return errors::mandatory(name);
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos && text.size() - point - 1 > kPlacesMax &&
      text.find_first_not_of("0123456789.") == std::string_view::npos) {
    return errors::too_precise(name);
  }
  const Decimal number = parse_decimal(text);
  if (number.error == DecimalError::kOutOfRange) {
    return errors::bad_request(-1013, fmt::format("Invalid {}.", name));
  }
  if (number.error != DecimalError::kNone) {
    return errors::illegal_characters(name, kLegalDecimal);
  }
  out = Amount(number.value);
  return std::nullopt;
}

Problem client_id(const RequestParams& params, std::string_view name, std::string& out) {
  const std::string* text = params.find(name);
  if (text == nullptr) return std::nullopt;
  if (text->empty()) {
    return name.starts_with("orig") || name == "cancelOrigClientOrderId"
               ? errors::bad_request(-1119, "Original client order ID was empty.")
               : errors::bad_request(-1118, "New client order ID was empty.");
  }
  if (!is_client_id(*text)) return errors::illegal_characters(name, kLegalClientId);
  out = *text;
  return std::nullopt;
}

Problem order(ExchangeHost& host, const Request& request, std::string_view id_name,
              std::string_view client_id_name, OrderReference& out) {
  std::int64_t id = -1;
  std::string name;
  if (auto problem = integer(request.params, id_name, id)) return problem;
  if (auto problem = client_id(request.params, client_id_name, name)) return problem;
  if (id < 0 && name.empty()) {
    return errors::bad_request(-1102, fmt::format("Param '{}' or '{}' must be sent, but both were "
                                                  "empty/null!",
                                                  client_id_name, id_name));
  }
  const sim::AccountId account = request.account();
  if (id >= 0) {
    out.order = host.exchange().find(account, VenueOrderId(static_cast<std::uint64_t>(id)));
    if (out.order != nullptr && !name.empty() && host.names()[out.order->id].name != name) {
      return errors::bad_request(-2039, "Client order ID is not correct for this order ID.");
    }
  } else if (const auto number = host.names().find(account, name)) {
    out.order = host.exchange().find(account, *number);
  }
  return std::nullopt;
}

}  // namespace mm::server::param
