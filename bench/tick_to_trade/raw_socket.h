// A WebSocket of a few system calls: OpenSSL straight on a socket that does not block once it is
// up.
//
// One thread; never sleeps once it is connected. Throws where there is nothing to measure.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mm::bench {

using RawTls = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

inline RawTls raw_tls(const std::string& ca_file) {
  RawTls context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one system call for a record's header and body
  return context;
}

// Without `context`: plain.
class RawSocket {
 public:
  RawSocket(std::uint16_t port, SSL_CTX* context, std::string_view target) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
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

}  // namespace mm::bench
