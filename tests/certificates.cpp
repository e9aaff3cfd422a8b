#include "tests/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mm::test {
namespace {

void need(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("certificate: ") + what);
}

std::shared_ptr<EVP_PKEY> make_key() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  need(key != nullptr, "no key");
  return {key, EVP_PKEY_free};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> make_certificate(EVP_PKEY* key, const std::string& name,
                                       const CertificateWish& wish) {
  static long serial = 0;
  X509* certificate = X509_new();
  need(certificate != nullptr, "no memory");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(wish.valid_from.count()));
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(wish.valid_until.count()));
  X509_set_pubkey(certificate, key);
  std::basic_string<unsigned char> text(name.begin(), name.end());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text.c_str(),
                             -1, -1, 0);
  return {certificate, X509_free};
}

std::string alternative_names(const CertificateWish& wish) {
  std::string text;
  for (const std::string& name : wish.names) text += ",DNS:" + name;
  for (const std::string& address : wish.addresses) text += ",IP:" + address;
  return text.substr(1);
}

template <class Write>
std::string to_pem(Write&& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  need(memory != nullptr && write(memory.get()) == 1, "not written");
  const char* text = nullptr;
  const long bytes = BIO_ctrl(memory.get(), BIO_CTRL_INFO, 0, &text);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string to_pem(X509* certificate) {
  return to_pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
  return to_pem([&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Certificate finish(X509* certificate, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                   const CertificateWish& wish) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  add_extension(certificate, issuer, NID_subject_alt_name, alternative_names(wish));
  need(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "not signed");
  return {to_pem(certificate), to_pem(key)};
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name)
    : key_(make_key()), certificate_(make_certificate(key_.get(), name, {})) {
  X509* own = certificate_.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(own, own, NID_subject_key_identifier, "hash");
  need(X509_sign(own, key_.get(), EVP_sha256()) != 0, "not signed");
  pem_ = to_pem(own);
}

Certificate CertificateAuthority::issue(const CertificateWish& wish) const {
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), "test server", wish);
  return finish(certificate.get(), key.get(), certificate_.get(), key_.get(), wish);
}

Certificate self_signed(const CertificateWish& wish) {
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), "test server", wish);
  return finish(certificate.get(), key.get(), certificate.get(), key.get(), wish);
}

}  // namespace mm::test
