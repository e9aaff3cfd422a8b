// `mm_logic monitor`: engines in a browser. It looks at their counters and session folders; a
// button asks an engine's control socket, as `pause`, `resume` and `kill` do.
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <random>

#include "engine/app/control/effect.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/counters/counters_file.h"
#include "engine/dashboard/access.h"
#include "engine/dashboard/server.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {
namespace {

using dashboard::Board;
using dashboard::Server;
using dashboard::ServerOptions;

constexpr std::chrono::milliseconds kAnswerPatience{3000};
constexpr int kNice = 10;  // whatever trades comes first

std::vector<std::string> shown_unasked(const std::string& sessions) {
  std::vector<std::string> all = counters::running_sessions(sessions);
  if (!all.empty()) return all;
  const std::string newest = SessionFolder::newest(sessions).path();
  if (!newest.empty()) all.push_back(newest);
  return all;
}

std::string ask(const std::string& session, const std::string& request) {
  counters::CountersFile counters;
  std::string error = counters.attach(session, counters::CountersFile::Use::kLook);
  return error.empty() ? ask_and_wait(session, counters, request, kAnswerPatience) : error;
}

// The run that started us has closed our input: it is over, however it ended.
bool input_is_closed() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0;
}

// A token of a file is not shown: whoever may use it can read it there.
void introduce(const ServerOptions& server, std::uint16_t port, const MonitorConfig& where) {
  const bool v6 = server.address.find(':') != std::string::npos;
  const std::string address = v6 ? "[" + server.address + "]" : server.address;
  const bool known = !where.token_file.empty();
  fmt::print("dashboard {}://{}:{}/{}{}{}\n", server.tls() ? "https" : "http", address, port,
             known ? "" : "#token=", known ? "" : server.token,
             known ? "  token in " + where.token_file : "");
  std::fflush(stdout);
}

}  // namespace

int monitor_mode(const MonitorOptions& options) {
  const MonitorConfig& where = options.where;
  dashboard::ListenAddress at;
  dashboard::parse_listen_address(where.listen, at);
  ServerOptions server{.address = at.address,
                       .port = at.port,
                       .takes_any_port = options.beside_run,
                       .tls_cert_file = where.tls_cert_file,
                       .tls_key_file = where.tls_key_file,
                       .token = dashboard::random_token()};
  if (!where.token_file.empty() && !dashboard::read_token(where.token_file, server.token)) {
    return fail(server.token);
  }
  if (server.token.empty()) return fail("there is no randomness for a token");
  Board::Find find;
  if (options.sessions.empty()) {
    find = [sessions = options.sessions_dir] { return shown_unasked(sessions); };
  }
  // A page that has seen another monitor's engines takes none of ours for one of them.
  Board board(std::move(find), std::random_device{}() / 2);
  for (const std::string& session : options.sessions) {
    if (std::string error = board.add(session); !error.empty()) return fail(error);
  }
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));  // its threads, too
  Server dashboard(server, board, ask);
  if (std::string error = dashboard.open(); !error.empty()) return fail(error);
  const StopSignal signals;
  introduce(server, dashboard.port(), where);
  dashboard.run(
      [&options] { return StopSignal::requested() || (options.beside_run && input_is_closed()); });
  return 0;
}

}  // namespace mm::app
