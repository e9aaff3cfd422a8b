// Signatures of requests: HMAC-SHA256 in hex and Ed25519 in base64.
//
// Pure functions, the server's thread; microseconds each. Comparing takes as long for a wrong
// signature as for a right one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace mm::server {

inline constexpr std::size_t kEd25519KeyBytes = 32;
using Ed25519PublicKey = std::array<unsigned char, kEd25519KeyBytes>;

// The signature in either case of hex digits.
bool hmac_signature_valid(std::string_view secret, std::string_view payload,
                          std::string_view signature_hex);
bool ed25519_signature_valid(const Ed25519PublicKey& key, std::string_view payload,
                             std::string_view signature_base64);

// The key in a PEM text of "BEGIN PUBLIC KEY"; nullopt if it is none, or of another kind.
std::optional<Ed25519PublicKey> read_ed25519_public_key(const std::string& pem);

// A new pair as PEM texts, for a test account.
struct Ed25519KeyPair {
  std::string private_pem, public_pem;
};
Ed25519KeyPair make_ed25519_key_pair();

}  // namespace mm::server
