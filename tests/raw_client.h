// A client that says what it likes to a server on loopback, and may read slowly or not at all.
//
// Blocks, 20 seconds at most for a piece.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace mm::test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_bytes = 0) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void say(std::string_view text) const { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // Until that is there, or nothing more comes.
  std::string hear(std::string_view until) {
    std::size_t from = 0;  // what is before it has been looked at
    while (heard_.find(until, from) == std::string::npos) {
      from = heard_.size() - std::min(heard_.size(), until.size());
      if (!read_some(4096)) break;
    }
    return heard_;
  }
  // False once nothing more comes.
  bool read_some(std::size_t bytes_max) {
    std::array<char, 4096> bytes;
    const ssize_t count = recv(fd_, bytes.data(), std::min(bytes.size(), bytes_max), 0);
    if (count < 0) error_ = errno;
    if (count > 0) heard_.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
  }
  // All that comes until the far end has gone.
  std::string hear_all() { return hear("\x1b never said"); }
  int error() const { return error_; }  // how it went; 0: in order
  int fd() const { return fd_; }
  const std::string& heard() const { return heard_; }
  std::string status(std::string_view text) {
    say(text);
    return hear("\r\n").substr(0, 12);
  }

 private:
  int fd_, error_ = 0;
  std::string heard_;
};

}  // namespace mm::test
