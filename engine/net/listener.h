// The port of a server of ours: where it is, with what certificate, and who comes.
//
// The server's thread, cold.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

namespace mm::net {

struct ListenOptions {
  std::string address;
  std::uint16_t port = 0;                       // 0: any free one
  std::string tls_cert_file{}, tls_key_file{};  // PEM; empty: plain
  bool takes_any_port = false;                  // where that one is taken
};

class Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  explicit Listener(boost::asio::io_context& io) : acceptor_(io), retry_timer_(io) {}

  // Reads the certificate and binds; one line about what was wrong, or empty.
  std::string open(const ListenOptions& options);
  // After open(): the port in force.
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  boost::asio::ssl::context& tls() { return tls_; }

  // From now on, for each client.
  void accept(std::function<void(Socket)> serve);
  bool is_open() const { return acceptor_.is_open(); }
  void close();

 private:
  std::string read_certificate(const ListenOptions& options);
  void accept_next();

  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_timer_;
  std::function<void(Socket)> serve_;
};

}  // namespace mm::net
