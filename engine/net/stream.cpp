#include "engine/net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/assert.h"

namespace mm::net {

Stream::Stream(int fd) : fd_(fd) {
  MM_ASSERT(fd >= 0, "a stream has a socket");
}

Stream::Stream(Stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      broken_(other.broken_),
      established_(other.established_),
      tls_(std::move(other.tls_)),
      problem_bytes_(other.problem_bytes_),
      problem_(other.problem_) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  broken_ = other.broken_;
  established_ = other.established_;
  tls_ = std::move(other.tls_);
  problem_bytes_ = other.problem_bytes_;
  problem_ = other.problem_;
  return *this;
}

Stream::~Stream() {
  close();
}

void Stream::FreeTls::operator()(ssl_st* tls) const {
  SSL_free(tls);
}

void Stream::close() {
  if (fd_ < 0) return;
  if (established_ && !broken_) SSL_shutdown(tls_.get());  // does not wait for the answer
  ERR_clear_error();
  tls_.reset();
  ::close(std::exchange(fd_, -1));
}

IoResult Stream::read_some(std::span<char> into) {
  if (broken_) return {IoStatus::kFailed, 0};
  if (tls_ != nullptr) {
    std::size_t bytes = 0;
    if (SSL_read_ex(tls_.get(), into.data(), into.size(), &bytes) != 1) return tls_result();
    return {IoStatus::kOk, bytes};
  }
  const ssize_t bytes = recv(fd_, into.data(), into.size(), 0);
  if (bytes > 0) return {IoStatus::kOk, static_cast<std::size_t>(bytes)};
  return bytes == 0 ? IoResult{IoStatus::kClosed, 0} : system_failure();
}

bool Stream::has_buffered() const {
  return tls_ != nullptr && SSL_has_pending(tls_.get()) == 1;
}

IoResult Stream::write_some(std::span<const char> from) {
  if (broken_) return {IoStatus::kFailed, 0};
  if (tls_ != nullptr) {
    std::size_t bytes = 0;
    if (SSL_write_ex(tls_.get(), from.data(), from.size(), &bytes) != 1) return tls_result();
    return {IoStatus::kOk, bytes};
  }
  const ssize_t bytes = send(fd_, from.data(), from.size(), MSG_NOSIGNAL);
  if (bytes >= 0) return {IoStatus::kOk, static_cast<std::size_t>(bytes)};
  return system_failure();
}

void Stream::secure(ssl_st* tls) {
  tls_.reset(tls);
}

IoResult Stream::handshake() {
  if (tls_ == nullptr) return {IoStatus::kOk, 0};
  if (SSL_do_handshake(tls_.get()) != 1) return tls_result();
  established_ = true;
  return {IoStatus::kOk, 0};
}

bool Stream::wants_to_write() const {
  return tls_ != nullptr && SSL_want_write(tls_.get());
}

// Whether it would block is asked first, and of the connection: an error that other code left in
// the thread's queue must not be taken for ours, and clearing that queue at every poll costs more
// than the question.
IoResult Stream::tls_result() {
  const int system_error = errno;
  const int want = SSL_want(tls_.get());
  if (want == SSL_READING && BIO_should_retry(SSL_get_rbio(tls_.get()))) return {};
  if (want == SSL_WRITING && BIO_should_retry(SSL_get_wbio(tls_.get()))) return {};
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
    if ((SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
      return {IoStatus::kClosed, 0};
    }
    errno = system_error;
    return system_failure();
  }
  if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const long verdict = SSL_get_verify_result(tls_.get());
    return fail("tls: certificate verify failed", X509_verify_cert_error_string(verdict));
  }
  const char* reason = ERR_reason_error_string(code);
  return fail("tls", reason == nullptr ? "connection broken" : reason);
}

IoResult Stream::system_failure() {
  if (errno == EAGAIN || errno == EINTR) return {};
  std::array<char, 128> text{};
  return fail("socket", strerror_r(errno, text.data(), text.size()));
}

IoResult Stream::fail(std::string_view where, std::string_view what) {
  broken_ = true;
  problem_bytes_ = 0;
  for (const std::string_view part : {where, std::string_view(": "), what}) {
    const std::size_t bytes = std::min(part.size(), problem_.size() - problem_bytes_);
    std::memcpy(problem_.data() + problem_bytes_, part.data(), bytes);
    problem_bytes_ += bytes;
  }
  return {IoStatus::kFailed, 0};
}

}  // namespace mm::net
