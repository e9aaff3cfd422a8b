// The counters file: what is written is what others read, whatever became of the writer.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <set>
#include <thread>

#include "engine/counters/core_publisher.h"
#include "engine/counters/counters_file.h"
#include "engine/counters/pulse.h"
#include "tests/core_harness.h"
#include "tests/e2e_support.h"

namespace mm::counters {
namespace {

using test::read_file;
using test::Scratch;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

class CountersTest : public testing::Test {
 protected:
  CountersTest() {
    fs::create_directories(here_.path("tmpfs"));
    fs::create_directories(here_.path("session"));
  }
  std::string create(CountersFile& file) {
    return file.create({.session_folder = here_.path("session"),
                        .sessions_folder = here_.path("sessions"),
                        .mode = "live",
                        .id_prefix = "mm010007",
                        .instance = 1,
                        .epoch = 7,
                        .started = Nanos(42),
                        .instruments = {&instrument_, 1}},
                       here_.path("tmpfs"));
  }
  std::size_t on_tmpfs() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(here_.path("tmpfs")), fs::directory_iterator()));
  }
  // What is in the session folder as a file of its own.
  std::string attach_error(const std::string& bytes) {
    fs::remove(here_.path("session/counters.dat"));
    here_.write("session/counters.dat", bytes);
    CountersFile file;
    return file.attach(here_.path("session"));
  }

  const Scratch here_;
  const mm::Instrument instrument_ = test::eth_spot();
};

TEST_F(CountersTest, AnotherReadsWhoTheEngineIs) {
  CountersFile ours, theirs;
  ASSERT_EQ(create(ours), "");
  ASSERT_EQ(theirs.attach(here_.path("session")), "");
  const Identity& id = theirs.layout().identity;
  EXPECT_STREQ(id.mode.data(), "live");
  EXPECT_STREQ(id.id_prefix.data(), "mm010007");
  EXPECT_EQ(id.session.data(), here_.path("session"));
  EXPECT_EQ(id.sessions.data(), here_.path("sessions"));
  EXPECT_EQ(id.process.pid, getpid());
  EXPECT_EQ(id.started, 42);
  EXPECT_EQ(id.instance, 1u);
  EXPECT_EQ(id.epoch, 7u);
  ASSERT_EQ(theirs.instruments().size(), 1u);
  EXPECT_EQ(theirs.instruments()[0].symbol.data(), instrument_.symbol());
  EXPECT_EQ(theirs.instruments()[0].tick, instrument_.tick.v);
  EXPECT_TRUE(theirs.engine_alive());
  EXPECT_EQ(theirs.layout().phase.load(), Phase::kStarting);
  EXPECT_EQ(read_file(here_.path("session/counters.dat")).size(), bytes_for(1));
}

