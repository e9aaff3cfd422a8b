// One event of the user data stream, from JSON to plain numbers.
//
// Owned by one thread; allocates at construction only; about 1 us an execution report. Its letters
// mean other things than those of market data. Quantities stay in 1e-8 units, text points into the
// parser. Unknown members and kinds are ignored, unknown words kept as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/binance/response_parser.h"

namespace mm::binance::orders {

enum class UserEventKind : std::uint8_t {
  kIgnored,  // known and of no use, or unknown
  kExecutionReport,
  kAccountPosition,  // new balances of the assets that changed
  kBalanceUpdate,    // a deposit or withdrawal; an account position tells its result
  kStreamTerminated,
  kServerShutdown
};

struct ExecutionReport {
  std::string_view symbol, client_id, original_client_id, side;
  std::string_view execution;  // x: NEW, CANCELED, REPLACED, REJECTED, TRADE, EXPIRED, ...
  std::string_view status;     // X
  std::string_view reject_reason, expiry_reason, fee_asset;
  std::uint64_t order_id = 0, trade_id = 0;  // 0: none
  std::int64_t price = 0, quantity = 0, executed = 0;
  std::int64_t last_price = 0, last_quantity = 0, fee = 0;
  std::int64_t prevented = 0;  // of the quantity, by self-trade prevention; where it is told
  bool maker = false;
};

struct UserEvent {
  UserEventKind kind = UserEventKind::kIgnored;
  ExecutionReport report;
  std::span<const BalanceRecord> balances;
  std::int64_t balance_time_ms = 0;  // as of when they are; 0: not told
};

class UserDataParser {
 public:
  static constexpr std::size_t kPadding = ResponseParser::kPadding;

  explicit UserDataParser(std::size_t message_bytes_max = std::size_t{4} << 20);
  ~UserDataParser();
  UserDataParser(UserDataParser&&) noexcept;
  UserDataParser& operator=(UserDataParser&&) noexcept;

  // Empty: event() is valid until the next call, as long as the text is. Else what is wrong.
  const char* parse(std::string_view text);
  const UserEvent& event() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mm::binance::orders
