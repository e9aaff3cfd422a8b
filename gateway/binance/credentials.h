// The API key and the secret that signs for it, from the environment or from guarded files.
//
// Cold: read once at start. MM_API_KEY and MM_API_SECRET (HMAC) or MM_PRIVATE_KEY_FILE (Ed25519 or
// RSA, PEM) win over the configured files; the values are wiped from the environment when taken. A
// file others than its owner may read is refused, naming it and its mode, unless systemd passed it
// as a credential, of mode 0440. No error quotes a key.
#pragma once

#include <memory>
#include <string>

#include "gateway/binance/secret_text.h"
#include "gateway/binance/signer.h"

namespace mm::binance::orders {

struct CredentialFiles {
  std::string api_key_file;
  std::string api_secret_file;   // HMAC
  std::string private_key_file;  // Ed25519 or RSA
};

struct Credentials {
  SecretText api_key;
  std::unique_ptr<Signer> signer;
  std::string error;  // empty: both are there

  static Credentials load(const CredentialFiles& files);
};

struct SecretFile {
  SecretText text;
  std::string error;
};
// A file only its owner may read, or a credential of systemd's, without the blanks around it.
SecretFile read_secret_file(const std::string& path);

}  // namespace mm::binance::orders
