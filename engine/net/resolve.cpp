#include "engine/net/resolve.h"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace mm::net {
namespace {

Resolved look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Resolved resolved;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failed != 0) {
    resolved.error = "name lookup: " + std::string(gai_strerror(failed));
    return resolved;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address& address = resolved.addresses.emplace_back();
    address.bytes = one->ai_addrlen;
    std::memcpy(&address.socket, one->ai_addr, one->ai_addrlen);
  }
  freeaddrinfo(found);
  return resolved;
}

// Shared by the one who waits and the thread that looks up, whoever is last.
struct Lookup {
  std::mutex mutex;
  std::condition_variable finished;
  bool done = false;
  Resolved resolved;
};

}  // namespace

const sockaddr* Address::generic() const {
  return static_cast<const sockaddr*>(static_cast<const void*>(&socket));
}

Resolved resolve(const std::string& host, std::uint16_t port, const Deadline& deadline) {
  Resolved in_figures = look_up(host, port, AI_NUMERICHOST);
  if (!in_figures.addresses.empty()) return in_figures;

  const auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([lookup, host, port] {
      Resolved resolved = look_up(host, port, AI_ADDRCONFIG);
      const std::lock_guard lock(lookup->mutex);
      lookup->resolved = std::move(resolved);
      lookup->done = true;
      lookup->finished.notify_one();
    }).detach();
  } catch (const std::system_error&) {
    return {{}, "name lookup: no thread to be had"};
  }
  std::unique_lock lock(lookup->mutex);
  while (!lookup->done) {
    if (deadline.over()) return {{}, "name lookup: " + deadline.why()};
    lookup->finished.wait_for(lock, deadline.next_slice());
  }
  return std::move(lookup->resolved);
}

}  // namespace mm::net
