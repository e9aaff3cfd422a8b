// The ledger: what stands in the database is what the events and commands said.
#include "engine/ledger/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <map>
#include <set>

#include "engine/core/decimal_text.h"
#include "engine/core/reason.h"
#include "tests/journal_test_support.h"

namespace mm {
namespace {

Instrument instrument_named(std::string_view symbol, std::int64_t tick, std::int64_t lot) {
  Instrument i;
  std::copy(symbol.begin(), symbol.end(), i.symbol_text.begin());
  std::copy_n("BTC", 3, i.base_text.begin());
  std::copy_n("USDT", 4, i.quote_text.begin());
  i.tick = Amount(tick);
  i.lot = Amount(lot);
  return i;
}
const std::array kInstruments = {instrument_named("BTCUSDT", 1'000'000, 1'000),
                                 instrument_named("ETHUSDT", 10'000, 100'000)};

Event event_of(EventKind kind) {
  Event e;
  e.kind = kind;
  e.time = Nanos(1'000);
  e.received = Nanos(900);
  return e;
}
Event report_of(EventKind kind, std::uint64_t id, std::int32_t ticks = 0, std::int64_t lots = 0) {
  Event e = event_of(kind);
  e.report.id = ClientOrderId(id);
  e.report.ticks = ticks;
  e.report.lots = Lots(lots);
  return e;
}
Event failure_of(EventKind kind, std::uint64_t id, CommandKind command, std::uint64_t new_id = 0) {
  Event e = event_of(kind);
  e.failure.id = ClientOrderId(id);
  e.failure.new_id = ClientOrderId(new_id);
  e.failure.command = static_cast<std::uint8_t>(command);
  e.failure.reason = RejectReason::kFilter;
  return e;
}
Event fill_of(std::uint64_t id, std::uint64_t trade, std::int32_t ticks, std::int64_t lots) {
  Event e = event_of(EventKind::kFilled);
  e.flags = kFlagSell | kFlagMaker;
  e.fill.id = ClientOrderId(id);
  e.fill.trade_id = TradeId(trade);
  e.fill.ticks = ticks;
  e.fill.lots = Lots(lots);
  e.fill.fee = Amount(-12'345);
  e.fill.fee_asset = Asset::kQuote;
  return e;
}
Command command_of(CommandKind kind, std::uint64_t id, std::int32_t ticks = 0,
                   std::int64_t lots = 0) {
  Command c;
  c.kind = kind;
  c.id = ClientOrderId(id);
  c.ticks = ticks;
  c.lots = Lots(lots);
  c.side = Side::kSell;
  c.why = static_cast<std::uint8_t>(DecisionReason::kNewLevel);
  c.time = Nanos(1'000);
  return c;
}

struct Ledger {
  test::TemporaryFolder folder;
  std::string path = folder / "ledger.sqlite";
  LedgerWriter writer;

  Ledger() {
    EXPECT_EQ(writer.open(path, "20261123T081500.123Z", test::sample_header(), kInstruments), "");
  }
  void event(const Event& e) { writer.on_record(e, {}); }
  void amend(const Event& e) {
    event(e);
    writer.on_amend(e);
  }
  void command(const Command& c) { writer.on_record(event_of(EventKind::kBatchEnd), {&c, 1}); }
  // The rows of a query, columns joined by '|'.
  std::vector<std::string> rows(const char* sql) {
    writer.keep(0);
    Database database;
    Statement statement;
    EXPECT_EQ(database.open(path, Database::Mode::kReadOnly), "");
    EXPECT_EQ(database.prepare(sql, statement), "");
    std::vector<std::string> out;
    while (statement.step()) {
      std::string row;
      for (int column = 0; column < columns(sql); ++column) {
        if (column > 0) row += '|';
        row += statement.text(column);
      }
      out.push_back(row);
    }
    return out;
  }
  std::string row(const char* sql) {
    const auto all = rows(sql);
    return all.size() == 1 ? all[0] : "not one row but " + std::to_string(all.size());
  }
  std::string state(std::uint64_t id) {
    const std::string sql =
        "SELECT state FROM orders WHERE client_order_id='" + order_id_text(ClientOrderId(id)) + "'";
    return row(sql.c_str());
  }

 private:
  static int columns(std::string_view sql) {
    return 1 + static_cast<int>(std::count(sql.begin(), sql.begin() + sql.find(" FROM "), ','));
  }
};

TEST(Ledger, AnOrderThatAnEarlierSessionHasPlacedGoesOn) {
  Ledger l;
  Event e = event_of(EventKind::kAdopted);
  e.flags = kFlagSell;
  e.adoption = {ClientOrderId(7), VenueOrderId(99), Lots(20), Lots(5), 6'500'050, {}};
  l.event(e);
  const char* const order =
      "SELECT venue_order_id,side,state,why,price,lots,filled_lots,replaces FROM orders";
  EXPECT_EQ(l.row(order), "99|sell|partially_filled|adopted|65000.5|20|5|");
  EXPECT_EQ(l.row("SELECT kind,client_order_id,detail FROM events"),
            "adopted|mm0000000000000007|sell 0.0002 @ 65000.5, 0.00005 executed");
  l.event(fill_of(7, 1, 6'500'050, 10));
  l.event(e);  // told again
  EXPECT_EQ(l.row(order), "99|sell|partially_filled|adopted|65000.5|20|15|");
  l.event(fill_of(7, 2, 6'500'050, 5));
  EXPECT_EQ(l.state(7), "filled");
}

TEST(Ledger, AnOrderFromPlaceToFill) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 7, 6'500'050, 20));
  EXPECT_EQ(l.state(7), "pending_new");
  Event accepted = report_of(EventKind::kAccepted, 7, 6'500'050, 20);
  accepted.report.venue_id = VenueOrderId(99);
  l.event(accepted);
  EXPECT_EQ(l.state(7), "active");
  l.event(fill_of(7, 1, 6'500'050, 5));
  EXPECT_EQ(l.state(7), "partially_filled");
  l.event(fill_of(7, 2, 6'500'050, 15));
  EXPECT_EQ(l.row("SELECT client_order_id,venue_order_id,side,state,why,ticks,price,lots,quantity,"
                  "filled_lots,filled FROM orders"),
            "mm0000000000000007|99|sell|filled|new_level|6500050|65000.5|20|0.0002|20|0.0002");
  EXPECT_EQ(l.rows("SELECT trade_id,client_order_id,side,maker,price,quantity,notional,fee_e8,fee,"
                   "fee_asset FROM fills")[0],
            "1|mm0000000000000007|sell|1|65000.5|0.00005|3.250025|-12345|-0.00012345|USDT");
  EXPECT_EQ(l.rows("SELECT kind FROM events"),
            (std::vector<std::string>{"accepted", "filled", "filled"}));
  EXPECT_EQ(l.row("SELECT record,kind,side,ticks,price,lots,quantity,why FROM requests"),
            "1|place|sell|6500050|65000.5|20|0.0002|new_level");
}

TEST(Ledger, AFillIsCountedOnceHoweverOftenItIsReported) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 7, 100, 20));
  l.event(fill_of(7, 1, 100, 5));
  l.event(fill_of(7, 1, 100, 5));
  Event other = fill_of(7, 1, 100, 5);
  other.instrument = 1;  // trade ids are the instrument's own
  l.event(other);
  EXPECT_EQ(l.row("SELECT COUNT(*) FROM fills"), "2");
  EXPECT_EQ(l.row("SELECT filled_lots FROM orders"), "10");
  EXPECT_EQ(l.row("SELECT COUNT(*) FROM events"), "3") << "but every report is an event";
}

