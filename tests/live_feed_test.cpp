#include "feeds/binance/live_feed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/runtime/sealed_scope.h"
#include "tests/live_feed_harness.h"

namespace mm::binance {
namespace {

using test::diff_text;
using test::LiveFeedHarness;
using test::snapshot_text;
using test::stream_text;

std::string trade_text(std::uint64_t id, std::string_view symbol = "BTCUSDT") {
  return stream_text(
      lower_case(symbol) + "@trade",
      fmt::format(R"({{"e":"trade","E":1672515782136000,"s":"{}","t":{},"p":"100.50","q":"2",)"
                  R"("T":1672515782136000,"m":true,"M":true}})",
                  symbol, id));
}
std::string ticker_text(std::uint64_t id, std::string_view symbol = "BTCUSDT") {
  return stream_text(
      lower_case(symbol) + "@bookTicker",
      fmt::format(R"({{"u":{},"s":"{}","b":"100.00","B":"1","a":"101.00","A":"1"}})", id, symbol));
}
std::string partial_text(std::uint64_t id, std::string_view symbol = "btcusdt") {
  return stream_text(std::string(symbol) + "@depth20@100ms", snapshot_text(id));
}

class LiveFeedTest : public testing::Test, protected LiveFeedHarness {};

TEST_F(LiveFeedTest, ComesUpWithASnapshotAndTheFirstDifferenceBehindIt) {
  start();
  ASSERT_TRUE(until_connected(1));
  EXPECT_NE(streams.request(0).find("GET /stream?streams=btcusdt@depth@100ms/btcusdt@trade/"),
            std::string::npos);
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_TRUE(rest.targets().empty()) << "a snapshot from before the stream is worth nothing";
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  EXPECT_EQ(rest.targets().at(0), "/api/v3/depth?symbol=BTCUSDT&limit=1000");
  EXPECT_FALSE(up) << "nothing has moved the book yet";
  EXPECT_EQ(count(EventKind::kFeedStatus), 1u) << "down, said at the start";
  streams.send(0, diff_text(11, 12, R"(["100.01","2"])"));
  ASSERT_TRUE(until([&] { return up; }));
  EXPECT_EQ(book().update_id().v, 12u);
  EXPECT_EQ(book().touch().bid, Ticks(10'001));
  EXPECT_EQ(feed().counters().went_up, 1u);
}

TEST_F(LiveFeedTest, DifferencesThatWaitedForTheSnapshotFollowIt) {
  rest.answer(snapshot_text(20));
  start();
  ASSERT_TRUE(until_connected(1));
  for (std::uint64_t id = 15; id < 30; ++id)
    streams.send(0, diff_text(id, id, fmt::format(R"(["99.{}","1"])", id)));
  ASSERT_TRUE(until_id(29));
  EXPECT_TRUE(until([&] { return up; }));
  EXPECT_EQ(book().counters().diffs, 9u) << "21 to 29";
  EXPECT_EQ(book().book().lots_at(Side::kBuy, Ticks(9'920)), Lots(0)) << "before the snapshot";
  EXPECT_NE(book().book().lots_at(Side::kBuy, Ticks(9'921)), Lots(0));
}

TEST_F(LiveFeedTest, AStaleSnapshotIsFetchedAgain) {
  int fetched = 0;
  rest.answer([&](const test::ServedRequest&) {
    return test::ServedResponse{.status = 200, .body = snapshot_text(++fetched < 3 ? 5 : 12)};
  });
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(10, 11));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  EXPECT_EQ(feed().counters().snapshots_stale, 2u);
  EXPECT_EQ(fetched, 3);
  EXPECT_EQ(book().update_id().v, 12u);
}

TEST_F(LiveFeedTest, AGapIsStaleAtOnceAndRepaired) {
  start();
  ASSERT_TRUE(bring_up());
  rest.answer(snapshot_text(21));
  streams.send(0, diff_text(20, 21));
  ASSERT_TRUE(until([&] { return count(EventKind::kBookStale) == 1; }));
  EXPECT_FALSE(book().synced());
  ASSERT_TRUE(until([&] { return book().synced(); }));
  streams.send(0, diff_text(22, 22));
  ASSERT_TRUE(until_id(22));
  EXPECT_EQ(feed().feed_counters().gaps, 1u);
}

TEST_F(LiveFeedTest, ACoreThatLostAMessageGetsANewSnapshot) {
  start();
  ASSERT_TRUE(bring_up());
  rest.answer(snapshot_text(12));
  Command resync;
  resync.kind = CommandKind::kResyncFeed;
  ASSERT_TRUE(commands().try_push(resync));
  turn();
  streams.send(0, diff_text(12, 13));
  ASSERT_TRUE(until_id(13));
  EXPECT_EQ(rest.targets().size(), 2u);
}

TEST_F(LiveFeedTest, AMessageThatDoesNotFitTheRingIsDroppedWholeAndTheBookStartsAnew) {
  options.snapshot_levels = 100;
  start(nullptr, 64);
  ASSERT_TRUE(bring_up());
  reading = false;
  std::string levels;
  for (int i = 0; i < 90; ++i)
    levels += fmt::format(R"({}["9{}.00","1"])", i == 0 ? "" : ",", i % 10);
  for (std::uint64_t id = 12; id < 15; ++id) streams.send(0, diff_text(id, id, levels));
  ASSERT_TRUE(until([&] { return feed().counters().messages_dropped >= 1; }));
  EXPECT_LE(ring().size(), 64u);
  rest.answer(snapshot_text(15));
  reading = true;
  ASSERT_TRUE(until([&] { return count(EventKind::kBookStale) >= 1; }))
      << "the core must not go on with the old book";
  EXPECT_FALSE(book().synced());
  streams.send(0, diff_text(15, 15));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  streams.send(0, diff_text(16, 16));
  ASSERT_TRUE(until_id(16));
}

TEST_F(LiveFeedTest, TradesAndTickersNeedNoSnapshot) {
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, trade_text(5));
  streams.send(0, ticker_text(7));
  ASSERT_TRUE(until([&] { return count(EventKind::kBookTicker) == 1; }));
  EXPECT_EQ(count(EventKind::kTrade), 1u);
  EXPECT_EQ(book().last_trade_price(), Ticks(10'050));
}

TEST_F(LiveFeedTest, PartialBooksStandOnTheirOwn) {
  options.depth = DepthKind::kTop20;
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, partial_text(5));
  ASSERT_TRUE(until([&] { return up && book().synced(); }));
  streams.send(0, partial_text(5));
  streams.send(0, partial_text(6));
  ASSERT_TRUE(until_id(6));
  EXPECT_EQ(count(EventKind::kBookBegin), 2u) << "the unchanged one is no news";
  EXPECT_TRUE(rest.targets().empty());
}

TEST_F(LiveFeedTest, ALostConnectionIsDownAndTheBooksAreStale) {
  start();
  ASSERT_TRUE(bring_up());
  rest.answer(snapshot_text(50));
  streams.cut(0);
  ASSERT_TRUE(until([&] { return !up; }));
  EXPECT_FALSE(book().synced());
  ASSERT_TRUE(until([&] { return streams.connections() == 2 && feed().open_sockets() == 1; }));
  streams.send(1, diff_text(50, 51));
  ASSERT_TRUE(until([&] { return up && book().update_id().v == 51; }));
}

TEST_F(LiveFeedTest, ReplacesAnOldConnectionWithoutAGap) {
  options.roll_over_after = 3600 * kSecond;
  start();
  ASSERT_TRUE(bring_up());
  now += 3600 * kSecond;
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; })) << "side by side";
  streams.send(0, diff_text(12, 12));
  ASSERT_TRUE(until_id(12));
  // The new one begins with what the old one still owes: it waits.
  streams.send(1, diff_text(14, 14));
  for (int i = 0; i < 20; ++i) turn();
  EXPECT_EQ(feed().counters().roll_overs, 0u);
  streams.send(0, diff_text(13, 13));
  ASSERT_TRUE(until_id(14));
  streams.send(1, diff_text(15, 15));
  ASSERT_TRUE(until([&] { return feed().counters().roll_overs == 1; }));
  ASSERT_TRUE(until_id(15));
  EXPECT_EQ(feed().open_sockets(), 1u);
  EXPECT_TRUE(up);
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
  EXPECT_EQ(feed().counters().went_down, 0u);
  EXPECT_EQ(rest.targets().size(), 1u) << "no second snapshot";
}

TEST_F(LiveFeedTest, AServerThatSaysGoodbyeIsReplacedBeforeItGoes) {
  start();
  ASSERT_TRUE(bring_up());
  streams.send(0, stream_text("!serverShutdown", R"({"e":"serverShutdown","E":1770123456789})"));
  ASSERT_TRUE(until([&] { return streams.connections() == 2 && feed().open_sockets() == 2; }));
  streams.send(0, diff_text(12, 12));
  streams.send(1, diff_text(12, 12));
  ASSERT_TRUE(until([&] { return feed().counters().roll_overs == 1; }));
  streams.send(1, diff_text(13, 13));
  ASSERT_TRUE(until_id(13));
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
  EXPECT_NE(log_text().find("the venue is shutting down"), std::string::npos);
  EXPECT_EQ(connector().buffers().taken(), 2u);
  EXPECT_EQ(connector().buffers().sets(), 2u) << "enough for both, and there from the start";
}

TEST_F(LiveFeedTest, AQuietSymbolDoesNotHoldUpARollOverForEver) {
  options.overlap_max = 50 * kMillisecond;
  start();
  ASSERT_TRUE(bring_up());
  streams.send(0, R"({"e":"serverShutdown","E":1770123456789})");
  ASSERT_TRUE(until([&] { return feed().counters().roll_overs == 1; }));
  EXPECT_EQ(feed().open_sockets(), 1u);
  streams.send(1, diff_text(12, 12));
  ASSERT_TRUE(until_id(12));
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
}

TEST_F(LiveFeedTest, ASuccessorThatDoesNotCatchUpIsGivenUpAndTheOldConnectionStays) {
  options.overlap_max = 20 * kSecond;
  options.stuck_timeout = 10 * kSecond;
  start();
  ASSERT_TRUE(bring_up());
  streams.send(0, R"({"e":"serverShutdown","E":1770123456789})");
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  streams.send(0, diff_text(12, 12));
  ASSERT_TRUE(until_id(12));
  // The new one is alive, but its stream of the book is not.
  std::uint64_t turns = 0;
  ASSERT_TRUE(until([&] {
    if (++turns % 1000 == 0) {
      for (const std::size_t connection : {0u, 1u}) streams.send(connection, trade_text(turns));
    }
    return feed().counters().sockets_ended == 1;
  }));
  EXPECT_EQ(feed().counters().roll_overs, 0u);
  EXPECT_NE(log_text().find("has not caught up within overlap_s"), std::string::npos);
  streams.send(0, diff_text(13, 13));
  ASSERT_TRUE(until_id(13));
  EXPECT_TRUE(up);
  // The next one does.
  ASSERT_TRUE(until([&] { return streams.connections() == 3 && feed().open_sockets() == 2; }));
  streams.send(0, diff_text(14, 14));
  streams.send(2, diff_text(14, 14));
  ASSERT_TRUE(until([&] { return feed().counters().roll_overs == 1; }));
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
}

TEST_F(LiveFeedTest, OfTwoConnectionsTheFirstArrivalCountsAndTheFasterOneLeads) {
  options.connections = 2;
  start();
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  for (std::uint64_t id = 11; id < 31; ++id) {
    const std::size_t first = id % 5 == 0 ? 1 : 0, second = 1 - first;
    streams.send(first, diff_text(id, id));
    streams.send(first, trade_text(id));
    ASSERT_TRUE(until_id(id));
    ASSERT_TRUE(until([&] { return count(EventKind::kTrade) == id - 10; }));
    const std::uint64_t messages = feed().feed_counters().messages;
    now += 2 * kMillisecond;
    streams.send(second, diff_text(id, id));
    streams.send(second, trade_text(id));
    ASSERT_TRUE(until([&] { return feed().feed_counters().messages == messages + 2; }));
  }
  EXPECT_EQ(count(EventKind::kTrade), 20u) << "each once";
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
  EXPECT_EQ(book().counters().diffs, 20u);
  const ArrivalRank& rank = feed().ranking();
  const std::uint64_t both = rank.standing(0).first + rank.standing(1).first;
  EXPECT_EQ(both, 40u);
  EXPECT_EQ(std::max(rank.standing(0).first, rank.standing(1).first), 32u);
  EXPECT_GE(rank.standing(rank.best()).lead.p50(), 2 * kMillisecond);
}

TEST_F(LiveFeedTest, LosingOneOfTwoConnectionsIsNoNews) {
  options.connections = 2;
  start();
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  streams.send(1, diff_text(11, 11));
  ASSERT_TRUE(until([&] { return up; }));
  streams.close(0);
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  streams.send(1, diff_text(12, 12));
  ASSERT_TRUE(until_id(12));
  EXPECT_TRUE(up);
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; })) << "the twin comes back";
}

TEST_F(LiveFeedTest, OnlyDataIsASignOfLifeToTheCore) {
  options.ping_interval = 20 * kMillisecond;
  options.alive_interval = 10 * kMillisecond;
  start();
  ASSERT_TRUE(bring_up());
  for (int i = 0; i < 30; ++i, now += kMillisecond) turn();
  const std::uint64_t status = count(EventKind::kFeedStatus);
  streams.ping(0);
  for (int i = 0; i < 200; ++i, now += kMillisecond) turn();
  EXPECT_EQ(count(EventKind::kFeedStatus), status) << "a frozen stream may have live pings";
  streams.send(0, diff_text(11, 11));
  ASSERT_TRUE(until([&] { return count(EventKind::kFeedStatus) > status; }))
      << "a message without news is data all the same";
}

TEST_F(LiveFeedTest, AStreamWithoutDataIsReplacedAndAFrozenOneFoundOut) {
  options.data_timeout = 3000 * kSecond;
  start();
  ASSERT_TRUE(bring_up());
  now += 3000 * kSecond;
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; })) << "side by side";
  streams.send(1, diff_text(12, 12));
  ASSERT_TRUE(until([&] { return feed().counters().roll_overs == 1; }));
  EXPECT_EQ(book().update_id().v, 12u);
  EXPECT_EQ(count(EventKind::kBookStale), 0u);
}

