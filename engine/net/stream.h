// One connected TCP or TLS stream on a socket that never blocks.
//
// One owner at a time. Reading and writing are one system call each (with TLS, one per record at
// most), allocate nothing of ours, and never raise SIGPIPE. Made by dial(); destroyed on a cold
// thread, as closing takes system calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct ssl_st;  // OpenSSL's SSL

namespace mm::net {

enum class IoStatus : std::uint8_t { kOk, kWouldBlock, kClosed, kFailed };

struct IoResult {
  IoStatus status = IoStatus::kWouldBlock;
  std::size_t bytes = 0;  // more than 0 when kOk
};

class Stream {
 public:
  explicit Stream(int fd);  // connected and non-blocking; owned from now on
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  // From now on through `tls`, which is set up on the same socket and owned; cold.
  void secure(ssl_st* tls);
  // One step of the TLS handshake (kOk: done, or there is none); cold.
  IoResult handshake();
  // What to wait for after kWouldBlock in a handshake: room to write, or else something to read.
  bool wants_to_write() const;

  // At least one byte and at most the span, or a status that says why not.
  IoResult read_some(std::span<char> into);
  // Whether something was taken from the socket that read_some() has not given yet.
  bool has_buffered() const;
  // A write that would block must be repeated with the same bytes first (more may follow them).
  IoResult write_some(std::span<const char> from);

  int fd() const { return fd_; }
  bool is_tls() const { return tls_ != nullptr; }
  // What went wrong, one line, after kFailed; empty before.
  std::string_view problem() const { return {problem_.data(), problem_bytes_}; }

 private:
  struct FreeTls {
    void operator()(ssl_st* tls) const;
  };

  void close();
  IoResult tls_result();
  IoResult system_failure();
  IoResult fail(std::string_view where, std::string_view what);

  int fd_ = -1;
  bool broken_ = false;       // nothing more can be read or written
  bool established_ = false;  // the handshake is done
  std::unique_ptr<ssl_st, FreeTls> tls_;
  std::size_t problem_bytes_ = 0;
  std::array<char, 160> problem_{};  // fixed: failing must not allocate either
};

}  // namespace mm::net
