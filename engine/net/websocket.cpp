#include "engine/net/websocket.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/core/assert.h"

namespace mm::net {
namespace {

static_assert(WebSocket::kPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::uint16_t kNormalClosure = 1000, kProtocolError = 1002, kNoCode = 1005,
                        kNoHandshake = 1006, kInvalidText = 1007, kTooBig = 1009;
constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kOpcodeBits = 0x0F;
constexpr std::uint8_t kMasked = 0x80, kLengthBits = 0x7F, kLength16 = 126, kLength64 = 127;
constexpr std::size_t kMaskBytes = 4;
constexpr int kReadsPerPoll = 16;  // a flood of control frames may not hold the owner up

template <class T>
T load_big_endian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  return static_cast<T>(__builtin_bswap64(value));
}

void mask(std::span<char> payload, std::uint32_t key) {
  const std::uint64_t twice = std::uint64_t{key} << 32 | key;
  std::size_t at = 0;
  for (; at + sizeof twice <= payload.size(); at += sizeof twice) {
    std::uint64_t word;
    std::memcpy(&word, &payload[at], sizeof word);
    word ^= twice;
    std::memcpy(&payload[at], &word, sizeof word);
  }
  for (; at < payload.size(); ++at) {
    payload[at] = static_cast<char>(payload[at] ^ static_cast<char>(twice >> (8 * (at % 8))));
  }
}

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text);
}

// What an endpoint may put on the wire (RFC 6455 7.4).
bool is_close_code(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != kNoCode && code != kNoHandshake;
}

