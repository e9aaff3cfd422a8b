// Parameters that many operations have, read with the venue's errors.
//
// Pure functions. Each returns the error, or nothing and the value in `out`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/server/requests.h"

namespace mm::server::param {

using Problem = std::optional<ApiError>;

Problem symbol(const ExchangeHost& host, const RequestParams& params, InstrumentId& out);
// Of "symbols", a JSON array of names; all there are if it is not there.
Problem symbols(const ExchangeHost& host, const RequestParams& params,
                std::vector<InstrumentId>& out);
// A whole number, `out` as it was if the parameter is not there.
Problem integer(const RequestParams& params, std::string_view name, std::int64_t& out);
// From 1 to `most`.
Problem limit(const RequestParams& params, std::int64_t most, std::int64_t& out);
// startTime and endTime; everything if neither is there.
struct Span {
  Nanos from{0}, to{kNever};
};
Problem span(const RequestParams& params, Span& out);
// A decimal with at most eight places, in 1e-8; must be there.
Problem decimal(const RequestParams& params, std::string_view name, Amount& out);
// A client's name for an order, request or amendment; empty if it is not there.
Problem client_id(const RequestParams& params, std::string_view name, std::string& out);

// The order that `id_name` or `client_id_name` means; nullptr in `out` if the exchange has none.
struct OrderReference {
  const sim::RestingOrder* order = nullptr;
};
Problem order(ExchangeHost& host, const Request& request, std::string_view id_name,
              std::string_view client_id_name, OrderReference& out);

}  // namespace mm::server::param
