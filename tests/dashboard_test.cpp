// What the dashboard tells, to whom, and what it keeps: without sockets.
#include <gmock/gmock.h>

#include "engine/dashboard/access.h"
#include "engine/dashboard/engine_json.h"
#include "engine/dashboard/site.h"
#include "tests/journal_test_support.h"
#include "tests/published_core.h"
#include "tests/venue_harness.h"

namespace mm::dashboard {
namespace {

using test::Json;
using test::PublishedCore;
using testing::HasSubstr;
using testing::Not;

const std::string kToken = "0123456789abcdef0123456789abcdef";

TEST(DashboardAccess, AnAddressIsOneOfNumbersWithAPort) {
  ListenAddress at;
  ASSERT_TRUE(parse_listen_address("127.0.0.1:8080", at));
  EXPECT_EQ(at.address, "127.0.0.1");
  EXPECT_EQ(at.port, 8080);
  ASSERT_TRUE(parse_listen_address("[::1]:0", at));
  EXPECT_EQ(at.address, "::1");
  for (const char* wrong : {"", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                            "127.0.0.1:65536", "127.0.0.1:-1", "example.org:80", "127.0.0.1:80 "}) {
    EXPECT_FALSE(parse_listen_address(wrong, at)) << wrong;
  }
  EXPECT_TRUE(is_loopback("127.0.0.9") && is_loopback("::1"));
  EXPECT_FALSE(is_loopback("0.0.0.0") || is_loopback("::") || is_loopback("10.0.0.1"));
}

TEST(DashboardAccess, OnlyTheWholeTokenLetsIn) {
  EXPECT_TRUE(is_bearer_of(kToken, "Bearer " + kToken));
  EXPECT_TRUE(offers_token(kToken, "mm-logic, " + kToken));
  for (const std::string& wrong :
       {std::string(), kToken.substr(1), kToken + "0", std::string("Bearer"), "Basic " + kToken}) {
    EXPECT_FALSE(is_bearer_of(kToken, wrong)) << wrong;
    EXPECT_FALSE(is_bearer_of(kToken, "Bearer " + wrong)) << wrong;
    EXPECT_FALSE(offers_token(kToken, "mm-logic, " + wrong)) << wrong;
  }
  EXPECT_FALSE(offers_token(kToken, kToken));
  EXPECT_FALSE(is_bearer_of("", "Bearer ")) << "there is no token that is empty";
  EXPECT_FALSE(offers_token("", "mm-logic, "));
  EXPECT_NE(random_token(), random_token());
  EXPECT_EQ(random_token().size(), 32u);
}

TEST(DashboardAccess, ATokenFileIsItsOwnersAlone) {
  const test::Scratch here;
  std::string token;
  const std::string file = here.write("token", kToken + "\n");
  EXPECT_FALSE(read_token(file, token));
  EXPECT_THAT(token, HasSubstr("others may read it"));
  chmod(file.c_str(), 0600);
  EXPECT_TRUE(read_token(file, token));
  EXPECT_EQ(token, kToken);
  here.write("token", "too short\n");
  EXPECT_FALSE(read_token(file, token));
  EXPECT_THAT(token, HasSubstr("is no token"));
  EXPECT_FALSE(read_token(here.path("missing"), token));
}

TEST(DashboardAccess, AHostIsLocalByItsNumberOrAsLocalhost) {
  for (const char* host :
       {"localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "evil.example:8080", "localhost.evil.example",
                           "10.0.0.1:8080", "127.0.0.1.evil.example"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

// -- What is told.

class Dashboard : public testing::Test {
 protected:
  void SetUp() override {
    engine_.harness.start_quoting();
    engine_.publisher.publish_all();
    ASSERT_EQ(board_.add(engine_.here.path("session")), "");
  }
  // A second of the engine's, as the dashboard sees it.
  void second() {
    engine_.harness.now += kSecond;
    engine_.harness.book(Ticks(299'999), Ticks(300'001));
    engine_.publisher.publish_all();
    for (int i = 0; i < 4; ++i) board_.turn();
  }
  static std::string text_of(const Answer& answer) { return std::string(answer.body.view()); }
  Json told(Watch& watch) { return Json(*board_.message(watch)); }
  Answer ask(Request request) {
    Answer out;
    if (request.host.empty()) request.host = "127.0.0.1:8080";
    site_.answer(request, [&](Answer answer) { out = std::move(answer); });
    return out;
  }
  Answer get(std::string_view path, std::string_view authorization = {}) {
    return ask({.method = "GET",
                .path = path,
                .host = {},
                .authorization = authorization,
                .protocols = {},
                .body = {}});
  }
  Answer post(std::string_view path, std::string_view body, std::string_view authorization) {
    return ask({.method = "POST",
                .path = path,
                .host = {},
                .authorization = authorization,
                .protocols = {},
                .body = body});
  }

  PublishedCore engine_;
  Board board_{{}};
  std::string asked_, answer_ = "ok 1";
  Site site_{board_, kToken, true,
             [this](const std::string& session, const std::string& request, Site::Told told) {
               asked_ = session + ": " + request;
               told(answer_);
             }};
  const std::string bearer_ = "Bearer " + kToken;
};

TEST_F(Dashboard, TellsEveryMetricByTheNameOfItsTable) {
  Watch watch;
  const Json json = told(watch);
  for (const auto& m : counters::kEngineMetrics) {
    EXPECT_TRUE(json.has("/now/engine/" + std::string(m.name))) << m.name;
  }
  for (const auto& m : counters::kInstrumentMetrics) {
    EXPECT_TRUE(json.has("/now/instrument/" + std::string(m.name))) << m.name;
  }
  for (const auto& m : counters::kOrderRow) {
    EXPECT_EQ(json.size("/now/orders/" + std::string(m.name)), 6u) << m.name;
  }
  EXPECT_EQ(json.text("/now/orders/order_state/0"), "active");
  EXPECT_EQ(json.text("/now/instrument/quote_reason/0"), "quoting");
  EXPECT_EQ(json.text("/now/life"), "running");
  EXPECT_EQ(json.text("/about/symbol"), "ETHUSDT");
  EXPECT_EQ(json.text("/engines/0/symbols/0"), "ETHUSDT");
  EXPECT_EQ(json.size("/about/instrument_columns"), json.size("/instrument_rows/0"));
  EXPECT_EQ(json.size("/about/engine_columns"), json.size("/rows/0"));
}

TEST_F(Dashboard, MoneyIsToldToTheLastDigit) {
  engine_.harness.fill(engine_.harness.live(Side::kBuy)[0], Lots(7), 1);
  second();
  Watch watch;
  const auto view = engine_.look();
  const std::string exact = counters::value_text(
      counters::MetricUnit::kMoney, {},
      static_cast<std::int64_t>(view.instruments[0].numbers.money("pnl_total_quote").v),
      static_cast<std::int64_t>(view.instruments[0].numbers.money("pnl_total_quote").v >> 64));
  EXPECT_NE(exact, "0");
  EXPECT_EQ(told(watch).text("/now/instrument/pnl_total_quote"), exact);
}

TEST_F(Dashboard, APageGetsThePastOnceAndThenWhatIsNew) {
  for (int i = 0; i < 10; ++i) second();
  Watch watch;
  const Json first = told(watch);
  EXPECT_EQ(first.size("/rows"), 11u) << "a page that comes late sees the past";
  EXPECT_EQ(first.size("/instrument_rows"), 11u);
  second();
  const Json next = told(watch);
  EXPECT_EQ(next.size("/rows"), 1u);
  EXPECT_FALSE(next.has("/about"));
  EXPECT_EQ(told(watch).size("/rows"), 0u);
  EXPECT_FALSE(watch.behind);
}

TEST_F(Dashboard, ALongPastComesInPieces) {
  for (int i = 0; i < 400; ++i) second();
  Watch watch;
  std::size_t rows = 0;
  int messages = 0;
  do {
    rows += told(watch).size("/rows");
    ++messages;
  } while (watch.behind && messages < 100);
  EXPECT_EQ(rows, 401u);
  EXPECT_EQ(messages, 3);
}

TEST_F(Dashboard, PagesThatWatchAlikeShareOneMessage) {
  Watch a, b;
  EXPECT_EQ(board_.message(a), board_.message(b));
  EXPECT_EQ(a, b);
}

TEST_F(Dashboard, WhatThereIsNotIsTheFirst) {
  Watch watch{.engine = 77, .instrument = 3, .rows = 1000, .told = true};
  const Json json = told(watch);
  EXPECT_EQ(json.integer("/engine"), 1);
  EXPECT_EQ(json.integer("/instrument"), 0);
  EXPECT_TRUE(json.has("/about"));
  Watch far{.engine = 1, .instrument = 9};
  EXPECT_EQ(told(far).integer("/instrument"), 0);
}

TEST_F(Dashboard, AnEngineThatStandsStillGetsNoMoreRows) {
  for (int i = 0; i < 20; ++i) board_.turn();
  Watch watch;
  EXPECT_EQ(told(watch).size("/rows"), 1u);
}

TEST_F(Dashboard, WhatIsHalfWrittenIsShownAsItWasAndNotKept) {
  Watch watch;
  EXPECT_TRUE(told(watch).flag("/now/whole"));
  engine_.harness.now += kSecond;
  const counters::EngineBlock::Update half(engine_.ours.layout().numbers);
  for (int i = 0; i < 4; ++i) board_.turn();
  const Json json = told(watch);
  EXPECT_FALSE(json.flag("/now/whole"));
  EXPECT_EQ(json.size("/rows"), 0u);
  EXPECT_EQ(json.size("/now/orders/order_id"), 6u);
}

TEST_F(Dashboard, EnginesOfTwoMonitorsHaveOtherNumbers) {
  Board other{{}, 1000};
  ASSERT_EQ(other.add(engine_.here.path("session")), "");
  EXPECT_NE(other.engine(1001), nullptr);
  EXPECT_EQ(other.engine(1), nullptr);
}

TEST(DashboardBoard, WithoutAnEngineThereIsNothingToTell) {
  Board board{{}};
  Watch watch;
  EXPECT_EQ(*board.message(watch), "{\"engines\":[]}");
  EXPECT_THAT(board.add("missing"), HasSubstr("missing/counters.dat: cannot be opened"));
}

TEST(DashboardRows, OnlyTheLastAreKept) {
  RowLog rows(3);
  for (int i = 0; i < 10; ++i) rows.add(std::to_string(i));
  std::string text;
  EXPECT_EQ(rows.put(0, 100, text), 10u);
  EXPECT_EQ(text, "[7,8,9]");
  EXPECT_EQ(rows.put(8, 1, text = ""), 9u);
  EXPECT_EQ(text, "[8]");
  EXPECT_EQ(rows.put(99, 5, text = ""), 10u) << "a number from elsewhere";
  EXPECT_EQ(text, "[]");
}

// -- To whom.

TEST_F(Dashboard, ThePageIsFreeWhatItShowsIsNot) {
  EXPECT_THAT(text_of(get("/")), HasSubstr("<title>MM_Logic"));
  for (const char* path : {"/dashboard.js", "/dashboard.css", "/uplot.js", "/uplot.css"}) {
    EXPECT_EQ(get(path).status, 200) << path;
  }
  EXPECT_EQ(get("/config/1").status, 401);
  EXPECT_EQ(get("/config/1", "Bearer 0123456789abcdef0123456789abcdee").status, 401);
  EXPECT_EQ(get("/config/1", bearer_).status, 200);
  EXPECT_EQ(get("/config/9", bearer_).status, 404);
  EXPECT_EQ(post("/control/1", "pause all", "").status, 401);
  EXPECT_EQ(asked_, "");
  Request page{.method = "GET",
               .path = "/stream",
               .host = "localhost:1",
               .authorization = {},
               .protocols = "mm-logic, x",
               .body = {}};
  EXPECT_EQ(site_.admit(page).status, 401);
  const std::string protocols = "mm-logic, " + kToken;
  page.protocols = protocols;
  EXPECT_EQ(site_.admit(page).status, 200);
  page.path = "/streams";
  EXPECT_EQ(site_.admit(page).status, 404);
  page.path = "/stream";
  page.host = "evil.example";
  EXPECT_EQ(site_.admit(page).status, 403);
}

TEST_F(Dashboard, NoPathReachesAFile) {
  engine_.here.write("session/config.ini", "[strategy]\n");
  EXPECT_EQ(text_of(get("/config/1", bearer_)), "[strategy]\n");
  for (const char* path :
       {"/../config.ini", "/..%2fconfig.ini", "/config/1/../1", "/config/../1", "//", "/config/",
        "/config/01x", "/config/-1", "/dashboard.js/", "/page/dashboard.js", "", "*",
        "http://127.0.0.1/", "/config/99999999999999999999"}) {
    EXPECT_EQ(get(path, bearer_).status, 404) << path;
  }
}

TEST_F(Dashboard, MetricsAreForPrometheusOnThisHost) {
  const Answer answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(text_of(answer), HasSubstr("mm_orders_live{session=\"session\",symbol=\"ETHUSDT\""));
  EXPECT_EQ(ask({.method = "GET",
                 .path = "/metrics",
                 .host = "evil.example",
                 .authorization = {},
                 .protocols = {},
                 .body = {}})
                .status,
            403);
  Site elsewhere{board_, kToken, false, {}};
  int status = 0;
  const auto answered = [&](const Answer& a) { status = a.status; };
  Request request{.method = "GET",
                  .path = "/metrics",
                  .host = "desk.example",
                  .authorization = {},
                  .protocols = {},
                  .body = {}};
  elsewhere.answer(request, answered);
  EXPECT_EQ(status, 401);
  request.authorization = bearer_;
  elsewhere.answer(request, answered);
  EXPECT_EQ(status, 200);
}

TEST_F(Dashboard, EachSymbolSaysHowManyOfItsSidesAreQuoted) {
  Watch watch;
  EXPECT_EQ(told(watch).integer("/engines/0/sides/0"), 2);
  engine_.harness.control(ControlCode::kPause, PauseScope::kSell);
  second();
  EXPECT_EQ(told(watch).integer("/engines/0/sides/0"), 1);
}

TEST_F(Dashboard, EnginesOfOneNameAreToldApartAndOneIsShownOnce) {
  ASSERT_EQ(board_.add(engine_.here.path("session/")), "");
  ASSERT_EQ(board_.add(engine_.here.path("./session")), "");
  Watch watch;
  EXPECT_EQ(told(watch).size("/engines"), 1u) << "named three ways";
  EXPECT_EQ(told(watch).text("/engines/0/session"), "session");
  PublishedCore other;
  ASSERT_EQ(board_.add(other.here.path("session")), "");
  second();
  const std::string paths[] = {other.here.path("session"), engine_.here.path("session")};
  EXPECT_EQ(told(watch).text("/engines/0/session"), paths[0]);
  EXPECT_EQ(told(watch).text("/engines/1/session"), paths[1]);
  for (const std::string& path : paths) {
    EXPECT_THAT(text_of(get("/metrics")), HasSubstr("mm_engine_up{session=\"" + path + "\"} 1"));
  }
}

TEST_F(Dashboard, TellsWhichConfigurationIsInForceByNow) {
  Watch watch;
  EXPECT_EQ(told(watch).text("/now/config"), "0000000000abcdef");
  engine_.ours.layout().config_hash = 0x123;  // after a reload
  second();
  EXPECT_EQ(told(watch).text("/now/config"), "0000000000000123");
  EXPECT_THAT(text_of(get("/metrics")), HasSubstr("config=\"0000000000000123\""));
}

// However many are slow to read it.
TEST_F(Dashboard, WhoAsksForTheSameGetsOneText) {
  const std::string file = engine_.here.path("session/config.ini");
  std::ofstream(file) << "[strategy]\n";
  const Answer metrics = get("/metrics"), config = get("/config/1", bearer_),
               script = get("/uplot.js");
  const auto same = [](const Answer& a, const Answer& b) {
    return a.body.view().data() == b.body.view().data();
  };
  EXPECT_TRUE(same(metrics, get("/metrics")));
  EXPECT_TRUE(same(script, get("/uplot.js")));
  for (int i = 0; i < 4; ++i) board_.turn();
  EXPECT_FALSE(same(metrics, get("/metrics"))) << "things are different by now";
  EXPECT_TRUE(same(config, get("/config/1", bearer_)));
  std::ofstream(file) << "[risk]\n";
  EXPECT_EQ(text_of(get("/config/1", bearer_)), "[risk]\n");
  EXPECT_EQ(text_of(config), "[strategy]\n") << "whoever still reads it";
}

TEST_F(Dashboard, OrdersGoToTheEngineAndItsWordComesBack) {
  EXPECT_EQ(post("/control/1", "pause buy", bearer_).status, 200);
  EXPECT_EQ(asked_, engine_.here.path("session") + ": pause buy");
  EXPECT_EQ(post("/control/1", "resume sell", bearer_).status, 200);
  EXPECT_EQ(asked_, engine_.here.path("session") + ": resume sell");
  answer_ = "the engine does not answer";
  const Answer answer = post("/control/1", "kill", bearer_);
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(text_of(answer), "the engine does not answer\n");
  asked_.clear();
  for (const char* wrong : {"", "pause", "shutdown", "kill\n", "pause all; kill"}) {
    EXPECT_EQ(post("/control/1", wrong, bearer_).status, 400) << wrong;
  }
  EXPECT_EQ(post("/control/2", "kill", bearer_).status, 404);
  EXPECT_EQ(get("/control/1", bearer_).status, 405);
  EXPECT_EQ(post("/", "", bearer_).status, 405);
  EXPECT_EQ(asked_, "");
}

// -- Fills, out of a journal that is being written.

class DashboardFills : public testing::Test {
 protected:
  DashboardFills() {
    instruments_[0].scale = instruments_[1].scale = {Amount(1'000'000), Amount(10'000)};
    EXPECT_EQ(writer_.open(path_, test::sample_header()), "");
  }
  void fill(std::uint64_t trade, InstrumentId instrument = 0) {
    Event e;
    e.kind = EventKind::kFilled;
    e.time = Nanos(1'500 * kMillisecond.v);
    e.instrument = instrument;
    e.flags = kFlagSell | kFlagMaker;
    e.fill.id = ClientOrderId(0xab);
    e.fill.trade_id = TradeId(trade);
    e.fill.ticks = 123;
    e.fill.lots = Lots(5);
    writer_.append(e, 0);
    writer_.flush();
  }
  std::string seen(std::size_t instrument = 0) {
    tail_.look(instruments_);
    std::string text;
    tail_.fills(instrument).put(0, 10'000, text);
    return text;
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "journal.bin";
  JournalWriter writer_;
  std::vector<monitor::InstrumentView> instruments_{2};
  FillTail tail_{path_, 2};
};

TEST_F(DashboardFills, AreReadAsTheyAreWritten) {
  EXPECT_EQ(seen(), "[]");
  fill(1);
  const std::string one = "[1.5,-1,1.23,0.0005,1,\"mm00000000000000ab\"]";
  EXPECT_EQ(seen(), "[" + one + "]");
  EXPECT_EQ(seen(), "[" + one + "]");
  fill(1);
  EXPECT_EQ(seen(), "[" + one + "]") << "told twice, counted once";
  fill(2);
  fill(3, 1);
  fill(4, 7);
  EXPECT_EQ(seen(), "[" + one + "," + one + "]");
  EXPECT_EQ(seen(1), "[" + one + "]");
  EXPECT_EQ(writer_.end({}), "");
  EXPECT_EQ(seen(), "[" + one + "," + one + "]");
  EXPECT_EQ(tail_.error(), "");
}

TEST_F(DashboardFills, AFrameThatIsHalfWrittenIsReadOnceItIsWhole) {
  fill(1);
  fill(2);
  const std::string whole = test::read_file(path_);
  const std::string other = folder_ / "other.bin";
  FillTail tail(other, 2);
  tail.look(instruments_);
  EXPECT_NE(tail.error(), "") << "there is no journal yet";
  std::string text;
  for (std::size_t size = whole.size() - 60; size <= whole.size(); ++size) {
    test::write_file(other, whole.substr(0, size));
    tail.look(instruments_);
    EXPECT_EQ(tail.error(), "");
  }
  tail.fills(0).put(0, 10, text);
  EXPECT_EQ(test::count_of(text, "mm00"), 2u);
}

TEST_F(DashboardFills, GoOnBehindSegmentsThatWereDeleted) {
  const std::string path = folder_ / "small.bin";
  JournalWriter writer;
  ASSERT_EQ(writer.open(path, test::sample_header(), {.segment_bytes_max = 1, .segments_max = 9}),
            "");
  FillTail tail(path, 2);
  Event e;
  e.kind = EventKind::kFilled;
  std::uint64_t trade = 0;
  const auto fill = [&] {
    e.fill.trade_id = TradeId(++trade);
    writer.append(e, 0);
    writer.flush();
  };
  fill();
  tail.look(instruments_);
  for (int i = 0; i < 4; ++i) fill();
  ASSERT_EQ(writer.segment(), 5u);
  for (std::uint32_t segment = 0; segment < 3; ++segment) {
    std::filesystem::remove(segment_path(path, segment));
  }
  fill();
  tail.look(instruments_);
  EXPECT_EQ(tail.error(), "");
  std::string text;
  EXPECT_EQ(tail.fills(0).put(0, 10, text), 5u) << "all but the third";
}

TEST_F(DashboardFills, AJournalThatIsDamagedIsSaidToBe) {
  fill(1);
  std::string bytes = test::read_file(path_);
  bytes[bytes.size() - 20] ^= 1;
  test::write_file(path_, bytes);
  EXPECT_EQ(seen(), "[]");
  EXPECT_THAT(tail_.error(), HasSubstr("corrupt"));
}

}  // namespace
}  // namespace mm::dashboard
