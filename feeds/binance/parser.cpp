#include "feeds/binance/parser.h"

#include <simdjson.h>

#include <array>
#include <cstring>
#include <vector>

#include "engine/core/decimal.h"
#include "engine/core/epoch.h"
#include "feeds/binance/compact_json.h"

namespace mm::binance {

namespace {

namespace sj = simdjson;
namespace od = simdjson::ondemand;

// One bit for every field we read, to know what a message has.
enum Field : std::uint32_t {
  kEvent = 1u << 0,
  kFirstId = 1u << 1,
  kLastId = 1u << 2,
  kPreviousId = 1u << 3,
  kSnapshotId = 1u << 4,
  kBids = 1u << 5,
  kAsks = 1u << 6,
  kBidPrice = 1u << 7,
  kBidQuantity = 1u << 8,
  kAskPrice = 1u << 9,
  kAskQuantity = 1u << 10,
  kPrice = 1u << 11,
  kQuantity = 1u << 12,
  kTradeId = 1u << 13,
  kAggregateId = 1u << 14,
  kBuyerIsMaker = 1u << 15,
  kEventTime = 1u << 16,
  kTransactionTime = 1u << 17,
  kAnswer = 1u << 18,
  kError = 1u << 19,
  kArrayData = 1u << 20
};

constexpr std::uint32_t kTickerFields =
    kLastId | kBidPrice | kBidQuantity | kAskPrice | kAskQuantity;

constexpr std::array kIgnoredEvents{
    std::string_view("markPriceUpdate"),  std::string_view("kline"),
    std::string_view("continuous_kline"), std::string_view("24hrTicker"),
    std::string_view("24hrMiniTicker"),   std::string_view("1hTicker"),
    std::string_view("4hTicker"),         std::string_view("1dTicker"),
    std::string_view("avgPrice"),         std::string_view("forceOrder"),
    std::string_view("compositeIndex"),   std::string_view("contractInfo"),
    std::string_view("assetIndexUpdate"), std::string_view("blockTrade"),
    std::string_view("referencePrice")};

bool is_ignored_event(std::string_view event) {
  for (const std::string_view known : kIgnoredEvents)
    if (event == known) return true;
  return false;
}

// `btcusdt@depth20@100ms` is a partial book, `btcusdt@depth@100ms` a stream of differences.
bool is_partial_depth(std::string_view stream) {
  constexpr std::string_view kMark = "@depth";
  const std::size_t at = stream.find(kMark);
  return at != std::string_view::npos && at + kMark.size() < stream.size() &&
         detail::is_digit(stream[at + kMark.size()]);
}

// A problem with one value, as against broken JSON, after which nothing more can be read.
bool is_value_error(sj::error_code e) {
  return e == sj::INCORRECT_TYPE || e == sj::NUMBER_ERROR || e == sj::NUMBER_OUT_OF_RANGE;
}

}  // namespace

struct Parser::Impl {
  explicit Impl(std::size_t message_bytes_max)
      : bytes_max(message_bytes_max), json(bytes_max), bids(kLevelsMax), asks(kLevelsMax) {
    ready = json.allocate(bytes_max) == sj::SUCCESS;
  }

  FeedProblem parse(std::string_view text);

  std::size_t bytes_max;
  od::parser json;
  bool ready = false;
  std::vector<PriceLevel> bids, asks;
  Message message;
  std::string_view event, stream, order_type, detail;
  const char* end = nullptr;
  std::uint32_t seen = 0;
  std::uint64_t snapshot_id = 0, aggregate_id = 0;
  Nanos event_time{}, transaction_time{};
  FeedProblem value_problem{FeedProblem::kNone};  // the first one
  std::string_view value_detail;

 private:
  using Error = sj::error_code;

  // The two ways to read a value; the fields are the same. Of a cursor any error means that the
  // text has to be read the other way.
  template <class Value>
  Error read_field(std::string_view key, Value& value, bool root);
  template <class Value>
  Error read_letter(char key, std::string_view name, Value& value);
  template <class Value>
  Error read_side_or_price(char key, std::string_view name, Value& value);
  template <class Value>
  Error read_time(Value& value, Nanos& out, std::uint32_t bit, std::string_view name);

