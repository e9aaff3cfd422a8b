// A TLS WebSocket server on loopback that sends books of 20 levels as fast as they are taken.
//
// One thread of its own, pinned to the first CPU, one write a TLS record, the ids counted up; the
// connection is the client's to end. Cold but for that thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace mm::bench {

class TlsFlood {
 public:
  // Eleven fill a record of 16 KiB, which is the kindest to who reads them; with one each book is
  // decrypted by itself.
  explicit TlsFlood(int books_a_record);
  ~TlsFlood();
  TlsFlood(const TlsFlood&) = delete;
  TlsFlood& operator=(const TlsFlood&) = delete;

  // Empty, or why there is none.
  const std::string& error() const { return error_; }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "wss://127.0.0.1:" + std::to_string(port_) + "/stream"; }
  std::string certificate_file() const { return folder_ + "/tls.pem"; }

 private:
  void serve();
  void flood(int socket);

  const int books_a_record_;
  std::string folder_, error_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace mm::bench
