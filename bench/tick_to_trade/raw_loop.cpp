// The floor: recv, decrypt, find the price, patch it into a fixed message, encrypt, send. OpenSSL
// on two plain sockets, one thread that never sleeps.
#include <array>

#include "bench/tick_to_trade/loops.h"
#include "bench/tick_to_trade/price_order.h"
#include "bench/tick_to_trade/raw_socket.h"

namespace mm::bench {
namespace {

// One message received whole in one read, as books of this size are.
std::string_view payload_of(std::string_view frame) {
  const auto length = static_cast<unsigned char>(frame[1]) & 0x7Fu;
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  return frame.substr(std::min(frame.size(), header));
}

// The order as a client's frame; a mask of zeros leaves the text as it is.
std::string frame_of(const std::string& text) {
  std::string frame = "\x81\xFE";  // a final text frame, masked, length in two bytes
  frame += static_cast<char>(text.size() >> 8);
  frame += static_cast<char>(text.size() & 0xFF);
  return frame + std::string(4, '\0') + text;
}

// Returns the bytes of pings a venue sends, which this loop answers with an empty pong.
constexpr std::string_view kPong("\x8A\x80\0\0\0\0", 6);
bool is_ping(std::string_view frame) {
  return static_cast<unsigned char>(frame[0]) == 0x89;
}

}  // namespace

void run_raw_loop(const LoopOptions& options, const std::function<bool()>& stop) {
  const RawTls tls = options.tls ? raw_tls(options.ca_file) : RawTls(nullptr, SSL_CTX_free);
  RawSocket market(options.port, tls.get(), kStreamTarget);
  RawSocket orders(options.port, tls.get(), kApiTarget);
  FixedOrder order;
  std::string frame = frame_of(order.text());
  const std::size_t price_at = frame.size() - order.text().size();
  std::array<char, 1 << 16> buffer;
  while (!stop()) {
    const std::size_t bytes = market.read(buffer.data(), buffer.size());
    if (bytes > 0) {
      const std::string_view received(buffer.data(), bytes);
      const std::string_view price = best_bid(payload_of(received));
      if (!price.empty()) {
        const std::string& text = order.with(price);
        std::copy(text.begin(), text.end(), frame.begin() + static_cast<long>(price_at));
        orders.write(frame.data(), frame.size());
      } else if (is_ping(received)) {
        market.write(kPong.data(), kPong.size());
      }
    }
    const std::size_t answer = orders.read(buffer.data(), buffer.size());
    if (answer > 0 && is_ping({buffer.data(), answer})) orders.write(kPong.data(), kPong.size());
  }
}

}  // namespace mm::bench
