// The ledger of a session whose journal outgrew its segments: nothing is lost with the first ones,
// whether the session ends in order or is killed.
#include "engine/app/session/session_ledger.h"

#include <gmock/gmock.h>

#include <thread>

#include "engine/app/config/sim_setup.h"
#include "engine/app/session/session_record.h"
#include "engine/app/soak/virtual_run.h"
#include "engine/ledger/ledger_reader.h"
#include "engine/ledger/sqlite.h"
#include "engine/runtime/folder_lock.h"
#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;
using testing::HasSubstr;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};
constexpr const char* kSmall = "journal.segment_bytes=1048576";
constexpr const char* kFew = "journal.segments_max=2";

// A simulated session; at every step the ledger may follow the journal.
struct Session {
  explicit Session(const std::string& at, std::vector<std::string> sets = {})
      : load(parse_config("", "test", add(std::move(sets)))),
        instruments(simulated_instruments(load.config)),
        venue(make_sim_venue(load.config, instruments)),
        folder(at) {
    EXPECT_EQ(load.error, "");
    EXPECT_EQ(record.open(load.config, at, "sim", instruments, kStart), "");
    run.emplace(load.config, instruments, *venue, record.journal());
    run->begin(kStart);
  }
  static std::vector<std::string> add(std::vector<std::string> sets) {
    sets.insert(sets.end(), {"strategy.min_spread=0.0002", "strategy.max_spread=0.0006"});
    return sets;
  }
  void go_on(int seconds, std::uint64_t followed = SessionRecord::kAllRecords) {
    const Nanos end = run->now() + kSecond * seconds;
    while (run->now() < end) {
      run->advance(run->now() + kSecond);
      if (followed > 0) record.follow(followed);
    }
  }
  std::int64_t fills() const {
    return static_cast<std::int64_t>(run->core().instrument(0).position.fills());
  }
  std::string close(Summary& summary) {
    run->shut_down();
    run->summarize_into(summary);
    return record.close(run->output_hash(), run->commands_out(), run->now(), summary, "");
  }

  ConfigLoad load;
  std::vector<Instrument> instruments;
  std::unique_ptr<sim::SimVenue> venue;
  SessionFolder folder;
  SessionRecord record;
  std::optional<VirtualRun<NoSource>> run;
};

struct Found {
  explicit Found(const SessionFolder& folder) {
    LedgerReader reader;
    EXPECT_EQ(reader.open(folder.ledger()), "");
    closing = reader.closing().at(0);
    last_trade = reader.last_trade(closing.symbol);
    fills = count(folder, "SELECT COUNT(*) FROM fills");
  }
  static std::int64_t count(const SessionFolder& folder, const char* sql) {
    Database database;
    Statement row;
    EXPECT_EQ(database.open(folder.ledger(), Database::Mode::kReadOnly), "");
    EXPECT_EQ(database.prepare(sql, row), "");
    return row.step() ? row.integer(0) : -1;
  }
  LedgerReader::Closing closing;
  std::int64_t fills = 0;
  std::uint64_t last_trade = 0;
};

bool first_segment_is_gone(const SessionFolder& folder) {
  return !std::filesystem::exists(folder.journal());
}
int segments(const SessionFolder& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    count += entry.path().extension() == ".bin" ? 1 : 0;
  }
  return count;
}
std::int64_t violations(const Summary& summary, const std::string& name) {
  for (const auto& [key, count] : summary.invariants) {
    if (key == name) return count;
  }
  return -1;
}

TEST(SessionLedger, HasEveryFillOfASessionWhoseFirstSegmentsAreGone) {
  const Scratch here;
  Session session(here.path("s"), {kSmall, kFew});
  session.go_on(200);
  Summary summary;
  ASSERT_EQ(session.close(summary), "");
  ASSERT_TRUE(first_segment_is_gone(session.folder));
  EXPECT_LE(segments(session.folder), 2);
  EXPECT_EQ(violations(summary, "replay"), 0);
  const Found found(session.folder);
  EXPECT_GT(found.fills, 10);
  EXPECT_EQ(found.fills, session.fills());
  EXPECT_EQ(found.closing.position, session.run->core().instrument(0).position.base());
  EXPECT_FALSE(std::filesystem::exists(session.folder.ledger() + ".part"));
}

