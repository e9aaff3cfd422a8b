#include "engine/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace mm::net {
namespace {

constexpr char kCiphers13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kCiphers12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

ssl_ctx_st* make(const SSL_METHOD* method) {
  ssl_ctx_st* context = SSL_CTX_new(method);
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_ciphersuites(context, kCiphers13);
  SSL_CTX_set_cipher_list(context, kCiphers12);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);  // it allocates per record
  SSL_CTX_set_read_ahead(context, 1);  // one read for a record's header and body, and the next's
  return context;
}

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = ERR_reason_error_string(code);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext TlsContext::client(const std::string& ca_file) {
  TlsContext made(make(TLS_client_method()));
  if (made.native() == nullptr) {
    made.error_ = "tls: " + last_error();
    return made;
  }
  SSL_CTX_set_verify(made.native(), SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(made.native()) != 1) {
      made.error_ = "tls: the system's certificate authorities: " + last_error();
    }
  } else if (SSL_CTX_load_verify_file(made.native(), ca_file.c_str()) != 1) {
    made.error_ = "tls: certificate authorities in " + ca_file + ": " + last_error();
  }
  return made;
}

TlsContext TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
  TlsContext made(make(TLS_server_method()));
  if (made.native() == nullptr) {
    made.error_ = "tls: " + last_error();
  } else if (SSL_CTX_use_certificate_chain_file(made.native(), certificate_file.c_str()) != 1) {
    made.error_ = "tls: certificate in " + certificate_file + ": " + last_error();
  } else if (SSL_CTX_use_PrivateKey_file(made.native(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    made.error_ = "tls: key in " + key_file + ": " + last_error();
  } else if (SSL_CTX_check_private_key(made.native()) != 1) {
    made.error_ = "tls: the key in " + key_file + " is not the certificate's";
  }
  return made;
}

}  // namespace mm::net