TEST_F(CountersTest, IsForTheOwnerOnly) {
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  struct stat facts {};
  ASSERT_EQ(stat(ours.path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(CountersTest, TheLatchSetByAnotherIsSetForUs) {
  CountersFile ours, theirs;
  ASSERT_EQ(create(ours), "");
  ASSERT_EQ(theirs.attach(here_.path("session")), "");
  EXPECT_FALSE(ours.layout().latch.is_set());
  theirs.layout().latch.set(KillLatch::kGuard);
  EXPECT_TRUE(ours.layout().latch.is_set());
  ours.layout().latch.set(KillLatch::kStalled);
  ours.layout().latch.clear(KillLatch::kStalled);
  EXPECT_TRUE(theirs.layout().latch.is_set(KillLatch::kGuard)) << "one reason clears no other";
}

TEST_F(CountersTest, TheEndLeavesACopyInTheSessionAndNothingOnTmpfs) {
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  EXPECT_EQ(on_tmpfs(), 1u);
  EngineBlock::Update(ours.layout().numbers).set("live_orders", std::int64_t{6});
  ASSERT_EQ(ours.finish(), "");
  EXPECT_EQ(on_tmpfs(), 0u);
  EXPECT_TRUE(fs::symlink_status(here_.path("session/counters.dat")).type() ==
              fs::file_type::regular);
  CountersFile after;
  ASSERT_EQ(after.attach(here_.path("session")), "");
  EngineBlock::Copy copy;
  ASSERT_TRUE(after.layout().numbers.read(copy));
  EXPECT_EQ(copy.value("live_orders"), 6);
}

TEST_F(CountersTest, WhatADeadEngineLeftGoesIntoItsSession) {
  const pid_t child = fork();
  if (child == 0) {
    auto* left = new CountersFile;  // never destroyed: as after kill -9
    const bool made = create(*left).empty();
    if (made) EngineBlock::Update(left->layout().numbers).set("live_orders", std::int64_t{3});
    _exit(made ? 0 : 1);
  }
  int status = 0;
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  CountersFile dead;
  ASSERT_EQ(dead.attach(here_.path("session")), "");
  EXPECT_FALSE(dead.engine_alive()) << "ended, and not waited for yet";
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(dead.engine_alive());
  EXPECT_EQ(on_tmpfs(), 1u);
  remove_left_over(here_.path("tmpfs"));
  EXPECT_EQ(on_tmpfs(), 0u);
  CountersFile after;
  ASSERT_EQ(after.attach(here_.path("session")), "");
  EngineBlock::Copy copy;
  ASSERT_TRUE(after.layout().numbers.read(copy));
  EXPECT_EQ(copy.value("live_orders"), 3);
}

// With hidepid nobody sees a process that forbids to be traced; it is alive all the same.
TEST(ProcessIdTest, AProcessThatProcHidesIsAlive) {
  enum Outcome { kAsWanted, kWrong, kCannotHide };
  const ProcessId test = this_process();
  const pid_t child = fork();
  if (child == 0) {
    const bool hidden = unshare(CLONE_NEWNS) == 0 &&
                        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                        mount("proc", "/proc", "proc", 0, "hidepid=2") == 0 && setuid(65534) == 0 &&
                        access("/proc/1", F_OK) != 0;
    if (!hidden) _exit(kCannotHide);
    _exit(is_alive(test) && !is_alive({4'194'999, 1}) ? kAsWanted : kWrong);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kCannotHide) GTEST_SKIP() << "needs the right to mount";
  EXPECT_EQ(WEXITSTATUS(status), kAsWanted);
}

TEST_F(CountersTest, OnlyWhatIsLeftOverIsRemoved) {
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  here_.write("tmpfs/mm_logic-1.abcdef.counters", "of a process that lives");
  here_.write("tmpfs/mm_logic-4194999.abcdef.counters", "of none: no such number is given out");
  here_.write("tmpfs/mm_logic-x.counters", "named otherwise");
  here_.write("tmpfs/other", "of others");
  remove_left_over(here_.path("tmpfs"));
  EXPECT_EQ(on_tmpfs(), 4u);
  EXPECT_FALSE(here_.has("tmpfs/mm_logic-4194999.abcdef.counters"));
}

TEST_F(CountersTest, AFileThatHoldsNoCountersIsRefused) {
  CountersFile none;
  EXPECT_THAT(none.attach(here_.path("session")), HasSubstr("cannot be opened"));
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  const std::string good = read_file(ours.path());
  ASSERT_EQ(ours.finish(), "");
  EXPECT_EQ(attach_error(good), "");
  EXPECT_THAT(attach_error(""), HasSubstr("too short"));
  EXPECT_THAT(attach_error(good.substr(0, 100)), HasSubstr("too short"));
  EXPECT_THAT(attach_error(std::string(good.size(), 'x')), HasSubstr("no counters"));
  EXPECT_THAT(attach_error(good + std::string(64, '\0')), HasSubstr("damaged"));
  std::string other = good;
  other[offsetof(Layout, identity) + offsetof(Identity, version)] ^= 1;
  EXPECT_THAT(attach_error(other), HasSubstr("another version"));
  other = good;
  other[offsetof(Layout, identity) + offsetof(Identity, table_hash)] ^= 1;
  EXPECT_THAT(attach_error(other), HasSubstr("another version"));
  other = good;
  other[offsetof(Layout, identity) + offsetof(Identity, instrument_count)] ^= 2;
  EXPECT_THAT(attach_error(other), HasSubstr("damaged"));
  fs::remove(here_.path("session/counters.dat"));
  ASSERT_EQ(mkfifo(here_.path("session/counters.dat").c_str(), 0600), 0);
  CountersFile pipe;
  EXPECT_THAT(pipe.attach(here_.path("session")), HasSubstr("not a file"));
}

TEST_F(CountersTest, ATmpfsThatIsNotThereIsAnError) {
  CountersFile file;
  EXPECT_THAT(file.create({.session_folder = here_.path("session"),
                           .sessions_folder = "s",
                           .mode = "sim",
                           .id_prefix = "",
                           .instruments = {}},
                          here_.path("missing")),
              HasSubstr("cannot be created"));
}

TEST_F(CountersTest, APulseBeatsForItsAgentsAndNoticesThatItStoodStill) {
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  Layout& l = ours.layout();
  Pulse pulse(l, {HotAgent::kStrategy, HotAgent::kGateway}, kSecond);
  pulse.beat(kSecond * 10);
  EXPECT_EQ(l.beats[static_cast<std::size_t>(HotAgent::kStrategy)].at, (kSecond * 10).v);
  EXPECT_EQ(l.beats[static_cast<std::size_t>(HotAgent::kGateway)].at, (kSecond * 10).v);
  EXPECT_EQ(l.beats[static_cast<std::size_t>(HotAgent::kFeed)].at, 0);
  pulse.beat(kSecond * 11);
  EXPECT_FALSE(l.latch.is_set());
  pulse.beat(kSecond * 12 + Nanos(1));
  EXPECT_TRUE(l.latch.is_set(KillLatch::kStalled));
  const Nanos before = monotonic_now();
  for (int i = 0; i < 1000; ++i) pulse.turn();
  EXPECT_GE(l.beats[static_cast<std::size_t>(HotAgent::kStrategy)].at, before.v);
}

TEST(MetricBlock, IsReadWholeWhileItIsWritten) {
  EngineBlock block;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::int64_t n = 1; n <= 20'000; ++n) {
      EngineBlock::Update update(block);
      update.set("core_timestamp_seconds", n);
      update.set("hot_path_allocations_total", n);
    }
    done = true;
  });
  EngineBlock::Copy copy;
  std::int64_t last = 0;
  while (!done) {
    if (!block.read(copy)) continue;
    ASSERT_EQ(copy.value("core_timestamp_seconds"), copy.value("hot_path_allocations_total"));
    ASSERT_GE(copy.value("core_timestamp_seconds"), last);
    last = copy.value("core_timestamp_seconds");
  }
  writer.join();
  ASSERT_TRUE(block.read(copy));
  EXPECT_EQ(copy.value("core_timestamp_seconds"), 20'000);
}

TEST(MetricBlock, AWriterThatStoppedHalfWayDoesNotHoldTheReader) {
  EngineBlock block;
  EngineBlock::Copy copy;
  {
    EngineBlock::Update half(block);
    half.set("core_timestamp_seconds", std::int64_t{1});
    EXPECT_FALSE(block.read(copy));
    EXPECT_EQ(copy.value("core_timestamp_seconds"), 0) << "nothing that is half";
  }
  EXPECT_TRUE(block.read(copy));
}

TEST(MetricBlock, MoneyKeepsAll128Bits) {
  InstrumentBlock block;
  InstrumentBlock::Copy copy;
  for (const Int128 v : {Int128{0}, Int128{-1}, kMoneyScale * 123'456'789, -kMoneyScale * 7 + 3}) {
    InstrumentBlock::Update(block).set("pnl_total_quote", Money(v));
    ASSERT_TRUE(block.read(copy));
    EXPECT_TRUE(copy.money("pnl_total_quote") == Money(v));
  }
}

template <std::size_t N>
void expect_good_table(const std::array<Metric, N>& table, std::set<std::string_view>& names) {
  for (const Metric& m : table) {
    EXPECT_TRUE(names.insert(m.name).second) << m.name << " is there twice";
    EXPECT_EQ(m.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << m.name;
    EXPECT_EQ(m.name.ends_with("_total"), m.type == MetricType::kCounter) << m.name;
    EXPECT_EQ(m.name.find("_seconds") != m.name.npos, m.unit == MetricUnit::kNanos) << m.name;
    EXPECT_FALSE(m.help.empty()) << m.name;
    std::set<std::string> labels;
    for (std::size_t i = 0; i < values_of(m.label); ++i) labels.insert(label_text(m.label, i));
    EXPECT_EQ(labels.size(), values_of(m.label)) << m.name << ": two labels are the same";
  }
}

TEST(MetricTable, NamesAreGoodAndThereOnce) {
  std::set<std::string_view> names;
  expect_good_table(kEngineMetrics, names);
  expect_good_table(kLatencyMetrics, names);
  expect_good_table(kInstrumentMetrics, names);
  expect_good_table(kBookRow, names);
  expect_good_table(kOrderRow, names);
  expect_good_table(kLevelRow, names);
}

TEST(MetricTable, LabelsSayWhatAValueStandsFor) {
  EXPECT_EQ(label_text(MetricLabel::kNone, 0), "");
  EXPECT_EQ(label_text(MetricLabel::kSideReason, side_reason(Side::kSell, QuoteReason::kPaused)),
            "side=\"sell\",reason=\"paused\"");
  EXPECT_EQ(label_text(MetricLabel::kOutcome, 5), "outcome=\"filled\"");
  EXPECT_EQ(label_text(MetricLabel::kOrderState, live_state(OrderState::kUnknown)),
            "state=\"unknown\"");
  EXPECT_EQ(label_text(MetricLabel::kBound, 0), "le=\"0.0000001\"");
  EXPECT_EQ(label_text(MetricLabel::kBound, kLatencyBounds.size()), "le=\"+Inf\"");
}

TEST(MetricTable, ValuesAreWrittenInTheirUnits) {
  const Scale scale{Amount(kAmountScale / 100), Amount(kAmountScale / 10)};
  EXPECT_EQ(value_text(MetricUnit::kTicks, scale, 300'012, 0), "3000.12");
  EXPECT_EQ(value_text(MetricUnit::kHalfTicks, scale, 3, 0), "0.015");
  EXPECT_EQ(value_text(MetricUnit::kLots, scale, 25, 0), "2.5");
  EXPECT_EQ(value_text(MetricUnit::kNanos, scale, 1'500, 0), "0.0000015");
  EXPECT_EQ(value_text(MetricUnit::kMoney, scale, -1, -1), "-0.000000000000000001");
  EXPECT_EQ(value_text(MetricUnit::kReason, scale, static_cast<int>(QuoteReason::kPaused), 0),
            "paused");
  EXPECT_EQ(value_text(MetricUnit::kSession, scale, 1, 0), "up");
}

TEST(MetricTable, AMemberThatThereIsNotIsNoneOfOthers) {
  for (const auto unit : {MetricUnit::kSide, MetricUnit::kReason, MetricUnit::kDecision,
                          MetricUnit::kOrderState, MetricUnit::kCommand, MetricUnit::kSession}) {
    EXPECT_STREQ(enum_name(unit, -1), "?");
    EXPECT_STREQ(enum_name(unit, 1'000), "?");
    EXPECT_FALSE(enum_label(unit).empty());
  }
}

TEST(MetricBlock, OfRowsTheFirstAreInUse) {
  BookBlock block;
  BookBlock::Copy copy;
  ASSERT_TRUE(block.read(copy));
  EXPECT_EQ(copy.rows(), 0u);
  {
    BookBlock::Update update(block);
    update.set_row(0, "book_bid_price", 100);
    update.set_row(1, "book_bid_price", 99);
    update.set_rows(2);
  }
  ASSERT_TRUE(block.read(copy));
  ASSERT_EQ(copy.rows(), 2u);
  EXPECT_EQ(copy.at(1, "book_bid_price"), 99);
  BookBlock::Update(block).set_rows(1'000'000);
  ASSERT_TRUE(block.read(copy));
  EXPECT_EQ(copy.rows(), kBookRowsMax) << "whatever a file says";
}

TEST(QueueEstimate, NeverSaysLessThanThereMayBe) {
  QueueEstimate estimate(4);
  Order order;
  order.slot = 2;
  order.id = ClientOrderId(7);
  order.price = Ticks(100);
  order.lots = Lots(10);
  EXPECT_EQ(estimate.ahead(order, Lots(50)), Lots(50)) << "all others were there first";
  EXPECT_EQ(estimate.ahead(order, Lots(80)), Lots(50)) << "who comes later stands behind";
  EXPECT_EQ(estimate.ahead(order, Lots(30)), Lots(30));
  EXPECT_EQ(estimate.ahead(order, Lots(90)), Lots(30));
  order.lots = Lots(5);
  EXPECT_EQ(estimate.ahead(order, Lots(90)), Lots(30)) << "less of it keeps its place";
  order.lots = Lots(6);
  EXPECT_EQ(estimate.ahead(order, Lots(90)), Lots(90)) << "more of it does not";
  order.price = Ticks(101);
  EXPECT_EQ(estimate.ahead(order, Lots(20)), Lots(20));
  order.id = ClientOrderId(8);
  EXPECT_EQ(estimate.ahead(order, Lots(40)), Lots(40)) << "a replacement is another order";
}

TEST_F(CountersTest, TheCoresStateIsPublished) {
  CountersFile ours;
  ASSERT_EQ(create(ours), "");
  test::CoreHarness h(test::one_instrument());
  h.start_quoting();
  EventCounter events;
  for (int i = 0; i < 5; ++i) events.count(EventKind::kTrade);
  const Clock clock;
  const Histogram none;
  CorePublisher publisher(h.core, events, {none, none}, clock);
  const std::atomic<std::uint64_t> journal_lost{7};
  publisher.publish_to(ours, &journal_lost);
  publisher.publish_all();
  EngineBlock::Copy engine;
  InstrumentBlock::Copy instrument;
  ASSERT_TRUE(ours.layout().numbers.read(engine));
  ASSERT_TRUE(ours.instruments()[0].numbers.read(instrument));
  EXPECT_EQ(engine.value("events_total", static_cast<std::size_t>(EventKind::kTrade)), 5);
  EXPECT_GT(engine.value("live_orders"), 0);
  EXPECT_EQ(engine.value("live_orders"),
            instrument.value("orders_live", 0) + instrument.value("orders_live", 1));
  EXPECT_EQ(engine.value("trip"), 0);
  EXPECT_EQ(engine.value("journal_lost_total"), 7);
  EXPECT_EQ(instrument.value("best_bid_price"), 299'999);
  EXPECT_EQ(instrument.value("quote_reason", 0), static_cast<int>(QuoteReason::kQuoting));
  h.control(ControlCode::kKill);
  h.batch_end();
  for (int i = 0; i < 1000; ++i) publisher.do_work();
  ASSERT_TRUE(ours.layout().numbers.read(engine));
  EXPECT_EQ(engine.value("trip"), static_cast<int>(QuoteReason::kHalted));
}

}  // namespace
}  // namespace mm::counters
