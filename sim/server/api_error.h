// The venue's errors: a status, a code and a message that clients tell apart by code or by text.
//
// Values; made on the server's thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/types.h"
#include "sim/server/json_text.h"

namespace mm::server {

struct ApiError {
  int status = 400;  // as HTTP has it; the WS API uses the same numbers
  int code = 0;
  std::string message;
  std::string data;      // JSON of the member "data"; empty: none
  Nanos retry_after{0};  // when to come back, of 429 and 418; 0: does not apply

  bool operator==(const ApiError&) const = default;
};

// {"code":-1121,"msg":"Invalid symbol."}, with "data" where there is some.
std::string error_json(const ApiError& error);

namespace errors {

inline ApiError bad_request(int code, std::string_view message) {
  return {.status = 400, .code = code, .message = std::string(message), .data = {}};
}
ApiError mandatory(std::string_view parameter);                                   // -1102
ApiError illegal_characters(std::string_view parameter, std::string_view legal);  // -1100
ApiError too_precise(std::string_view parameter);                                 // -1111
ApiError not_required(std::string_view parameter);                                // -1106
ApiError filter(std::string_view name);  // -1013, MAX_NUM_ORDER_AMENDS -2038
ApiError bad_key_format();               // -2014
ApiError bad_key();                      // -2015
ApiError bad_signature();                // -1022
ApiError bad_symbol();                   // -1121
ApiError outside_window();               // -1021
ApiError ahead_of_server();              // -1021
ApiError too_much_weight(int limit, Nanos now, Nanos retry_after);    // 429 -1003
ApiError too_many_requests(int limit, Nanos now, Nanos retry_after);  // 429 -1003
ApiError too_many_connections(Nanos now, Nanos retry_after);          // 429 -1034
ApiError banned(Nanos now, Nanos until);                              // 418 -1003
ApiError too_many_orders(int limit, std::string_view interval, Nanos now, Nanos retry_after);

}  // namespace errors

}  // namespace mm::server
