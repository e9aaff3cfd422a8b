// Signs requests with one API key: HMAC-SHA256, Ed25519, or RSA (PKCS#1 v1.5 with SHA-256).
//
// Made at start, then used by any threads at once. HMAC takes about 1 us for a request and
// allocates nothing; Ed25519 signs once a session; RSA takes about a millisecond and allocates, on
// every request. What is to be signed the callers put together (signed_request.h,
// request_encoder.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/binance/secret_text.h"

namespace mm::binance::orders {

enum class KeyType : std::uint8_t { kHmac, kEd25519, kRsa };
const char* name(KeyType t);

class Signer {
 public:
  static constexpr std::size_t kTextMax = 1024;  // of a signature: RSA-4096 in base64 has 684

  struct Made;
  static Made from_secret(const SecretText& secret);  // HMAC
  static Made from_pem(const SecretText& pem);        // PKCS#8, unencrypted: Ed25519 or RSA
  ~Signer();
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;

  KeyType type() const;
  // The signature as the venue wants it, hex or base64, at the start of `out` (kTextMax bytes);
  // empty if the library fails.
  std::string_view sign(std::string_view payload, std::span<char> out) const;

 private:
  struct Impl;
  explicit Signer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct Signer::Made {
  std::unique_ptr<Signer> signer;
  std::string error;  // never quotes the key
};

}  // namespace mm::binance::orders
