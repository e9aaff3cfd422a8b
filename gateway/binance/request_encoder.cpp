#include "gateway/binance/request_encoder.h"

#include <algorithm>

#include "engine/core/assert.h"

namespace mm::binance::orders {
namespace {

void write_field(Field field, const FieldValues& v, TextWriter& out) {
  const auto client_id = [&out](ClientOrderId id) {
    const ClientIdText text = client_id_text(id);
    out.text({text.data(), text.size()});
  };
  switch (field) {
    case Field::kRequestId:
      return out.number(v.request_id);
    case Field::kClientId:
      return client_id(v.client_id);
    case Field::kNewClientId:
      return client_id(v.new_client_id);
    case Field::kVenueId:
      return out.number(v.venue_id.v);
    case Field::kPrice:
      return out.decimal(v.price, v.price_places);
    case Field::kQuantity:
      return out.decimal(v.quantity, v.quantity_places);
    case Field::kTimestamp:
      return out.number(v.timestamp_ms);
    case Field::kSignature:
      return out.text(v.signature);
    case Field::kNone:
      return;
  }
}

}  // namespace

void RequestTemplate::write(const FieldValues& values, TextWriter& out) const {
  std::size_t begin = 0;
  for (const Cut& cut : cuts_) {
    out.text({text_.data() + begin, cut.at - begin});
    write_field(cut.field, values, out);
    begin = cut.at;
  }
  out.text({text_.data() + begin, text_.size() - begin});
}

RequestEncoder::RequestEncoder(std::span<const Instrument> instruments, const EncoderConfig& config,
                               std::string_view api_key, const Signer* signer)
    : config_(config),
      api_key_(config.sign_requests ? api_key : std::string_view{}),
      signer_(signer) {
  MM_ASSERT(!config.sign_requests || signer != nullptr, "requests are signed by somebody");
  symbols_.reserve(instruments.size());
  for (const Instrument& i : instruments) add_symbol(i);
}

RequestEncoder::Pieces RequestEncoder::order_pieces(const char* side) const {
  return {{"newOrderRespType", "RESULT"},
          {"price", "", Field::kPrice},
          {"quantity", "", Field::kQuantity},
          {"selfTradePreventionMode", config_.self_trade_prevention},
          {"side", side},
          {"type", "LIMIT_MAKER"}};
}

void RequestEncoder::add_symbol(const Instrument& instrument) {
  const std::string symbol(instrument.symbol());
  symbols_.push_back({instrument.tick.v,
                      instrument.lot.v,
                      decimal_places(instrument.tick),
                      decimal_places(instrument.lot),
                      {}});
  auto& requests = symbols_.back().requests;
  const auto add = [&](int shape, std::string_view method, Pieces pieces) {
    requests[static_cast<std::size_t>(shape)] = make(method, symbol, std::move(pieces));
  };
  const Piece own_id{"origClientOrderId", "", Field::kClientId};
  const Piece new_id{"newClientOrderId", "", Field::kNewClientId};
  const Piece venue_id{"orderId", "", Field::kVenueId, false};
  for (const int sell : {0, 1}) {
    Pieces order = order_pieces(sell != 0 ? "SELL" : "BUY");
    Pieces place = order;
    place.push_back({"newClientOrderId", "", Field::kClientId});
    add(kPlaceBuy + sell, "order.place", place);
    order.push_back(new_id);
    order.push_back({"cancelReplaceMode", "STOP_ON_FAILURE"});
    order.push_back({"cancelRestrictions", "ONLY_NEW"});
    order.push_back({"orderRateLimitExceededMode", "CANCEL_ONLY"});
    order.push_back({"cancelOrigClientOrderId", "", Field::kClientId});
    add(kReplaceBuy + sell, "order.cancelReplace", order);
    order.push_back({"cancelOrderId", "", Field::kVenueId, false});
    add(kReplaceKnownBuy + sell, "order.cancelReplace", order);
  }
  add(kCancel, "order.cancel", {own_id});
  add(kCancelKnown, "order.cancel", {own_id, venue_id});
  add(kCancelAll, "openOrders.cancelAll", {});
  // The current id again, or the venue would give the order a random one.
  const Pieces reduce{
      own_id, {"newClientOrderId", "", Field::kClientId}, {"newQty", "", Field::kQuantity}};
  add(kReduce, "order.amend.keepPriority", reduce);
  Pieces reduce_known = reduce;
  reduce_known.push_back(venue_id);
  add(kReduceKnown, "order.amend.keepPriority", reduce_known);
  add(kQuery, "order.status", {own_id});
  add(kQueryOpen, "openOrders.status", {});
  add(kTrades, "myTrades", {venue_id, {"limit", "1000", Field::kNone, false}});
}

RequestEncoder::Request RequestEncoder::make(std::string_view method, const std::string& symbol,
                                             Pieces pieces) const {
  pieces.push_back({"symbol", symbol});
  pieces.push_back({"recvWindow", std::to_string(config_.recv_window_ms), Field::kNone, false});
  pieces.push_back({"timestamp", "", Field::kTimestamp, false});
  if (config_.sign_requests) pieces.push_back({"apiKey", api_key_});
  std::ranges::sort(pieces, {}, &Piece::name);
  const auto add_value = [](RequestTemplate& to, const Piece& piece) {
    if (piece.field == Field::kNone) {
      to.add_text(piece.literal);
    } else {
      to.add_field(piece.field);
    }
  };
  Request request;
  request.json.add_text("{\"id\":");
  request.json.add_field(Field::kRequestId);
  request.json.add_text(",\"method\":\"" + std::string(method) + "\",\"params\":{");
  bool first = true;
  for (const Piece& piece : pieces) {
    const std::string quote = piece.quoted ? "\"" : "";
    request.json.add_text((first ? "\"" : ",\"") + piece.name + "\":" + quote);
    add_value(request.json, piece);
    request.json.add_text(quote);
    request.payload.add_text((first ? "" : "&") + piece.name + "=");
    add_value(request.payload, piece);
    first = false;
  }
  if (config_.sign_requests) {
    request.json.add_text(",\"signature\":\"");
    request.json.add_field(Field::kSignature);
    request.json.add_text("\"");
  }
  request.json.add_text("}}");
  return request;
}

std::size_t RequestEncoder::write(const Symbol& symbol, Shape shape, FieldValues values,
                                  std::span<char> out) {
  const Request& request = symbol.requests[shape];
  values.price_places = symbol.price_places;
  values.quantity_places = symbol.quantity_places;
  std::array<char, Signer::kTextMax> signature;
  if (config_.sign_requests) {
    std::array<char, kBytesMax> payload;
    TextWriter text(payload);
    request.payload.write(values, text);
    if (text.overflowed()) return 0;
    values.signature = signer_->sign(text.view(), signature);
    if (values.signature.empty()) return 0;
  }
  TextWriter json(out);
  request.json.write(values, json);
  return json.overflowed() ? 0 : json.view().size();
}

std::size_t RequestEncoder::encode(const Command& c, std::uint64_t request_id,
                                   std::uint64_t timestamp_ms, std::span<char> out) {
  if (c.instrument >= symbols_.size()) return 0;
  const Symbol& symbol = symbols_[c.instrument];
  FieldValues v;
  v.request_id = request_id;
  v.client_id = c.id;
  v.new_client_id = c.new_id;
  v.venue_id = c.venue_id;
  v.price = c.ticks * symbol.tick;
  v.quantity = c.lots.v * symbol.lot;
  v.timestamp_ms = timestamp_ms;
  const int side = static_cast<int>(c.side);
  const bool known = c.venue_id.v != 0;
  switch (c.kind) {
    case CommandKind::kPlace:
      return write(symbol, static_cast<Shape>(kPlaceBuy + side), v, out);
    case CommandKind::kReplace:
      return write(symbol, static_cast<Shape>((known ? kReplaceKnownBuy : kReplaceBuy) + side), v,
                   out);
    case CommandKind::kCancel:
      return write(symbol, known ? kCancelKnown : kCancel, v, out);
    case CommandKind::kCancelAll:
      return write(symbol, kCancelAll, v, out);
    case CommandKind::kReduce:
      return write(symbol, known ? kReduceKnown : kReduce, v, out);
    case CommandKind::kQueryOrder:
      return write(symbol, kQuery, v, out);
    case CommandKind::kQueryOpenOrders:
      return write(symbol, kQueryOpen, v, out);
    default:
      return 0;  // spot has no modify; resync is not for us
  }
}

std::size_t RequestEncoder::encode_trades(InstrumentId instrument, VenueOrderId order,
                                          std::uint64_t request_id, std::uint64_t timestamp_ms,
                                          std::span<char> out) {
  if (instrument >= symbols_.size()) return 0;
  FieldValues v;
  v.request_id = request_id;
  v.venue_id = order;
  v.timestamp_ms = timestamp_ms;
  return write(symbols_[instrument], kTrades, v, out);
}

std::size_t RequestEncoder::encode_time(std::uint64_t request_id, std::span<char> out) {
  TextWriter text(out);
  text.text("{\"id\":");
  text.number(request_id);
  text.text(",\"method\":\"time\"}");
  return text.overflowed() ? 0 : text.view().size();
}

}  // namespace mm::binance::orders
