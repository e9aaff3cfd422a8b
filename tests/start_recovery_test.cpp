// Where a live start finds itself, against a scripted HTTP venue and the files of a session before.
#include "engine/app/session/start_recovery.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>
#include <ranges>
#include <span>

#include "engine/app/session/left_orders.h"
#include "engine/core/order_lifecycle.h"
#include "engine/counters/counters_file.h"
#include "engine/journal/instrument_text.h"
#include "engine/journal/journal_writer.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/session_folder.h"
#include "tests/binance_instruments.h"
#include "tests/e2e_support.h"
#include "tests/net_server.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;
using test::Scratch;
using test::ServedRequest;
using test::ServedResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr orders::Identity kSelf{.instance = 1, .epoch = 8};

ClientOrderId id_of_start(std::uint16_t epoch, std::uint16_t slot) {
  return make_order_id({kSelf.instance, epoch, slot, 1});
}

// A trade of the account: whose order it was is asked by the order's number.
struct VenueTrade {
  std::uint64_t id, order;
  const char* quantity;
  bool buyer;
};

class StartRecoveryTest : public testing::Test {
 protected:
  StartRecoveryTest()
      : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {
    instruments_ = test::spot_instruments();
    instruments_.resize(1);
    config_.venue.rest_url = "http://127.0.0.1:" + std::to_string(server_.port());
    config_.venue.symbols = {std::string(instruments_[0].symbol())};
    credentials_.api_key = orders::SecretText("the-key");
    credentials_.signer = orders::Signer::from_secret(orders::SecretText("secret")).signer;
  }

