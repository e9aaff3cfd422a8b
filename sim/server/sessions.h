// The WebSockets that are open, as a whole: to be shut down, dropped by a test, and counted.
//
// The server's thread. A session adds itself when it begins and removes itself when it is gone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace mm::server {

class Session {
 public:
  virtual ~Session() = default;
  virtual void shut_down() = 0;
  // Cut off, without a goodbye, once this many more messages have been sent.
  virtual void drop_after(std::uint64_t messages) = 0;
};

struct SessionCounters {
  std::uint64_t clients = 0;  // WebSockets opened
  std::uint64_t http_requests = 0;
  std::uint64_t messages_in = 0, messages_out = 0;
  std::uint64_t slow_clients = 0;  // cut off for not reading
};

class Sessions {
 public:
  void add(Session& session) {
    open_.push_back(&session);
    ++counters.clients;
  }
  void remove(Session& session) { std::erase(open_, &session); }
  // A copy: what is done to a session may remove it.
  std::vector<Session*> all() const { return open_; }

  SessionCounters counters;
  std::function<void()> on_message;  // a client's message was read; for measurements, may be empty
  std::chrono::milliseconds ping_interval{20'000};

 private:
  std::vector<Session*> open_;
};

}  // namespace mm::server