TEST_F(LiveFeedTest, ASuccessorThatDiesIsReplacedToo) {
  start();
  ASSERT_TRUE(bring_up());
  streams.send(0, R"({"e":"serverShutdown","E":1770123456789})");
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  streams.cut(1);
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  EXPECT_TRUE(up);
  ASSERT_TRUE(until([&] { return streams.connections() == 3 && feed().open_sockets() == 2; }));
  streams.cut(0);
  streams.send(2, diff_text(12, 12));
  ASSERT_TRUE(until_id(12));
  streams.cut(2);
  ASSERT_TRUE(until([&] { return streams.connections() == 4 && feed().open_sockets() == 1; }));
}

TEST_F(LiveFeedTest, SilenceEndsAConnection) {
  options.ping_interval = 1000 * kSecond;
  options.silence_timeout = 3000 * kSecond;  // far beyond what coming up may take
  start();
  ASSERT_TRUE(bring_up());
  now += 1001 * kSecond;
  for (int i = 0; i < 100; ++i) turn();  // asked for a sign of life: the server gives none
  now += 3001 * kSecond;
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  EXPECT_NE(log_text().find("silent"), std::string::npos) << log_text();
  ASSERT_TRUE(until([&] { return streams.connections() == 2; }));
}

TEST_F(LiveFeedTest, AConnectionWithoutDataBesideATwinThatHasSomeIsStuck) {
  options.connections = 2;
  options.stuck_timeout = 3000 * kSecond;
  start();
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  now += 3001 * kSecond;
  streams.send(0, trade_text(1));
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  EXPECT_NE(log_text().find("#2: stuck"), std::string::npos) << log_text();
}

