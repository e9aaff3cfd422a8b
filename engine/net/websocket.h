// A client's WebSocket (RFC 6455) on a connected stream, after the upgrade.
//
// Owned by one hot thread, which polls it: no call blocks or allocates, buffers are sized at
// construction, what the peer does cannot grow them. Frames are decoded where they were received;
// a message costs one read and its UTF-8 check, sending one pass of masking and one write.
// permessage-deflate is not offered. What breaks the protocol (a masked or reserved frame, a bad
// opcode, length, fragment, close code, text that is not UTF-8, a message over the limit) fails the
// connection with the close code that RFC 6455 names for it. Deadlines are the owner's: poll() of a
// silent or half-closed peer stays kNone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string_view>

#include "engine/net/stream.h"
#include "engine/net/ws_buffers.h"

namespace mm::net {

enum class WsEvent : std::uint8_t {
  kNone,    // nothing more for now
  kText,    // a whole message of valid UTF-8
  kBinary,  // a whole message
  kPong,    // an answer to send_ping(), or unasked
  kClosed,  // after the closing handshake; from now on always this
  kFailed,  // problem() says why; from now on always this
};

struct WsMessage {
  WsEvent event = WsEvent::kNone;
  // Valid until the next poll; kPadding bytes behind it may be read.
  std::string_view payload;
};

struct WsCounters {
  std::uint64_t bytes_in = 0, bytes_out = 0;  // of frames, as the stream gave and took them
  std::uint64_t messages_in = 0, messages_out = 0;
  std::uint64_t pings_answered = 0;
};

class WebSocket {
 public:
  static constexpr std::size_t kPadding = 64;  // what simdjson wants behind a text
  static constexpr std::size_t kReadAhead = std::size_t{128} << 10;
  static constexpr std::size_t kControlBytesMax = 125;
  static constexpr std::size_t kHeaderBytesMax = 14;
  // A control frame may come between the fragments of a longest message.
  static constexpr std::size_t kFrameReserve = kControlBytesMax + kHeaderBytesMax;
  // Kept free of messages, so that a pong and a close always find room soon.
  static constexpr std::size_t kControlReserve = 2 * (kControlBytesMax + kHeaderBytesMax);

  // `buffers` are this one's alone; `already_read` is what came behind the response that upgraded
  // the stream.
  WebSocket(Stream stream, std::shared_ptr<WsBuffers> buffers, std::string_view already_read,
            std::uint64_t mask_seed);

  // At most one message. Sends what waits, reads the socket only when no whole message is buffered,
  // answers pings with their payload (the latest, if the peer does not read).
  WsMessage poll();

  // Whether the next poll may have a message without asking the socket.
  bool has_buffered() const { return begin_ != end_ || stream_.has_buffered(); }
  // For an owner who is behind: takes in what the socket has, up to kReadAhead bytes in all, unless
  // much is buffered still. Payloads are valid no longer, as after a poll. False: there was no
  // more.
  bool read_ahead();
  // The texts that wait in the buffer, one by one: that of the frame at `at` (0 first), which then
  // is behind it. Empty where no whole text in one frame of some size follows. Nothing is checked
  // yet.
  std::string_view peek_text(std::size_t& at) const;

  // The whole message was sent or queued, or nothing of it (no room, not open). What is queued goes
  // out with later polls.
  bool send_text(std::string_view text);
  // The same without a copy: room for a payload to be encoded into, empty where there is none;
  // then one commit with its real size, before any other call.
  std::span<char> prepare(std::size_t payload_bytes_max);
  bool commit(std::size_t payload_bytes);

  bool send_ping(std::string_view payload = {});  // at most 125 bytes
  // Starts the closing handshake; nothing can be sent any more, polls end with kClosed.
  void close(std::uint16_t code = 1000);

  bool is_open() const { return state_ == State::kOpen; }
  std::size_t bytes_waiting() const { return send_end_ - send_begin_; }  // to be written
  // The peer's close code (1005: it gave none), ours if we failed it, 1006 without a handshake.
  std::uint16_t close_code() const { return close_code_; }
  std::string_view close_reason() const { return close_reason_; }
  std::string_view problem() const { return problem_.empty() ? stream_.problem() : problem_; }
  const WsCounters& counters() const { return counters_; }
  const Stream& stream() const { return stream_; }

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kClosed, kFailed };
  enum class Opcode : std::uint8_t {
    kContinuation = 0,
    kText = 1,
    kBinary = 2,
    kClose = 8,
    kPing = 9,
    kPong = 10,
  };
  struct Frame {
    Opcode opcode;
    bool final;
    std::span<char> payload;
  };
  enum class Decoded : std::uint8_t { kFrame, kMore, kBad };

  // Full-period generator of 64 bits, whose upper half makes the masks.
  using MaskSource =
      std::linear_congruential_engine<std::uint64_t, 6364136223846793005U, 1442695040888963407U, 0>;
  WsMessage next_message();
  WsMessage ended() const;
  Decoded decode(Frame& frame);
  const char* check_header(std::uint8_t first, std::uint8_t second) const;
  WsMessage on_data(const Frame& frame);
  WsMessage on_control(const Frame& frame);
  WsMessage on_close(std::span<const char> payload);
  bool receive();
  IoStatus read_once(std::size_t limit);
  void make_room();
  void fail(std::uint16_t code, std::string_view problem);
  void end_of_stream(IoStatus status);

  std::span<char> room(std::size_t payload_bytes_max, std::size_t reserve);
  void queue(Opcode opcode, std::size_t payload_bytes);
  bool send_control(Opcode opcode, std::string_view payload);
  void send_due();
  void flush();

  Stream stream_;
  std::shared_ptr<WsBuffers> buffers_;
  std::size_t message_bytes_max_;
  std::span<char> receive_, send_;  // of those
  // In receive_: the message so far [message_, message_end_), undecoded bytes [begin_, end_).
  std::size_t message_ = 0, message_end_ = 0, begin_ = 0, end_ = 0;
  bool in_message_ = false;
  Opcode message_opcode_ = Opcode::kText;

  std::size_t send_begin_ = 0, send_end_ = 0;
  std::size_t prepared_ = 0;  // where the prepared payload starts; 0: none
  MaskSource mask_source_;

  State state_ = State::kOpen;
  std::uint16_t close_code_ = 0;
  bool pong_due_ = false, close_due_ = false, close_sent_ = false;
  std::uint8_t pong_bytes_ = 0;
  std::array<char, kControlBytesMax> pong_{};
  std::string_view close_reason_;  // in receive_
  std::string_view problem_;       // of static text
  WsCounters counters_;
};

}  // namespace mm::net
