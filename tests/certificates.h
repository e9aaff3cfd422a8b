// Certificates made for a test: an authority of its own, and what servers present.
//
// Nothing is on disk, nothing outlives the test; keys are P-256, made in under a millisecond.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY
struct x509_st;      // OpenSSL's X509

namespace mm::test {

struct Certificate {
  std::string certificate_pem, key_pem;
};

struct CertificateWish {
  std::vector<std::string> names{"localhost"};      // DNS names it is good for
  std::vector<std::string> addresses{"127.0.0.1"};  // and IP addresses
  std::chrono::seconds valid_from = -std::chrono::hours(1);  // relative to now
  std::chrono::seconds valid_until = std::chrono::hours(24);
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "test authority");

  Certificate issue(const CertificateWish& wish = {}) const;
  const std::string& pem() const { return pem_; }  // what a client trusts

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string pem_;
};

Certificate self_signed(const CertificateWish& wish = {});

}  // namespace mm::test
