// One answer of the WebSocket API, from JSON to plain numbers.
//
// Owned by one thread; allocates at construction only; about 1 us for an order's answer. It knows
// the words of the protocol, neither instruments nor our orders: quantities stay in 1e-8 units, and
// text points into the parser or the message. Unknown members are ignored, unknown words kept as
// they are. A REST body is read as the same answer without its envelope.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm::binance::orders {

struct ErrorBody {
  std::int64_t code = 0;
  std::string_view message;
};

enum class LimitType : std::uint8_t { kOther, kOrders, kWeight, kRawRequests, kConnections };

// What is used of one of the venue's limits.
struct LimitUsage {
  LimitType type = LimitType::kOther;
  Nanos window{};
  std::uint32_t limit = 0, used = 0;  // limit 0: only what is used is told
};

// What one answer says is used of them.
struct LimitsUsed {
  static constexpr std::size_t kMax = 8;

  std::array<LimitUsage, kMax> rows{};
  std::size_t count = 0;

  void add(const LimitUsage& usage) {
    if (count < kMax) rows[count++] = usage;
  }
  std::span<const LimitUsage> all() const { return {rows.data(), count}; }
};

// An order as any of the requests tells it.
struct OrderRecord {
  bool present = false;
  std::string_view symbol, client_id;
  std::string_view original_client_id;  // the order's own, where client_id is the request's
  std::string_view status;              // empty in an ACK
  std::string_view side;
  std::uint64_t order_id = 0;
  std::int64_t price = 0, quantity = 0, executed = 0;
  std::int64_t prevented = 0;  // of the quantity, by self-trade prevention; where it is told

  std::string_view own_client_id() const {
    return original_client_id.empty() ? client_id : original_client_id;
  }
};

struct TradeRecord {
  std::string_view symbol, fee_asset;
  std::uint64_t trade_id = 0, order_id = 0;
  std::int64_t price = 0, quantity = 0, fee = 0;
  bool buyer = false, maker = false;
};

struct BalanceRecord {
  std::string_view asset;
  std::int64_t free = 0, locked = 0;
};

struct Response {
  bool is_event = false;  // not an answer: see user_data_parser.h
  bool has_id = false;    // false also for null: about the whole session
  bool has_result = false, has_error = false;
  std::uint64_t id = 0;
  int status = 0;
  ErrorBody error;
  std::int64_t retry_after_ms = 0;  // venue time, 0 without
  std::int64_t server_time_ms = 0;
  std::int64_t update_time_ms = 0;  // of an account: as of when its balances are
  // Of cancelReplace, from result or error.data: SUCCESS, FAILURE, NOT_ATTEMPTED, or empty.
  std::string_view cancel_result, new_order_result;
  OrderRecord order;     // the order asked about, the amended one, or the new one of two
  OrderRecord canceled;  // of cancelReplace
  ErrorBody cancel_error, new_order_error;
  LimitsUsed limits;
  std::span<const LimitUsage> announced;    // exchangeInfo: limits, without what is used
  std::span<const OrderRecord> orders;      // openOrders
  std::span<const TradeRecord> trades;      // myTrades
  std::span<const BalanceRecord> balances;  // account
};

class ResponseParser {
 public:
  static constexpr std::size_t kPadding = 64;  // readable bytes behind the text
  static constexpr std::size_t kRecordsMax = 1024;
  static constexpr std::size_t kBalancesMax = 4096;

  explicit ResponseParser(std::size_t message_bytes_max = std::size_t{4} << 20);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  // Empty: response() is valid until the next call, as long as the text is. Else what is wrong.
  const char* parse(std::string_view text);
  // The body of a REST answer with this HTTP status.
  const char* parse_body(std::string_view body, int status);
  const Response& response() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Copied with the room a parser needs behind a text.
std::string padded(std::string_view text);

}  // namespace mm::binance::orders
