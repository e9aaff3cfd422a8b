#include "sim/server/signature.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

namespace mm::server {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr std::size_t kSha256Bytes = 32;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// 64 bytes are 86 digits and two of padding, nothing else.
std::optional<std::array<unsigned char, kEd25519SignatureBytes>> decode_signature(
    std::string_view base64) {
  constexpr std::size_t kDigits = 88;
  if (base64.size() != kDigits || !base64.ends_with("==")) return std::nullopt;
  std::array<unsigned char, kEd25519SignatureBytes + 2> decoded;
  if (EVP_DecodeBlock(decoded.data(), bytes(base64), kDigits) != std::ssize(decoded)) {
    return std::nullopt;
  }
  std::array<unsigned char, kEd25519SignatureBytes> signature;
  std::copy_n(decoded.begin(), signature.size(), signature.begin());
  return signature;
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

bool hmac_signature_valid(std::string_view secret, std::string_view payload,
                          std::string_view signature_hex) {
  if (signature_hex.size() != 2 * kSha256Bytes) return false;
  std::array<unsigned char, kSha256Bytes> digest;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(payload),
           payload.size(), digest.data(), nullptr) == nullptr) {
    return false;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 2 * kSha256Bytes> wanted, given;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    wanted[2 * i] = kDigits[digest[i] >> 4];
    wanted[2 * i + 1] = kDigits[digest[i] & 15u];
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char c = signature_hex[i];
    given[i] = c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c;
  }
  return CRYPTO_memcmp(wanted.data(), given.data(), given.size()) == 0;
}

bool ed25519_signature_valid(const Ed25519PublicKey& key, std::string_view payload,
                             std::string_view signature_base64) {
  const auto signature = decode_signature(signature_base64);
  const Key pkey{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size())};
  const Digest context{EVP_MD_CTX_new()};
  if (!signature || !pkey || !context) return false;
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature->data(), signature->size(), bytes(payload),
                          payload.size()) == 1;
}

std::optional<Ed25519PublicKey> read_ed25519_public_key(const std::string& pem) {
  const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const Key key{PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)};
  Ed25519PublicKey raw;
  std::size_t size = raw.size();
  if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1 || size != raw.size()) {
    return std::nullopt;
  }
  return raw;
}

Ed25519KeyPair make_ed25519_key_pair() {
  const Key key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  const Bio private_bio{BIO_new(BIO_s_mem())}, public_bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(private_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_PUBKEY(public_bio.get(), key.get());
  return {text_of(private_bio), text_of(public_bio)};
}

}  // namespace mm::server
