// `mm_logic run --mode live` and its neighbours against `mm_logic venue`: real processes, loopback
// TLS, an Ed25519 key. What is left at the end is asked from the venue.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <regex>

#include "tests/dumped_memory.h"
#include "tests/live_engine.h"
#include "tests/net_server.h"

namespace mm {
namespace {

using test::CertificateAuthority;
using test::count_of;
using test::JsonFile;
using test::LocalVenue;
using test::Process;
using test::read_file;
using test::Scratch;
using test::wait_until;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kForeign = "placed-by-hand";

class LiveRun : public test::LiveEngine {
 protected:
  void start(const std::vector<std::string>& more = {}) { start_engine("s", more); }
  // Until it has orders at the venue.
  void start_quoting(const std::vector<std::string>& more = {}) {
    start(more);
    ASSERT_TRUE(until_quoting()) << said();
  }
  // Killed while it quotes; once more if just then no order of its was at the venue.
  void kill_while_orders_rest(const std::vector<std::string>& more = {}) {
    // So far from the market that none is filled.
    std::vector<std::string> with{"--set", "strategy.min_spread=0.03", "--set",
                                  "strategy.max_spread=0.04"};
    with.insert(with.end(), more.begin(), more.end());
    for (int tries = 0; tries < 5; ++tries) {
      for (const char* folder : {"s", "sessions"}) std::filesystem::remove_all(here_.path(folder));
      ASSERT_NO_FATAL_FAILURE(start_quoting(with));
      engine_->signal(SIGKILL);
      engine_->wait();
      if (ours() > 0) return;
    }
    FAIL() << "no order was left by any of them";
  }
  std::size_t connections() const {
    const std::string text = log();
    return test::times_logged(text, "is ready") + test::times_logged(text, ": connected");
  }

