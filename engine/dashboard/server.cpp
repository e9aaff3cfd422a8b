#include "engine/dashboard/server.h"

#include <algorithm>
#include <boost/asio/thread_pool.hpp>

#include "engine/dashboard/http_session.h"
#include "engine/net/listener.h"

namespace mm::dashboard {
namespace {

using asio::ip::tcp;
using Tls = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::milliseconds kTurn{250}, kLook{5}, kFarewell{500};
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
  std::uint16_t port() const { return listener_.port(); }
  void run(const std::function<bool()>& stop);

 private:
  void serve(tcp::socket socket);
  void turn(const std::function<bool()>& stop);
  void farewell();
  void ask(const std::string& session, const std::string& request, Site::Told told);

  const ServerOptions options_;
  Board& board_;
  Ask ask_;
  Site site_;
  std::vector<std::string> asked_;  // a session for each question under way
  Connections connections_;
  asio::io_context io_{1};  // goes before what its sessions use
  net::Listener listener_{io_};
  asio::steady_timer turn_timer_{io_};
  std::chrono::steady_clock::time_point last_moment_{};
  asio::thread_pool asking_{kAskedMax};
};

std::string Server::Sockets::open() {
  return listener_.open({.address = options_.address,
                         .port = options_.port,
                         .tls_cert_file = options_.tls_cert_file,
                         .tls_key_file = options_.tls_key_file,
                         .takes_any_port = options_.takes_any_port});
}

void Server::Sockets::serve(tcp::socket socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  beast::tcp_stream stream(std::move(socket));
  if (options_.tls()) {
    std::make_shared<HttpSession<Tls>>(Tls(std::move(stream), listener_.tls()), site_, connections_)
        ->start();
  } else {
    std::make_shared<HttpSession<beast::tcp_stream>>(std::move(stream), site_, connections_)
        ->start();
  }
}

void Server::Sockets::run(const std::function<bool()>& stop) {
  listener_.accept([this](tcp::socket socket) {
    if (connections_.make_room()) serve(std::move(socket));
  });
  turn(stop);
  io_.run();
}

void Server::Sockets::turn(const std::function<bool()>& stop) {
  const bool last = stop();
  board_.turn();
  for (Page* page : connections_.pages()) page->tell();
  if (last) {
    listener_.close();
    for (Page* page : connections_.pages()) page->end();
    last_moment_ = std::chrono::steady_clock::now() + kFarewell;
    return farewell();
  }
  turn_timer_.expires_after(kTurn);
  turn_timer_.async_wait([this, &stop](beast::error_code) { turn(stop); });
}

// Until every page has heard the last word.
void Server::Sockets::farewell() {
  if (connections_.pages().empty() || std::chrono::steady_clock::now() > last_moment_) {
    return io_.stop();
  }
  turn_timer_.expires_after(kLook);
  turn_timer_.async_wait([this](beast::error_code) { farewell(); });
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
