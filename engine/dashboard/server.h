// The dashboard as a server: its page, a WebSocket that tells a page how things are, /metrics.
//
// Everything runs on the thread that calls run(), but for questions to engines, which may take
// their time on threads of their own. Memory is bounded: by the number of connections, each with a
// short request and one message under way. No socket library in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/dashboard/board.h"

namespace mm::dashboard {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                    // 0: any free one
  bool takes_any_port = false;                  // where that one is taken
  std::string tls_cert_file{}, tls_key_file{};  // PEM; empty: plain
  std::string token{};

  bool tls() const { return !tls_cert_file.empty(); }
};

class Server {
 public:
  // Asks the engine of that session, on any thread; may block. `ok ` and more, or why not.
  using Ask = std::function<std::string(const std::string& session, const std::string& request)>;

  Server(ServerOptions options, Board& board, Ask ask);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Reads the certificate and binds; one line about what was wrong, or empty.
  std::string open();
  // After open(): the port in force.
  std::uint16_t port() const;
  // Serves until `stop` says so (asked four times a second or more).
  void run(const std::function<bool()>& stop);

 private:
  class Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace mm::dashboard