  void expect_equal_ends() {
    EXPECT_EQ(venue_->open_orders(), "[]");
    const JsonFile json(here_.path("out.json"));
    EXPECT_EQ(json.integer("/invariants/flat_at_end"), 0);
    EXPECT_EQ(json.integer("/invariants/venue_position"), 0);
    expect_no_violation();
  }
};

TEST_F(LiveRun, EndsFlatWithEqualPositionsAfterEitherSignal) {
  open();
  for (const int number : {SIGTERM, SIGINT}) {
    std::filesystem::remove_all(here_.path("s"));
    start_quoting();
    EXPECT_EQ(stop(number), 0) << engine_->output();
    EXPECT_THAT(engine_->output(), HasSubstr("output hash"));
    expect_equal_ends();
  }
}

// Its memory locked, as on a tuned host, or not: whatever a tick touches is there.
TEST_F(LiveRun, TouchesNeitherHeapNorNewPagesOnceItIsWarmAndSaysWhereTimeGoes) {
  open();
  for (const std::string locked : {"yes", "no"}) {
    std::filesystem::remove_all(here_.path("s"));
    start({"--seconds", "5", "--set", "engine.lock_memory=" + locked});  // warm after 1.4
    EXPECT_EQ(engine_->wait(), 0) << engine_->output();
    const JsonFile json(here_.path("out.json"));
    EXPECT_EQ(json.integer("/hot_path_allocations"), 0) << "locked: " << locked;
    EXPECT_EQ(json.integer("/hot_path_faults"), 0) << "locked: " << locked << engine_->output();
  }
  const JsonFile json(here_.path("out.json"));
  for (const std::string stage : {"receive", "parse", "event_to_turn", "turn_to_command",
                                  "command_to_sent", "tick_to_sent", "sent_to_answer"}) {
    EXPECT_GT(json.integer("/latency_ns/" + stage + "/count"), 0) << stage;
    EXPECT_THAT(read_file(here_.path("s/latency_" + stage + ".hgrm")),
                HasSubstr("Total count    ="));
  }
  for (const std::string& thread : json.keys("/threads")) {
    const std::string at = "/threads/" + thread;
    EXPECT_GT(json.integer(at + "/turn_ns_max"), 0);
    for (const std::string& agent : json.keys(at + "/agents")) {
      EXPECT_GT(json.integer(at + "/agents/" + agent + "/turn_ns_max"), 0) << agent;
    }
  }
}

// From another host, or another state folder: no lock tells of it.
TEST_F(LiveRun, HaltsWhenALaterStartOfItselfTradesToo) {
  open();
  start_quoting();
  const char* const rival = "mm0100020000000001";
  ASSERT_THAT(venue_->place_by_hand(rival), HasSubstr(rival));
  const auto halt = [&] { return read_file(here_.path("sessions/HALT")); };
  ASSERT_TRUE(wait_until([&] { return !halt().empty(); })) << log();
  EXPECT_THAT(halt(), HasSubstr("another engine trades on this account as instance 1: order "
                                "mm0100020000000001 is of its start 2, we are start 1"));
  EXPECT_TRUE(wait_until([&] { return count_of(venue_->open_orders(), "\"orderId\"") == 1; }));
  EXPECT_EQ(stop(), 1) << engine_->output();
  EXPECT_EQ(JsonFile(here_.path("out.json")).integer("/invariants/no_rival"), 1);
  EXPECT_THAT(venue_->open_orders(), HasSubstr(rival)) << "that is the other's";
}

TEST_F(LiveRun, GoesOnBehindItsLastStartAfterItsStateWasLost) {
  open();
  start_quoting();
  stop(SIGKILL);
  ASSERT_THAT(venue_->open_orders(), HasSubstr("mm010001"));
  for (const char* const lost : {"mm_logic", "s"}) std::filesystem::remove_all(here_.path(lost));
  start();
  ASSERT_TRUE(wait_until([&] { return count_of(venue_->open_orders(), "\"mm010002") >= 2; }))
      << said();
  EXPECT_THAT(venue_->open_orders(), Not(HasSubstr("mm010001")));
  EXPECT_EQ(stop(), 0) << said();
  for (const std::string& said : {log(), engine_->output()}) {
    EXPECT_THAT(said, HasSubstr("This is start 2; position and daily loss begin anew"));
  }
  expect_equal_ends();
}

// By the filters of its start, without asking the venue again.
TEST_F(LiveRun, RefusesAReloadToSizesThatTheVenueWouldRefuse) {
  open();
  start_quoting();
  const std::string before = read_file(here_.path("s/config.ini"));
  for (const std::string verb : {"plan", "reload"}) {
    for (const std::string bad : {"strategy.order_notional=2", "strategy.order_size=0.000015"}) {
      const test::Ran ran = here_.run(verb + " s --set " + bad);
      EXPECT_EQ(ran.exit_code, 2) << ran.out;
      EXPECT_THAT(ran.err, testing::ContainsRegex(
                               "ETHUSDT: .*(NOTIONAL takes 5 USDT at least|LOT_SIZE takes steps)"));
    }
  }
  EXPECT_EQ(read_file(here_.path("s/config.ini")), before);
  const test::Ran good = here_.run("reload s --set strategy.order_notional=500");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(stop(), 0) << said();
}

TEST_F(LiveRun, LeavesAForeignOrderAloneInResetAndShutdown) {
  open();
  ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
  // A reset waits until there are requests left to quote anew with.
  start_quoting(
      {"--set", "order_management.reset_interval=2", "--set", "execution.modify_rate_limit=50"});
  // More cancels than one reset has orders: a second one has begun.
  ASSERT_TRUE(wait_until([&] { return count_of(log(), "order_reset: cancel") > 6; }, 60)) << log();
  EXPECT_EQ(stop(), 0) << engine_->output();
  EXPECT_THAT(JsonFile(here_.path("out.json")).text("/details/resets"), Not(AnyOf("0", "")));
  const std::string left = venue_->open_orders();
  EXPECT_EQ(count_of(left, "\"orderId\""), 1u) << left;
  EXPECT_THAT(left, HasSubstr(kForeign));
}

TEST_F(LiveRun, LeavesAForeignOrderAloneInAKill) {
  open();
  ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
  start_quoting();
  const test::Ran killed = here_.run("kill s");
  EXPECT_EQ(killed.exit_code, 0) << killed.out << killed.err;
  const std::string left = venue_->open_orders();
  EXPECT_EQ(count_of(left, "\"orderId\""), 1u) << left;
  EXPECT_THAT(left, HasSubstr(kForeign));
  stop();
  EXPECT_EQ(venue_->open_orders(), left);
}

TEST_F(LiveRun, CancelsAForeignOrderTooWhereTheSymbolIsItsOwn) {
  open();
  ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
  start_quoting({"--set", "venue.exclusive_symbol=yes"});
  EXPECT_THAT(venue_->open_orders(), HasSubstr(kForeign)) << "only an end cancels it";
  EXPECT_EQ(stop(), 0) << said();
  EXPECT_EQ(venue_->open_orders(), "[]");
  EXPECT_THAT(log(), HasSubstr("cancel everybody's orders"));
}

TEST_F(LiveRun, ThirtyReconnectsLoseNothing) {
  open();
  start_quoting({"--set", "execution.reconnect_first_ms=5", "--set", "feed.reconnect_first_ms=5"});
  ASSERT_TRUE(wait_until([&] { return connections() >= 3; }));
  for (int i = 0; connections() < 33 && i < 300; ++i) {
    const std::size_t before = connections();
    ASSERT_THAT(venue_->drop(i % 4 == 0 ? "all" : "random", i % 3), HasSubstr("dropped"));
    wait_until([&] { return connections() > before; }, 1);
  }
  EXPECT_GE(connections(), 33u) << log();
  EXPECT_EQ(stop(), 0) << said();
  expect_equal_ends();
}

// The venue's own 300 in 5 minutes, which the engine knows from exchangeInfo.
TEST_F(LiveRun, NeverTriesMoreConnectionsThanTheVenueAllows) {
  open();
  start_quoting({"--set", "feed.reconnect_first_ms=1", "--set", "feed.reconnect_longest_s=0.1",
                 "--set", "execution.reconnect_first_ms=1", "--set",
                 "execution.reconnect_longest_s=0.1"});
  std::size_t most = 0;
  for (int idle = 0; idle < 3;) {  // until nothing comes back any more
    most = connections();
    venue_->drop("all");
    idle = wait_until([&] { return connections() > most; }, 1) ? 0 : idle + 1;
  }
  EXPECT_GE(most, 150u) << "the limit was never reached";  // orders keep a share of it
  EXPECT_LE(most, 300u);
  EXPECT_THAT(log(), Not(HasSubstr("HTTP 429")));
  EXPECT_EQ(stop(), 0) << said();
  expect_equal_ends();
}

TEST_F(LiveRun, FillsThatNoConnectionCouldTellAreToldAtTheEnd) {
  // For the check before the start, data and orders, and no other.
  open({.keys = "connections_per_5min = 5\n"});
  start_quoting();
  const auto told = [&] { return count_of(log(), " FILLED "); };
  const auto traded = [&] {
    return count_of(venue_->ask("GET", "/api/v3/myTrades", {{"symbol", "ETHUSDT"}}), "orderId");
  };
  venue_->drop("all");
  ASSERT_TRUE(wait_until([&] { return traded() > told(); }, 30)) << log();
  EXPECT_EQ(stop(), 0) << said();
  EXPECT_GE(told(), traded());
  expect_equal_ends();
}

TEST_F(LiveRun, ASecondEngineWithTheSameKeyAndInstanceIsRefused) {
  open();
  start_quoting();
  Process second(here_, venue_->engine({"run", "--mode", "live"}, {"--session", "t"}),
                 "second.out");
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.output(),
              HasSubstr("another engine trades with this API key as instance 1: process "));
  EXPECT_EQ(stop(), 0) << engine_->output();
  expect_equal_ends();
}

// Whatever it is that refuses: nobody looks after the orders of the engine that was killed.
TEST_F(LiveRun, ARefusedStartLeavesNoOrderOfTheOneThatWasKilled) {
  open();
  const auto halt = [this] {
    std::filesystem::create_directories(here_.path("sessions"));
    here_.write("sessions/HALT", "a reason\n");
  };
  const auto damage = [this] { here_.write("s/journal.bin", "no journal at all"); };
  const auto nothing = [] {};
  struct Cause {
    std::function<void()> make;
    std::string set, said;
  };
  for (const Cause& cause :
       {Cause{halt, "strategy.warmup_s=0.2", "a reason"},
        Cause{nothing, "instrument.tick=0.02", "the venue's is 0.01"},
        Cause{damage, "strategy.warmup_s=0.2", "goes_on = no"},
        Cause{damage, "order_management.own_orders_at_start=adopt", "goes_on = no"}}) {
    ASSERT_NO_FATAL_FAILURE(kill_while_orders_rest({"--set", "session.goes_on=no"}));
    cause.make();
    Process refused(here_,
                    venue_->engine({"run", "--mode", "live"},
                                   {"--session", "t", "--seconds", "5", "--set", cause.set}),
                    "refused.out");
    EXPECT_EQ(refused.wait(), 1) << cause.said;
    EXPECT_THAT(refused.output(), HasSubstr(cause.said));
    EXPECT_THAT(refused.output(), HasSubstr("open orders of an earlier start were cancelled"));
    EXPECT_EQ(venue_->open_orders(), "[]") << cause.said;
  }
}

TEST_F(LiveRun, WithoutLeaveToTradeARefusedStartNamesTheOrdersThatAreLeft) {
  open();
  ASSERT_NO_FATAL_FAILURE(kill_while_orders_rest());
  const std::size_t left = ours();
  Process refused(
      here_,
      venue_->engine({"run", "--mode", "live"}, {"--session", "t", "--set", "venue.allow_live=no"}),
      "refused.out");
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_THAT(refused.output(), HasSubstr("orders of an earlier start are open at the venue"));
  EXPECT_THAT(refused.output(), HasSubstr("`mm_logic guard " + here_.path("s") + "` cancels"));
  EXPECT_EQ(ours(), left);
}

TEST_F(LiveRun, SaysThatItCouldNotVerifyWhenTheVenueIsGone) {
  open();
  start_quoting();
  venue_->process().signal(SIGKILL);
  venue_->process().wait();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(stop(), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(25));
  EXPECT_THAT(engine_->output(), HasSubstr("the venue could not be asked what is left"));
}

// An order API that answers the check before the start, and bans the address afterwards.
test::NetServer::Handler ban_after_the_first() {
  const auto connections = std::make_shared<std::atomic<int>>();
  return [connections](test::Peer& peer) {
    if (connections->fetch_add(1) > 0) {
      peer.read_until("\r\n\r\n");
      peer.write("HTTP/1.1 418 Banned\r\nRetry-After: 80\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    test::WsPeer socket(peer);
    if (!socket.upgrade()) return;
    while (const auto frame = socket.read()) {
      std::smatch id;
      if (!std::regex_search(frame->payload, id, std::regex(R"("id":("?\w+"?))"))) return;
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
      socket.send_text(R"({"id":)" + id[1].str() + R"(,"status":200,"result":{"serverTime":)" +
                       std::to_string(ms) + "}}");
    }
  };
}

// The order API bans the address before any connection came up: there is nothing to wait for.
TEST_F(LiveRun, WithoutAConnectionABanIsSaidAndNotWaitedForAtTheEnd) {
  open();
  const test::NetServer bans(ban_after_the_first());
  start({"--set", "engine.log_level=warn", "--set",
         "venue.ws_api_url=ws://127.0.0.1:" + std::to_string(bans.port()) + "/ws-api/v3"});
  ASSERT_TRUE(wait_until([&] { return count_of(log(), "HTTP 418") > 0; })) << said();
  EXPECT_THAT(log(), HasSubstr("orders: order connection 0: "));
  EXPECT_EQ(stop(), 1) << "orders of an earlier start could not be looked for";
  EXPECT_THAT(engine_->output(), HasSubstr("the venue could not be asked what is left"));
  EXPECT_THAT(engine_->output() + log(), Not(HasSubstr("waiting to cancel")));
}

TEST_F(LiveRun, NoSecretIsInAnythingItLeaves) {
  open();
  start_quoting();
  venue_->drop("all");  // with a logon again
  ASSERT_TRUE(wait_until([&] { return connections() >= 6; })) << log();
  const std::string key = read_file(here_.path("api.key"));
  std::string pem = read_file(here_.path("keys/ed25519_private.pem"));
  pem = pem.substr(pem.find('\n') + 1, 64);
  const std::string limits = read_file("/proc/" + std::to_string(engine_->pid()) + "/limits");
  const std::string core = limits.substr(limits.find("Max core file size"), 55);
  EXPECT_THAT(core, testing::MatchesRegex("Max core file size +1 +1 *")) << limits;
  EXPECT_GT(test::times_in_dump(engine_->pid(), "ETHUSDT"), 0u);
  EXPECT_EQ(test::times_in_dump(engine_->pid(), pem), 0u);
  EXPECT_EQ(test::times_in_dump(engine_->pid(), test::ed25519_key(pem)), 0u);
  EXPECT_EQ(stop(), 0);
  ASSERT_GT(key.size(), 10u);
  std::size_t looked_at = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here_.path(""))) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || name == "api.key" || name == "venue.out" ||
        name == "ed25519_private.pem") {
      continue;
    }
    ++looked_at;
    const std::string bytes = read_file(entry.path());
    EXPECT_EQ(bytes.find(key), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(pem), std::string::npos) << entry.path();
  }
  EXPECT_GE(looked_at, 7u);
}