  static Error refused(bool understood) { return understood ? sj::SUCCESS : sj::TAPE_ERROR; }
  Error read_object(CompactCursor& cursor, bool root);
  Error read_side(CompactCursor& value, std::vector<PriceLevel>& levels, std::uint32_t bit,
                  std::string_view name);
  Error read_decimal(CompactCursor& value, std::int64_t& out, std::uint32_t bit,
                     std::string_view name);
  Error read_id(CompactCursor& value, std::uint64_t& out, std::uint32_t bit, std::string_view name);
  Error read_text(CompactCursor& value, std::string_view& out, std::uint32_t bit,
                  std::string_view name);
  Error read_bool(CompactCursor& value, bool& out, std::uint32_t bit, std::string_view name);
  Error read_payload(CompactCursor& value);
  static Error type_of(CompactCursor& value, od::json_type& type);

  void reset(std::string_view text);
  bool read_compact(std::string_view text);
  FeedProblem read_any(std::string_view text);
  Error read_object(od::object& object, bool root);
  Error read_side(od::value& value, std::vector<PriceLevel>& levels, std::uint32_t bit,
                  std::string_view name);
  [[gnu::always_inline]] Error read_level(od::value& value, PriceLevel& level,
                                          std::string_view name);
  [[gnu::always_inline]] Error read_decimal(od::value& value, std::int64_t& out, std::uint32_t bit,
                                            std::string_view name);
  Error read_id(od::value& value, std::uint64_t& out, std::uint32_t bit, std::string_view name);
  Error read_text(od::value& value, std::string_view& out, std::uint32_t bit,
                  std::string_view name);
  Error read_bool(od::value& value, bool& out, std::uint32_t bit, std::string_view name);
  Error read_payload(od::value& value);
  static Error type_of(od::value& value, od::json_type& type) { return value.type().get(type); }

