// `mm_logic venue` as a process of its own, with TLS, on an ephemeral port; and another client of
// its account, which places orders by REST and asks what there is.
//
// Everything is in the test's own folder. What a process says goes to a file there.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <thread>

#include "engine/net/http_client.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/signed_request.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"

namespace mm::test {

inline bool wait_until(const std::function<bool()>& done, int seconds = 20) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// The binary with its output in a file; killed if it has not ended when the test is over.
class Process {
 public:
  Process(const Scratch& scratch, std::vector<std::string> arguments, const std::string& output)
      : output_(scratch.path(output)) {
    arguments.insert(arguments.begin(), binary());
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    const std::string folder = scratch.path("");
    pid_ = fork();
    if (pid_ != 0) return;
    const int file = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    setenv("XDG_STATE_HOME", folder.c_str(), 1);
    setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
    if (chdir(folder.c_str()) == 0) execv(argv[0], argv.data());
    _exit(127);
  }
  ~Process() {
    signal(SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) {
    if (!ended()) kill(pid_, number);
  }
  bool ended() {
    if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }
  // The exit code; -1 if it was killed, or does not end.
  int wait() {
    wait_until([this] { return ended(); }, 30);
    return ended_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  std::string output() const { return read_file(output_); }

 private:
  std::string output_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

class LocalVenue {
 public:
  struct Wish {
    std::string keys;  // of [venue] in its ini file
    CertificateWish certificate{};
  };
  LocalVenue(const Scratch& here, const Wish& wish) : here_(here) {
    const CertificateAuthority authority;
    const Certificate mine = authority.issue(wish.certificate);
    here.write("authority.pem", authority.pem());
    here.write("tls.pem", mine.certificate_pem);
    here.write("tls.key", mine.key_pem);
    here.write("venue.ini", "[venue]\nadmin = yes\n" + wish.keys);
    process_ = std::make_unique<Process>(
        here,
        std::vector<std::string>{"venue", "-c", "venue.ini", "--listen", "127.0.0.1:0",
                                 "--tls-cert", "tls.pem", "--tls-key", "tls.key", "--ed25519-keys",
                                 "keys"},
        "venue.out");
    wait_until([&] { return said("serving") || process_->ended(); });
    const std::string text = process_->output();
    std::smatch found;
    if (std::regex_search(text, found, std::regex("serving[^\n]*:([0-9]+)\n"))) port_ = found[1];
    if (std::regex_search(text, found, std::regex("api_key (\\S+)  private key"))) {
      here.write("api.key", std::string(found[1]));
      chmod(here.path("api.key").c_str(), 0600);
    }
    EXPECT_NE(port_, "") << text;
  }

  Process& process() { return *process_; }
  const std::string& port() const { return port_; }
  std::string url(const std::string& scheme) const { return scheme + "://127.0.0.1:" + port_; }

  // What an engine's command line needs to trade here.
  std::vector<std::string> engine(std::vector<std::string> all,
                                  const std::vector<std::string>& more = {}) const {
    all.insert(all.end(), {"-c", kConfig});
    for (const std::string& set : std::vector<std::string>{
             "venue.environment=local", "venue.allow_live=yes", "venue.ca_file=authority.pem",
             "venue.api_key_file=api.key", "venue.private_key_file=keys/ed25519_private.pem",
             "venue.stream_url=" + url("wss"), "venue.rest_url=" + url("https"),
             "venue.ws_api_url=" + url("wss") + "/ws-api/v3", "strategy.warmup_s=0.2",
             "strategy.min_spread=0.0003", "strategy.max_spread=0.003"}) {
      all.insert(all.end(), {"--set", set});
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  // An order that no engine knows, far below the market. Returns the venue's answer.
  std::string place_by_hand(const char* client_id) {
    return ask("POST", "/api/v3/order",
               {{"symbol", "ETHUSDT"},
                {"side", "BUY"},
                {"type", "LIMIT_MAKER"},
                {"quantity", "0.01"},
                {"price", "2600"},
                {"newClientOrderId", client_id}});
  }
  // Another client of the engine's account, past all faults. The venue's answer, or the error in
  // brackets.
  std::string ask(const std::string& method, const std::string& path,
                  binance::orders::Params params) {
    using namespace binance::orders;
    const Credentials key =
        Credentials::load({here_.path("api.key"), {}, here_.path("keys/ed25519_private.pem")});
    if (!key.error.empty()) return "[" + key.error + "]";
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    params.push_back(number_param("recvWindow", 60000));
    params.push_back(number_param(
        "timestamp", static_cast<std::uint64_t>(
                         std::chrono::duration_cast<std::chrono::milliseconds>(now).count())));
    return send({.method = method,
                 .target = "/calm" + path + "?" + signed_rest_query(params, *key.signer),
                 .headers = {{"X-MBX-APIKEY", std::string(key.api_key.view())}},
                 .body = {}});
  }
  std::string open_orders() { return ask("GET", "/api/v3/openOrders", {{"symbol", "ETHUSDT"}}); }
  // Cuts connections without a goodbye: `which` is all or random.
  std::string drop(const std::string& which, int after = 0) {
    return send({.method = "POST",
                 .target = "/admin/drop?after=" + std::to_string(after) + "&which=" + which,
                 .headers = {},
                 .body = {}});
  }
  // Something goes wrong for so many seconds from now on, as usual or as `how` says.
  std::string fault(const std::string& kind, int seconds, const std::string& how = {}) {
    return send(
        {.method = "POST",
         .target = "/admin/fault?kind=" + kind + "&seconds=" + std::to_string(seconds) + how,
         .headers = {},
         .body = {}});
  }
  bool said(std::string_view text) const {
    return process_->output().find(text) != std::string::npos;
  }

 private:
  std::string send(const net::HttpRequest& request) {
    const net::TlsContext tls = net::TlsContext::client(here_.path("authority.pem"));
    net::HttpClient client(net::parse_url(url("https")).endpoint, &tls);
    const net::HttpResponse response = client.send(request);
    return response.status == 0 ? "[" + response.error + "]" : response.body;
  }

  const Scratch& here_;
  std::unique_ptr<Process> process_;
  std::string port_;
};

}  // namespace mm::test
