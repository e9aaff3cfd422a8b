// Commands to WebSocket API requests: text prepared for each instrument, digits put in at the end.
//
// Owned by the gateway's thread, allocates at construction only. A request is a handful of copies,
// about 100 ns, and its signature where the session is not logged on (HMAC about 1 us more).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/instrument.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/signer.h"
#include "gateway/binance/text_writer.h"

namespace mm::binance::orders {

// A place in a request that differs each time.
enum class Field : std::uint8_t {
  kNone,
  kRequestId,
  kClientId,
  kNewClientId,
  kVenueId,
  kPrice,
  kQuantity,
  kTimestamp,
  kSignature
};

struct FieldValues {
  std::uint64_t request_id = 0;
  ClientOrderId client_id{}, new_client_id{};
  VenueOrderId venue_id{};
  std::int64_t price = 0, quantity = 0;  // 1e-8
  std::uint64_t timestamp_ms = 0;
  int price_places = 0, quantity_places = 0;
  std::string_view signature;
};

// Fixed text with fields in between.
class RequestTemplate {
 public:
  void add_text(std::string_view text) { text_ += text; }
  void add_field(Field field) { cuts_.push_back({text_.size(), field}); }
  void write(const FieldValues& values, TextWriter& out) const;

 private:
  struct Cut {
    std::size_t at;
    Field field;
  };
  std::string text_;
  std::vector<Cut> cuts_;
};

struct EncoderConfig {
  int recv_window_ms = 5000;
  std::string self_trade_prevention = "EXPIRE_MAKER";
  bool sign_requests = true;  // false after session.logon
};

class RequestEncoder {
 public:
  static constexpr std::size_t kBytesMax = 2048;  // of one request

  // `signer` and `api_key` are needed where requests are signed one by one.
  RequestEncoder(std::span<const Instrument> instruments, const EncoderConfig& config,
                 std::string_view api_key, const Signer* signer);

  // The number of bytes written to `out`; 0 if the command is no request, or does not fit.
  std::size_t encode(const Command& command, std::uint64_t request_id, std::uint64_t timestamp_ms,
                     std::span<char> out);
  // All executions of one order.
  std::size_t encode_trades(InstrumentId instrument, VenueOrderId order, std::uint64_t request_id,
                            std::uint64_t timestamp_ms, std::span<char> out);
  static std::size_t encode_time(std::uint64_t request_id, std::span<char> out);

 private:
  // One of each for every instrument; "known" where the venue's own order id is.
  enum Shape : std::uint8_t {
    kPlaceBuy,
    kPlaceSell,
    kReplaceBuy,
    kReplaceSell,
    kReplaceKnownBuy,
    kReplaceKnownSell,
    kCancel,
    kCancelKnown,
    kCancelAll,
    kReduce,
    kReduceKnown,
    kQuery,
    kQueryOpen,
    kTrades,
    kShapes
  };
  struct Piece {
    std::string name;
    std::string literal;
    Field field = Field::kNone;
    bool quoted = true;
  };
  using Pieces = std::vector<Piece>;
  struct Request {
    RequestTemplate json, payload;
  };
  struct Symbol {
    std::int64_t tick, lot;
    int price_places, quantity_places;
    std::array<Request, kShapes> requests;
  };

  void add_symbol(const Instrument& instrument);
  Request make(std::string_view method, const std::string& symbol, Pieces pieces) const;
  Pieces order_pieces(const char* side) const;
  std::size_t write(const Symbol& symbol, Shape shape, FieldValues values, std::span<char> out);

  EncoderConfig config_;
  std::string api_key_;
  const Signer* signer_;
  std::vector<Symbol> symbols_;
};

}  // namespace mm::binance::orders
