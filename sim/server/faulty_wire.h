// One WebSocket on which things go wrong: the conversation to its socket, the socket to its
// conversation.
//
// The server's thread. What is late waits here, in order of its time; bounded, as a fault that
// finds no room does not happen.
#pragma once

#include <set>
#include <vector>

#include "sim/server/faulty_frontend.h"
#include "sim/server/ws_message.h"

namespace mm::server {

class FaultyWire : public Conversation, private Connection {
 public:
  enum class Use : std::uint8_t { kStreams, kApi };

  FaultyWire(FaultyFrontend& owner, Connection& socket, Use use);
  ~FaultyWire() override;
  FaultyWire(const FaultyWire&) = delete;
  FaultyWire& operator=(const FaultyWire&) = delete;

  // What the conversation behind talks to; it comes second as it may speak at once.
  Connection& near_end() { return *this; }
  void join(std::unique_ptr<Conversation> behind) { behind_ = std::move(behind); }

  // Conversation, from the socket.
  void on_text(std::string_view text) override;
  void on_shutdown() override { behind_->on_shutdown(); }
  int messages_per_s() const override { return behind_->messages_per_s(); }

  Use use() const { return use_; }
  // What is due by now goes on.
  void release(Nanos now);
  void cut() { socket_.abort(); }
  // As at the end of a connection's life: first the venue says that it will close it.
  void announce_end() {
    ending_ = true;
    behind_->on_shutdown();
  }
  void end() {
    if (ending_) socket_.close("server shutdown");
  }
  void limit_rate(std::size_t bytes_per_s) override { socket_.limit_rate(bytes_per_s); }
  void fall_silent(Nanos length) { socket_.freeze(length); }

 private:
  struct Held {
    Nanos at;
    bool to_venue;
    SharedText text;
  };
  static constexpr std::size_t kHeldMax = 4096, kIdsMax = 4096;

  // Connection, from the conversation.
  void send(SharedText text) override;
  void close(std::string_view reason) override { socket_.close(reason); }
  void abort() override { socket_.abort(); }
  void freeze(Nanos length) override { socket_.freeze(length); }

  void on_request(std::string_view text, const WsMessage& message);
  void send_market(SharedText text);
  void send_event(SharedText text);
  void send_foreign(std::string_view event);
  void send_answer(SharedText text);
  bool hold(Nanos at, bool to_venue, SharedText text);

  FaultyFrontend& owner_;
  Connection& socket_;
  const Use use_;
  std::unique_ptr<Conversation> behind_;
  WsMessageReader reader_;
  std::vector<Held> held_;
  bool ending_ = false;
  Nanos line_busy_until_{};  // requests behind a late one wait
  // Ids of requests whose answers may fail, and of those whose outcome nobody will say.
  std::set<std::string> asked_, unknown_;
};

}  // namespace mm::server
