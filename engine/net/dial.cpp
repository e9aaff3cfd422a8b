#include "engine/net/dial.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/core/assert.h"
#include "engine/net/resolve.h"
#include "engine/net/socket_bio.h"

namespace mm::net {
namespace {

// So long may what was sent stay without the peer's acknowledgement, before the kernel takes the
// connection for dead.
constexpr unsigned kUnacknowledgedMsMax = 10'000;

class Socket {
 public:
  explicit Socket(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string error_text(int error) {
  std::array<char, 128> text{};
  return strerror_r(error, text.data(), text.size());
}

// Connects `socket`; the error's text, or empty.
std::string connect_socket(const Socket& socket, const Address& address, const Deadline& deadline) {
  if (socket.fd() < 0) return error_text(errno);
  const int on = 1;
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMsMax,
             sizeof kUnacknowledgedMsMax);
  if (connect(socket.fd(), address.generic(), address.bytes) == 0) return {};
  if (errno != EINPROGRESS) return error_text(errno);
  if (deadline.wait(socket.fd(), POLLOUT) != Deadline::Wait::kReady) return deadline.why();
  int error = 0;
  socklen_t bytes = sizeof error;
  getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  return error == 0 ? std::string() : error_text(error);
}

// A connected socket to one of the host's addresses, or -1 and the last one's error.
int connect_any(const Endpoint& to, const Deadline& deadline, std::string& error) {
  const Resolved resolved = resolve(to.host, to.port, deadline);
  error = resolved.error;
  std::size_t left = resolved.addresses.size();
  for (const Address& address : resolved.addresses) {
    Socket socket(address.socket.ss_family);
    const Deadline share(deadline, deadline.left() / static_cast<std::int64_t>(left--));
    error = connect_socket(socket, address, share);
    if (error.empty()) return socket.release();
    error.insert(0, "connect: ");
    if (deadline.stopped()) break;
  }
  return -1;
}

bool is_in_figures(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// A client's TLS on `fd` that insists on the host's name or address; null when out of memory.
SSL* make_tls(int fd, const Endpoint& to, const TlsContext& context) {
  SSL* tls = SSL_new(context.native());
  BIO* bio = make_socket_bio(fd);
  if (tls == nullptr || bio == nullptr) {
    SSL_free(tls);
    BIO_free(bio);
    return nullptr;
  }
  SSL_set_bio(tls, bio, bio);
  SSL_set_connect_state(tls);
  bool named = false;
  if (is_in_figures(to.host)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), to.host.c_str()) == 1;
  } else {
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    std::string name = to.host;  // what the macro SSL_set_tlsext_host_name would cast to
    named =
        SSL_set1_host(tls, name.c_str()) == 1 &&
        SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  }
  if (named) return tls;
  SSL_free(tls);
  return nullptr;
}

// The error's text, or empty when done.
std::string handshake(Stream& stream, const Deadline& deadline) {
  while (true) {
    switch (stream.handshake().status) {
      case IoStatus::kOk:
        return {};
      case IoStatus::kClosed:
        return "tls: closed in the handshake";
      case IoStatus::kFailed:
        return std::string(stream.problem());
      case IoStatus::kWouldBlock:
        break;
    }
    const short events = stream.wants_to_write() ? POLLOUT : POLLIN;
    if (deadline.wait(stream.fd(), events) != Deadline::Wait::kReady) {
      return "tls handshake: " + deadline.why();
    }
  }
}

Dialed connect_stream(const Endpoint& to, const TlsContext* tls, const Deadline& deadline) {
  Dialed dialed;
  const int fd = connect_any(to, deadline, dialed.error);
  if (fd < 0) return dialed;
  Stream stream(fd);
  if (to.tls) {
    SSL* secured = make_tls(fd, to, *tls);
    if (secured == nullptr) {
      ERR_clear_error();
      dialed.error = "tls: cannot be set up for this host";
      return dialed;
    }
    stream.secure(secured);
    dialed.error = handshake(stream, deadline);
    if (!dialed.error.empty()) return dialed;
  }
  dialed.stream.emplace(std::move(stream));
  return dialed;
}

}  // namespace

Dialed dial(const Endpoint& to, const TlsContext* tls, const Deadline& deadline) {
  MM_ASSERT(!to.tls || (tls != nullptr && tls->ok()), "TLS needs a good context");
  Dialed dialed = connect_stream(to, tls, deadline);
  if (!dialed.error.empty()) dialed.error.insert(0, to.authority() + ": ");
  return dialed;
}

Dialed dial(const Endpoint& to, const TlsContext* tls, const DialOptions& options) {
  return dial(to, tls, Deadline(options));
}

}  // namespace mm::net
