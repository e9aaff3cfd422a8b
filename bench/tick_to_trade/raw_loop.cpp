// The floor: recv, decrypt, find the price, patch it into a fixed message, encrypt, send. OpenSSL
// on two plain sockets, one thread that never sleeps.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "bench/tick_to_trade/loops.h"
#include "bench/tick_to_trade/price_order.h"

namespace mm::bench {
namespace {

class RawSocket {
 public:
  RawSocket(const LoopOptions& options, SSL_CTX* context, std::string_view target) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // The socket interface's own cast, from an address of one family to one of any.
    const void* any = &address;
    if (connect(fd_, static_cast<const sockaddr*>(any), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    if (context != nullptr) {
      tls_ = SSL_new(context);
      SSL_set_fd(tls_, fd_);
      if (SSL_connect(tls_) != 1) throw std::runtime_error("no TLS");
    }
    upgrade(target);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~RawSocket() {
    SSL_free(tls_);
    close(fd_);
  }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  // Bytes read; 0: none yet.
  std::size_t read(char* into, std::size_t room) {
    const auto n = tls_ != nullptr ? SSL_read(tls_, into, static_cast<int>(room))
                                   : static_cast<int>(recv(fd_, into, room, 0));
    if (n == 0) throw std::runtime_error("closed by the venue");
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void write(const char* from, std::size_t bytes) {
    const auto n = tls_ != nullptr ? SSL_write(tls_, from, static_cast<int>(bytes))
                                   : static_cast<int>(send(fd_, from, bytes, 0));
    if (n != static_cast<int>(bytes)) throw std::runtime_error("the socket is full");
  }

 private:
  void upgrade(std::string_view target) {
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        target);
    write(request.data(), request.size());
    std::string answer;  // a byte at a time, so that what follows stays in the socket
    for (char c = 0; !answer.ends_with("\r\n\r\n"); answer += c) {
      if (read(&c, 1) == 0) throw std::runtime_error("no WebSocket");
    }
  }

  int fd_ = -1;
  SSL* tls_ = nullptr;
};

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
  SSL_CTX* context = options.tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  if (context != nullptr) {
    SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr);
    SSL_CTX_set_read_ahead(context, 1);  // one system call for a record's header and body
  }
  {
    RawSocket market(options, context, kStreamTarget), orders(options, context, kApiTarget);
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
  SSL_CTX_free(context);
}

}  // namespace mm::bench
