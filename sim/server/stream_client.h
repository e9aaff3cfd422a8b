// The conversation on a market data socket: which streams, wrapped or not, in which unit of time.
//
// The server's thread. Asked for with JSON control messages, answered in the venue's words; names
// the venue does not know are listed like others and stay silent.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/server/frontend.h"
#include "sim/server/json_text.h"
#include "sim/server/server_config.h"
#include "sim/server/ws_message.h"

namespace mm::server {

class StreamHub;

class StreamClient : public Conversation {
 public:
  // A /ws path begins raw, a /stream path combined.
  StreamClient(StreamHub& hub, Connection& connection, const LimitsConfig& limits, bool combined,
               TimeUnit unit);
  ~StreamClient() override;
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  // False if there would be too many.
  bool subscribe(std::span<const std::string> names);

  void on_text(std::string_view text) override;
  void on_shutdown() override;
  int messages_per_s() const override { return limits_.messages_per_s; }

  // For the hub.
  bool combined() const { return combined_; }
  TimeUnit unit() const { return unit_; }
  void send(SharedText text) { connection_.send(std::move(text)); }

 private:
  std::string answer(const WsMessage& message, std::size_t bytes);
  std::string change(const WsMessage& message, bool subscribing, std::size_t bytes);
  std::string set_property(const WsMessage& message);
  // What is wrong with the name of a property, or empty.
  static std::string bad_property(const WsMessage& message, std::size_t items_max);
  std::string get_property(const WsMessage& message);

  StreamHub& hub_;
  Connection& connection_;
  const LimitsConfig& limits_;
  bool combined_;
  TimeUnit unit_;
  std::vector<std::string> names_;
  WsMessageReader reader_;
};

}  // namespace mm::server