TEST_F(LiveRun, PaperSendsNoOrder) {
  open();
  Process paper(here_,
                venue_->engine({"run", "--mode", "paper"},
                               {"--session", "s", "--seconds", "3", "--json", "out.json"}),
                "paper.out");
  EXPECT_EQ(paper.wait(), 0) << paper.output();
  EXPECT_GE(JsonFile(here_.path("out.json")).integer("/orders/placed"), 1) << paper.output();
  EXPECT_EQ(venue_->ask("GET", "/api/v3/allOrders", {{"symbol", "ETHUSDT"}}), "[]");
}

TEST_F(LiveRun, CheckSaysALineOfEachThing) {
  open();
  Process check(here_, venue_->engine({"check", "--mode", "live"}), "check.out");
  EXPECT_EQ(check.wait(), 0);
  for (const char* subject : {"live", "venue", "time", "symbol", "limits", "streams", "key", "fees",
                              "balances", "rights", "orders"}) {
    EXPECT_GE(count_of(check.output(), "  " + std::string(subject) + " "), 1u) << subject << "\n"
                                                                               << check.output();
  }
  EXPECT_THAT(check.output(), Not(HasSubstr("fail")));
  EXPECT_THAT(check.output(), HasSubstr("warn  rights    the key works from any address"));
}