TEST_F(LiveFeedTest, BadMessagesAreNamedAndSurvived) {
  start();
  ASSERT_TRUE(bring_up());
  std::string bomb;
  for (int i = 0; i < 2000; ++i) bomb += "{\"a\":[";
  std::string levels;
  for (int i = 1; i <= 10'000; ++i)
    levels += fmt::format("{}[\"{}.00\",\"1\"]", i == 1 ? "" : ",", i);
  streams.send(0, "<html><body>502 Bad Gateway</body></html>");
  streams.send(0, bomb);
  streams.send(0, diff_text(12, 12, "", "", "DOGEUSDT"));
  streams.send(0, diff_text(12, 12, levels));
  streams.send(0, diff_text(12, 12, R"(["100.005","1"])"));
  streams.send(0, R"({"code":2,"msg":"Invalid request: unknown stream"})");
  streams.send(0, R"({"e":"somethingNew","s":"BTCUSDT"})");
  streams.raw(0, 0x82, "binary");
  streams.send(0, diff_text(12, 13));
  ASSERT_TRUE(until_id(13));
  const FeedProblems& problems = feed().problems();
  EXPECT_EQ(problems.count(FeedProblem::kBadJson), 2u);
  EXPECT_EQ(problems.count(FeedProblem::kUnknownSymbol), 1u);
  EXPECT_EQ(problems.count(FeedProblem::kTooManyLevels), 1u);
  EXPECT_EQ(problems.count(FeedProblem::kOffGrid), 1u);
  EXPECT_EQ(problems.count(FeedProblem::kVenueError), 1u);
  EXPECT_EQ(problems.count(FeedProblem::kUnknownMessage), 2u);
  const std::string log = log_text();
  EXPECT_NE(log.find("unknown symbol: DOGEUSDT"), std::string::npos) << log;
  EXPECT_NE(log.find("Invalid request: unknown stream"), std::string::npos) << log;
  EXPECT_NE(log.find(streams.url()), std::string::npos) << "and where";
  EXPECT_EQ(feed().open_sockets(), 1u);
}

TEST_F(LiveFeedTest, AFloodOfBadMessagesIsALineASecond) {
  start();
  ASSERT_TRUE(until_connected(1));
  for (int i = 0; i < 500; ++i) streams.send(0, fmt::format("nonsense {}", i));
  ASSERT_TRUE(until([&] { return feed().problems().count(FeedProblem::kBadJson) == 500; }));
  const std::string log = log_text();
  EXPECT_LE(test::count_of(log, "nonsense"), 20u) << log;
}

TEST_F(LiveFeedTest, AnOversizedFrameEndsTheConnectionNotTheProcess) {
  options.message_bytes_max = 4096;
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, std::string(5000, ' '));
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  ASSERT_TRUE(until([&] { return streams.connections() == 2; })) << "and comes back";
}