  static std::string parameter(const ServedRequest& request, const std::string& name) {
    const auto at = request.target.find(name + "=");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    return request.target.substr(from, request.target.find('&', from) - from);
  }
  ServedResponse respond(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    if (down_) return {.status = 503, .body = "{}"};
    const std::string& target = request.target;
    if (target == "/api/v3/time") return {.body = R"({"serverTime":1700000000000})"};
    if (target.starts_with("/api/v3/openOrders")) {
      if (before_list_) before_list_();
      return {.body = open_};
    }
    if (target.starts_with("/api/v3/myTrades")) {
      listed_.push_back(request);
      if (before_trades_) before_trades_();
      return {.body = trades(request),
              .headers = {{"X-MBX-USED-WEIGHT-1S", std::exchange(used_weight_, "20")}}};
    }
    if (target.starts_with("/api/v3/account")) {
      if (before_balance_) std::exchange(before_balance_, nullptr)();
      return {.body = R"({"balances":[{"asset":"BTC","free":")" + balance_ +
                      R"(","locked":"0"},{"asset":"ETH","free":")" + eth_balance_ +
                      R"(","locked":"0"}]})"};
    }
    if (request.method == "DELETE") {
      ++canceled_;
      open_ = "[]";
      return {.body = R"({"orderId":1,"status":"CANCELED"})"};
    }
    if (target.starts_with("/api/v3/allOrders")) {
      ++lists_;
      return {.body = orders(request)};
    }
    if (target.starts_with("/api/v3/order?")) {
      ++questions_;
      if (!parameter(request, "origClientOrderId").empty()) return arrival();
      const auto owner = owners_.find(std::stoull(parameter(request, "orderId")));
      if (owner == owners_.end()) {
        return {.status = 400, .body = R"({"code":-2013,"msg":"Order does not exist."})"};
      }
      return {.body = R"({"orderId":)" + std::to_string(owner->first) + R"(,"clientOrderId":")" +
                      owner->second + R"(","status":"FILLED"})"};
    }
    return {.status = 404, .body = "{}"};
  }
  // Asked for the place of before that nobody answered: it comes to the venue right after.
  ServedResponse arrival() {
    if (!arrives_) return {.body = R"({"orderId":9,"status":"CANCELED"})"};
    open_ = open_order("BTCUSDT", order_id_text(id_of_start(7, 9)));
    return {.status = 400, .body = R"({"code":-2013,"msg":"Order does not exist."})"};
  }
  std::string orders(const ServedRequest& request) const {
    std::vector<std::string> list;
    const auto first = owners_.lower_bound(std::stoull(parameter(request, "orderId")));
    for (auto owner = first; owner != owners_.end() && list.size() < 1000; ++owner) {
      list.push_back(fmt::format(R"({{"symbol":"BTCUSDT","orderId":{},"clientOrderId":"{}"}})",
                                 owner->first, owner->second));
    }
    return fmt::format("[{}]", fmt::join(list, ","));
  }
  // From an id on, or the last one.
  std::string trades(const ServedRequest& request) const {
    const std::string from = parameter(request, "fromId");
    const auto limit = std::stoi(parameter(request, "limit"));
    std::vector<std::string> page;
    if (repeats_) {
      page.assign(static_cast<std::size_t>(limit), text_of(trades_.back()));
    } else if (from.empty() && !trades_.empty()) {
      page.push_back(text_of(trades_.back()));
    } else if (!from.empty()) {
      const auto first = std::ranges::lower_bound(trades_, std::stoull(from), {}, &VenueTrade::id);
      for (const VenueTrade& t : std::span(first, trades_.end()) | std::views::take(limit)) {
        page.push_back(text_of(t));
      }
    }
    return fmt::format("[{}]", fmt::join(page, ","));
  }
  static std::string text_of(const VenueTrade& t) {
    return fmt::format(R"({{"symbol":"BTCUSDT","id":{},"orderId":{},"price":"60000.00","qty":"{}",)"
                       R"("commission":"0.01","commissionAsset":"USDT","isBuyer":{},)"
                       R"("isMaker":true}})",
                       t.id, t.order, t.quantity, t.buyer);
  }
  // Of the questions for trades, in turn.
  std::vector<std::string> listed(const std::string& name) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> values;
    for (const ServedRequest& request : listed_) values.push_back(parameter(request, name));
    return values;
  }

  static Event fill(std::uint64_t trade, std::int64_t lots, Side side, Nanos now) {
    Event e;
    e.kind = EventKind::kFilled;
    e.time = e.received = now;
    e.flags = static_cast<std::uint8_t>(kFlagMaker | (side == Side::kSell ? kFlagSell : 0));
    e.fill = {};
    e.fill.id = id_of_start(7, 3);
    e.fill.trade_id = TradeId(trade);
    e.fill.lots = Lots(lots);
    e.fill.ticks = 6'000'000;
    e.fill.fee_asset = Asset::kQuote;
    return e;
  }
  // A session that was killed: its journal has no end, its ledger is not there.
  std::string leave_session(const std::string& name, const SessionOpening& opening,
                            const std::vector<Event>& events) {
    const std::string folder = here_.path(name);
    std::filesystem::create_directory(folder);
    JournalWriter journal;
    EXPECT_EQ(journal.open(folder + "/journal.bin", {.start_time = began_,
                                                     .mode = "live",
                                                     .build = "test",
                                                     .config = effective_text(config_),
                                                     .instruments = instrument_lines(instruments_),
                                                     .opening = opening_text(opening)}),
              "");
    for (const Event& e : events) journal.append(e, 0);
    return folder;
  }
  // At 1 coin since trade 100, with 10 in the account; then 101 and 103 are told, 102 is not.
  std::string leave_session_with_a_hole() {
    SessionOpening opening;
    SymbolOpening& o = opening.symbols.emplace_back();
    o.symbol_text = instruments_[0].symbol_text;
    o.position = Amount(kAmountScale);
    o.balance = Amount(10 * kAmountScale);
    o.trade_id = 100;
    const std::int64_t lots = 5 * kAmountScale / 10 / instruments_[0].lot.v;
    return leave_session("one", opening,
                         {fill(101, lots, Side::kBuy, began_ + kSecond),
                          fill(103, 2 * lots, Side::kSell, began_ + kSecond)});
  }
  // As above; an order adopted there has executed 101 and 103.
  std::string leave_session_with_an_order(std::int64_t lots_left) {
    SessionOpening opening;
    SymbolOpening& o = opening.symbols.emplace_back();
    o.symbol_text = instruments_[0].symbol_text;
    o.position = Amount(kAmountScale);
    o.balance = Amount(10 * kAmountScale);
    o.trade_id = 100;
    config_.engine.epoch = kSelf.epoch;
    const std::int64_t lots = kAmountScale / 2 / instruments_[0].lot.v;
    std::vector<Event> events{Event{}, fill(101, lots, Side::kBuy, began_ + kSecond),
                              fill(103, lots, Side::kBuy, began_ + kSecond)};
    events[0].kind = EventKind::kAdopted;
    events[0].time = events[0].received = began_;
    events[0].adoption = {id_of_start(7, 3), VenueOrderId(2), Lots(2 * lots + lots_left),
                          Lots(0),           6'000'000,       {}};
    return leave_session("one", opening, events);
  }
  // Ours are 101, 102, 103 and 105; 104 is a person's.
  void trade_at_the_venue() {
    trades_ = {{100, 1, "1", true},  {101, 2, "0.5", true}, {102, 3, "0.25", true},
               {103, 4, "1", false}, {104, 5, "7", true},   {105, 6, "0.125", true}};
    owners_ = {{5, "web_person"}};
    for (const std::uint64_t order : {2U, 3U, 4U, 6U}) {
      owners_[order] = order_id_text(id_of_start(7, static_cast<std::uint16_t>(order)));
    }
    balance_ = "9.875";  // 10 + 0.5 + 0.25 - 1 + 0.125, and the person's 7 went elsewhere
  }
  static std::string open_order(const char* symbol, const std::string& client_id) {
    return R"([{"symbol":")" + std::string(symbol) + R"(","orderId":9,"clientOrderId":")" +
           client_id + R"(","status":"NEW"}])";
  }
  std::string recover(const std::string& previous) {
    const auto note = [this](std::string_view line) { progress_ += fmt::format("{}\n", line); };
    recovery_ = std::make_unique<StartRecovery>(config_, credentials_, instruments_, kSelf,
                                                RecoveryProgress(note, patience_), read_lag_);
    return recovery_->run(previous);
  }
  std::vector<std::uint64_t> recovered() const {
    std::vector<std::uint64_t> ids;
    for (const RecoveredFill& f : recovery_->opening().fills) ids.push_back(f.fill.trade_id.v);
    return ids;
  }
  std::string said() const {
    std::string all;
    for (const std::string& line : recovery_->lines()) all += line + "\n";
    return all;
  }

  const Scratch here_;
  std::mutex mutex_;
  std::string open_ = "[]", balance_ = "10", eth_balance_ = "5";
  std::vector<VenueTrade> trades_;
  std::map<std::uint64_t, std::string> owners_;
  int canceled_ = 0, lists_ = 0, questions_ = 0;
  bool down_ = false, repeats_ = false, arrives_ = false;
  std::vector<ServedRequest> listed_;  // for trades
  std::string used_weight_ = "20";
  std::function<void()> before_balance_;  // once
  std::function<void()> before_list_;     // of open orders
  std::function<void()> before_trades_;   // are listed
  Nanos began_ = Clock().now() - kSecond * 10;
  test::NetServer server_;
  Config config_;
  orders::Credentials credentials_;
  std::vector<Instrument> instruments_;
  std::unique_ptr<StartRecovery> recovery_;
  Nanos patience_{kSecond}, read_lag_{};
  std::string progress_;
};