TEST(Ledger, AReplaceEndsOneOrderAndStartsAnother) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 7, 100, 20));
  l.event(report_of(EventKind::kAccepted, 7, 100, 20));
  Command replace = command_of(CommandKind::kReplace, 7, 101, 30);
  replace.new_id = ClientOrderId(8);
  l.command(replace);
  EXPECT_EQ(l.state(7), "pending_modify");
  EXPECT_EQ(l.state(8), "pending_new");
  Event replaced = report_of(EventKind::kReplaced, 7, 101, 30);
  replaced.report.new_id = ClientOrderId(8);
  l.event(replaced);
  EXPECT_EQ(l.state(7), "cancelled");
  EXPECT_EQ(l.row("SELECT state,replaces,ticks,lots FROM orders WHERE replaces<>''"),
            "active|mm0000000000000007|101|30");
}

TEST(Ledger, ARefusedReplaceLeavesTheOldOrderAsTheVenueSays) {
  for (const bool old_canceled : {false, true}) {
    Ledger l;
    l.command(command_of(CommandKind::kPlace, 7, 100, 20));
    l.event(report_of(EventKind::kAccepted, 7, 100, 20));
    Command replace = command_of(CommandKind::kReplace, 7, 101, 30);
    replace.new_id = ClientOrderId(8);
    l.command(replace);
    Event e = failure_of(EventKind::kReplaceRejected, 7, CommandKind::kReplace, 8);
    e.failure.old_canceled = old_canceled ? 1 : 0;
    l.event(e);
    EXPECT_EQ(l.state(7), old_canceled ? "cancelled" : "active");
    EXPECT_EQ(l.state(8), "rejected");
  }
}

