// REST: the operations under their paths, with limits in headers.
//
// The server's thread.
#pragma once

#include "sim/server/frontend.h"
#include "sim/server/ws_api.h"

namespace mm::server {

// With Retry-After where the error says when to come back.
HttpAnswer error_answer(const ApiError& error, Nanos now);

class RestApi {
 public:
  explicit RestApi(const VenueParts& parts) : parts_(parts) {}

  HttpAnswer answer(const HttpRequest& request);

 private:
  Answer perform(const Operation& operation, const HttpRequest& asked, const RequestParams& params,
                 Nanos now, const ApiKey*& key);
  const ApiKey* authenticate(const HttpRequest& asked, const RequestParams& params, Nanos now,
                             ApiError& error) const;
  HttpAnswer wrap(const HttpRequest& asked, const Answer& answer, Nanos now);

  VenueParts parts_;
};

// "MICROSECOND" or "MILLISECOND", in either case; false if it is neither.
bool read_time_unit(std::string_view word, TimeUnit& out);

}  // namespace mm::server