TEST_F(StartRecoveryTest, AFirstStartCountsNothingOfBefore) {
  trade_at_the_venue();
  config_.common.risk.start_position = Amount(42);
  ASSERT_EQ(recover(""), "");
  const SymbolOpening* const o = recovery_->opening().find("BTCUSDT");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->trade_id, 105u);
  EXPECT_EQ(o->position, Amount(42));
  EXPECT_EQ(o->balance, Amount(987'500'000));
  EXPECT_THAT(recovered(), IsEmpty());
  EXPECT_THAT(recovery_->lines(), IsEmpty());
}

TEST_F(StartRecoveryTest, WhatTakesLongSaysHowFarItIs) {
  trade_at_the_venue();
  patience_ = kSecond * 3600;
  ASSERT_EQ(recover(leave_session_with_a_hole()), "");
  EXPECT_EQ(progress_, "");
  std::filesystem::remove_all(here_.path("one"));
  patience_ = Nanos(0);
  ASSERT_EQ(recover(leave_session_with_a_hole()), "");
  EXPECT_THAT(progress_, HasSubstr("its journal is read"));
  EXPECT_THAT(progress_, HasSubstr("BTCUSDT: 5 trades read, 102 is looked at\n"));
}

TEST_F(StartRecoveryTest, FillsThatTheLedgerLacksAreRecoveredAndNoOthers) {
  trade_at_the_venue();
  open_ = R"([{"symbol":"BTCUSDT","orderId":9,"clientOrderId":")" +
          order_id_text(id_of_start(7, 5)) + R"(","status":"NEW"}])";
  ASSERT_EQ(recover(leave_session_with_a_hole()), "") << said();
  EXPECT_THAT(recovered(), ElementsAre(102u, 105u)) << "neither told ones nor a person's";
  const SymbolOpening* const o = recovery_->opening().find("BTCUSDT");
  EXPECT_EQ(o->trade_id, 105u);
  EXPECT_EQ(o->position, Amount(kAmountScale / 2)) << "what the ledger explains";
  EXPECT_EQ(canceled_, 1);
  EXPECT_THAT(said(),
              HasSubstr("recovered BTCUSDT: 2 fills since trade id 101, up to 105; position "
                        "0.5 -> 0.875; profit today"));
  EXPECT_THAT(said(), HasSubstr("1 orders cancelled"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
  EXPECT_TRUE(here_.has("one/ledger.sqlite"));
  const std::vector<Event> events = recovered_events(recovery_->opening(), instruments_, Nanos(5));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].fill.id, id_of_start(7, 3));
  EXPECT_EQ(events[0].side(), Side::kBuy);
  EXPECT_NE(events[0].flags & kFlagMaker, 0);
}

