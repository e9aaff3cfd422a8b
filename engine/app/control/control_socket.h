// The control socket of a running engine: one request, one answer, for its owner only.
//
// `control.sock` in the session folder, mode 0600; the peer must be the same user or root. Packets
// keep their bounds, so nothing is ever half read: a request that is too long is refused. The
// server is one cold thread's; it never waits for a client, and clients that say nothing are
// dropped.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mm::app {

inline constexpr const char* kControlSocket = "control.sock";
// A request may carry a whole configuration, an answer all that it changes.
inline constexpr std::size_t kRequestBytesMax = 1 << 16, kAnswerBytesMax = 1 << 16;

class ControlServer {
 public:
  // `gone`: whoever asked has given up waiting, as when the engine hung meanwhile.
  using Handler = std::function<std::string(std::string_view request, bool gone)>;

  ControlServer() = default;
  ~ControlServer() { close(); }
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& session_folder);
  // Waits that long at most for something to do; true if there was something.
  bool serve(std::chrono::milliseconds wait, const Handler& handler);
  void close();

 private:
  struct Client {
    int fd;
    std::chrono::steady_clock::time_point since;
  };
  void accept_all();
  bool answer(const Client& client, bool gone, const Handler& handler);

  int listener_ = -1;
  std::string path_;
  std::vector<char> request_ = std::vector<char>(kRequestBytesMax + 1);
  std::vector<Client> clients_;  // the longest connected first
};

struct ControlAnswer {
  std::string text;
  std::string error;  // not empty: nobody answered
};
// Asks the engine of that session.
ControlAnswer ask_engine(const std::string& session_folder, std::string_view request,
                         std::chrono::milliseconds patience);

}  // namespace mm::app