TEST(Ledger, AmendsAndCancelsAndTheirRefusals) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 7, 100, 20));
  l.event(report_of(EventKind::kAccepted, 7, 100, 20));
  l.command(command_of(CommandKind::kModify, 7, 102, 25));
  EXPECT_EQ(l.state(7), "pending_modify");
  l.amend(report_of(EventKind::kAmended, 7, 102, 25));
  l.event(report_of(EventKind::kAmended, 7, 102, 25));  // and once more by the stream
  EXPECT_EQ(l.row("SELECT state,amends,ticks,lots FROM orders"), "active|1|102|25");
  l.event(fill_of(7, 1, 102, 5));
  l.command(command_of(CommandKind::kReduce, 7, 102, 20));
  l.event(failure_of(EventKind::kAmendRejected, 7, CommandKind::kReduce));
  EXPECT_EQ(l.state(7), "partially_filled");
  l.command(command_of(CommandKind::kCancel, 7));
  EXPECT_EQ(l.state(7), "pending_cancel");
  l.event(failure_of(EventKind::kCancelRejected, 7, CommandKind::kCancel));
  EXPECT_EQ(l.state(7), "partially_filled");
  l.event(failure_of(EventKind::kDenied, 7, CommandKind::kCancel));
  EXPECT_EQ(l.state(7), "partially_filled");
  l.event(report_of(EventKind::kCanceled, 7, 102, 5));
  EXPECT_EQ(l.state(7), "cancelled");
  l.event(failure_of(EventKind::kCancelRejected, 7, CommandKind::kCancel));
  EXPECT_EQ(l.state(7), "cancelled") << "the end is the end";
  l.event(fill_of(7, 2, 102, 5));
  EXPECT_EQ(l.row("SELECT state,filled_lots FROM orders"), "cancelled|10") << "but a fill counts";
}

TEST(Ledger, OrdersThatNeverWere) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 1, 100, 20));
  l.event(failure_of(EventKind::kRejected, 1, CommandKind::kPlace));
  l.command(command_of(CommandKind::kPlace, 2, 100, 20));
  l.event(failure_of(EventKind::kDenied, 2, CommandKind::kPlace));
  l.command(command_of(CommandKind::kPlace, 3, 100, 20));
  l.event(report_of(EventKind::kAccepted, 3, 100, 20));
  Command replace = command_of(CommandKind::kReplace, 3, 101, 30);
  replace.new_id = ClientOrderId(4);
  l.command(replace);
  l.event(failure_of(EventKind::kDenied, 3, CommandKind::kReplace, 4));
  EXPECT_EQ(
      l.rows("SELECT state,reason FROM orders"),
      (std::vector<std::string>{"rejected|filter", "denied|filter", "active|", "denied|filter"}));
  l.event(report_of(EventKind::kAccepted, 77, 100, 20));
  EXPECT_EQ(l.row("SELECT COUNT(*) FROM orders"), "4") << "an order of someone else is no row";
}

