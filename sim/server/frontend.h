// What joins sockets and dialect: the sockets know no JSON, the dialect knows no socket.
//
// All of it on the server's one thread. A message for many clients is one shared text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/types.h"

namespace mm::server {

using SharedText = std::shared_ptr<const std::string>;

// One WebSocket as its conversation sees it.
class Connection {
 public:
  static constexpr std::size_t kAnyRate = ~std::size_t{0};

  virtual ~Connection() = default;
  // Queues a text message. A client that does not read loses the connection, not our memory.
  virtual void send(SharedText text) = 0;
  // Closes in order, once what is queued has gone; nothing more is read.
  virtual void close(std::string_view reason) = 0;
  // At once and without a word, as when a line breaks.
  virtual void abort() = 0;
  // Neither reads nor writes any more, though the socket stays open for that long.
  virtual void freeze(Nanos length) = 0;
  // Reads and writes no more than this in a second, each way.
  virtual void limit_rate(std::size_t bytes_per_s) = 0;
};

// What is said on one WebSocket; lives as long as it, and as its last request that is late.
class Conversation {
 public:
  virtual ~Conversation() = default;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_shutdown() = 0;
  // Messages a client may send in a second, pings and pongs included; 0: any number.
  virtual int messages_per_s() const = 0;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // "/api/v3/order"
  std::string query;   // as sent, without the question mark
  std::string body;
  std::string api_key;    // of the header X-MBX-APIKEY
  std::string time_unit;  // of the header X-MBX-TIME-UNIT
  std::string address;    // of the client
  bool from_loopback = false;
};

// In place of a status: the connection is cut instead of an answer.
inline constexpr int kNoAnswer = 0;

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Nanos delay{0};  // before it is written
  // The connection reads and writes no more than this in a second, until the next answer.
  std::size_t bytes_per_s = Connection::kAnyRate;
};

using Reply = std::function<void(HttpAnswer)>;

// Where the sockets take requests to.
class Frontend {
 public:
  virtual ~Frontend() = default;
  // Replies once: at once or, if the request is late, when the client may have gone.
  virtual void answer(const HttpRequest& request, Reply reply) = 0;
  // What a WebSocket is refused with, if it is; counts the attempt.
  virtual std::optional<HttpAnswer> refuse_upgrade(const HttpRequest& request) = 0;
  // Once it is not refused. The connection outlives the conversation.
  virtual std::unique_ptr<Conversation> open(const HttpRequest& request,
                                             Connection& connection) = 0;
};

}  // namespace mm::server
