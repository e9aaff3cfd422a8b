// What an error of the venue means: refused for good, or an outcome nobody knows.
//
// Pure functions, any thread, no allocation. The number alone is not enough: -2010 stands for many
// reasons that only the text tells apart, and a status of 500 or more makes everything uncertain.
#pragma once

#include <cstdint>

#include "engine/core/event.h"
#include "gateway/binance/response_parser.h"

namespace mm::binance::orders {

struct Verdict {
  bool known = true;  // false: it may have happened all the same
  RejectReason reason = RejectReason::kNone;
};

Verdict judge(int status, const ErrorBody& error);
// Refused for what our address has asked so far, not for how many orders the account has placed.
bool limits_address(const Response& response);

// What failed in a request that did: of a replace of which something was tried, the half.
struct Failure {
  const ErrorBody& error;
  Verdict verdict;
  bool canceled = false, half = false;
};
Failure failure_of(const Response& response);

inline constexpr std::int64_t kClockError = -1021;
// The key is not accepted: nothing will work on this session.
constexpr bool refuses_key(std::int64_t code) {
  return code == -2014 || code == -2015 || code == -1022 || code == -1002;
}

enum class OrderPhase : std::uint8_t {
  kUnknownWord,
  kOpen,
  kFilled,
  kCanceled,
  kExpired,
  kPrevented,
  kRejected
};
// An order's status; an ACK has none, and means open.
OrderPhase phase_of(std::string_view status);

}  // namespace mm::binance::orders
