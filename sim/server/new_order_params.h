// A new order as a client describes it: read and checked as the venue does before it matches.
//
// Pure but for a made-up name; the server's thread.
#pragma once

#include <optional>
#include <string>

#include "sim/server/order_json.h"
#include "sim/server/requests.h"

namespace mm::server {

struct NewOrderParams {
  sim::NewOrder order;  // its id is given later
  std::string name;     // the client's, or made up
  ResponseType response = ResponseType::kFull;
};

std::optional<ApiError> read_new_order(ExchangeHost& host, const RequestParams& params,
                                       NewOrderParams& out);

// In the venue's words, for a place; nothing if it was not refused.
std::optional<ApiError> refused(const sim::Refusal& refusal);

}  // namespace mm::server
