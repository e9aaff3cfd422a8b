#include "engine/dashboard/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <fstream>

namespace mm::dashboard {
namespace {

constexpr std::size_t kTokenBytesMin = 16, kTokenBytesMax = 128;

bool is_token(std::string_view text) {
  return text.size() >= kTokenBytesMin && text.size() <= kTokenBytesMax &&
         std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
         });
}

bool are_equal(std::string_view a, std::string_view b) {
  return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// Without brackets.
std::string_view address_part(std::string_view text) {
  const bool brackets = text.starts_with('[') && text.ends_with(']');
  return brackets ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

bool parse_listen_address(std::string_view text, ListenAddress& out) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const char* const end = text.data() + text.size();
  const auto [to, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  out.address = address_part(text.substr(0, colon));
  boost::system::error_code wrong;
  boost::asio::ip::make_address(out.address, wrong);
  return error == std::errc() && to == end && !wrong;
}

bool is_loopback(const std::string& address) {
  boost::system::error_code wrong;
  const auto parsed = boost::asio::ip::make_address(address, wrong);
  return !wrong && parsed.is_loopback();
}

std::string random_token() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

bool read_token(const std::string& file, std::string& out) {
  struct stat about {};
  std::ifstream in(file);
  std::string text;
  if (!in || stat(file.c_str(), &about) != 0 || !std::getline(in, text)) {
    out = file + ": cannot be read, or is empty";
    return false;
  }
  if ((about.st_mode & 077) != 0) {
    out = file + ": others may read it: chmod 600";
    return false;
  }
  out = trimmed(text);
  if (is_token(out)) return true;
  out = fmt::format("{}: its first line is no token: {} to {} of A-Z a-z 0-9 - _", file,
                    kTokenBytesMin, kTokenBytesMax);
  return false;
}

bool is_bearer_of(std::string_view token, std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) &&
         are_equal(token, trimmed(authorization.substr(kScheme.size())));
}

bool offers_token(std::string_view token, std::string_view protocols) {
  const std::size_t comma = protocols.find(',');
  return comma != std::string_view::npos && trimmed(protocols.substr(0, comma)) == kSubprotocol &&
         are_equal(token, trimmed(protocols.substr(comma + 1)));
}

bool is_local_host(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && !host.ends_with(']');
  const std::string_view name = has_port ? host.substr(0, colon) : host;
  return name == "localhost" || is_loopback(std::string(address_part(name)));
}

}  // namespace mm::dashboard
