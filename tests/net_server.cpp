#include "tests/net_server.h"

#include <openssl/evp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <mutex>
#include <thread>

#include "engine/net/header_text.h"

namespace mm::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

// What Beast wants of a stream, TLS or not decided at run time.
struct Peer::Socket {
  using executor_type = Tcp::socket::executor_type;

  explicit Socket(Tcp::socket from) : tcp(std::move(from)) {}
  executor_type get_executor() { return tcp.get_executor(); }
  template <class Buffers>
  std::size_t read_some(const Buffers& into, error_code& error) {
    return tls ? tls->read_some(into, error) : tcp.read_some(into, error);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, error_code& error) {
    return tls ? tls->write_some(from, error) : tcp.write_some(from, error);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& into) {
    return throwing([&](error_code& error) { return read_some(into, error); });
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    return throwing([&](error_code& error) { return write_some(from, error); });
  }
  void end() {
    error_code ignored;
    if (tls) tls->shutdown(ignored);
    tcp.shutdown(Tcp::socket::shutdown_both, ignored);
  }

  Tcp::socket tcp;
  std::optional<ssl::stream<Tcp::socket&>> tls;
  bool reset = false;  // close without farewell

 private:
  template <class Step>
  static std::size_t throwing(Step&& step) {
    error_code error;
    const std::size_t bytes = step(error);
    if (error) throw boost::system::system_error(error);
    return bytes;
  }
};

// Beast's way to end a stream it does not know.
void teardown(beast::role_type, Peer::Socket& socket, error_code&) {
  socket.end();
}

std::string Peer::read_some(std::size_t bytes_max) {
  if (!unread_.empty()) return std::exchange(unread_, {});
  std::string bytes(bytes_max, '\0');
  error_code error;
  bytes.resize(socket_.read_some(asio::buffer(bytes), error));
  return bytes;
}

std::string Peer::read_exactly(std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    const std::string more = read_some();
    if (more.empty()) return all;
    all += more;
  }
  unread_ = all.substr(bytes);
  all.resize(bytes);
  return all;
}

std::string Peer::read_until(std::string_view end) {
  std::string all;
  while (all.find(end) == std::string::npos) {
    const std::string more = read_some();
    if (more.empty()) return all;
    all += more;
  }
  const std::size_t bytes = all.find(end) + end.size();
  unread_ = all.substr(bytes);
  all.resize(bytes);
  return all;
}

bool Peer::write(std::string_view bytes) {
  error_code error;
  asio::write(socket_, asio::buffer(bytes), error);
  return !error;
}

void Peer::wait_for_end() {
  while (!read_some().empty()) continue;
}

void Peer::close() {
  socket_.end();
}

void Peer::reset() {
  error_code ignored;
  socket_.tcp.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.reset = true;
}

struct NetServer::State {
  State(Handler what, const Tls* tls)
      : handler(std::move(what)), acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
    if (tls == nullptr) return;
    context.emplace(ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(tls->certificate.certificate_pem));
    context->use_private_key(asio::buffer(tls->certificate.key_pem), ssl::context::pem);
    if (tls->version_max == 0) return;
    SSL_CTX_set_security_level(context->native_handle(), 0);  // old versions are below level 1
    SSL_CTX_set_cipher_list(context->native_handle(), "ALL:@SECLEVEL=0");
    SSL_CTX_ctrl(context->native_handle(), SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_VERSION, nullptr);
    SSL_CTX_ctrl(context->native_handle(), SSL_CTRL_SET_MAX_PROTO_VERSION, tls->version_max,
                 nullptr);
  }

  void listen() {
    while (true) {
      error_code error;
      Tcp::socket socket = acceptor.accept(error);
      const std::lock_guard lock(mutex);
      if (stopping) return;
      if (error) continue;
      ++accepted;
      socket.set_option(Tcp::no_delay(true), error);
      Peer::Socket& kept = *sockets.emplace_back(std::make_unique<Peer::Socket>(std::move(socket)));
      threads.emplace_back([this, &kept] { serve(kept); });
    }
  }

  void serve(Peer::Socket& socket) {
    error_code error;
    if (context) socket.tls.emplace(socket.tcp, *context);
    if (context) socket.tls->handshake(ssl::stream_base::server, error);
    if (!error) {
      Peer peer(socket);
      handler(peer);
      if (!socket.reset) socket.end();
    }
    const std::lock_guard lock(mutex);  // not while stop() looks at the socket
    socket.tcp.close(error);
  }

  // Wakes whoever waits on a socket, as closing it would not.
  void stop() {
    const std::lock_guard lock(mutex);
    stopping = true;
    ::shutdown(acceptor.native_handle(), SHUT_RDWR);
    for (const auto& socket : sockets) {
      if (socket->tcp.is_open()) ::shutdown(socket->tcp.native_handle(), SHUT_RDWR);
    }
  }

  Handler handler;
  asio::io_context io;
  std::optional<ssl::context> context;
  Tcp::acceptor acceptor;
  std::mutex mutex;
  bool stopping = false;
  std::atomic<int> accepted{0};
  std::vector<std::unique_ptr<Peer::Socket>> sockets;
  std::vector<std::thread> threads;
  std::thread listener;
};