TEST(Ledger, AnUnknownOrderIsResolvedByItsStatus) {
  const std::array<std::pair<OrderStatusCode, const char*>, 6> cases = {{
      {OrderStatusCode::kNotFound, "unknown"},
      {OrderStatusCode::kOpen, "active"},
      {OrderStatusCode::kFilled, "filled"},
      {OrderStatusCode::kCanceled, "cancelled"},
      {OrderStatusCode::kExpired, "expired"},
      {OrderStatusCode::kRejected, "rejected"},
  }};
  for (const auto& [status, state] : cases) {
    Ledger l;
    l.command(command_of(CommandKind::kPlace, 7, 100, 20));
    l.event(failure_of(EventKind::kOutcomeUnknown, 7, CommandKind::kPlace));
    EXPECT_EQ(l.state(7), "unknown");
    Event e = report_of(EventKind::kOrderStatus, 7);
    e.report.status = static_cast<std::uint8_t>(status);
    l.event(e);
    EXPECT_EQ(l.state(7), state);
  }
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 7, 100, 20));
  Event expired = report_of(EventKind::kExpired, 7);
  expired.report.reason = RejectReason::kSelfTrade;
  l.event(expired);
  EXPECT_EQ(l.row("SELECT state,reason FROM orders"), "expired|self_trade");
}

