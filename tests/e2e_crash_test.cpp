// kill -9 and start again: a short form of scripts/crash_loop, and what a crash leaves behind.
#include <gmock/gmock.h>

#include <set>

#include "engine/ledger/sqlite.h"
#include "tests/live_engine.h"

namespace mm {
namespace {

using test::count_of;
using test::JsonFile;
using test::Process;
using test::read_file;
using test::Scratch;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> column(const std::string& ledger, const char* sql) {
  Database database;
  Statement rows;
  EXPECT_EQ(database.open(ledger, Database::Mode::kReadOnly), "");
  EXPECT_EQ(database.prepare(sql, rows), "");
  std::vector<std::string> all;
  while (rows.step()) all.push_back(rows.text(0));
  return all;
}

class Crash : public test::LiveEngine {
 protected:
  void open(const std::string& more = {}) { LiveEngine::open({.keys = more}); }
  void start(int life, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{
        "--set", "strategy.min_spread=0.00005", "--set", "strategy.warmup_s=0",
        "--set", "strategy.order_notional=100", "--set", "strategy.modify_threshold=0.0002",
        "--set", "risk.max_daily_loss=0"};
    all.insert(all.end(), more.begin(), more.end());
    start_engine("s" + std::to_string(life), all);
  }
  void kill() { EXPECT_EQ(stop(SIGKILL), -1) << engine_->output(); }
  bool logged(const std::string& what) const { return log().find(what) != std::string::npos; }
  // Orders at the venue that this start has placed, or moved.
  bool is_quoting() {
    return wait_until([&] {
      return (logged(" place ") || logged(" order_modify ")) && venue_->open_orders() != "[]";
    });
  }
  std::string ledger(int life) const {
    return here_.path("s" + std::to_string(life) + "/ledger.sqlite");
  }
  void kill_five_times(const std::vector<std::string>& more);
  void check_books(int lives);
};

void Crash::kill_five_times(const std::vector<std::string>& more) {
  constexpr int kLives = 5;
  open();
  for (int life = 1; life <= kLives; ++life) {
    start(life, more);
    if (life == 2) {
      wait_until([&] { return logged("live, "); });  // while it finds out where it stands
    } else {
      ASSERT_TRUE(is_quoting()) << said();
      if (life % 2 == 1) wait_until([&] { return logged("FILLED"); }, 2);
    }
    kill();
  }
  start(kLives + 1, more);
  ASSERT_TRUE(is_quoting()) << said();
  EXPECT_TRUE(logged("recovered ETHUSDT: ")) << log();
  EXPECT_THAT(log(), Not(HasSubstr("is not of ours")));
  EXPECT_EQ(stop(), 0) << said();
  check_books(kLives + 1);
}

// Every fill once, every order written down before it was sent; at the end none is left.
void Crash::check_books(int lives) {
  EXPECT_EQ(venue_->open_orders(), "[]");
  std::multiset<std::string> told, known;
  for (int life = 1; life <= lives; ++life) {
    if (!here_.has("s" + std::to_string(life))) continue;
    for (std::string& id : column(ledger(life), "SELECT trade_id FROM fills")) told.insert(id);
    const char* const own = "SELECT client_order_id FROM orders WHERE why<>'adopted'";
    for (std::string& id : column(ledger(life), own)) known.insert(id);
  }
  std::multiset<std::string> traded;
  const std::string trades =
      venue_->ask("GET", "/api/v3/myTrades", {{"symbol", "ETHUSDT"}, {"limit", "1000"}});
  std::smatch found;
  const std::regex trade("\"id\":([0-9]+)"), order("\"clientOrderId\":\"([^\"]+)\"");
  for (std::sregex_iterator at(trades.begin(), trades.end(), trade), end; at != end; ++at) {
    traded.insert((*at)[1]);
  }
  EXPECT_EQ(told, traded) << "each fill once";
  const std::string orders =
      venue_->ask("GET", "/api/v3/allOrders", {{"symbol", "ETHUSDT"}, {"limit", "1000"}});
  for (std::sregex_iterator at(orders.begin(), orders.end(), order), end; at != end; ++at) {
    EXPECT_EQ(known.count((*at)[1]), 1u) << (*at)[1] << " was sent before it was written down";
  }
}

TEST_F(Crash, FiveKillsLoseNoOrderAndNoFill) {
  kill_five_times({});
}

TEST_F(Crash, FiveKillsOfAnEngineThatAdoptsLoseNoneEither) {
  kill_five_times({"--set", "order_management.own_orders_at_start=adopt"});
}

// S15: with orders live a kill that nobody hears, a position that changes while nobody is there, a
// start that knows of both, and a stop that is heard.
TEST_F(Crash, S15AKillLeavesOrdersThatAreFilledAndTheNextStartKnowsAndAStopLeavesNone) {
  const auto trades = [this] {
    return count_of(venue_->ask("GET", "/api/v3/myTrades", {{"symbol", "ETHUSDT"}}), "\"price\"");
  };
  open();
  start(1);
  ASSERT_TRUE(is_quoting()) << said();
  kill();
  const std::size_t known = count_of(log(), " FILLED "), live = ours();
  ASSERT_TRUE(wait_until([&] { return trades() > known; }, 60)) << log();
  EXPECT_GT(live, 0u);
  start(2);
  ASSERT_TRUE(is_quoting()) << said();
  EXPECT_TRUE(logged("recovered ETHUSDT: ")) << log();
  EXPECT_EQ(stop(SIGTERM), 0) << said();
  EXPECT_EQ(ours(), 0u);
  expect_no_violation();
  check_books(2);
  EXPECT_GT(column(ledger(2), "SELECT trade_id FROM fills").size(), 0u);
}

// What a killed engine sent last is carried out seconds after its end, and the lists that the next
// one reads are of a moment ago: still nothing of before rests beside what that quotes.
TEST_F(Crash, RequestsThatComeLateAndListsThatLagLeaveNothingBesideTheNextQuotes) {
  constexpr int kLives = 4;
  open();
  // Orders of this start that are open, and of those before.
  const auto open_of = [&](int life) {
    std::pair<int, int> counts;
    const std::string orders = venue_->open_orders();
    const std::regex shape("\"clientOrderId\":\"mm..([0-9a-f]{4})");
    for (std::sregex_iterator at(orders.begin(), orders.end(), shape), end; at != end; ++at) {
      ++(std::stoi((*at)[1], nullptr, 16) == life ? counts.first : counts.second);
    }
    return counts;
  };
  for (int life = 1; life <= kLives; ++life) {
    venue_->fault("request_delayed", 120, "&per_million=200000&delay_ms=4500");
    venue_->fault("list_lag", 120, "&per_million=1000000&delay_ms=1900");
    start(life);
    ASSERT_TRUE(wait_until([&] { return open_of(life).first > 0; }, 60)) << said();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    wait_until([&] {
      const auto [own, old] = open_of(life);
      EXPECT_EQ(old, 0) << "beside " << own << " of start " << life << "\n" << log();
      return HasFailure() || std::chrono::steady_clock::now() > end;
    });
    if (life < kLives) kill();
  }
  EXPECT_THAT(log(), Not(HasSubstr("is not of ours")));
  EXPECT_EQ(stop(), 0) << said();
  wait_until([&] { return venue_->open_orders() == "[]"; });
  check_books(kLives);
}

// Orders rest where they are from one start to the next, until one is filled there.
TEST_F(Crash, OrdersOfAKilledEngineGoOn) {
  constexpr int kLivesMax = 12;
  const std::vector<std::string> resting{"--set", "order_management.own_orders_at_start=adopt",
                                         "--set", "strategy.modify_threshold=0.1",
                                         "--set", "strategy.max_modify_deviation=0.5",
                                         "--set", "strategy.warmup_s=0.3",
                                         "--set", "risk.max_price_change=0"};
  const std::regex goes_on("goes on: [^\n]*\\[([0-9a-f]+)\\]");
  // An order of before, by the name that the log has for it.
  const auto one_is_filled = [&] {
    const std::string text = log();
    for (std::sregex_iterator at(text.begin(), text.end(), goes_on), end; at != end; ++at) {
      const std::regex filled("FILLED [^\n]*\\[" + (*at)[1].str() + "\\]");
      const auto after = text.begin() + at->position() + at->length();
      if (std::regex_search(after, text.end(), filled)) return true;
    }
    return false;
  };
  // The market swings wider than what rests lies apart: it comes by each order, wherever that is.
  open("[symbol ETHUSDT]\nswing_min = 0.009\nswing_max = 0.011\n");
  int life = 1;
  start(life, resting);
  do {
    // A later start need not place: what it has adopted may all rest where it should.
    ASSERT_TRUE(life > 1 ? until_quoting() : is_quoting()) << said();
    kill();
    start(++life, resting);
    // The lists of orders and trades are waited for first.
  } while (!wait_until(one_is_filled, 8) && life < kLivesMax);
  ASSERT_TRUE(one_is_filled()) << said();
  EXPECT_THAT(log(), Not(HasSubstr("is not of ours")));
  EXPECT_EQ(stop(), 0) << said();
  check_books(life);
  const std::vector<std::string> filled =
      column(ledger(life),
             "SELECT DISTINCT f.client_order_id FROM fills f JOIN events e ON "
             "e.client_order_id=f.client_order_id AND e.kind='adopted' WHERE f.record>e.record");
  EXPECT_THAT(filled, Not(testing::IsEmpty()));
  for (const std::string& id : filled) EXPECT_LT(std::stoi(id.substr(4, 4), nullptr, 16), life);
  const test::Ran replayed = here_.run("replay " + session_);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.out << replayed.err;
}

// No later start looks after it: whoever reads it first makes its ledger.
TEST(SimulatedCrash, GetsItsLedgerFromWhoeverReadsItFirst) {
  const Scratch here;
  struct Case {
    const char *command, *speed;
  };
  for (const Case& c : {Case{"replay", "realtime"}, Case{"report", "realtime"},
                        Case{"explain", "realtime"}, Case{"replay", "max"}}) {
    std::filesystem::remove_all(here.path("s"));
    Process engine(here,
                   {"run", "--session", "s", "--speed", c.speed, "--seconds", "31536000", "-c",
                    test::kConfig, "--quiet", "--set", "strategy.warmup_s=0.2"},
                   "engine.out");
    const auto bytes = [&] {
      std::error_code ignored;
      const auto size = std::filesystem::file_size(here.path("s/journal.bin"), ignored);
      return ignored ? 0 : size;
    };
    ASSERT_TRUE(wait_until([&] { return bytes() > 100'000; })) << engine.output();
    engine.signal(SIGSTOP);  // in virtual time it would write on and on
    const std::string command =
        std::string(c.command) + " s" + (c.command == std::string("explain") ? " --order all" : "");
    here.run(command);
    EXPECT_FALSE(here.has("s/ledger.sqlite")) << "it runs";
    engine.signal(SIGKILL);
    engine.wait();
    const test::Ran ran = here.run(command);
    EXPECT_THAT(ran.out + ran.err, HasSubstr("s/ledger.sqlite: built")) << c.command;
    EXPECT_FALSE(column(here.path("s/ledger.sqlite"), "SELECT price FROM orders").empty());
    EXPECT_THAT(here.run(command).out, Not(HasSubstr("s/ledger.sqlite: built"))) << "once";
  }
}

// The intent stands in the ring before the command leaves, the ids' epoch on the disk.
TEST_F(Crash, ASessionKilledWhileItQuotesReplaysToItsLastCommand) {
  open();
  start(1);
  ASSERT_TRUE(is_quoting()) << said();
  const std::string open_orders = venue_->open_orders();
  kill();
  EXPECT_FALSE(here_.has("s1/ledger.sqlite"));
  const test::Ran replayed = here_.run("replay s1");
  EXPECT_EQ(replayed.exit_code, 0) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("its engine ended without an end; "));
  EXPECT_THAT(replayed.out, HasSubstr(" records equal"));
  EXPECT_THAT(here_.run("replay s1").out, Not(HasSubstr("ended without an end; ")));
  std::string epoch_file;
  for (const auto& entry : std::filesystem::directory_iterator(here_.path("mm_logic"))) {
    if (entry.path().extension() == ".epoch") epoch_file = read_file(entry.path());
  }
  EXPECT_EQ(epoch_file, "1\n");
  EXPECT_THAT(open_orders, HasSubstr("mm010001"));
  // The next start builds the ledger: every order that was open is in it.
  start(2);
  ASSERT_TRUE(wait_until([&] { return logged("recovered ETHUSDT: "); })) << engine_->output();
  kill();
  const std::vector<std::string> known = column(ledger(1), "SELECT client_order_id FROM orders");
  const std::regex order("\"clientOrderId\":\"([^\"]+)\"");
  for (std::sregex_iterator at(open_orders.begin(), open_orders.end(), order), end; at != end;
       ++at) {
    EXPECT_THAT(known, testing::Contains((*at)[1].str()));
  }
}

TEST_F(Crash, ForeignOrdersSurviveAndALossOfBeforeStillCounts) {
  // The market moves by less than fees: a fill was a loss, and stays one.
  open(
      "[symbol ETHUSDT]\nvolatility = 0\njumps_per_hour = 0\nswing_min = 0.0003\n"
      "swing_max = 0.0004\n");
  const std::string placed = venue_->ask("POST", "/api/v3/order",
                                         {{"symbol", "ETHUSDT"},
                                          {"side", "BUY"},
                                          {"type", "LIMIT_MAKER"},
                                          {"quantity", "0.01"},
                                          {"price", "2600"},
                                          {"newClientOrderId", "placed-by-hand"}});
  ASSERT_THAT(placed, HasSubstr("placed-by-hand"));
  start(1);
  ASSERT_TRUE(is_quoting()) << said();
  ASSERT_TRUE(wait_until([&] { return logged("FILLED"); })) << log();
  kill();
  // What the first session lost leaves no room for a second.
  start(2, {"--set", "risk.max_daily_loss=0.00000001", "--seconds", "3"});
  EXPECT_EQ(engine_->wait(), 0) << said();
  EXPECT_EQ(JsonFile(here_.path("out.json")).integer("/orders/placed"), 0) << log();
  EXPECT_THAT(venue_->open_orders(), HasSubstr("placed-by-hand"));
  EXPECT_EQ(count_of(venue_->open_orders(), "\"orderId\""), 1u);
  // Unless the session before is not gone on from; its trip halts starts in its folder.
  start(3, {"--set", "risk.max_daily_loss=0.00000001", "--set", "session.goes_on=no", "--set",
            "session.dir=elsewhere"});
  EXPECT_TRUE(wait_until([&] { return logged(" place "); })) << said();
}

}  // namespace
}  // namespace mm
