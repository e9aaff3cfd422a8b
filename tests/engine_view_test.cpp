// What a process beside the engine sees of book, orders, levels, limits, latencies, connections.
#include <gmock/gmock.h>

#include "tests/published_core.h"

namespace mm::monitor {
namespace {

using test::PublishedCore;

TEST(EngineView, TellsWhoTheEngineIs) {
  PublishedCore engine;
  engine.connect("market data 1", true);
  engine.connect("orders 1", false);
  const EngineView view = engine.look();
  EXPECT_EQ(view.session_name(), "session");
  EXPECT_EQ(view.mode, "live");
  EXPECT_EQ(view.venue, "testnet");
  EXPECT_EQ(view.build, "mm_logic 1.2.3");
  EXPECT_EQ(view.config_hash, 0xabcdefu);
  EXPECT_EQ(view.life, Life::kRunning);
  EXPECT_EQ(view.now(), engine.harness.now);
  ASSERT_EQ(view.instruments.size(), 1u);
  EXPECT_EQ(view.instruments[0].base, "ETH");
  ASSERT_EQ(view.connections.size(), 2u);
  EXPECT_EQ(view.connections[1].name, "orders 1");
  EXPECT_FALSE(view.connections[1].up);
  EXPECT_EQ(view.connections[0].opened, 3u);
}

TEST(EngineView, ALifeEnds) {
  PublishedCore engine;
  engine.ours.layout().phase = counters::Phase::kStarting;
  EXPECT_EQ(engine.look().life, Life::kStarting);
  engine.ours.layout().phase = counters::Phase::kEnding;
  EXPECT_EQ(engine.look().life, Life::kEnding);
  engine.ours.layout().identity.process.start_ticks ^= 1;  // of another process
  EXPECT_EQ(engine.look().life, Life::kDied);
  engine.ours.layout().phase = counters::Phase::kEnded;
  EXPECT_EQ(engine.look().life, Life::kEnded);
}

// Read in place it would end whoever looks.
TEST(EngineView, AFileThatIsCutMeanwhileIsSeenAndNotRead) {
  PublishedCore engine;
  engine.publisher.publish_all();
  counters::CountersFile theirs;
  EngineView view;
  ASSERT_EQ(theirs.attach(engine.here.path("session"), counters::CountersFile::Use::kLook), "");
  EXPECT_TRUE(look(theirs, view));
  const auto whole = std::filesystem::file_size(engine.ours.path());
  std::filesystem::resize_file(engine.ours.path(), 100);
  EXPECT_FALSE(look(theirs, view));
  EXPECT_EQ(view.life, Life::kDied);
  EXPECT_EQ(view.instruments.size(), 1u) << "as it was";
  std::filesystem::resize_file(engine.ours.path(), whole);
}

TEST(EngineView, WhatAnEngineHasLeftIsKeptHoweverItsFileIsCut) {
  PublishedCore engine;
  engine.publisher.publish_all();
  engine.ours.layout().phase = counters::Phase::kEnded;
  ASSERT_EQ(engine.ours.finish(), "");
  counters::CountersFile theirs;
  EngineView view;
  ASSERT_EQ(theirs.attach(engine.here.path("session"), counters::CountersFile::Use::kLook), "");
  std::filesystem::resize_file(engine.here.path("session/counters.dat"), 100);
  EXPECT_TRUE(look(theirs, view));
  EXPECT_EQ(view.life, Life::kEnded);
  EXPECT_EQ(view.session_name(), "session");
}

TEST(EngineView, ABookShowsItsBestLevels) {
  PublishedCore engine;
  std::vector<Quote> bids, asks;
  for (int i = 0; i < 30; ++i) bids.push_back({Ticks(299'999 - i), Lots(10 + i)});
  for (int i = 0; i < 5; ++i) asks.push_back({Ticks(300'001 + i), Lots(20 + i)});
  engine.harness.send_book(0, true, bids, asks);
  engine.harness.batch_end();
  const EngineView view = engine.look();
  const auto& book = view.instruments[0].book;
  ASSERT_EQ(book.rows(), counters::kBookRowsMax);
  EXPECT_EQ(book.at(0, "book_bid_price"), 299'999);
  EXPECT_EQ(book.at(19, "book_bid_quantity"), 29);
  EXPECT_EQ(book.at(4, "book_ask_price"), 300'005);
  EXPECT_EQ(book.at(5, "book_ask_quantity"), 0) << "there are five";
}

TEST(EngineView, OrdersStandAsTheyRest) {
  PublishedCore engine;
  engine.harness.start_quoting();
  const std::vector<Order> bids = engine.harness.live(Side::kBuy);
  const EngineView view = engine.look();
  const auto& orders = view.instruments[0].orders;
  ASSERT_EQ(orders.rows(), 6u);
  EXPECT_EQ(orders.at(0, "order_id"), static_cast<std::int64_t>(bids[0].id.v));
  EXPECT_EQ(orders.at(0, "order_price"), bids[0].price.v);
  EXPECT_EQ(orders.at(0, "order_quantity"), bids[0].lots.v);
  EXPECT_EQ(orders.at(0, "order_state"), static_cast<int>(OrderState::kActive));
  EXPECT_EQ(orders.at(0, "order_level"), 0);
  EXPECT_EQ(orders.at(0, "order_queue_ahead"), 0) << "nobody else is there";
  EXPECT_EQ(orders.at(3, "order_side"), static_cast<int>(Side::kSell));
  EXPECT_EQ(view.instruments[0].numbers.value("orders_by_state",
                                              counters::live_state(OrderState::kActive)),
            6);
}

// The level that an order was placed for is not the one it serves when the ladder has moved on.
TEST(EngineView, AnOrderHasTheLevelThatItServesNow) {
  PublishedCore engine;
  engine.harness.start_quoting();
  const std::vector<Order> bids = engine.harness.live(Side::kBuy);
  const Ticks apart = bids[0].price - bids[1].price;
  Ticks bid(299'999);
  for (int move = 0; move < 12; ++move) {
    bid += apart * (move % 3 == 2 ? -4 : 1);
    engine.harness.book(bid, bid + Ticks(2));
    for (int round = 0; round < 4; ++round) engine.harness.answer_all();
    const EngineView view = engine.look();
    const auto& orders = view.instruments[0].orders;
    ASSERT_EQ(orders.rows(), 6u);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(orders.at(i, "order_level"), static_cast<std::int64_t>(i % 3)) << move;
    }
  }
}

TEST(EngineView, TheQueueIsWhatOthersHaveAtOurPrice) {
  PublishedCore engine;
  engine.harness.start_quoting();
  const Order best = engine.harness.live(Side::kBuy)[0];
  const auto others = [&](std::int64_t lots) {
    engine.harness.send_book(0, false, {{best.price, Lots(lots) + best.leaves()}}, {});
    engine.harness.batch_end();
    return engine.look().instruments[0].orders.at(0, "order_queue_ahead");
  };
  EXPECT_EQ(others(70), 70) << "they may have been there first: nobody looked before";
  EXPECT_EQ(others(90), 70) << "who comes now stands behind";
  EXPECT_EQ(others(30), 30);
  EXPECT_EQ(engine.look().instruments[0].orders.at(0, "order_price_quantity"),
            30 + best.leaves().v);
}

TEST(EngineView, LevelsHaveAReasonOrAnOrder) {
  PublishedCore engine;
  engine.harness.start_quoting();
  engine.harness.control(ControlCode::kPause, PauseScope::kBuy);
  engine.harness.answer_all();
  const EngineView view = engine.look();
  const auto& levels = view.instruments[0].levels;
  ASSERT_EQ(levels.rows(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    const bool buy = levels.at(i, "level_side") == static_cast<int>(Side::kBuy);
    EXPECT_EQ(levels.at(i, "level_index"), static_cast<std::int64_t>(i % 3));
    EXPECT_EQ(levels.at(i, "level_reason"),
              static_cast<int>(buy ? QuoteReason::kPaused : QuoteReason::kQuoting));
    EXPECT_EQ(levels.at(i, "level_price") > 0, !buy);
    EXPECT_EQ(levels.at(i, "level_order_id") != 0, !buy);
  }
}

TEST(EngineView, LatenciesAreCountedUpToTheirBounds) {
  PublishedCore engine;
  for (const std::int64_t ns : {90, 150, 150, 3'000'000}) engine.turn.record(Nanos(ns));
  const EngineView view = engine.look();
  EXPECT_EQ(view.latency.value("turn_seconds", 0), 1) << "up to 100 ns";
  EXPECT_EQ(view.latency.value("turn_seconds", 1), 3) << "up to 200 ns";
  EXPECT_EQ(view.latency.value("turn_seconds", counters::kLatencyBounds.size()), 4) << "all";
  EXPECT_EQ(view.latency.value("turn_seconds", counters::kLatencyBounds.size() + 1), 3'000'390);
  EXPECT_EQ(view.latency.value("turn_quantile_seconds", 4), 3'000'000) << "the longest";
  EXPECT_EQ(view.latency.value("event_to_command_seconds", 0), 0);
}

TEST(EngineView, LimitsShowWhatIsUsed) {
  PublishedCore engine;
  Event usage = test::CoreHarness::event(EventKind::kRateUsage);
  usage.rate.orders_used = 12;
  usage.rate.orders_limit = 50;
  usage.rate.weight_used = 40;
  usage.rate.weight_limit = 6000;
  usage.rate.orders_end = engine.harness.now + kSecond * 10;
  usage.rate.tightest_pct = 24;
  usage.rate.tightest_end = usage.rate.orders_end;
  engine.harness.deliver(usage);
  engine.harness.start_quoting();
  const EngineView view = engine.look();
  const auto at = [&](counters::EngineBlock::Name name, counters::Window window) {
    return view.numbers.value(name, static_cast<std::size_t>(window));
  };
  EXPECT_EQ(at("rate_window_used", counters::Window::kOrders), 12);
  EXPECT_EQ(at("rate_window_limit", counters::Window::kOrders), 50);
  EXPECT_EQ(at("rate_window_limit", counters::Window::kWeight), 6000);
  EXPECT_EQ(at("rate_window_limit", counters::Window::kOwn), 100);
  EXPECT_GT(at("rate_window_used", counters::Window::kOwn), 0) << "six were placed";
  EXPECT_EQ(view.numbers.value("rate_tightest_ratio"), 24);
}

}  // namespace
}  // namespace mm::monitor