TEST(Ledger, WhatTheCoreIsDoneWithThoughNoReportEndedItEndsByItsWord) {
  Ledger l;
  for (const std::uint64_t id : {1u, 2u, 3u}) {
    l.command(command_of(CommandKind::kPlace, id, 100, 5));
  }
  l.writer.settle(
      [](ClientOrderId id) {
        return id.v == 1   ? OrderState::kFree
               : id.v == 2 ? OrderState::kRejected
                           : OrderState::kUnknown;
      },
      Nanos(2'000));
  EXPECT_THAT(l.rows("SELECT state, reason FROM orders ORDER BY client_order_id"),
              testing::ElementsAre("cancelled|presumed", "rejected|presumed", "pending_new|"));
}

TEST(Ledger, EventsThatAreNoOrdersAreRowsAndMarketDataIsNot) {
  Ledger l;
  Event control = event_of(EventKind::kControl);
  control.control.code = ControlCode::kKill;
  Event balance = event_of(EventKind::kBalance);
  balance.balance = {Amount(150'000'000), Amount(0), Asset::kBase, {}};
  Event rate = event_of(EventKind::kRateUsage);
  rate.rate.orders_used = 3;
  rate.rate.orders_limit = 100;
  Event session = event_of(EventKind::kSessionStatus);
  session.session.state = SessionState::kReconciling;
  for (const Event& e : {control, balance, rate, session}) l.event(e);
  for (const EventKind k : {EventKind::kBookLevels, EventKind::kTrade, EventKind::kTimer}) {
    l.event(event_of(k));
  }
  l.event(event_of(EventKind::kBookStale));
  l.writer.on_change(Nanos(5), 0, "quote_reason", "stale_data");
  EXPECT_EQ(l.rows("SELECT record,kind,detail FROM events"),
            (std::vector<std::string>{"1|control|code 2 scope 0", "2|balance|BTC free 1.5 locked 0",
                                      "3|rate_usage|orders 3 of 100, weight 0 of 0",
                                      "4|session_status|session reconciling, symbol halted",
                                      "8|book_stale|", "8|quote_reason|stale_data"}));
}

// By the names that the log has for it.
TEST(Ledger, EveryChangeOfAnOrderIsAnEventWithItsOutcome) {
  Ledger l;
  l.command(command_of(CommandKind::kPlace, 1, 6'400'000, 20));
  l.command(command_of(CommandKind::kModify, 1, 6'500'000, 20));
  l.amend(report_of(EventKind::kAmended, 1, 6'500'000, 20));
  l.event(report_of(EventKind::kAmended, 1, 6'500'000, 20));  // repeated
  l.event(failure_of(EventKind::kReplaceRejected, 1, CommandKind::kReplace, 2));
  EXPECT_EQ(
      l.rows("SELECT kind, client_order_id, reason FROM events WHERE kind LIKE 'order_modify%' "
             "ORDER BY rowid"),
      (std::vector<std::string>{"order_modify|mm0000000000000001|new_level",
                                "order_modify_success|mm0000000000000001|",
                                "order_modify_failure|mm0000000000000001|filter"}));
}

// Its fill may be known before the answer to the request.
TEST(Ledger, AReplacementIsOneAmendWhateverTellsOfIt) {
  for (const EventKind first : {EventKind::kReplaced, EventKind::kFilled, EventKind::kAccepted}) {
    Ledger l;
    l.command(command_of(CommandKind::kPlace, 1, 6'400'000, 20));
    Command replace = command_of(CommandKind::kReplace, 1, 6'500'000, 20);
    replace.new_id = ClientOrderId(2);
    l.command(replace);
    Event replaced = report_of(EventKind::kReplaced, 1, 6'500'000, 20);
    replaced.report.new_id = ClientOrderId(2);
    l.amend(first == EventKind::kReplaced ? replaced
            : first == EventKind::kFilled ? fill_of(2, 1, 6'500'000, 20)
                                          : report_of(first, 2, 6'500'000, 20));
    l.event(replaced);
    EXPECT_EQ(l.rows("SELECT client_order_id, amends FROM orders ORDER BY client_order_id"),
              (std::vector<std::string>{"mm0000000000000001|0", "mm0000000000000002|1"}));
    EXPECT_EQ(l.row("SELECT client_order_id, new_client_order_id, detail FROM events WHERE kind = "
                    "'order_modify_success'"),
              "mm0000000000000001|mm0000000000000002|to 0.0002 @ 65000");
  }
}

TEST(Ledger, WhatTheCoreDeniedIsARowWithItsReason) {
  Ledger l;
  l.event(event_of(EventKind::kControl));
  l.writer.on_denial(Nanos(7), {0, Side::kSell, "price_collar", Ticks(6'500'050), Lots(20), {}});
  l.writer.on_denial(Nanos(8), {1, Side::kBuy, "stale", Ticks(1), Lots(3), ClientOrderId(9)});
  EXPECT_EQ(l.rows("SELECT record,time_ns,instrument,client_order_id,reason,detail FROM events "
                   "WHERE kind='order_denied'"),
            (std::vector<std::string>{"1|7|0||price_collar|sell 0.0002 @ 65000.5",
                                      "1|8|1|mm0000000000000009|stale|buy 0.003 @ 0.0001"}));
}

TEST(Ledger, TheSessionRowSaysWhetherItEnded) {
  Ledger l;
  EXPECT_EQ(
      l.row("SELECT name,mode,build,start_ns,complete,config FROM sessions"),
      "20261123T081500.123Z|backtest|0.1.0|1700000000123456789|0|" + test::sample_header().config);
  const JournalEnd end{.end_time = Nanos(77), .output_hash = 0xABC, .records = 5, .lost = 2};
  ASSERT_EQ(l.writer.close(&end), "");
  EXPECT_EQ(l.row("SELECT complete,end_ns,records,lost,output_hash FROM sessions"),
            "1|77|5|2|0000000000000abc");
  EXPECT_EQ(l.rows("SELECT id,symbol,base,quote,tick,lot,tick_e8,lot_e8 FROM instruments"),
            (std::vector<std::string>{"0|BTCUSDT|BTC|USDT|0.01|0.00001|1000000|1000",
                                      "1|ETHUSDT|BTC|USDT|0.0001|0.001|10000|100000"}));
}

TEST(Ledger, ThatIsClosedIsOneFileWhoeverReadsIt) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "ledger.sqlite";
  {
    LedgerWriter writer;
    ASSERT_EQ(writer.open(path, "s", test::sample_header(), kInstruments), "");
    writer.keep(1);
    EXPECT_TRUE(std::filesystem::exists(path + "-wal")) << "readers do not wait for the writer";
    ASSERT_EQ(writer.close(nullptr), "");
  }
  Database reader;
  Statement rows;
  ASSERT_EQ(reader.open(path, Database::Mode::kReadOnly), "");
  ASSERT_EQ(reader.prepare("SELECT count(*) FROM orders", rows), "");
  EXPECT_TRUE(rows.step());
  const auto files = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Ledger, AnExistingFileOrABadPathIsAnError) {
  Ledger l;
  LedgerWriter again;
  EXPECT_NE(again.open(l.path, "x", {}, kInstruments).find("exists already"), std::string::npos);
  LedgerWriter nowhere;
  EXPECT_NE(nowhere.open("/nonexistent/ledger.sqlite", "x", {}, kInstruments), "");
  nowhere.on_record(event_of(EventKind::kControl), {});
  EXPECT_NE(nowhere.close(nullptr), "");
  Database database;
  EXPECT_NE(database.open(l.folder / "none", Database::Mode::kReadOnly), "");
}

// Random places, fills (many of them twice) and cancels against sums kept in plain maps.
TEST(Ledger, TotalsEqualThoseOfAReferenceModel) {
  ASSERT_TRUE(rc::check([](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Ledger l;
    std::map<std::uint64_t, std::int64_t> placed, filled;
    std::map<std::pair<int, std::uint64_t>, Event> trades;
    std::set<std::uint64_t> cancelled;
    std::int64_t events = 0, requests = 0;
    for (int step = 0; step < 300; ++step) {
      const std::uint64_t id = 1 + random() % 40;
      switch (random() % 4) {
        case 0:
          if (placed.contains(id)) break;
          placed[id] = static_cast<std::int64_t>(1 + random() % 1000);
          l.command(command_of(CommandKind::kPlace, id, 100, placed[id]));
          ++requests;
          break;
        case 1:
          l.event(report_of(EventKind::kCanceled, id));
          ++events;
          if (placed.contains(id) && filled[id] < placed[id]) cancelled.insert(id);
          break;
        default: {
          Event e = fill_of(id, random() % 100, static_cast<std::int32_t>(random() % 1000),
                            static_cast<std::int64_t>(1 + random() % 200));
          e.instrument = static_cast<InstrumentId>(random() % 2);
          l.event(e);
          ++events;
          const bool first = trades.emplace(std::pair(e.instrument, e.fill.trade_id.v), e).second;
          if (first && placed.contains(id)) filled[id] += e.fill.lots.v;
        }
      }
    }
    Money worth;
    for (const auto& [key, e] : trades) {
      worth += notional(kInstruments[e.instrument], Ticks(e.fill.ticks), e.fill.lots);
    }
    RC_ASSERT(l.row("SELECT COUNT(*) FROM events") == std::to_string(events));
    RC_ASSERT(l.row("SELECT COUNT(*) FROM requests") == std::to_string(requests));
    const auto fills = l.rows("SELECT instrument,trade_id,ticks,lots,notional FROM fills");
    RC_ASSERT(fills.size() == trades.size());
    auto row = fills.begin();
    for (const auto& [key, e] : trades) {
      const Money m = notional(kInstruments[e.instrument], Ticks(e.fill.ticks), e.fill.lots);
      RC_ASSERT(*row++ == std::to_string(key.first) + '|' + std::to_string(key.second) + '|' +
                              std::to_string(e.fill.ticks) + '|' + std::to_string(e.fill.lots.v) +
                              '|' + decimal_text(m).str());
    }
    const auto orders = l.rows("SELECT client_order_id,filled_lots,state FROM orders");
    RC_ASSERT(orders.size() == placed.size());
    auto order = orders.begin();
    for (const auto& [id, lots] : placed) {
      const char* state = filled[id] >= lots       ? "filled"
                          : cancelled.contains(id) ? "cancelled"
                          : filled[id] > 0         ? "partially_filled"
                                                   : "pending_new";
      RC_ASSERT(*order++ ==
                order_id_text(ClientOrderId(id)) + '|' + std::to_string(filled[id]) + '|' + state);
    }
  }));
}

}  // namespace
}  // namespace mm