  bool has(std::uint32_t fields) const { return (seen & fields) == fields; }
  FeedProblem fail(FeedProblem p, std::string_view about) {
    detail = about;
    return p;
  }
  // Remembers a value that could not be read; it matters only if the message needs it.
  void note(FeedProblem p, std::string_view about) {
    if (value_problem != FeedProblem::kNone) return;
    value_problem = p;
    value_detail = about;
  }
  Error skip_value_error(Error e, std::string_view name) {
    if (e != sj::SUCCESS && is_value_error(e)) {
      note(FeedProblem::kBadNumber, name);
      return sj::SUCCESS;
    }
    return e;
  }
  FeedProblem require(MessageKind kind, std::uint32_t fields);
  FeedProblem classify();
  FeedProblem classify_unnamed();
  FeedProblem finish_depth(MessageKind kind);
};

void Parser::Impl::reset(std::string_view text) {
  message.clear();
  event = stream = order_type = detail = value_detail = {};
  end = text.data() + text.size();
  seen = 0;
  event_time = transaction_time = Nanos{};
  value_problem = FeedProblem::kNone;
}

sj::error_code Parser::Impl::read_text(od::value& value, std::string_view& out, std::uint32_t bit,
                                       std::string_view name) {
  od::raw_json_string raw;
  if (const Error e = value.get_raw_json_string().get(raw)) return skip_value_error(e, name);
  const void* const quote = std::memchr(raw.raw(), '"', static_cast<std::size_t>(end - raw.raw()));
  if (quote == nullptr) return sj::UNCLOSED_STRING;
  out = {raw.raw(), static_cast<std::size_t>(static_cast<const char*>(quote) - raw.raw())};
  seen |= bit;
  return sj::SUCCESS;
}

inline sj::error_code Parser::Impl::read_decimal(od::value& value, std::int64_t& out,
                                                 std::uint32_t bit, std::string_view name) {
  od::raw_json_string raw;
  if (const Error e = value.get_raw_json_string().get(raw)) return skip_value_error(e, name);
  const char* p = raw.raw();
  const Decimal d = parse_decimal_prefix(p, end);
  if (d.error != DecimalError::kNone || p == end || *p != '"') note(FeedProblem::kBadNumber, name);
  out = d.value;
  seen |= bit;
  return sj::SUCCESS;
}

sj::error_code Parser::Impl::read_id(od::value& value, std::uint64_t& out, std::uint32_t bit,
                                     std::string_view name) {
  const Error e = value.get_uint64().get(out);
  if (e == sj::SUCCESS) seen |= bit;
  return skip_value_error(e, name);
}

template <class Value>
sj::error_code Parser::Impl::read_time(Value& value, Nanos& out, std::uint32_t bit,
                                       std::string_view name) {
  std::uint64_t number = 0;
  const Error e = read_id(value, number, bit, name);
  if (e == sj::SUCCESS && has(bit) && !epoch_from_integer(number, out))
    note(FeedProblem::kBadNumber, name);
  return e;
}

sj::error_code Parser::Impl::read_bool(od::value& value, bool& out, std::uint32_t bit,
                                       std::string_view name) {
  const Error e = value.get_bool().get(out);
  if (e == sj::SUCCESS) seen |= bit;
  return skip_value_error(e, name);
}

inline sj::error_code Parser::Impl::read_level(od::value& value, PriceLevel& level,
                                               std::string_view name) {
  od::array cells;
  if (const Error e = value.get_array().get(cells)) return skip_value_error(e, name);
  int cell_count = 0;
  for (auto cell : cells) {
    od::value v;
    if (const Error e = cell.get(v)) return e;
    std::int64_t& out = cell_count == 0 ? level.price : level.quantity;
    if (cell_count < 2)
      if (const Error e = read_decimal(v, out, 0, name)) return e;
    ++cell_count;
  }
  if (cell_count < 2) note(FeedProblem::kMissingField, name);
  return sj::SUCCESS;
}

sj::error_code Parser::Impl::read_side(od::value& value, std::vector<PriceLevel>& levels,
                                       std::uint32_t bit, std::string_view name) {
  od::array rows;
  if (const Error e = value.get_array().get(rows)) return skip_value_error(e, name);
  std::size_t count = 0;
  for (auto row : rows) {
    od::value v;
    if (const Error e = row.get(v)) return e;
    if (count == levels.size()) {
      note(FeedProblem::kTooManyLevels, name);
      continue;
    }
    if (const Error e = read_level(v, levels[count++], name)) return e;
  }
  (bit == kBids ? message.bids : message.asks) = {levels.data(), count};
  seen |= bit;
  return sj::SUCCESS;
}

// "a" and "b" are levels in depth, a price in bookTicker, and an id in trades.
template <class Value>
sj::error_code Parser::Impl::read_side_or_price(char key, std::string_view name, Value& value) {
  od::json_type type{};
  if (const Error e = type_of(value, type)) return e;
  const bool buy = key == 'b';
  if (type == od::json_type::array)
    return buy ? read_side(value, bids, kBids, name) : read_side(value, asks, kAsks, name);
  if (type == od::json_type::string)
    return buy ? read_decimal(value, message.bid.price, kBidPrice, name)
               : read_decimal(value, message.ask.price, kAskPrice, name);
  if (type == od::json_type::number && !buy)
    return read_id(value, aggregate_id, kAggregateId, name);
  return sj::SUCCESS;
}

template <class Value>
sj::error_code Parser::Impl::read_letter(char key, std::string_view name, Value& value) {
  switch (key) {
    case 'e':
      return read_text(value, event, kEvent, name);
    case 's':
      return read_text(value, message.symbol, 0, name);
    case 'E':
      return read_time(value, event_time, kEventTime, name);
    case 'T':
      return read_time(value, transaction_time, kTransactionTime, name);
    case 'U':
      return read_id(value, message.first_id, kFirstId, name);
    case 'u':
      return read_id(value, message.last_id, kLastId, name);
    case 'a':
    case 'b':
      return read_side_or_price(key, name, value);
    case 'A':
      return read_decimal(value, message.ask.quantity, kAskQuantity, name);
    case 'B':
      return read_decimal(value, message.bid.quantity, kBidQuantity, name);
    case 'p':
      return read_decimal(value, message.price, kPrice, name);
    case 'q':
      return read_decimal(value, message.quantity, kQuantity, name);
    case 't':
      return read_id(value, message.trade_id, kTradeId, name);
    case 'm':
      return read_bool(value, message.aggressor_sold, kBuyerIsMaker, name);
    case 'X':
      message.venue = Venue::kUsdm;
      return read_text(value, order_type, 0, name);
    case 'M':
      message.venue = Venue::kSpot;
      return sj::SUCCESS;
    default:
      return sj::SUCCESS;
  }
}

// The envelope's "data", or the "result" of a request: an object of the same fields.
sj::error_code Parser::Impl::read_payload(od::value& value) {
  od::json_type type{};
  if (const Error e = value.type().get(type)) return e;
  if (type == od::json_type::array) seen |= kArrayData;
  if (type != od::json_type::object) return sj::SUCCESS;
  od::object object;
  if (const Error e = value.get_object().get(object)) return e;
  return read_object(object, false);
}

template <class Value>
sj::error_code Parser::Impl::read_field(std::string_view key, Value& value, bool root) {
  if (root && key == "data") return read_payload(value);
  if (root && key == "stream") return read_text(value, stream, 0, key);
  if (key == "pu") return read_id(value, message.previous_id, kPreviousId, key);
  if (key == "lastUpdateId") return read_id(value, snapshot_id, kSnapshotId, key);
  if (key == "bids") return read_side(value, bids, kBids, key);
  if (key == "asks") return read_side(value, asks, kAsks, key);
  if (root && key == "result") {
    seen |= kAnswer;
    return read_payload(value);
  }
  if (root && (key == "code" || key == "error")) seen |= kError;
  return sj::SUCCESS;
}

sj::error_code Parser::Impl::read_object(od::object& object, bool root) {
  for (auto member : object) {
    if (const Error e = member.error()) return e;
    od::field&& field = std::move(member).value_unsafe();  // in place: copies stall
    const char* const key = field.key().raw();
    if (key[1] == '"') {
      if (const Error e = read_letter(key[0], {key, 1}, field.value())) return e;
      continue;
    }
    const void* const quote = std::memchr(key, '"', static_cast<std::size_t>(end - key));
    if (quote == nullptr) return sj::UNCLOSED_STRING;
    const auto length = static_cast<std::size_t>(static_cast<const char*>(quote) - key);
    if (const Error e = read_field({key, length}, field.value(), root)) return e;
  }
  return sj::SUCCESS;
}

FeedProblem Parser::Impl::require(MessageKind kind, std::uint32_t fields) {
  message.kind = kind;
  if (value_problem != FeedProblem::kNone) return fail(value_problem, value_detail);
  if (!has(fields)) return fail(FeedProblem::kMissingField, event.empty() ? stream : event);
  return FeedProblem::kNone;
}

FeedProblem Parser::Impl::finish_depth(MessageKind kind) {
  message.has_previous = has(kPreviousId);
  if (kind == MessageKind::kDepthDiff && message.first_id > message.last_id)
    return fail(FeedProblem::kBadNumber, "U above u");
  return FeedProblem::kNone;
}

// Messages without an "e": spot tickers, snapshots, spot partial books, answers to requests.
FeedProblem Parser::Impl::classify_unnamed() {
  if (has(kSnapshotId) || has(kBids | kAsks)) {
    const bool partial = is_partial_depth(stream);
    const bool timed = (seen & (kEventTime | kTransactionTime)) != 0;
    message.venue = timed ? Venue::kUsdm : Venue::kSpot;
    message.last_id = snapshot_id;
    return require(partial ? MessageKind::kPartialDepth : MessageKind::kSnapshot,
                   kSnapshotId | kBids | kAsks);
  }
  if ((seen & kTickerFields) != 0) {
    message.venue = Venue::kSpot;
    return require(MessageKind::kBookTicker, kTickerFields);
  }
  if (has(kError)) return fail(FeedProblem::kVenueError, {});
  if (has(kAnswer) || (has(kArrayData) && stream.starts_with('!'))) return FeedProblem::kNone;
  return fail(FeedProblem::kUnknownMessage, stream);
}

FeedProblem Parser::Impl::classify() {
  message.exchange_time = has(kTransactionTime) ? transaction_time : event_time;
  message.stream_symbol = stream.substr(0, stream.find('@'));
  if (!has(kEvent)) return classify_unnamed();
  if (event == "bookTicker") {
    message.venue = Venue::kUsdm;
    return require(MessageKind::kBookTicker, kTickerFields);
  }
  if (event == "depthUpdate") {
    message.venue = has(kPreviousId) ? Venue::kUsdm : Venue::kSpot;
    const bool partial = is_partial_depth(stream);
    const auto kind = partial ? MessageKind::kPartialDepth : MessageKind::kDepthDiff;
    const FeedProblem p =
        require(kind, kLastId | kBids | kAsks | (partial ? 0u : std::uint32_t{kFirstId}));
    return p != FeedProblem::kNone ? p : finish_depth(kind);
  }
  if (event == "trade") {
    // USD-M also prints insurance-fund and deleveraging trades, which no order book ever saw.
    if (!order_type.empty() && order_type != "MARKET") return FeedProblem::kNone;
    return require(MessageKind::kTrade, kTradeId | kPrice | kQuantity | kBuyerIsMaker);
  }
  if (event == "aggTrade") {
    message.trade_id = aggregate_id;
    return require(MessageKind::kAggTrade, kAggregateId | kPrice | kQuantity | kBuyerIsMaker);
  }
  if (event == "serverShutdown") {
    message.kind = MessageKind::kServerShutdown;
    return FeedProblem::kNone;
  }
  if (event == "markPriceUpdate") message.venue = Venue::kUsdm;
  if (is_ignored_event(event)) return FeedProblem::kNone;
  return fail(FeedProblem::kUnknownMessage, event);
}

sj::error_code Parser::Impl::read_side(CompactCursor& value, std::vector<PriceLevel>& levels,
                                       std::uint32_t bit, std::string_view) {
  std::size_t count = 0;
  const bool understood = value.levels(levels, count);
  (bit == kBids ? message.bids : message.asks) = {levels.data(), count};
  seen |= bit;
  return refused(understood);
}

sj::error_code Parser::Impl::read_decimal(CompactCursor& value, std::int64_t& out,
                                          std::uint32_t bit, std::string_view) {
  seen |= bit;
  return refused(value.decimal(out));
}

sj::error_code Parser::Impl::read_id(CompactCursor& value, std::uint64_t& out, std::uint32_t bit,
                                     std::string_view) {
  seen |= bit;
  return refused(value.integer(out));
}

sj::error_code Parser::Impl::read_text(CompactCursor& value, std::string_view& out,
                                       std::uint32_t bit, std::string_view) {
  seen |= bit;
  return refused(value.string(out));
}

sj::error_code Parser::Impl::read_bool(CompactCursor& value, bool& out, std::uint32_t bit,
                                       std::string_view) {
  seen |= bit;
  return refused(value.boolean(out));
}

sj::error_code Parser::Impl::read_payload(CompactCursor& value) {
  return value.peek() == '{' ? read_object(value, false) : sj::TAPE_ERROR;
}

sj::error_code Parser::Impl::type_of(CompactCursor& value, od::json_type& type) {
  const char first = value.peek();
  type = first == '['   ? od::json_type::array
         : first == '"' ? od::json_type::string
                        : od::json_type::number;
  return refused(first == '[' || first == '"' || detail::is_digit(first));
}

sj::error_code Parser::Impl::read_object(CompactCursor& cursor, bool root) {
  if (!cursor.take('{')) return sj::TAPE_ERROR;
  do {
    std::string_view key;
    if (!cursor.key(key)) return sj::TAPE_ERROR;
    const char* const before = cursor.at();
    const Error e =
        key.size() == 1 ? read_letter(key[0], key, cursor) : read_field(key, cursor, root);
    if (e != sj::SUCCESS) return e;
    if (cursor.at() == before && !cursor.skip()) return sj::TAPE_ERROR;
  } while (cursor.take(','));
  return refused(cursor.take('}'));
}

// False, with everything to be read again, unless all of it was understood.
bool Parser::Impl::read_compact(std::string_view text) {
  if (text.size() > bytes_max) return false;
  CompactCursor cursor(text);
  if (read_object(cursor, true) == sj::SUCCESS && cursor.at_end() &&
      value_problem == FeedProblem::kNone) {
    return true;
  }
  reset(text);
  return false;
}

FeedProblem Parser::Impl::parse(std::string_view text) {
  reset(text);
  if (read_compact(text)) return classify();
  const FeedProblem p = read_any(text);
  return p == FeedProblem::kNone ? classify() : p;
}

FeedProblem Parser::Impl::read_any(std::string_view text) {
  od::document document;
  if (!ready) return fail(FeedProblem::kBadJson, "no memory");
  const Error begun = json.iterate(text.data(), text.size(), text.size() + kPadding).get(document);
  if (begun != sj::SUCCESS) return fail(FeedProblem::kBadJson, sj::error_message(begun));
  od::object object;
  if (const Error e = document.get_object().get(object))
    return fail(FeedProblem::kBadJson, sj::error_message(e));
  if (const Error e = read_object(object, true))
    return fail(FeedProblem::kBadJson, sj::error_message(e));
  const char* rest = nullptr;
  if (document.current_location().get(rest) == sj::SUCCESS)
    return fail(FeedProblem::kBadJson, "more than one value");
  return FeedProblem::kNone;
}

Parser::Parser(std::size_t message_bytes_max) : impl_(std::make_unique<Impl>(message_bytes_max)) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

FeedProblem Parser::parse(std::string_view text) {
  return impl_->parse(text);
}
const Message& Parser::message() const {
  return impl_->message;
}
std::string_view Parser::detail() const {
  return impl_->detail;
}

}  // namespace mm::binance
