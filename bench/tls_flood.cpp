#include "bench/tls_flood.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>

#include "bench/market_messages.h"
#include "bench/pinned.h"
#include "engine/net/socket_bio.h"
#include "engine/net/tls_context.h"

namespace mm::bench {
namespace {

std::string accept_key(std::string_view request) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = request.find(kName) + kName.size();
  std::string key(request.substr(at, request.find('\r', at) - at));
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const auto* const text = static_cast<const unsigned char*>(static_cast<const void*>(key.data()));
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(text, key.size(), digest.data());
  std::array<unsigned char, 64> out;
  const int length = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(digest.size()));
  return {out.begin(), out.begin() + length};
}

// Books as frames, one behind the other, whose ids can be set where they stand.
class Record {
 public:
  explicit Record(int books) {
    for (int i = 0; i < books; ++i) {
      const std::string text = book_of_20(0, 268'380 + i % 3);
      bytes_ += "\x81\x7E";
      bytes_ += static_cast<char>(text.size() >> 8);
      bytes_ += static_cast<char>(text.size() & 0xFF);
      id_ends_.push_back(bytes_.size() + text.find(R"(,"bids")"));
      bytes_ += text;
    }
  }
  std::string_view next() {
    for (const std::size_t end : id_ends_) write_id(++id_, bytes_.data() + end);
    return bytes_;
  }

 private:
  std::string bytes_;
  std::deque<std::size_t> id_ends_;
  std::uint64_t id_ = 0;
};

bool send_all(SSL* tls, std::string_view bytes) {
  std::size_t sent = 0;
  return SSL_write_ex(tls, bytes.data(), bytes.size(), &sent) == 1;
}

}  // namespace

TlsFlood::TlsFlood(int books_a_record) : books_a_record_(books_a_record) {
  std::string shape = std::filesystem::temp_directory_path() / "mm_flood_XXXXXX";
  folder_ = mkdtemp(shape.data());
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=flood -addext subjectAltName=IP:127.0.0.1 -keyout " +
      folder_ + "/tls.key -out " + certificate_file() + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) error_ = "openssl makes no certificate";
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  void* const any = &address;  // the socket interface's own cast
  if (bind(listener_, static_cast<const sockaddr*>(any), size) != 0 || listen(listener_, 1) != 0 ||
      getsockname(listener_, static_cast<sockaddr*>(any), &size) != 0) {
    error_ = "no port on loopback";
  }
  port_ = ntohs(address.sin_port);
  if (error_.empty()) thread_ = std::thread([this] { serve(); });
}

TlsFlood::~TlsFlood() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TlsFlood::serve() {
  const Pinned here(Pinned::Cpu::kFirst);
  while (!stopping_) {
    const int socket = accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    flood(socket);
    close(socket);
  }
}

void TlsFlood::flood(int socket) {
  const net::TlsContext context = net::TlsContext::server(certificate_file(), folder_ + "/tls.key");
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.native()), SSL_free);
  const int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  bio_st* const bio = net::make_socket_bio(socket);
  SSL_set_bio(tls.get(), bio, bio);
  if (SSL_accept(tls.get()) != 1) return;
  std::string request;
  std::array<char, 4096> bytes;
  while (!request.ends_with("\r\n\r\n")) {
    std::size_t count = 0;
    if (SSL_read_ex(tls.get(), bytes.data(), bytes.size(), &count) != 1) return;
    request.append(bytes.data(), count);
  }
  bool open = send_all(tls.get(),
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                       "Upgrade\r\nSec-WebSocket-Accept: " +
                           accept_key(request) + "\r\n\r\n");
  Record record(books_a_record_);
  while (open && !stopping_) open = send_all(tls.get(), record.next());
}

}  // namespace mm::bench
