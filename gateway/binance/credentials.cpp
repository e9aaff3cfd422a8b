#include "gateway/binance/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace mm::binance::orders {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 64 * 1024;

// Out of the environment, where a child or a crash report would find it.
SecretText take_from_environment(const char* variable) {
  char* const value = std::getenv(variable);
  if (value == nullptr) return {};
  SecretText text{std::string_view(value)};
  OPENSSL_cleanse(value, std::strlen(value));
  unsetenv(variable);
  return text;
}

std::string system_error(const std::string& path, const char* what) {
  return fmt::format("{} {}: {}", what, path, std::strerror(errno));
}

// Whether systemd passed it to this service and to nobody else: directly inside
// $CREDENTIALS_DIRECTORY, where root's copies show the access list's mask in the group's bits.
bool is_systemd_credential(int fd, const struct stat& status) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || status.st_uid != 0 || (status.st_mode & 07077) != 040) return false;
  std::error_code unknown;
  const fs::path real = fs::canonical(folder, unknown);
  if (unknown) return false;
  const fs::path file = fs::read_symlink(fmt::format("/proc/self/fd/{}", fd), unknown);
  return !unknown && file.parent_path() == real;
}

// What forbids to take a secret from this file; empty if nothing does.
std::string objection(const std::string& path, int fd, std::size_t& bytes) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return system_error(path, "cannot look at");
  if (!S_ISREG(status.st_mode)) return fmt::format("{} is not a file", path);
  const auto mode = status.st_mode & 07777;
  if ((mode & 077) != 0 && !is_systemd_credential(fd, status)) {
    return fmt::format("{} has mode {:04o}: only its owner may read a key (chmod 600)", path, mode);
  }
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    return fmt::format("{} belongs to another user", path);
  }
  bytes = static_cast<std::size_t>(status.st_size);
  if (bytes > kFileBytesMax) return fmt::format("{} is too large to be a key", path);
  return bytes == 0 ? fmt::format("{} is empty", path) : std::string{};
}

// Printable, and what belongs neither into a header nor into JSON.
bool is_api_key(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '&';
  });
}

}  // namespace

SecretFile read_secret_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {{}, system_error(path, "cannot read")};
  std::size_t bytes = 0;
  std::string error = objection(path, fd, bytes);
  SecretText text;
  if (error.empty()) {
    SecretText whole(bytes);
    std::size_t at = 0;
    for (ssize_t got = 1; got > 0 && at < whole.view().size();
         at += static_cast<std::size_t>(std::max<ssize_t>(got, 0))) {
      got = read(fd, whole.bytes().data() + at, whole.view().size() - at);
      if (got < 0) error = system_error(path, "cannot read");
    }
    whole.shorten(at);
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = whole.view().find_first_not_of(kBlank);
    if (first == std::string_view::npos && error.empty()) error = path + " is empty";
    if (error.empty()) {
      const std::size_t last = whole.view().find_last_not_of(kBlank);
      text = SecretText(whole.view().substr(first, last - first + 1));
    }
  }
  close(fd);
  return {std::move(text), std::move(error)};
}

Credentials Credentials::load(const CredentialFiles& files) {
  Credentials c;
  // All are taken, whichever serves: none stays in the environment.
  SecretText api_key = take_from_environment("MM_API_KEY");
  SecretText secret = take_from_environment("MM_API_SECRET");
  const char* const named = std::getenv("MM_PRIVATE_KEY_FILE");
  const std::string key_file = named != nullptr ? named : files.private_key_file;
  const auto read = [&c](const std::string& path, SecretText& into) {
    if (!into.empty() || path.empty() || !c.error.empty()) return;
    SecretFile file = read_secret_file(path);
    into = std::move(file.text);
    c.error = std::move(file.error);
  };
  read(files.api_key_file, api_key);
  const bool hmac_given = !secret.empty();
  if (key_file.empty() || hmac_given) {
    read(files.api_secret_file, secret);
  }
  if (!c.error.empty()) return c;
  if (!is_api_key(api_key.view())) {
    c.error = api_key.empty() ? "no API key: set MM_API_KEY or [venue] api_key_file"
                              : "the API key has characters no API key has";
    return c;
  }
  Signer::Made made;
  if (!secret.empty()) {
    made = Signer::from_secret(secret);
  } else if (!key_file.empty()) {
    SecretText pem;
    read(key_file, pem);
    if (!c.error.empty()) return c;
    made = Signer::from_pem(pem);
    if (made.signer == nullptr) made.error = key_file + ": " + made.error;
  } else {
    made.error = "no key to sign with: set MM_PRIVATE_KEY_FILE or MM_API_SECRET, or the files";
  }
  c.api_key = std::move(api_key);
  c.signer = std::move(made.signer);
  c.error = std::move(made.error);
  return c;
}

}  // namespace mm::binance::orders