TEST_F(LiveFeedTest, ABrokenFrameEndsTheConnection) {
  start();
  ASSERT_TRUE(until_connected(1));
  streams.raw(0, 0xF1, "reserved bits");
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
}

TEST_F(LiveFeedTest, ManyStreamsAreSubscribedAtTheVenuesPace) {
  options.url_streams_max = 0;
  start();
  ASSERT_TRUE(until_connected(1));
  EXPECT_NE(streams.request(0).find("GET /stream?timeUnit=MICROSECOND "), std::string::npos);
  streams.send(0, R"({"result":null,"id":1})");
  ASSERT_TRUE(bring_up());
  EXPECT_EQ(feed().problems().bad_lines(), 0u);
}

// The payload alone, as a connection to /ws gives it.
std::string bare(const std::string& message) {
  constexpr std::string_view kData = "\"data\":";
  const std::size_t begin = message.find(kData) + kData.size();
  return message.substr(begin, message.size() - begin - 1);
}

TEST_F(LiveFeedTest, RawStreamsAreRead) {
  options.combined = false;
  options.url_streams_max = 0;
  start();
  ASSERT_TRUE(until_connected(1));
  EXPECT_NE(streams.request(0).find("GET /ws?timeUnit=MICROSECOND "), std::string::npos);
  streams.send(0, bare(diff_text(9, 10)));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  streams.send(0, bare(diff_text(11, 12, R"(["100.01","2"])")));
  streams.send(0, bare(trade_text(1)));
  streams.send(0, bare(ticker_text(12)));
  streams.send(0, R"({"e":"serverShutdown","E":1770123456789})");
  ASSERT_TRUE(until([&] { return up && book().counters().trades == 1; }));
  EXPECT_EQ(book().update_id().v, 12u);
  ASSERT_TRUE(until([&] { return streams.connections() == 2; })) << "make before break";
  EXPECT_EQ(feed().problems().bad_lines(), 0u);
}