// The start that found them was killed before its core had counted them all.
TEST_F(StartRecoveryTest, WhatAStartFoundAndDidNotCountIsFoundAgain) {
  trade_at_the_venue();
  ASSERT_EQ(recover(leave_session_with_a_hole()), "");
  const SessionOpening first = recovery_->opening();
  const std::string none = leave_session("none", first, {});
  ASSERT_EQ(recover(none), "");
  EXPECT_THAT(recovered(), ElementsAre(102u, 105u));
  EXPECT_THAT(said(), HasSubstr("position 0.5 -> 0.875"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));

  std::vector<Event> told = recovered_events(first, instruments_, began_);
  for (Event& e : told) e.time = began_;
  const std::string half = leave_session("half", first, {told[0]});
  ASSERT_EQ(recover(half), "");
  EXPECT_THAT(recovered(), ElementsAre(105u));
  EXPECT_THAT(said(), HasSubstr("position 0.75 -> 0.875"));

  const std::string all = leave_session("all", first, told);
  ASSERT_EQ(recover(all), "");
  EXPECT_THAT(recovered(), IsEmpty());
  EXPECT_THAT(said(), HasSubstr("0 fills since trade id 105, up to 105; position 0.875 -> 0.875"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, WhatTheLedgerCallsSettledIsNotListedAgain) {
  trade_at_the_venue();
  std::erase_if(trades_, [](const VenueTrade& t) { return t.id == 102; });
  trades_[2].buyer = true;  // 103, half a coin
  trades_[2].quantity = "0.5";
  balance_ = "11.125";
  ASSERT_EQ(recover(leave_session_with_an_order(0)), "") << said();
  EXPECT_THAT(listed("fromId"), ElementsAre("104", "106")) << "and once more behind the balance";
  EXPECT_THAT(recovered(), ElementsAre(105u));
  EXPECT_THAT(said(), HasSubstr("1 fills since trade id 103, up to 105; position 2 -> 2.125"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, NothingIsSettledBehindAnOrderOfBeforeThatMayLive) {
  trade_at_the_venue();
  trades_[3].buyer = true;
  trades_[3].quantity = "0.5";
  balance_ = "11.375";
  ASSERT_EQ(recover(leave_session_with_an_order(1)), "") << said();
  EXPECT_THAT(listed("fromId"), ElementsAre("101", "106"));
  EXPECT_THAT(recovered(), ElementsAre(102u, 105u));
}

// Whatever the reason: nobody else's is called what was ours.
TEST_F(StartRecoveryTest, ABalanceThatDiffersHasAllTradesOfTheSessionLookedAt) {
  trade_at_the_venue();
  trades_[3].buyer = true;
  trades_[3].quantity = "0.5";
  balance_ = "11.375";
  ASSERT_EQ(recover(leave_session_with_an_order(0)), "") << said();
  EXPECT_THAT(listed("fromId"), ElementsAre("104", "106", "101", "106"));
  EXPECT_THAT(recovered(), ElementsAre(102u, 105u)) << "each once";
  EXPECT_THAT(said(), HasSubstr("2 fills since trade id 101, up to 105; position 2 -> 2.375"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, ASessionMayHaveHadAnyNumberOfTrades) {
  trade_at_the_venue();
  constexpr std::uint64_t kOthers = 100'500;
  trades_.pop_back();  // 105 comes behind them
  for (std::uint64_t id = 105; id < 105 + kOthers; ++id) trades_.push_back({id, 5, "1", true});
  trades_.push_back({105 + kOthers, 6, "0.125", true});
  ASSERT_EQ(recover(leave_session_with_a_hole()), "") << said();
  EXPECT_THAT(recovered(), ElementsAre(102u, 105 + kOthers));
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->trade_id, 105 + kOthers);
  EXPECT_EQ(listed("fromId").size(), kOthers / 1000 + 2);
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, WhoseManyOrdersAreIsListedNotAskedForOneByOne) {
  trade_at_the_venue();
  constexpr std::uint64_t kOthers = 8'000;  // each trade of another order of a person's
  trades_.pop_back();
  for (std::uint64_t n = 0; n < kOthers; ++n) {
    trades_.push_back({105 + n, 1'000 + n, "1", true});
    owners_[1'000 + n] = fmt::format("web_{}", n);
  }
  trades_.push_back({105 + kOthers, 20'000, "0.125", true});
  owners_[20'000] = order_id_text(id_of_start(7, 9));
  owners_.erase(1'500);  // too old to be told
  ASSERT_EQ(recover(leave_session_with_a_hole()), "") << said();
  EXPECT_THAT(recovered(), ElementsAre(102u, 105 + kOthers));
  EXPECT_LE(lists_, 10);
  EXPECT_LE(questions_, 12) << "and a few that are left over";
}

TEST_F(StartRecoveryTest, APageWaitsForTheVenuesNextWindowWhereItsWeightIsUsed) {
  trade_at_the_venue();
  for (std::uint64_t id = 106; id < 1200; ++id) trades_.push_back({id, 5, "1", true});
  used_weight_ = std::to_string(config_.feed.options.weight_per_minute);
  ASSERT_EQ(recover(leave_session_with_a_hole()), "") << said();
  const std::vector<std::string> asked = listed("timestamp");
  ASSERT_GE(asked.size(), 2u);
  EXPECT_LT(std::stoull(asked[0]) / 1000, std::stoull(asked[1]) / 1000) << "in another second";
}

// As the list is of a moment ago.
TEST_F(StartRecoveryTest, AFillRightBeforeTheStartIsWaitedForUntilItMustBeListed) {
  trade_at_the_venue();
  const VenueTrade last = trades_.back();
  trades_.pop_back();
  read_lag_ = kSecond;
  const Nanos begun = Clock().now();
  before_trades_ = [&] {
    if (Clock().now() > begun + read_lag_ * 9 / 10 && trades_.back().id != last.id) {
      trades_.push_back(last);
    }
  };
  ASSERT_EQ(recover(leave_session_with_a_hole()), "");
  EXPECT_THAT(recovered(), ElementsAre(102, 105));
}

// A session that was killed `ago`, with a place under way.
class ArrivalTest : public StartRecoveryTest {
 protected:
  std::string leave_session_with_a_place(Nanos ago) {
    const std::string folder = leave_session_with_a_hole();
    LedgerWriter ledger;
    EXPECT_EQ(ledger.open(folder + "/ledger.sqlite", "one", {}, instruments_), "");
    Command place;
    place.kind = CommandKind::kPlace;
    place.id = id_of_start(7, 9);
    place.time = Clock().now() - ago;
    place.lots = Lots(1);
    ledger.on_record(Event{}, std::span(&place, 1));
    ledger.write_closing(0, {.time = place.time});
    const JournalEnd end{};
    EXPECT_EQ(ledger.close(&end), "");
    return folder;
  }
};

TEST_F(ArrivalTest, APlaceOfBeforeThatMayStillComeIsWaitedForAndCancelled) {
  config_.venue.recv_window = config_.engine.command_age_max = kMillisecond;
  const Nanos margin = not_found_margin(kMillisecond, kMillisecond);
  arrives_ = true;
  patience_ = Nanos(0);
  const Nanos ago = margin - kSecond;
  const Nanos began = Clock().now();
  ASSERT_EQ(recover(leave_session_with_a_place(ago)), "");
  EXPECT_EQ(canceled_, 1);
  EXPECT_EQ(recovery_->canceled(), 1);
  EXPECT_GE(Clock().now() - began, margin - ago);
  EXPECT_THAT(progress_, HasSubstr("may still come to the venue: "));
}

TEST_F(ArrivalTest, APlaceThatHasComeIsNotWaitedFor) {
  config_.venue.recv_window = kSecond * 60;
  patience_ = Nanos(0);
  ASSERT_EQ(recover(leave_session_with_a_place(kSecond)), "");
  EXPECT_THAT(progress_, Not(HasSubstr("may still come")));
}

TEST_F(ArrivalTest, ItIsWaitedForThoughTheStartDoesNotGoOn) {
  config_.venue.recv_window = config_.engine.command_age_max = kMillisecond;
  config_.session.goes_on = false;
  arrives_ = true;
  ASSERT_EQ(recover(leave_session_with_a_place(kSecond)), "");
  EXPECT_EQ(canceled_, 1);
}

TEST_F(StartRecoveryTest, AVenueThatListsTheSameForEverRefusesTheStart) {
  trade_at_the_venue();
  std::erase_if(trades_, [](const VenueTrade& t) { return t.id > 104; });
  repeats_ = true;
  EXPECT_THAT(recover(leave_session_with_a_hole()), HasSubstr("lists no trades behind 104"));
}

TEST_F(StartRecoveryTest, OrdersThatGoOnAreLeftAloneAndTheirFillsCount) {
  trade_at_the_venue();
  config_.execution.own_orders_at_start = OwnOrdersAtStart::kAdopt;
  open_ = R"([{"symbol":"BTCUSDT","orderId":9,"clientOrderId":")" +
          order_id_text(id_of_start(7, 5)) + R"(","status":"NEW"}])";
  owners_[9] = order_id_text(id_of_start(7, 5));
  // It trades between the look at the trades and that at the balances.
  before_balance_ = [this] {
    trades_.push_back({106, 9, "0.5", true});
    balance_ = "10.375";
  };
  ASSERT_EQ(recover(leave_session_with_a_hole()), "") << said();
  EXPECT_EQ(canceled_, 0);
  EXPECT_THAT(recovered(), ElementsAre(102u, 105u, 106u)) << "each once";
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->trade_id, 106u);
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->balance, Amount(1'037'500'000));
  EXPECT_THAT(said(), HasSubstr("recovered BTCUSDT: 3 fills since trade id 101, up to 106; "
                                "position 0.5 -> 1.375; profit today"));
  EXPECT_THAT(said(), HasSubstr("open orders go on"));
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, ABalanceThatMovedOtherwiseIsSaidAndChangesNothing) {
  trade_at_the_venue();
  balance_ = "16.875";
  ASSERT_EQ(recover(leave_session_with_a_hole()), "");
  EXPECT_THAT(said(),
              HasSubstr("the balance moved by 6.875, our fills by -0.125: 7 is not of ours"));
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->position, Amount(kAmountScale / 2));
}

TEST_F(StartRecoveryTest, TheDaysProfitIsCarriedWithinTheDayOnly) {
  SessionOpening opening;
  SymbolOpening& o = opening.symbols.emplace_back();
  o.symbol_text = instruments_[0].symbol_text;
  o.profit_today = Amount(-700);
  o.tick = instruments_[0].tick;
  o.mark = HalfTicks(12'000'000);
  const Nanos now = Clock().now();
  // A day that began just now, or a moment ago, whatever the hour of the test.
  const std::int64_t day = 24 * 3600 * kSecond.v;
  began_ = now - kSecond * 60;
  config_.common.risk.day_start = Nanos((now.v - 120 * kSecond.v) % day);
  ASSERT_EQ(recover(leave_session("today", opening, {})), "");
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->profit_today, Amount(-700));
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->mark, HalfTicks(12'000'000));
  config_.common.risk.day_start = Nanos((now.v - 30 * kSecond.v) % day);
  ASSERT_EQ(recover(leave_session("yesterday", opening, {})), "");
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->profit_today, Amount(0));
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->mark, HalfTicks(0));
}

TEST_F(StartRecoveryTest, ASymbolThatIsNotTradedNowIsHandedOn) {
  SessionOpening opening;
  opening.symbols.emplace_back().symbol_text = instruments_[0].symbol_text;
  SymbolOpening& other = opening.symbols.emplace_back();
  other.symbol_text = {"SOLUSDT"};
  other.position = Amount(5);
  other.trade_id = 9;
  ASSERT_EQ(recover(leave_session("one", opening, {})), "");
  const SymbolOpening* const sol = recovery_->opening().find("SOLUSDT");
  ASSERT_NE(sol, nullptr);
  EXPECT_EQ(sol->position, Amount(5));
  EXPECT_EQ(sol->trade_id, 9u);
}

TEST_F(StartRecoveryTest, OrdersOfASymbolThatIsNotTradedNowAreCancelledAndSaid) {
  for (const OwnOrdersAtStart wish : {OwnOrdersAtStart::kCancel, OwnOrdersAtStart::kAdopt}) {
    config_.execution.own_orders_at_start = wish;
    canceled_ = 0;
    open_ = open_order("SOLUSDT", order_id_text(id_of_start(7, 5)));
    ASSERT_EQ(recover(""), "");
    EXPECT_EQ(canceled_, 1);
    EXPECT_THAT(said(), HasSubstr("SOLUSDT: 1 open orders of an earlier start cancelled; it is not "
                                  "traded now"));
  }
}

TEST_F(StartRecoveryTest, TheBalanceOfASymbolThatWasNotTradedMovesWithItsFills) {
  instruments_ = test::spot_instruments();
  SessionOpening opening;
  for (const Instrument& i : instruments_) {
    SymbolOpening& o = opening.symbols.emplace_back();
    o.symbol_text = i.symbol_text;
    o.balance = Amount((i.base() == "BTC" ? 10 : 5) * kAmountScale);
  }
  // One was told first, and was in that balance; the next came later.
  RecoveredFill& first = opening.fills.emplace_back();
  first.symbol_text = instruments_[1].symbol_text;
  const std::int64_t lots = kAmountScale / instruments_[1].lot.v;
  std::vector<Event> events{fill(7, lots, Side::kBuy, began_), fill(8, lots, Side::kBuy, began_)};
  first.fill = events[0].fill;
  for (Event& e : events) e.instrument = 1;
  const std::string both = leave_session("both", opening, events);
  eth_balance_ = "6";
  const std::vector<Instrument> all = instruments_;
  instruments_.resize(1);
  ASSERT_EQ(recover(both), "");
  const SessionOpening carried = recovery_->opening();
  ASSERT_NE(carried.find("ETHUSDT"), nullptr);
  EXPECT_EQ(carried.find("ETHUSDT")->balance, Amount(6 * kAmountScale));
  EXPECT_EQ(carried.find("ETHUSDT")->position, Amount(2 * kAmountScale));
  const std::string one = leave_session("one", carried, {});
  instruments_ = all;
  config_.venue.symbols.push_back("ETHUSDT");
  ASSERT_EQ(recover(one), "");
  EXPECT_THAT(said(), Not(HasSubstr("is not of ours")));
}

TEST_F(StartRecoveryTest, OrdersGoThoughTheSessionBeforeCannotBeRead) {
  std::filesystem::create_directory(here_.path("bad"));
  here_.write("bad/journal.bin", "no journal at all");
  open_ = open_order("BTCUSDT", order_id_text(id_of_start(7, 5)));
  EXPECT_THAT(recover(here_.path("bad")), HasSubstr("goes_on = no"));
  EXPECT_EQ(canceled_, 1);
  EXPECT_EQ(recovery_->canceled(), 1);
}

// What a refused start says of orders that are left, and does about them.
class LeftOrders : public StartRecoveryTest {
 protected:
  std::string clear(const std::string& previous = "", int canceled = 0) {
    return clear_left_orders(config_, credentials_, previous, canceled);
  }
};

TEST_F(LeftOrders, AreCancelledOnWhateverSymbolAndOfWhateverStart) {
  config_.venue.allow_live = true;
  EXPECT_EQ(clear(), "") << "there are none";
  for (const int start : {7, 8, 900}) {
    const auto epoch = static_cast<std::uint16_t>(start);
    open_ = open_order("SOLUSDT", order_id_text(id_of_start(epoch, 5)));
    EXPECT_EQ(clear(), "1 open orders of an earlier start were cancelled");
  }
  EXPECT_EQ(canceled_, 3);
  EXPECT_EQ(clear("", 2), "2 open orders of an earlier start were cancelled");
  for (const std::string& other :
       {std::string("web_person"), order_id_text(make_order_id({2, 7, 5, 1}))}) {
    open_ = open_order("BTCUSDT", other);
    EXPECT_EQ(clear(), "");
  }
  EXPECT_EQ(canceled_, 3);
}

TEST_F(LeftOrders, AreLookedForUntilTheKilledEnginesLastRequestCannotCome) {
  config_.venue.allow_live = true;
  config_.venue.recv_window = config_.engine.command_age_max = kMillisecond;
  const auto leave = [this](const char* name, counters::Phase phase) {
    const std::string folder = here_.path(name);
    std::filesystem::create_directory(folder);
    counters::CountersFile engine;
    EXPECT_EQ(engine.create({.session_folder = folder,
                             .sessions_folder = here_.path("."),
                             .mode = "live",
                             .id_prefix = "mm",
                             .instruments = instruments_}),
              "");
    engine.layout().phase = phase;
    engine.layout().beats[0].at = (counters::monotonic_now() - kSecond * 2).v;
    EXPECT_EQ(engine.finish(), "");
    return folder;
  };
  const std::string killed = leave("killed", counters::Phase::kRunning);
  const Nanos began = Clock().now();
  before_list_ = [this, calls = 0]() mutable {  // the second look finds what came meanwhile
    if (++calls == 2) open_ = open_order("BTCUSDT", order_id_text(id_of_start(7, 5)));
  };
  EXPECT_EQ(clear(killed), "1 open orders of an earlier start were cancelled");
  EXPECT_GE(Clock().now() - began, kSecond);
  before_list_ = [this] { ++lists_; };
  EXPECT_EQ(clear(leave("ended", counters::Phase::kEnded)), "");
  EXPECT_EQ(lists_, 1) << "it ended in order";
}

TEST_F(LeftOrders, AreNamedAndLeftWhereLiveIsNotAllowed) {
  config_.venue.allow_live = false;
  const std::string id = order_id_text(id_of_start(7, 5));
  open_ = open_order("BTCUSDT", id);
  EXPECT_EQ(clear("the/session"), "1 orders of an earlier start are open at the venue, such as " +
                                      id + ": `mm_logic guard the/session` cancels them");
  EXPECT_EQ(canceled_, 0);
}

TEST_F(LeftOrders, MayBeThereWhereTheVenueCannotBeAsked) {
  config_.venue.allow_live = true;
  down_ = true;
  EXPECT_EQ(clear(""), "") << "nobody has traded here yet";
  const std::string said = clear("the/session");
  EXPECT_THAT(said, HasSubstr("orders of an earlier start may be open at the venue ("));
  EXPECT_THAT(said, HasSubstr("503"));
  EXPECT_THAT(said, HasSubstr("`mm_logic guard the/session` cancels them"));
  config_.venue.rest_url = "https://127.0.0.1:1";
  config_.venue.ca_file = "missing.pem";
  EXPECT_THAT(clear("the/session"), HasSubstr("missing.pem"));
}

TEST_F(StartRecoveryTest, AVenueThatCannotBeAskedOrAnOrderThatStaysRefusesTheStart) {
  down_ = true;
  config_.venue.recv_window = kSecond;
  EXPECT_THAT(recover(""), HasSubstr("503"));
}

TEST_F(StartRecoveryTest, AStartThatDoesNotGoOnSaysWhatItLeavesBehind) {
  trade_at_the_venue();
  config_.session.goes_on = false;
  config_.common.risk.start_position = Amount(kAmountScale / 2);
  const std::string folder = leave_session_with_a_hole();
  ASSERT_EQ(recover(folder), "");
  EXPECT_THAT(said(), HasSubstr("goes_on = no: BTCUSDT: position 0.5 "));  // 1 + 0.5 - 1
  EXPECT_THAT(said(), HasSubstr("this one starts from 0.5"));
  EXPECT_THAT(recovered(), IsEmpty());
  EXPECT_EQ(recovery_->opening().find("BTCUSDT")->position, Amount(kAmountScale / 2));
  std::filesystem::remove(folder + "/journal.bin");
  ASSERT_EQ(recover(folder), "") << "the way out is not barred";
}

TEST_F(StartRecoveryTest, ASessionThatCannotBeReadRefusesTheStartAndSaysTheWayOut) {
  std::filesystem::create_directory(here_.path("bad"));
  here_.write("bad/journal.bin", "no journal at all");
  EXPECT_THAT(recover(here_.path("bad")), HasSubstr("goes_on = no"));
  ASSERT_EQ(recover(here_.path("deleted")), "");
  EXPECT_THAT(said(), HasSubstr("deleted, is gone: position and losses begin anew"));
}

}  // namespace
}  // namespace mm::app
