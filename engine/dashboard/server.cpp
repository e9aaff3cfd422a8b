#include "engine/dashboard/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "engine/dashboard/http_session.h"

namespace mm::dashboard {
namespace {

using asio::ip::tcp;
using Tls = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::milliseconds kTurn{250}, kRetry{50}, kFarewell{100};
// What the kernel holds for a client that does not read.
constexpr int kSendBufferBytes = 128 << 10;
// Questions that are not answered yet, of them for one engine: one that hangs leaves room.
constexpr std::size_t kAskedMax = 8, kAskedOfOneMax = 2;

}  // namespace

class Server::Sockets {
 public:
  Sockets(ServerOptions options, Board& board, Ask ask)
      : options_(std::move(options)),
        board_(board),
        ask_(std::move(ask)),
        site_(board, options_.token, is_loopback(options_.address),
              [this](const std::string& session, const std::string& request, Site::Told told) {
                this->ask(session, request, std::move(told));
              }) {}
  ~Sockets() { asking_.join(); }

  std::string open();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void run(const std::function<bool()>& stop);

 private:
  void accept();
  void serve(tcp::socket socket);
  void turn(const std::function<bool()>& stop);
  void ask(const std::string& session, const std::string& request, Site::Told told);

  const ServerOptions options_;
  Board& board_;
  Ask ask_;
  Site site_;
  std::vector<std::string> asked_;  // a session for each question under way
  Connections connections_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::io_context io_{1};  // goes before what its sessions use
  tcp::acceptor acceptor_{io_};
  asio::steady_timer turn_timer_{io_}, retry_timer_{io_};
  asio::thread_pool asking_{kAskedMax};
};

std::string Server::Sockets::open() {
  beast::error_code error;
  if (options_.tls()) {
    tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
    tls_.use_certificate_chain_file(options_.tls_cert_file, error);
    if (error)
      return fmt::format("{}: no certificate: {}", options_.tls_cert_file, error.message());
    tls_.use_private_key_file(options_.tls_key_file, asio::ssl::context::pem, error);
    if (error) {
      return fmt::format("{}: no private key of the certificate: {}", options_.tls_key_file,
                         error.message());
    }
  }
  const auto address = asio::ip::make_address(options_.address, error);
  tcp::endpoint endpoint(address, options_.port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (error == asio::error::address_in_use && options_.takes_any_port) {
    endpoint.port(0);
    acceptor_.bind(endpoint, error);
  }
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  return error ? fmt::format("cannot listen on {}:{}: {}", options_.address, options_.port,
                             error.message())
               : std::string{};
}

void Server::Sockets::accept() {
  acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (!error) {
      if (!connections_.full()) serve(std::move(socket));
      return accept();
    }
    // Out of descriptors, most likely: not at once again.
    retry_timer_.expires_after(kRetry);
    retry_timer_.async_wait([this](beast::error_code) { accept(); });
  });
}

void Server::Sockets::serve(tcp::socket socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  beast::tcp_stream stream(std::move(socket));
  if (options_.tls()) {
    std::make_shared<HttpSession<Tls>>(Tls(std::move(stream), tls_), site_, connections_)->start();
  } else {
    std::make_shared<HttpSession<beast::tcp_stream>>(std::move(stream), site_, connections_)
        ->start();
  }
}

void Server::Sockets::run(const std::function<bool()>& stop) {
  accept();
  turn(stop);
  io_.run();
}

void Server::Sockets::turn(const std::function<bool()>& stop) {
  const bool last = stop();
  board_.turn();
  for (Page* page : connections_.pages()) page->tell();
  turn_timer_.expires_after(last ? kFarewell : kTurn);  // the last word is heard
  turn_timer_.async_wait([this, &stop, last](beast::error_code) {
    if (last) return io_.stop();
    turn(stop);
  });
}

// An engine that hangs keeps its askers waiting, not us, and not those of another.
void Server::Sockets::ask(const std::string& session, const std::string& request, Site::Told told) {
  const auto of_one = static_cast<std::size_t>(std::ranges::count(asked_, session));
  if (of_one >= kAskedOfOneMax || asked_.size() >= kAskedMax) {
    return told("what was asked before is not answered yet");
  }
  asked_.push_back(session);
  asio::post(asking_, [this, session, request, told = std::move(told)]() mutable {
    std::string answer = ask_(session, request);
    asio::post(io_, [this, session, told = std::move(told), answer = std::move(answer)]() mutable {
      asked_.erase(std::ranges::find(asked_, session));
      told(std::move(answer));
    });
  });
}

Server::Server(ServerOptions options, Board& board, Ask ask)
    : sockets_(std::make_unique<Sockets>(std::move(options), board, std::move(ask))) {}
Server::~Server() = default;

std::string Server::open() {
  return sockets_->open();
}
std::uint16_t Server::port() const {
  return sockets_->port();
}
void Server::run(const std::function<bool()>& stop) {
  sockets_->run(stop);
}

}  // namespace mm::dashboard