class Collected final : public RawTap {
 public:
  void on_raw(Nanos, std::string_view text) override { texts.emplace_back(text); }
  std::vector<std::string> texts;
};

TEST_F(LiveFeedTest, TheTapSeesEverythingInLine) {
  Collected tap;
  start(&tap);
  ASSERT_TRUE(bring_up());
  ASSERT_EQ(tap.texts.size(), 3u);
  EXPECT_EQ(tap.texts[0], diff_text(9, 10));
  EXPECT_EQ(tap.texts[1], stream_text("btcusdt@snapshot", snapshot_text(10)));
}

TEST_F(LiveFeedTest, TellsOfSomeTextsHowLongTheyTookWhenItHasAClock) {
  start();
  const Clock clock;
  feed().measure_with(clock);
  now = clock.now();
  ASSERT_TRUE(bring_up());
  EXPECT_EQ(feed().times().receive.count(), 1u) << "the first";
  EXPECT_EQ(feed().times().parse.count(), 1u);
  EXPECT_GT(feed().times().parse.max(), Nanos{});
  for (std::uint64_t id = 12; id < 20; ++id) streams.send(0, diff_text(id, id));
  ASSERT_TRUE(until_id(19));
  EXPECT_EQ(feed().times().receive.count(), 2u) << "and one in eight";
}