std::string_view view(std::span<const char> bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

WebSocket::WebSocket(Stream stream, std::shared_ptr<WsBuffers> buffers,
                     std::string_view already_read, std::uint64_t mask_seed)
    : stream_(std::move(stream)),
      buffers_(std::move(buffers)),
      message_bytes_max_(buffers_->message_bytes_max),
      send_(buffers_->send),
      end_(already_read.size()),
      mask_source_(mask_seed) {
  is_utf8({});  // the library chooses its code for this CPU at the first call, and allocates then
  std::vector<char>& memory = buffers_->receive;
  if (memory.size() < already_read.size() + kPadding) memory.resize(already_read.size() + kPadding);
  receive_ = memory;
  std::ranges::copy(already_read, receive_.begin());
  counters_.bytes_in = already_read.size();
}

WsMessage WebSocket::poll() {
  if (state_ == State::kClosed || state_ == State::kFailed) return ended();
  send_due();
  if (state_ == State::kFailed) return ended();
  for (int reads = 0; reads < kReadsPerPoll; ++reads) {
    const WsMessage message = next_message();
    if (message.event != WsEvent::kNone) return message;
    if (!receive()) break;
  }
  const bool over = state_ == State::kClosed || state_ == State::kFailed;
  return over ? ended() : WsMessage{};
}

WsMessage WebSocket::ended() const {
  return {state_ == State::kClosed ? WsEvent::kClosed : WsEvent::kFailed, {}};
}

// What the buffer holds, up to the first event.
WsMessage WebSocket::next_message() {
  if (!in_message_) message_ = message_end_ = begin_;
  Frame frame;
  while (true) {
    switch (decode(frame)) {
      case Decoded::kMore:
        return {};
      case Decoded::kBad:
        return ended();
      case Decoded::kFrame:
        break;
    }
    const bool control = frame.opcode >= Opcode::kClose;
    const WsMessage message = control ? on_control(frame) : on_data(frame);
    if (message.event != WsEvent::kNone) return message;
  }
}

WebSocket::Decoded WebSocket::decode(Frame& frame) {
  const std::size_t available = end_ - begin_;
  if (available < 2) return Decoded::kMore;
  const char* at = &receive_[begin_];
  const auto first = static_cast<std::uint8_t>(at[0]), second = static_cast<std::uint8_t>(at[1]);
  if (const char* bad = check_header(first, second); bad != nullptr) {
    fail(kProtocolError, bad);
    return Decoded::kBad;
  }
  std::size_t header = 2;
  std::uint64_t length = second & kLengthBits;
  if (length >= kLength16) {
    header = length == kLength16 ? 4 : 10;
    if (available < header) return Decoded::kMore;
    const bool wide = length == kLength64;
    length = wide ? load_big_endian<std::uint64_t>(at + 2) : load_big_endian<std::uint16_t>(at + 2);
    if (length < kLength16 || (wide && (length <= 0xFFFF || length >> 63 != 0))) {
      fail(kProtocolError, "a frame's length in the wrong form");
      return Decoded::kBad;
    }
  }
  if (length > message_bytes_max_ - (message_end_ - message_) && (first & kOpcodeBits) < 8) {
    fail(kTooBig, "a message over the limit");
    return Decoded::kBad;
  }
  const std::size_t bytes = header + static_cast<std::size_t>(length);
  if (available < bytes) return Decoded::kMore;
  frame.opcode = Opcode{static_cast<std::uint8_t>(first & kOpcodeBits)};
  frame.final = (first & kFinal) != 0;
  frame.payload = {&receive_[begin_ + header], static_cast<std::size_t>(length)};
  begin_ += bytes;
  return Decoded::kFrame;
}

// What is wrong with a frame's first two bytes, or null.
const char* WebSocket::check_header(std::uint8_t first, std::uint8_t second) const {
  if ((first & kReserved) != 0) return "a reserved bit is set";
  if ((second & kMasked) != 0) return "a masked frame from the server";
  const auto opcode = static_cast<std::uint8_t>(first & kOpcodeBits);
  switch (Opcode{opcode}) {
    case Opcode::kContinuation:
      return in_message_ ? nullptr : "a continuation of nothing";
    case Opcode::kText:
    case Opcode::kBinary:
      return in_message_ ? "a new message within a fragmented one" : nullptr;
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      break;
    default:
      return "an unknown opcode";
  }
  if ((first & kFinal) == 0) return "a fragmented control frame";
  return (second & kLengthBits) > kControlBytesMax ? "a control frame over 125 bytes" : nullptr;
}

// Fragments are moved together, over the headers between them; a whole message stays where it is.
WsMessage WebSocket::on_data(const Frame& frame) {
  const auto start = static_cast<std::size_t>(frame.payload.data() - receive_.data());
  if (frame.opcode != Opcode::kContinuation) {
    message_opcode_ = frame.opcode;
    message_ = start;
    message_end_ = start + frame.payload.size();
  } else {
    std::memmove(&receive_[message_end_], frame.payload.data(), frame.payload.size());
    message_end_ += frame.payload.size();
  }
  in_message_ = !frame.final;
  if (in_message_) return {};
  const std::string_view payload(&receive_[message_], message_end_ - message_);
  if (message_opcode_ == Opcode::kText && !is_utf8(payload)) {
    fail(kInvalidText, "a text that is not UTF-8");
    return ended();
  }
  ++counters_.messages_in;
  return {message_opcode_ == Opcode::kText ? WsEvent::kText : WsEvent::kBinary, payload};
}

WsMessage WebSocket::on_control(const Frame& frame) {
  switch (frame.opcode) {
    case Opcode::kPong:
      return {WsEvent::kPong, view(frame.payload)};
    case Opcode::kClose:
      return on_close(frame.payload);
    default:
      break;
  }
  std::ranges::copy(frame.payload, pong_.begin());
  pong_bytes_ = static_cast<std::uint8_t>(frame.payload.size());
  pong_due_ = true;
  send_due();
  return state_ == State::kFailed ? ended() : WsMessage{};
}

// The peer's close ends the conversation: answered with the same code, unless it is the answer.
WsMessage WebSocket::on_close(std::span<const char> payload) {
  std::uint16_t code = kNoCode;
  if (!payload.empty()) {
    if (payload.size() >= 2) code = load_big_endian<std::uint16_t>(payload.data());
    if (payload.size() < 2 || !is_close_code(code)) {
      fail(kProtocolError, "a bad close code");
      return ended();
    }
    if (!is_utf8(view(payload).substr(2))) {
      fail(kInvalidText, "a close reason that is not UTF-8");
      return ended();
    }
  }
  if (state_ == State::kOpen) close(code == kNoCode ? kNormalClosure : code);
  close_code_ = code;
  if (payload.size() > 2) close_reason_ = view(payload.subspan(2));
  state_ = State::kClosed;
  return ended();
}

// One read into what is free behind the undecoded bytes; false: nothing more to decode.
bool WebSocket::receive() {
  make_room();
  const IoStatus status = read_once(receive_.size() - kPadding);
  if (status != IoStatus::kOk && status != IoStatus::kWouldBlock) end_of_stream(status);
  return status == IoStatus::kOk;
}

IoStatus WebSocket::read_once(std::size_t limit) {
  const IoResult io = stream_.read_some({&receive_[end_], limit - end_});
  if (io.status != IoStatus::kOk) return io.status;
  end_ += io.bytes;
  counters_.bytes_in += io.bytes;
  return IoStatus::kOk;
}

// If the stream ends it is as well seen by the poll that comes to it.
bool WebSocket::read_ahead() {
  if (end_ - begin_ >= kReadAhead / 4) return true;
  make_room();
  const std::size_t limit = std::min(kReadAhead, receive_.size() - kPadding);
  IoStatus status = IoStatus::kOk;
  while (end_ < limit && status == IoStatus::kOk) status = read_once(limit);
  return status == IoStatus::kOk;
}

std::string_view WebSocket::peek_text(std::size_t& at) const {
  const std::string_view waiting(&receive_[begin_ + at], end_ - begin_ - at);
  constexpr std::size_t kHeader = 4;
  constexpr std::string_view kTextOf16Bits("\x81\x7E");
  if (waiting.size() < kHeader || !waiting.starts_with(kTextOf16Bits)) return {};
  const std::size_t length = load_big_endian<std::uint16_t>(waiting.data() + 2);
  if (waiting.size() - kHeader < length) return {};
  at += kHeader + length;
  return waiting.substr(kHeader, length);
}

// Moves what must stay (a started message, an incomplete frame) to the front, so that the longest
// message fits behind it and the same memory is used again and again. Seldom there is anything.
void WebSocket::make_room() {
  if (!in_message_) message_ = message_end_ = begin_;
  if (message_ == 0 && message_end_ == begin_) return;
  const std::size_t message_bytes = message_end_ - message_, tail = end_ - begin_;
  std::memmove(receive_.data(), &receive_[message_], message_bytes);
  std::memmove(&receive_[message_bytes], &receive_[begin_], tail);
  message_ = 0;
  message_end_ = begin_ = message_bytes;
  end_ = begin_ + tail;
}

// A violation: says so to the peer, as far as it can be said at once.
void WebSocket::fail(std::uint16_t code, std::string_view problem) {
  if (state_ == State::kOpen) close(code);
  problem_ = problem;
  close_code_ = code;
  state_ = State::kFailed;
}

void WebSocket::end_of_stream(IoStatus status) {
  close_code_ = kNoHandshake;
  state_ = close_sent_ ? State::kClosed : State::kFailed;  // some spare themselves the answer
  if (status == IoStatus::kClosed) problem_ = "closed by the peer without a closing handshake";
}

bool WebSocket::send_text(std::string_view text) {
  const std::span<char> into = prepare(text.size());
  if (prepared_ == 0) return false;
  std::memcpy(into.data(), text.data(), text.size());
  return commit(text.size());
}

std::span<char> WebSocket::prepare(std::size_t payload_bytes_max) {
  prepared_ = 0;
  if (state_ != State::kOpen) return {};
  return room(payload_bytes_max, kControlReserve);
}

bool WebSocket::commit(std::size_t payload_bytes) {
  MM_ASSERT(prepared_ != 0 && prepared_ + payload_bytes <= send_.size(), "prepared for as much");
  queue(Opcode::kText, payload_bytes);
  ++counters_.messages_out;
  flush();
  return state_ == State::kOpen;
}

bool WebSocket::send_ping(std::string_view payload) {
  MM_ASSERT(payload.size() <= kControlBytesMax, "a ping has at most 125 bytes");
  return state_ == State::kOpen && send_control(Opcode::kPing, payload);
}

void WebSocket::close(std::uint16_t code) {
  if (state_ != State::kOpen) return;
  MM_ASSERT(is_close_code(code), "a code that may be sent");
  state_ = State::kClosing;
  close_code_ = code;
  close_due_ = true;
  send_due();
}

// Room for a header and the payload behind all that waits; remembers where the payload starts.
std::span<char> WebSocket::room(std::size_t payload_bytes_max, std::size_t reserve) {
  prepared_ = 0;
  const std::size_t usable = send_.size() - reserve;
  const std::size_t waiting = send_end_ - send_begin_;
  if (payload_bytes_max > usable || waiting + kHeaderBytesMax > usable - payload_bytes_max) {
    return {};
  }
  if (waiting == 0) {
    send_begin_ = send_end_ = 0;
  } else if (send_end_ + kHeaderBytesMax + payload_bytes_max > send_.size()) {
    std::memmove(send_.data(), &send_[send_begin_], waiting);
    send_begin_ = 0;
    send_end_ = waiting;
  }
  prepared_ = send_end_ + kHeaderBytesMax;
  return {&send_[prepared_], payload_bytes_max};
}

// Masks the prepared payload and puts its header right in front of it, and both right behind what
// waits, which is seldom anything.
void WebSocket::queue(Opcode opcode, std::size_t payload_bytes) {
  const auto key = static_cast<std::uint32_t>(mask_source_() >> 32);
  mask({&send_[prepared_], payload_bytes}, key);
  const std::size_t extended = payload_bytes < kLength16 ? 0 : payload_bytes <= 0xFFFF ? 2 : 8;
  std::size_t start = prepared_ - kMaskBytes - extended - 2;
  char* at = &send_[start];
  at[0] = static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  const std::size_t length = extended == 0   ? payload_bytes
                             : extended == 2 ? std::size_t{kLength16}
                                             : std::size_t{kLength64};
  at[1] = static_cast<char>(kMasked | length);
  const std::uint64_t big_endian = __builtin_bswap64(payload_bytes << (64 - 8 * extended) % 64);
  std::memcpy(at + 2, &big_endian, extended);
  std::memcpy(at + 2 + extended, &key, kMaskBytes);
  const std::size_t bytes = prepared_ + payload_bytes - start;
  if (send_begin_ == send_end_) {
    send_begin_ = send_end_ = start;
  } else {
    std::memmove(&send_[send_end_], &send_[start], bytes);
  }
  send_end_ += bytes;
  prepared_ = 0;
}

bool WebSocket::send_control(Opcode opcode, std::string_view payload) {
  const std::span<char> into = room(payload.size(), 0);
  if (prepared_ == 0) return false;
  std::ranges::copy(payload, into.begin());
  queue(opcode, payload.size());
  flush();
  return state_ != State::kFailed;
}

// Writes what waits, and the control frames that found no room so far.
void WebSocket::send_due() {
  if (send_begin_ != send_end_) flush();
  if (pong_due_ && !close_sent_ && send_control(Opcode::kPong, {pong_.data(), pong_bytes_})) {
    pong_due_ = false;
    ++counters_.pings_answered;
  }
  if (!close_due_ || state_ == State::kFailed) return;
  const std::array<char, 2> code{static_cast<char>(close_code_ >> 8),
                                 static_cast<char>(close_code_ & 0xFF)};
  if (send_control(Opcode::kClose, view(code))) {
    close_due_ = false;
    close_sent_ = true;
  }
}

void WebSocket::flush() {
  while (send_begin_ != send_end_) {
    const IoResult io = stream_.write_some({&send_[send_begin_], send_end_ - send_begin_});
    if (io.status == IoStatus::kWouldBlock) return;
    if (io.status != IoStatus::kOk) return end_of_stream(io.status);
    send_begin_ += io.bytes;
    counters_.bytes_out += io.bytes;
  }
}

}  // namespace mm::net
