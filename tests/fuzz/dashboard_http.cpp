// The dashboard's socket: whatever a client sends (HTTP, an upgrade, frames), it is answered in
// HTTP or hung up on, and everything of the client's is gone with its connection. Who has no token
// reads no configuration, watches no engine and steers none; who has it says to an engine only what
// there is to say.
#include <fmt/format.h>

#include "engine/counters/counters_file.h"
#include "engine/dashboard/http_session.h"
#include "tests/core_harness.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/socket_client.h"

namespace {

using namespace mm::dashboard;

constexpr std::string_view kToken = "the-fuzzers-token", kConfig = "only-the-config-says-this";

// The session of an engine that lives: this process.
class Session {
 public:
  Session() {
    const std::vector<mm::Instrument> instruments{mm::test::eth_spot()};
    const std::string error = engine_.create({.session_folder = folder_.path(),
                                              .sessions_folder = folder_.path(),
                                              .mode = "live",
                                              .id_prefix = "mm010007",
                                              .instruments = instruments},
                                             folder_.path());
    MM_ASSERT(error.empty(), "there is an engine to be shown");
    folder_.write("config.ini", kConfig);
  }
  const std::string& folder() const { return folder_.path(); }

 private:
  mm::test::ScratchFolder folder_;
  mm::counters::CountersFile engine_;
};

}  // namespace

MM_FUZZ_TARGET(dashboard_http) {
  static const Session session;
  if (input.size() > (32 << 10)) return;
  const bool knows = input.find(kToken) != std::string_view::npos;
  Board board({});
  MM_ASSERT(board.add(session.folder()).empty(), "it is shown");
  Site site(board, std::string(kToken), input.size() % 2 == 0,
            [knows](const std::string& folder, const std::string& request, const auto& told) {
              MM_ASSERT(knows && folder == session.folder(), "who steers an engine has the token");
              const bool known = request == "kill" || request.starts_with("pause ") ||
                                 request.starts_with("resume ");
              MM_ASSERT(known && request.size() <= 15, "and says nothing else to it");
              told("ok 1");
            });
  Connections all;
  const std::string heard = mm::test::say_and_listen(input, [&](asio::ip::tcp::socket socket) {
    std::make_shared<HttpSession<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), site,
                                                     all)
        ->start();
  });
  MM_ASSERT(all.pages().empty() && all.taken() == 0, "nothing is left of a connection");
  const auto told = [&heard](std::string_view text) { return heard.find(text) != heard.npos; };
  MM_ASSERT(knows || (!told(kConfig) && !told(R"({"engines":[)")), "a stranger is told nothing");
}