struct BadStart {
  std::string set, line;
};

class LiveStart : public LiveRun {
 protected:
  // Exit 1 with one line about it, and nothing placed.
  void expect_refused(const BadStart& bad) {
    std::filesystem::remove_all(here_.path("s"));
    start({"--set", bad.set, "--seconds", "5"});
    EXPECT_EQ(engine_->wait(), 1) << bad.set << "\n" << said();
    const std::string said = engine_->output();
    EXPECT_THAT(said, HasSubstr(bad.line)) << bad.set;
    EXPECT_EQ(count_of(said, "fail  "), 1u) << said;
  }
  void expect_nothing_placed() {
    EXPECT_EQ(venue_->ask("GET", "/api/v3/allOrders", {{"symbol", "ETHUSDT"}}), "[]");
  }
};

TEST_F(LiveStart, IsRefusedForWhatIsWrongWithKeySymbolOrPermission) {
  open();
  here_.write("open.pem", read_file(here_.path("keys/ed25519_private.pem")));
  chmod(here_.path("open.pem").c_str(), 0644);
  here_.write("other.pem",
              "-----BEGIN PRIVATE KEY-----\n"
              "MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
              "-----END PRIVATE KEY-----\n");
  here_.write("unknown.key", "NobodyHasThisKey");
  chmod(here_.path("other.pem").c_str(), 0600);
  chmod(here_.path("unknown.key").c_str(), 0600);
  for (const BadStart& bad : std::vector<BadStart>{
           {"venue.api_key_file=", "MM_API_KEY"},
           {"venue.private_key_file=missing.pem", "missing.pem"},
           {"venue.private_key_file=open.pem", "open.pem"},
           {"venue.private_key_file=other.pem", "-1022 Signature for this request is not valid"},
           {"venue.api_key_file=unknown.key", "-2015 Invalid API-key"},
           {"venue.allow_live=no", "[venue] allow_live = no"},
           {"instrument.tick=0.02",
            "ETHUSDT: [instrument] tick = 0.02: the venue's is 0.01, and a multiple of it is not"},
           {"instrument.lot=0.00001", "ETHUSDT: [instrument] lot = 0.00001: the venue's is 0.0001"},
           {"instrument.min_notional=1", "[instrument] min_notional = 1: the venue's is 5"},
           {"strategy.order_size=0.00015", "[strategy] order_size = 0.00015: LOT_SIZE takes steps"},
           {"strategy.order_size=0.0001", "are worth 0."},
           {"venue.symbols=NONEUSDT", "NONEUSDT"},
           {"venue.ca_file=missing.pem", "missing.pem"},
           {"venue.rest_url=https://127.0.0.1:1", "127.0.0.1"},
           {"venue.stream_url=wss://127.0.0.1:1", "fail  streams   127.0.0.1:1: "},
           {"venue.ws_api_url=wss://127.0.0.1:1/ws-api/v3", "fail  orders    127.0.0.1:1: "}}) {
    expect_refused(bad);
  }
  expect_nothing_placed();
}