TEST_F(LiveFeedTest, TheHotHalfAllocatesNothing) {
  // Without TLS: OpenSSL allocates by itself for every record.
  test::StreamServer plain;
  options.stream_urls = {plain.url()};
  options.connections = 2;
  start();
  ASSERT_TRUE(until([&] { return feed().open_sockets() == 2; }));
  plain.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
  for (std::uint64_t id = 11; id < 111; ++id)
    for (const std::size_t c : {std::size_t{0}, std::size_t{1}}) {
      plain.send(c, diff_text(id, id, R"(["99.00","3"])", R"(["102.00","3"])"));
      plain.send(c, trade_text(id));
      plain.send(c, ticker_text(id));
    }
  plain.send(0, "nonsense");
  plain.send(1, diff_text(500, 500));
  plain.close(1);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::uint64_t allocations = 0;
  const auto done = [&] {
    return feed().counters().sockets_ended == 1 && feed().feed_counters().messages > 600;
  };
  while (!done() && std::chrono::steady_clock::now() < give_up) {
    const std::uint64_t before = thread_hot_path_allocations();
    {
      const SealedScope scope;
      feed().do_work(now);
    }
    allocations += thread_hot_path_allocations() - before;
    now += kMillisecond;
    std::this_thread::yield();
  }
  EXPECT_TRUE(done());
  EXPECT_EQ(allocations, 0u);
}

}  // namespace
}  // namespace mm::binance
