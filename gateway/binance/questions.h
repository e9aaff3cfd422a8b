// Signed questions about our account, one at a time, whichever way the venue is asked.
//
// Cold: blocks until answered, failed or past a deadline. Methods have the names of the WebSocket
// API. Errors are one line, and never show the key or a signature.
#pragma once

#include <string>
#include <string_view>

#include "engine/net/http_client.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/signed_request.h"

namespace mm::binance::orders {

class Questions {
 public:
  virtual ~Questions() = default;

  // Empty, and response() is the successful answer; or what went wrong. A refusal by the venue
  // leaves its response to look at, too.
  virtual std::string ask_signed(std::string_view method, Params params) = 0;

  virtual const Response& response() const = 0;
  virtual std::string_view text() const = 0;  // of the last answer
  virtual bool answered() const = 0;          // the last error is the venue's refusal
};

// The venue's words: cut short, one line, and without the key should they quote it.
std::string venue_words(std::string_view text, std::string_view key);
std::string refusal_text(std::string_view method, const Response& refusal, std::string_view key);
// Of an answer by REST: what its status means, and the venue's words. No code: how its body begins.
std::string rest_refusal(const net::HttpResponse& answer, const ErrorBody& error,
                         std::string_view key);

}  // namespace mm::binance::orders
