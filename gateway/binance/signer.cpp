// The keyed HMAC state is copied, not rebuilt, with the library's plain SHA-256: its newer
// interfaces allocate for every copy.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "gateway/binance/signer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

namespace mm::binance::orders {
namespace {

// The two halves of an HMAC, each with its padded key already taken in.
struct HmacState {
  SHA256_CTX inner, outer;
};

void take_key(std::string_view secret, HmacState& state) {
  std::array<unsigned char, SHA256_CBLOCK> key{}, pad{};
  if (secret.size() > key.size()) {
    SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), key.data());
  } else {
    std::memcpy(key.data(), secret.data(), secret.size());
  }
  for (const auto& [half, byte] : {std::pair(&state.inner, 0x36), std::pair(&state.outer, 0x5C)}) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      pad[i] = static_cast<unsigned char>(key[i] ^ byte);
    }
    SHA256_Init(half);
    SHA256_Update(half, pad.data(), pad.size());
  }
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(pad.data(), pad.size());
}

// What OpenSSL makes of a key lies where SecretText would put it: in pages of their own, left out
// of dumps, out of the swap where the limit allows, wiped when given back. Room for an RSA key of
// 4096 bits and for signatures of several threads; it is never enlarged.
bool has_secret_memory() {
  constexpr std::size_t kBytes = std::size_t{1} << 20;
  constexpr std::size_t kBlockMin = 32;
  return CRYPTO_secure_malloc_initialized() != 0 ||
         CRYPTO_secure_malloc_init(kBytes, kBlockMin) != 0;
}

// An encrypted key is refused rather than asked about at the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

const char* name(KeyType t) {
  switch (t) {
    case KeyType::kHmac:
      return "HMAC";
    case KeyType::kEd25519:
      return "Ed25519";
    case KeyType::kRsa:
      return "RSA";
  }
  return "?";
}

struct Signer::Impl {
  ~Impl() { EVP_PKEY_free(key); }
  std::string_view sign_hmac(std::string_view payload, std::span<char> out) const;
  std::string_view sign_with_key(std::string_view payload, std::span<char> out) const;

  KeyType type = KeyType::kHmac;
  SecretText hmac;  // an HmacState
  EVP_PKEY* key = nullptr;
};

Signer::Signer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;

KeyType Signer::type() const {
  return impl_->type;
}

Signer::Made Signer::from_secret(const SecretText& secret) {
  if (secret.empty()) return {nullptr, "the HMAC secret is empty"};
  auto impl = std::make_unique<Impl>();
  impl->hmac = SecretText(sizeof(HmacState));
  if (impl->hmac.empty()) return {nullptr, "no memory for the HMAC secret"};
  take_key(secret.view(), *reinterpret_cast<HmacState*>(impl->hmac.bytes().data()));
  return {std::unique_ptr<Signer>(new Signer(std::move(impl))), {}};
}

Signer::Made Signer::from_pem(const SecretText& pem) {
  if (!has_secret_memory()) return {nullptr, "no memory for the private key"};
  auto impl = std::make_unique<Impl>();
  BIO* const bio = BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.view().size()));
  impl->key = PEM_read_bio_PrivateKey(bio, nullptr, no_password, nullptr);
  BIO_free(bio);
  if (impl->key == nullptr) return {nullptr, "not an unencrypted private key in PEM (PKCS#8)"};
  const int kind = EVP_PKEY_get_base_id(impl->key);
  if (kind != EVP_PKEY_ED25519 && kind != EVP_PKEY_RSA) {
    return {nullptr, "a private key of a kind the venue does not take: Ed25519 or RSA is wanted"};
  }
  impl->type = kind == EVP_PKEY_RSA ? KeyType::kRsa : KeyType::kEd25519;
  if (impl->type == KeyType::kRsa && EVP_PKEY_get_bits(impl->key) > 4096) {
    return {nullptr, "an RSA key of more than 4096 bits, which the venue does not take"};
  }
  return {std::unique_ptr<Signer>(new Signer(std::move(impl))), {}};
}

std::string_view Signer::sign(std::string_view payload, std::span<char> out) const {
  if (out.size() < kTextMax) return {};
  return impl_->type == KeyType::kHmac ? impl_->sign_hmac(payload, out)
                                       : impl_->sign_with_key(payload, out);
}

std::string_view Signer::Impl::sign_hmac(std::string_view payload, std::span<char> out) const {
  HmacState state;
  std::memcpy(&state, hmac.view().data(), sizeof state);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256_Update(&state.inner, payload.data(), payload.size());
  SHA256_Final(digest.data(), &state.inner);
  SHA256_Update(&state.outer, digest.data(), digest.size());
  SHA256_Final(digest.data(), &state.outer);
  OPENSSL_cleanse(&state, sizeof state);
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    out[2 * i + 1] = "0123456789abcdef"[digest[i] & 0xF];
  }
  return {out.data(), 2 * digest.size()};
}

std::string_view Signer::Impl::sign_with_key(std::string_view payload, std::span<char> out) const {
  std::array<unsigned char, 512> signature;
  std::size_t bytes = signature.size();
  const EVP_MD* const digest = type == KeyType::kRsa ? EVP_sha256() : nullptr;
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const auto* const text = reinterpret_cast<const unsigned char*>(payload.data());
  const bool done = EVP_DigestSignInit(context, nullptr, digest, nullptr, key) == 1 &&
                    EVP_DigestSign(context, signature.data(), &bytes, text, payload.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!done) return {};
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), signature.data(),
                                     static_cast<int>(bytes));
  return {out.data(), static_cast<std::size_t>(length)};
}

}  // namespace mm::binance::orders