TEST_F(LiveStart, CheckAndPaperSayTheSameOfUnitsThatAreNotTheVenues) {
  open();
  const std::string line = "fail  units     ETHUSDT: [instrument] tick = 0.05: the venue's is 0.01";
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"check", "--mode", "live"},
           {"check", "--mode", "paper"},
           {"run", "--mode", "paper", "--session", "s", "--seconds", "5"}}) {
    Process process(here_, venue_->engine(command, {"--set", "instrument.tick=0.05"}), "p.out");
    EXPECT_EQ(process.wait(), 1);
    EXPECT_THAT(process.output(), HasSubstr(line));
  }
  EXPECT_FALSE(std::filesystem::exists(here_.path("s")));
}

TEST_F(LiveStart, IsRefusedForACertificateThatIsNotTheVenues) {
  open();
  here_.write("other.pem", CertificateAuthority("another").pem());
  expect_refused({"venue.ca_file=other.pem", "127.0.0.1"});
  expect_nothing_placed();
}

TEST_F(LiveStart, IsRefusedForACertificateOfAnotherHost) {
  open({.keys = "", .certificate = {.names = {"venue.example"}, .addresses = {"10.0.0.1"}}});
  expect_refused({"venue.environment=local", "127.0.0.1"});
}

TEST_F(LiveStart, IsRefusedForAnExpiredCertificate) {
  using std::chrono::hours;
  open({.keys = "", .certificate = {.valid_from = -hours(2), .valid_until = -hours(1)}});
  expect_refused({"venue.environment=local", "expired"});
}

