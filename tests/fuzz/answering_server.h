// A server on loopback that says what it was given, whatever it is asked: for readers of REST.
//
// A thread of its own, one connection at a time, kept as long as the client wants it. The first
// answer goes to the first request, and the last one to all that follow. A key that a request does
// not carry is no word of its answer either.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mm::test {

class AnsweringServer {
 public:
  explicit AnsweringServer(std::string key)
      : key_(std::move(key)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
      std::abort();
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  // No client is connected any more.
  ~AnsweringServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;

  const std::string& url() const { return url_; }
  // From the next request on.
  void say(std::vector<std::string> answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
    next_ = 0;
  }

 private:
  void run() {
    for (;;) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      while (serve(peer)) continue;
      ::close(peer);
    }
  }
  // One request; false when the client is gone. None of them has a body.
  bool serve(int peer) {
    std::array<char, 4096> bytes;
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
      if (got <= 0) return false;
      request.append(bytes.data(), static_cast<std::size_t>(got));
    }
    std::string answer = next();
    if (request.find(key_) == std::string::npos) forget_key(answer);
    std::string_view rest = answer;
    while (!rest.empty()) {
      const ssize_t sent = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void forget_key(std::string& answer) const {
    for (std::size_t at = 0; (at = answer.find(key_, at)) != std::string::npos;) {
      answer.replace(at, key_.size(), key_.size(), '-');
    }
  }
  std::string next() {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return {};
    return answers_[std::min(next_++, answers_.size() - 1)];
  }

  const std::string key_;
  int listener_;
  std::string url_;
  std::mutex mutex_;
  std::vector<std::string> answers_;
  std::size_t next_ = 0;
  std::thread thread_;
};

}  // namespace mm::test