TEST(SessionLedger, IsTheSameHoweverManySegmentsTheJournalHad) {
  const Scratch here;
  Session many(here.path("many"), {kSmall, kFew}), one(here.path("one"));
  Summary of_many, of_one;
  many.go_on(120, 5'000);
  one.go_on(120);
  ASSERT_EQ(many.close(of_many), "");
  ASSERT_EQ(one.close(of_one), "");
  const Found a(many.folder), b(one.folder);
  EXPECT_EQ(a.fills, b.fills);
  EXPECT_EQ(a.closing.position, b.closing.position);
  EXPECT_EQ(a.closing.profit_today, b.closing.profit_today);
  EXPECT_EQ(a.closing.realized, b.closing.realized);
}

TEST(SessionLedger, IsWholeThoughSomebodyHasItOpen) {
  const Scratch here;
  Session session(here.path("s"), {kSmall, kFew});
  session.go_on(150);
  Database reader;
  ASSERT_EQ(reader.open(session.folder.ledger() + ".part", Database::Mode::kReadOnly), "");
  ASSERT_EQ(reader.execute("SELECT count(*) FROM fills"), "");
  Summary summary;
  ASSERT_EQ(session.close(summary), "");
  const Found found(session.folder);
  EXPECT_EQ(found.fills, session.fills());
  EXPECT_EQ(violations(summary, "replay"), 0);
  for (const char* const tail : {"", "-wal", "-shm"}) {
    EXPECT_FALSE(std::filesystem::exists(session.folder.ledger() + ".part" + tail)) << tail;
  }
}

// Profit at one and the same price: what a next session goes on from.
std::int64_t worth_at(const LedgerReader::Closing& c, HalfTicks mark, const Instrument& i) {
  const Money moved = value(i, c.position, mark) - value(i, c.position, c.mark);
  return static_cast<std::int64_t>((money(c.profit_today) + moved).v / 10'000'000'000);
}

TEST(SessionLedger, OfAKilledEngineGoesOnWhereItsOwnHadGotTo) {
  const Scratch here;
  const std::string killed = here.path("killed");
  std::int64_t fills = 0;
  LedgerReader::Closing right;
  {
    Session session(here.path("s"), {kSmall, kFew});
    session.go_on(150);
    session.record.journal().flush();
    ASSERT_TRUE(first_segment_is_gone(session.folder));
    std::filesystem::copy(session.folder.path(), killed);
    fills = session.fills();
    const InstrumentState& s = session.run->core().instrument(0);
    right.position = s.position.base();
    right.mark = s.mark;
    right.profit_today = Amount(static_cast<std::int64_t>(s.today().v / 10'000'000'000));
  }
  const SessionFolder folder(killed);
  const SessionCompletion done = complete_session(folder);
  ASSERT_EQ(done.error, "");
  EXPECT_TRUE(done.built);
  EXPECT_THAT(done.replayed.message, HasSubstr("the ledger had them already, up to record"));
  const Found found(folder);
  EXPECT_EQ(found.fills, fills);
  EXPECT_EQ(found.closing.position, right.position);
  const Instrument instrument = simulated_instruments(parse_config("", "test").config)[0];
  EXPECT_NEAR(static_cast<double>(worth_at(found.closing, right.mark, instrument)),
              static_cast<double>(right.profit_today.v), 10.0);
}

TEST(SessionLedger, CallsNothingSettledThatCameAfterAnOrderWhichMayLive) {
  const Scratch here;
  const std::string killed = here.path("killed");
  Session session(here.path("s"), {"order_management.reset_interval=20"});
  session.go_on(75, 0);
  session.record.journal().flush();
  std::filesystem::copy(session.folder.path(), killed);
  const SessionFolder folder(killed);
  ASSERT_EQ(complete_session(folder).error, "");
  const Found found(folder);
  EXPECT_GT(found.closing.settled_trade, 0u);
  EXPECT_LE(found.closing.settled_trade, found.last_trade);
  EXPECT_EQ(Found::count(folder,
                         "SELECT COUNT(*) FROM fills, closing WHERE trade_id <= settled_trade AND "
                         "fills.time_ns >= (SELECT MIN(created_ns) FROM orders WHERE state IN "
                         "('active', 'partially_filled', 'pending_modify', 'pending_cancel'))"),
            0);

  Summary summary;
  ASSERT_EQ(session.close(summary), "");
  const Found ended(session.folder);
  EXPECT_EQ(ended.closing.settled_trade, ended.last_trade) << "no order is left that may live";
}

TEST(SessionLedger, OfAnOlderProgramIsReadAndGoneOnWith) {
  const Scratch here;
  const std::string killed = here.path("killed");
  {
    Session session(here.path("s"), {kSmall, kFew});
    session.go_on(150);
    session.record.journal().flush();
    std::filesystem::copy(session.folder.path(), killed);
  }
  const SessionFolder folder(killed);
  {
    Database older;
    ASSERT_EQ(older.open(folder.ledger() + ".part", Database::Mode::kGoOn), "");
    ASSERT_EQ(older.execute("ALTER TABLE closing DROP COLUMN settled_trade"), "");
  }
  ASSERT_EQ(complete_session(folder).error, "");
  EXPECT_EQ(Found(folder).closing.settled_trade, 0u) << "nothing is known to be settled";
  Database older;
  ASSERT_EQ(older.open(folder.ledger(), Database::Mode::kGoOn), "");
  ASSERT_EQ(older.execute("ALTER TABLE closing DROP COLUMN settled_trade"), "");
  EXPECT_GT(Found(folder).fills, 0);
}

TEST(SessionLedger, WaitsForWhoeverMakesItJustNow) {
  const Scratch here;
  const std::string killed = here.path("killed");
  {
    Session session(here.path("s"));
    session.go_on(20, 0);
    session.record.journal().flush();
    std::filesystem::copy(session.folder.path(), killed);
  }
  auto busy = std::make_unique<FolderLock>();
  ASSERT_TRUE(busy->take(killed));
  const SessionCompletion at_once = complete_session(SessionFolder(killed));
  EXPECT_TRUE(at_once.in_use);
  EXPECT_THAT(at_once.error, HasSubstr("or its ledger is being made"));
  std::thread ends([&] { busy.reset(); });
  const SessionCompletion done = complete_session(SessionFolder(killed), {}, Nanos(60 * kSecond.v));
  ends.join();
  EXPECT_EQ(done.error, "");
  EXPECT_TRUE(done.built);
}

// Nothing was kept of it, as after a failure of the machine.
TEST(SessionLedger, OfTheSegmentsThatAreLeftIsPartialAndSaysSo) {
  const Scratch here;
  Session session(here.path("s"), {kSmall, kFew});
  session.go_on(150);
  session.record.journal().flush();
  ASSERT_TRUE(first_segment_is_gone(session.folder));
  const std::string killed = here.path("killed");
  std::filesystem::copy(session.folder.path(), killed);
  for (const char* const tail : {"", "-wal", "-shm"}) {
    std::filesystem::remove(killed + "/ledger.sqlite.part" + tail);
  }
  const SessionFolder folder(killed);
  const SessionCompletion done = complete_session(folder);
  ASSERT_EQ(done.error, "");
  EXPECT_EQ(done.replayed.status, ReplayStatus::kNoBeginning);
  EXPECT_THAT(done.replayed.message, HasSubstr("what the segments kept have"));
  const Found found(folder);
  EXPECT_GT(found.fills, 0);
  EXPECT_LT(found.fills, session.fills());
}

// A ledger that cannot be written while the session runs is written at its end.
TEST(SessionLedger, ThatFailedOnTheWayIsBuiltAtTheEndOfWhatIsThere) {
  const Scratch here;
  Session session(here.path("s"), {kSmall, kFew});
  std::filesystem::create_directory(session.folder.ledger() + ".part");
  session.go_on(150);
  std::filesystem::remove_all(session.folder.ledger() + ".part");
  Summary summary;
  ASSERT_EQ(session.close(summary), "");
  EXPECT_LE(segments(session.folder), 2);
  EXPECT_EQ(violations(summary, "replay"), 0) << "nothing says that it would differ";
  ASSERT_FALSE(summary.notes.empty());
  EXPECT_THAT(summary.notes.back(), HasSubstr("deleted to bound the space"));
  EXPECT_GT(Found(session.folder).fills, 0);
}

// Fills behind a gap are in the journal and so in the ledger; the closing is that of its fills.
TEST(SessionLedger, GoesOnBehindAGap) {
  const Scratch here;
  Session session(here.path("s"));
  session.go_on(60);
  const std::int64_t before = session.fills();
  session.record.journal().gap(3);
  session.go_on(60);
  Summary summary;
  ASSERT_EQ(session.close(summary), "");
  EXPECT_GT(session.fills(), before);
  EXPECT_EQ(violations(summary, "replay"), 1);
  const Found found(session.folder);
  EXPECT_EQ(found.fills, session.fills());
  EXPECT_EQ(found.closing.position, session.run->core().instrument(0).position.base());
  EXPECT_LT(found.closing.settled_trade, found.last_trade) << "there may be more in the gap";
}

}  // namespace
}  // namespace mm::app