// The venue's REST with one thing said otherwise.
class ChangedVenue {
 public:
  ChangedVenue(const Scratch& here, const LocalVenue& venue,
               std::function<void(const std::string& target, test::ServedResponse&)> change)
      : tls_(net::TlsContext::client(here.path("authority.pem"))),
        server_(test::serve_http([this, url = venue.url("https"),
                                  change = std::move(change)](const test::ServedRequest& request) {
          net::HttpClient client(net::parse_url(url).endpoint, &tls_);
          net::HttpResponse answer =
              client.send({.method = request.method,
                           .target = request.target,
                           .headers = {{"X-MBX-APIKEY", request.header("X-MBX-APIKEY")}},
                           .body = request.body});
          test::ServedResponse served{.status = answer.status, .body = answer.body};
          change(request.target, served);
          return served;
        })) {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

 private:
  net::TlsContext tls_;
  test::NetServer server_;
};

TEST_F(LiveStart, IsRefusedWhenTheClockIsOffOrTheSymbolDoesNotTrade) {
  open();
  const ChangedVenue late(here_, *venue_, [](const std::string&, test::ServedResponse& answer) {
    std::smatch found;
    if (!std::regex_search(answer.body, found, std::regex("\"serverTime\":([0-9]+)"))) return;
    answer.body = "{\"serverTime\":" + std::to_string(std::stoll(found[1]) + 60'000) + "}";
  });
  expect_refused({"venue.rest_url=" + late.url(), "set its clock"});
  const ChangedVenue halted(here_, *venue_, [](const std::string&, test::ServedResponse& answer) {
    answer.body = std::regex_replace(answer.body, std::regex("\"TRADING\""), "\"BREAK\"");
  });
  expect_refused({"venue.rest_url=" + halted.url(), "not trading"});
  const ChangedVenue takers(here_, *venue_, [](const std::string&, test::ServedResponse& answer) {
    answer.body = std::regex_replace(answer.body, std::regex("\"LIMIT_MAKER\","), "");
  });
  expect_refused({"venue.rest_url=" + takers.url(), "takes no LIMIT_MAKER orders"});
  const ChangedVenue odd(here_, *venue_, [](const std::string& target, auto& answer) {
    if (!target.starts_with("/api/v3/account")) return;
    answer.body = std::regex_replace(answer.body, std::regex("\"free\":\""), "\"free\":\"x");
  });
  expect_refused({"venue.rest_url=" + odd.url(), "is no number"});
  expect_nothing_placed();
}

// REST tells a tick that is no longer true when the order connection asks.
TEST_F(LiveStart, ATickThatChangedBeforeTheOrderConnectionOpenedHaltsTheSymbol) {
  open();
  const ChangedVenue old(here_, *venue_, [](const std::string&, test::ServedResponse& answer) {
    answer.body =
        std::regex_replace(answer.body, std::regex("\"tickSize\":\"0.01"), "\"tickSize\":\"0.02");
  });
  start({"--set", "venue.rest_url=" + old.url()});
  const std::string news =
      "ETHUSDT: the venue's tick is 0.01 now and its lot 0.0001, other than "
      "when this run began: halted until a restart";
  ASSERT_TRUE(wait_until([&] {
    return count_of(log(), "order connection 0 is ready") > 0 && count_of(log(), news) > 0;
  })) << engine_->output()
      << log();
  EXPECT_EQ(stop(), 0) << said();
  expect_nothing_placed();
}

TEST_F(LiveStart, OnlyAHostWithoutThePageLeavesTheRightsOfTheKeyUnknown) {
  open();
  for (const int status : {404, 403}) {
    const ChangedVenue venue(here_, *venue_, [status](const std::string& target, auto& answer) {
      if (target.starts_with("/sapi/")) answer = {.status = status, .body = "{}"};
    });
    Process check(
        here_,
        venue_->engine({"check", "--mode", "live"}, {"--set", "venue.rest_url=" + venue.url()}),
        "check.out");
    EXPECT_EQ(check.wait(), 0);
    EXPECT_THAT(check.output(), HasSubstr(status == 404 ? "ok    rights    of the key: unknown here"
                                                        : "warn  rights    of the key: 127.0.0.1"));
    EXPECT_EQ(count_of(check.output(), "HTTP 403"), status == 403 ? 1u : 0u);
  }
}

}  // namespace
}  // namespace mm
