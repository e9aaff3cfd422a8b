#include "gateway/binance/error_table.h"

#include <array>

namespace mm::binance::orders {
namespace {

struct Row {
  std::int64_t code;
  std::string_view text;  // must be part of the message; empty fits all
  Verdict verdict;
};

constexpr Verdict refused(RejectReason reason) {
  return {true, reason};
}
constexpr std::int64_t kTooManyOrders = -1015;
constexpr Verdict kUncertain{false, RejectReason::kOther};

// The first row that fits counts.
constexpr std::array kRows{
    Row{-1000, "", kUncertain}, Row{-1001, "", kUncertain},
    Row{-1003, "", refused(RejectReason::kRateLimit)}, Row{-1006, "", kUncertain},
    Row{-1007, "", kUncertain}, Row{-1013, "MAX_NUM_ORDERS", refused(RejectReason::kMaxOrders)},
    Row{-1013, "MAX_NUM_ORDER_AMENDS", refused(RejectReason::kMaxAmends)},
    Row{-1013, "Filter failure", refused(RejectReason::kFilter)},
    Row{kTooManyOrders, "", refused(RejectReason::kRateLimit)},
    Row{-1016, "", refused(RejectReason::kMarketHalted)},
    Row{-1034, "", refused(RejectReason::kRateLimit)},
    Row{-1111, "", refused(RejectReason::kFilter)},
    Row{-1220, "", refused(RejectReason::kMarketHalted)},
    Row{-2010, "immediately match", refused(RejectReason::kWouldCross)},
    Row{-2010, "insufficient balance", refused(RejectReason::kInsufficientBalance)},
    // An order of ours with this id is open, and ids are not used twice: ask for it.
    Row{-2010, "Duplicate order", {false, RejectReason::kDuplicateId}},
    Row{-2010, "Market is closed", refused(RejectReason::kMarketHalted)},
    Row{-2010, "MAX_NUM_ORDERS", refused(RejectReason::kMaxOrders)},
    Row{-2010, "Filter failure", refused(RejectReason::kFilter)},
    Row{-2011, "cancel restrictions", refused(RejectReason::kRestricted)},
    Row{-2011, "", refused(RejectReason::kUnknownOrder)},
    Row{-2013, "", refused(RejectReason::kUnknownOrder)},
    Row{-2026, "", refused(RejectReason::kUnknownOrder)},
    Row{-2038, "MAX_NUM_ORDER_AMENDS", refused(RejectReason::kMaxAmends)},
    Row{-2038, "no state", refused(RejectReason::kNoChange)},
    Row{-2038, "Unknown order", refused(RejectReason::kUnknownOrder)},
    Row{-2039, "", refused(RejectReason::kUnknownOrder)}};

}  // namespace

Verdict judge(int status, const ErrorBody& error) {
  if (status >= 500) return kUncertain;
  if (status == 418 || status == 429) return refused(RejectReason::kRateLimit);
  for (const Row& row : kRows) {
    if (row.code == error.code && error.message.find(row.text) != std::string_view::npos) {
      return row.verdict;
    }
  }
  // Whatever else is refused before it is carried out has a 4xx status; but for 408, which says
  // that somebody on the way has waited long enough.
  return status >= 400 && status != 408 ? refused(RejectReason::kOther) : kUncertain;
}

Failure failure_of(const Response& r) {
  const bool canceled = r.cancel_result == "SUCCESS";
  const bool half = canceled || r.cancel_result == "FAILURE";  // else nothing was tried
  const ErrorBody& error = !half ? r.error : canceled ? r.new_order_error : r.cancel_error;
  // Inside, an error has no status of its own; a code without meaning stays uncertain.
  const int status = half && error.code != 0 && r.status < 500 ? 400 : r.status;
  return {error, judge(status, error), canceled, half};
}

bool limits_address(const Response& r) {
  // A replace that was tried has its reasons inside, and was limited for its order.
  const bool orders = r.error.code == kTooManyOrders || r.new_order_error.code == kTooManyOrders ||
                      !r.cancel_result.empty();
  return r.status == 418 || (r.status == 429 && !orders);
}

OrderPhase phase_of(std::string_view status) {
  if (status.empty() || status == "NEW" || status == "PARTIALLY_FILLED") return OrderPhase::kOpen;
  if (status == "PENDING_NEW" || status == "PENDING_CANCEL") return OrderPhase::kOpen;
  if (status == "FILLED") return OrderPhase::kFilled;
  if (status == "CANCELED") return OrderPhase::kCanceled;
  if (status == "EXPIRED") return OrderPhase::kExpired;
  if (status == "EXPIRED_IN_MATCH") return OrderPhase::kPrevented;
  return status == "REJECTED" ? OrderPhase::kRejected : OrderPhase::kUnknownWord;
}

}  // namespace mm::binance::orders
