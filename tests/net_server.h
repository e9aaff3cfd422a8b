// Real servers on loopback for tests of clients: raw bytes, HTTP and WebSocket, plain or with TLS.
//
// A server listens on an ephemeral port and runs its handler in a thread of its own for each
// connection; destroying it closes every connection and waits for the threads. HTTP and the
// echoing WebSocket are Boost.Beast's, so that the client meets another implementation; WsPeer
// writes frames by hand, to break every rule.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/net/endpoint.h"
#include "tests/certificates.h"

namespace mm::test {

// One accepted connection, blocking. Used by its handler's thread alone.
class Peer {
 public:
  struct Socket;
  explicit Peer(Socket& socket) : socket_(socket) {}

  std::string read_some(std::size_t bytes_max = 65536);  // empty: closed
  std::string read_exactly(std::size_t bytes);           // shorter: closed before
  std::string read_until(std::string_view end);          // including it; shorter: closed before
  bool write(std::string_view bytes);                    // false: the client is gone
  void wait_for_end();                                   // reads and forgets until closed
  void close();                                          // orderly, TLS included
  void reset();  // the client sees an error when the handler returns
  Socket& socket() { return socket_; }

 private:
  Socket& socket_;
  std::string unread_;
};

class NetServer {
 public:
  using Handler = std::function<void(Peer&)>;
  struct Tls {
    Certificate certificate;
    int version_max = 0;  // of OpenSSL's constants; 0: any
  };

  explicit NetServer(Handler handler);             // plain
  NetServer(Handler handler, const Tls& tls);      // the handler starts after the handshake
  ~NetServer();
  NetServer(const NetServer&) = delete;
  NetServer& operator=(const NetServer&) = delete;

  std::uint16_t port() const;
  net::Endpoint endpoint(const std::string& target = "/") const;  // 127.0.0.1
  int accepted() const;                                           // connections so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HTTP.

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ServedRequest {
  std::string method, target, body;
  HeaderList headers;
  std::string header(std::string_view name) const;  // of that very case-insensitive name
};

struct ServedResponse {
  int status = 200;
  std::string body;
  HeaderList headers = {};
  bool chunked = false;  // in chunks of at most 1000 bytes
  bool close = false;    // the connection, afterwards
};

using Responder = std::function<ServedResponse(const ServedRequest&)>;
NetServer::Handler serve_http(Responder respond);

// WebSocket.

struct WsFrame {
  std::uint8_t first = 0;  // the frame's first byte: final bit, reserved bits, opcode
  std::string payload;     // unmasked
};

class WsPeer {
 public:
  explicit WsPeer(Peer& peer) : peer_(peer) {}

  // Reads the upgrade and answers it, `glued` in the same write; the request is kept.
  bool upgrade(std::string_view glued = {});
  bool send(std::uint8_t first, std::string_view payload) {
    return peer_.write(frame(first, payload));
  }
  bool send_text(std::string_view text) { return send(0x81, text); }
  bool send_close(std::uint16_t code, std::string_view reason = {});
  std::optional<WsFrame> read();  // none: closed, or not masked as a client's must be
  Peer& peer() { return peer_; }
  const std::string& request() const { return request_; }

  static std::string frame(std::uint8_t first, std::string_view payload);
  static std::string close_payload(std::uint16_t code, std::string_view reason = {});
  static std::string accept_of(std::string_view key);

 private:
  Peer& peer_;
  std::string request_;
};

// Upgrades, then runs the script.
NetServer::Handler serve_websocket(std::function<void(WsPeer&)> script);
// Beast's own WebSocket, which sends back every message in fragments of `fragment_bytes`.
NetServer::Handler serve_websocket_echo(std::size_t fragment_bytes = 4096);

}  // namespace mm::test
