#include "engine/app/control/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mm::app {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kClientsMax = 8;
constexpr std::chrono::seconds kClientPatience{2};

std::string failed(const std::string& path, const char* what) {
  return fmt::format("{}: cannot be {}: {}", path, what, std::strerror(errno));
}

// Names a socket by its folder's descriptor: a path would have to fit into 107 bytes.
struct FolderAddress {
  explicit FolderAddress(const std::string& folder)
      : fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address.sun_family = AF_UNIX;
    fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1, "/proc/self/fd/{}/{}", fd,
                     kControlSocket);
  }
  ~FolderAddress() {
    if (fd >= 0) ::close(fd);
  }
  FolderAddress(const FolderAddress&) = delete;
  FolderAddress& operator=(const FolderAddress&) = delete;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  int fd;
  sockaddr_un address{};
};

bool is_owner(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

}  // namespace

std::string ControlServer::open(const std::string& session_folder) {
  const FolderAddress address(session_folder);
  path_ = session_folder + '/' + kControlSocket;
  listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The mode of the socket before it has a name is the mode of the name.
  if (address.fd < 0 || listener_ < 0 || fchmod(listener_, 0600) != 0 ||
      ::bind(listener_, address.get(), sizeof address.address) != 0 ||
      ::listen(listener_, kClientsMax) != 0) {
    const std::string error = failed(path_, "opened");
    path_.clear();
    close();
    return error;
  }
  return {};
}

void ControlServer::close() {
  for (const Client& client : clients_) ::close(client.fd);
  clients_.clear();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

bool ControlServer::serve(std::chrono::milliseconds wait, const Handler& handler) {
  std::vector<pollfd> watched{{listener_, POLLIN, 0}};
  for (const Client& client : clients_) watched.push_back({client.fd, POLLIN, 0});
  const int ready = poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
  const auto now = steady_clock::now();
  for (std::size_t i = watched.size(); ready >= 0 && i-- > 1;) {
    const Client& client = clients_[i - 1];
    const short events = watched[i].revents;
    const bool done = events != 0 ? answer(client, (events & POLLHUP) != 0, handler)
                                  : now - client.since > kClientPatience;
    if (!done) continue;
    ::close(client.fd);
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i) - 1);
  }
  if (ready > 0 && watched[0].revents != 0) accept_all();
  return ready > 0;
}

// The newest is served, whoever sits there.
void ControlServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (!is_owner(fd)) {
      ::close(fd);
      continue;
    }
    if (clients_.size() == kClientsMax) {
      ::close(clients_.front().fd);
      clients_.erase(clients_.begin());
    }
    clients_.push_back({fd, steady_clock::now()});
  }
}

// True when it is done with: answered, gone or not understood.
bool ControlServer::answer(const Client& client, bool gone, const Handler& handler) {
  const ssize_t count = ::recv(client.fd, request_.data(), request_.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) return true;
  const auto size = static_cast<std::size_t>(count);
  std::string text = size > kRequestBytesMax
                         ? fmt::format("error: a request has at most {} bytes", kRequestBytesMax)
                         : handler({request_.data(), size}, gone);
  text.resize(std::min(text.size(), kAnswerBytesMax));
  // Into an empty buffer: it fits, or the client has gone.
  [[maybe_unused]] const ssize_t sent = ::send(client.fd, text.data(), text.size(), MSG_NOSIGNAL);
  return true;
}

ControlAnswer ask_engine(const std::string& session_folder, std::string_view request,
                         std::chrono::milliseconds patience) {
  const FolderAddress address(session_folder);
  const std::string path = session_folder + '/' + kControlSocket;
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  // Connecting to an engine that hangs would wait for ever once its queue is full.
  const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ControlAnswer answer;
  if (address.fd < 0 || fd < 0 || ::connect(fd, address.get(), sizeof address.address) != 0) {
    answer.error = failed(path, "reached");
  } else if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    answer.error = failed(path, "told");
  } else {
    std::vector<char> bytes(kAnswerBytesMax);
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    const int heard = poll(&ready, 1, static_cast<int>(patience.count()));
    const ssize_t count = heard > 0 ? ::recv(fd, bytes.data(), bytes.size(), 0) : 0;
    if (count > 0) answer.text.assign(bytes.data(), static_cast<std::size_t>(count));
    if (count <= 0) answer.error = path + ": the engine does not answer";
  }
  if (fd >= 0) ::close(fd);
  return answer;
}

}  // namespace mm::app
