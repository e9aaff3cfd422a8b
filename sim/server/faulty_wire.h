// One WebSocket on which things go wrong: the conversation to its socket, the socket to its
// conversation.
//
// The server's thread. What is late on its way back waits here, in order of its time, and dies with
// the socket. What is late on its way there waits at the frontend and keeps the conversation: the
// bytes were read, so the request is carried out though nobody is left to be answered. Bounded, as
// a fault that finds no room does not happen.
#pragma once

#include <set>
#include <vector>

#include "sim/server/faulty_frontend.h"
#include "sim/server/ws_message.h"

namespace mm::server {

class FaultyWire : public Conversation {
 public:
  enum class Use : std::uint8_t { kStreams, kApi };

  FaultyWire(FaultyFrontend& owner, Connection& socket, Use use);
  ~FaultyWire() override;
  FaultyWire(const FaultyWire&) = delete;
  FaultyWire& operator=(const FaultyWire&) = delete;

  // What the conversation behind talks to; it comes second as it may speak at once.
  Connection& near_end() { return *line_; }
  void join(std::unique_ptr<Conversation> behind) { line_->behind = std::move(behind); }

  // Conversation, from the socket.
  void on_text(std::string_view text) override;
  void on_shutdown() override { line_->behind->on_shutdown(); }
  int messages_per_s() const override { return line_->behind->messages_per_s(); }

  Use use() const { return use_; }
  // What is due by now goes on.
  void release(Nanos now);
  void cut() { socket_.abort(); }
  // As at the end of a connection's life: first the venue says that it will close it.
  void announce_end() {
    ending_ = true;
    on_shutdown();
  }
  void end() {
    if (ending_) socket_.close("server shutdown");
  }
  void limit_rate(std::size_t bytes_per_s) { socket_.limit_rate(bytes_per_s); }
  void fall_silent(Nanos length) { socket_.freeze(length); }

 private:
  struct Held {
    Nanos at;
    SharedText text;
  };
  // The conversation and what it talks to, which is nobody once the socket has gone.
  struct Line : Connection {
    explicit Line(FaultyWire& owner) : wire(&owner) {}
    void send(SharedText text) override {
      if (wire != nullptr) wire->send(std::move(text));
    }
    void close(std::string_view reason) override {
      if (wire != nullptr) wire->socket_.close(reason);
    }
    void abort() override {
      if (wire != nullptr) wire->socket_.abort();
    }
    void freeze(Nanos length) override {
      if (wire != nullptr) wire->socket_.freeze(length);
    }
    void limit_rate(std::size_t bytes_per_s) override {
      if (wire != nullptr) wire->socket_.limit_rate(bytes_per_s);
    }

    FaultyWire* wire;
    std::unique_ptr<Conversation> behind;
  };
  static constexpr std::size_t kHeldMax = 4096, kIdsMax = 4096;

  // From the conversation.
  void send(SharedText text);

  void on_request(std::string_view text, const WsMessage& message);
  void send_market(SharedText text);
  void send_event(SharedText text);
  void send_foreign(std::string_view event);
  void send_answer(SharedText text);
  // False if there is no room for it: of a request, and of what goes back.
  bool hold_request(Nanos at, std::string_view text);
  bool hold(Nanos at, SharedText text);

  FaultyFrontend& owner_;
  Connection& socket_;
  const Use use_;
  std::shared_ptr<Line> line_ = std::make_shared<Line>(*this);
  WsMessageReader reader_;
  std::vector<Held> held_;
  bool ending_ = false;
  Nanos line_busy_until_{};  // requests behind a late one wait
  // Ids of requests whose answers may fail, and of those whose outcome nobody will say.
  std::set<std::string> asked_, unknown_;
};

}  // namespace mm::server
