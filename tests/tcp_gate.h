// A door before a server: passes TCP bytes through while it is open; shut, it resets what was open
// and every connection that comes; frozen, it lets all of them stand and passes nothing.
//
// For tests of one of a venue's ways failing while the others work. A thread of its own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mm::test {

class TcpGate {
 public:
  // Before the loopback port `to`.
  explicit TcpGate(const std::string& to, bool open = true)
      : to_(static_cast<std::uint16_t>(std::stoi(to))),
        state_(open ? State::kOpen : State::kShut),
        listener_(make_socket()) {
    sockaddr_in address = loopback(0);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 16);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  ~TcpGate() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  const std::string& port() const { return port_; }
  void shut() { state_ = State::kShut; }
  void open() { state_ = State::kOpen; }
  void freeze() { state_ = State::kFrozen; }

 private:
  using Pair = std::array<int, 2>;
  enum class State { kOpen, kShut, kFrozen };

  static int make_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static void reset(int fd) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
  }
  static bool pass(int from, int to) {
    std::array<char, 65536> bytes;
    const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t n =
          send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += n;
    }
    return got > 0;
  }

  void run() {
    while (!stop_) {
      if (state_ == State::kShut) drop_all();
      if (state_ == State::kFrozen) {
        poll(nullptr, 0, 5);
        continue;
      }
      std::vector<pollfd> ready{{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs_) {
        for (const int fd : pair) ready.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      }
      if (poll(ready.data(), ready.size(), 5) <= 0) continue;
      std::vector<Pair> kept;
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const Pair pair = pairs_[i];
        const bool good = (ready[1 + 2 * i].revents == 0 || pass(pair[0], pair[1])) &&
                          (ready[2 + 2 * i].revents == 0 || pass(pair[1], pair[0]));
        if (good) {
          kept.push_back(pair);
        } else {
          for (const int fd : pair) close(fd);
        }
      }
      pairs_ = std::move(kept);
      if (ready[0].revents != 0) admit();
    }
    drop_all();
  }
  void admit() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = make_socket();
    const sockaddr_in address = loopback(to_);
    if (state_ != State::kShut &&
        connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      pairs_.push_back({client, server});
      return;
    }
    reset(client);
    close(server);
  }
  void drop_all() {
    for (const Pair& pair : pairs_) {
      for (const int fd : pair) reset(fd);
    }
    pairs_.clear();
  }

  std::uint16_t to_;
  std::atomic<State> state_;
  std::atomic<bool> stop_{false};
  int listener_;
  std::string port_;
  std::vector<Pair> pairs_;
  std::thread thread_;
};

}  // namespace mm::test
