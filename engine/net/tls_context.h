// What TLS connections share: versions, ciphers, certificates. One for all connections of a role.
//
// Made at start, then only read, by any thread; must outlive the dials that use it. TLS 1.2 at
// least, AES-GCM first (with AES instructions half the price of ChaCha20). A client always verifies
// the peer's chain and name: there is no switch. Record buffers stay allocated between records.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace mm::net {

class TlsContext {
 public:
  // Trusts the authorities in `ca_file` (PEM), or the system's where it is empty.
  static TlsContext client(const std::string& ca_file);
  // Presents a certificate chain and its key (PEM both).
  static TlsContext server(const std::string& certificate_file, const std::string& key_file);

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }  // names the file
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::string error_;
};

}  // namespace mm::net