NetServer::NetServer(Handler handler)
    : state_(std::make_unique<State>(std::move(handler), nullptr)) {
  state_->listener = std::thread([this] { state_->listen(); });
}

NetServer::NetServer(Handler handler, const Tls& tls)
    : state_(std::make_unique<State>(std::move(handler), &tls)) {
  state_->listener = std::thread([this] { state_->listen(); });
}

NetServer::~NetServer() {
  state_->stop();
  state_->listener.join();
  for (std::thread& thread : state_->threads) thread.join();
}

std::uint16_t NetServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

net::Endpoint NetServer::endpoint(const std::string& target) const {
  return {.host = "127.0.0.1", .port = port(), .tls = state_->context.has_value(), .target = target};
}

int NetServer::accepted() const {
  return state_->accepted;
}

std::string ServedRequest::header(std::string_view name) const {
  for (const auto& [header_name, value] : headers) {
    if (net::same_ignoring_case(header_name, name)) return value;
  }
  return {};
}

NetServer::Handler serve_http(Responder respond) {
  return [respond = std::move(respond)](Peer& peer) {
    beast::flat_buffer buffer;
    while (true) {
      http::request<http::string_body> message;
      error_code error;
      http::read(peer.socket(), buffer, message, error);
      if (error) return;
      ServedRequest request{message.method_string(), message.target(), message.body(), {}};
      for (const auto& field : message) {
        request.headers.emplace_back(field.name_string(), field.value());
      }
      const ServedResponse answer = respond(request);
      std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " Text\r\n";
      for (const auto& [name, value] : answer.headers) bytes += name + ": " + value + "\r\n";
      if (answer.close) bytes += "Connection: close\r\n";
      if (answer.chunked) {
        bytes += "Transfer-Encoding: chunked\r\n\r\n";
        std::array<char, 20> size{};
        for (std::size_t at = 0; at < answer.body.size(); at += 1000) {
          const std::string chunk = answer.body.substr(at, 1000);
          std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
          bytes += size.data() + chunk + "\r\n";
        }
        bytes += "0\r\n\r\n";
      } else {
        bytes += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
      }
      if (!peer.write(bytes) || answer.close) return;
    }
  };
}

bool WsPeer::upgrade(std::string_view glued) {
  request_ = peer_.read_until("\r\n\r\n");
  static constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = request_.find(kName);
  if (at == std::string::npos) return false;
  const std::string key = request_.substr(at + kName.size(), 24);
  return peer_.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_of(key) + "\r\n\r\n" + std::string(glued));
}

bool WsPeer::send_close(std::uint16_t code, std::string_view reason) {
  return send(0x88, close_payload(code, reason));
}

std::optional<WsFrame> WsPeer::read() {
  const auto byte = [](char c) { return static_cast<std::uint8_t>(c); };
  const std::string start = peer_.read_exactly(2);
  if (start.size() < 2 || (byte(start[1]) & 0x80) == 0) return std::nullopt;
  std::size_t length = byte(start[1]) & 0x7F;
  if (length >= 126) {
    const std::string extended = peer_.read_exactly(length == 126 ? 2 : 8);
    length = 0;
    for (const char c : extended) length = length << 8 | byte(c);
  }
  const std::string mask = peer_.read_exactly(4);
  WsFrame frame{byte(start[0]), peer_.read_exactly(length)};
  if (mask.size() < 4 || frame.payload.size() < length) return std::nullopt;
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  return frame;
}

std::string WsPeer::frame(std::uint8_t first, std::string_view payload) {
  std::string bytes(1, static_cast<char>(first));
  const std::size_t length = payload.size();
  const int extended = length < 126 ? 0 : length <= 0xFFFF ? 2 : 8;
  bytes += static_cast<char>(extended == 0 ? length : extended == 2 ? 126U : 127U);
  for (int i = extended - 1; i >= 0; --i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes.append(payload);
}

std::string WsPeer::close_payload(std::uint16_t code, std::string_view reason) {
  std::string bytes{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return bytes.append(reason);
}

std::string WsPeer::accept_of(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> out{};
  const int length = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(bytes));
  return {out.begin(), out.begin() + length};
}

NetServer::Handler serve_websocket(std::function<void(WsPeer&)> script) {
  return [script = std::move(script)](Peer& peer) {
    WsPeer websocket(peer);
    if (websocket.upgrade()) script(websocket);
  };
}

NetServer::Handler serve_websocket_echo(std::size_t fragment_bytes) {
  return [fragment_bytes](Peer& peer) {
    beast::websocket::stream<Peer::Socket&> websocket(peer.socket());
    error_code error;
    websocket.accept(error);
    websocket.write_buffer_bytes(std::max<std::size_t>(fragment_bytes, 8));
    while (!error) {
      beast::flat_buffer message;
      websocket.read(message, error);
      if (error) return;
      websocket.text(websocket.got_text());
      for (asio::const_buffer rest = message.data();;) {
        const std::size_t bytes = std::min(rest.size(), fragment_bytes);
        websocket.write_some(bytes == rest.size(), asio::buffer(rest, bytes), error);
        if (error || bytes == rest.size()) break;
        rest += bytes;
      }
    }
  };
}

}  // namespace mm::test
