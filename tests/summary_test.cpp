// summary.json, the summary on the terminal, and the folder they lie in.
#include "engine/ledger/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>

#include "engine/ledger/session_folder.h"
#include "engine/runtime/durable_file.h"
#include "tests/journal_test_support.h"

namespace mm {
namespace {

Results sample_results() {
  Results r;
  r.events_in = 1'000'000;
  r.orders = {100, 50, 40, 3, 2, 7};
  r.fills = 9;
  r.position = Amount(-12'500'000);
  r.pnl.realized = Money(kMoneyScale * 3 / 2);
  r.pnl.unrealized = Money(-kMoneyScale / 4);
  r.pnl.fees = Money(1);
  r.pnl.parts = {Money(kMoneyScale * 2), Money(-kMoneyScale), Money(kMoneyScale / 4)};
  r.quote_uptime_pct_hundredths = 9'950;
  r.requests.raw = {190, 1'000};
  r.requests.saved_pct_hundredths = 8'100;
  r.requests.amend_saved_pct_hundredths = 4'987;
  r.details = {{"nearest quote", "64990 of 65000..65100"}};
  return r;
}
Summary sample_summary() {
  Summary s;
  s.mode = "backtest";
  s.session = "sessions/20261123T081500.123Z";
  s.duration = Nanos(600'123'456'789);
  s.wall = Nanos(500'000'000);
  s.total = sample_results();
  s.instruments = {{"BTCUSDT", sample_results()}, {"ETHUSDT", Results{}}};
  s.invariants = {{"exposure", 0}, {"own_crossing", 2}};
  s.latency = {{"core", 400, 900, 1'500, 80'000, 1'000'000}};
  s.threads = {{"feed", 9'000, 1, 20'000, 7, 3, 40, {{"feed", 9'000, 1}}},
               {"strategy + gateway",
                8'000,
                0,
                0,
                0,
                2,
                0,
                {{"strategy", 7'000, 0}, {"gateway", 2'000, 0}}}};
  s.events = {{"trade", 6'001}, {"book_levels", 0}};
  s.simulator = {{"feed", "5 ms"}};
  s.notes = {"a \"note\" with \\ and\nlines\x01", "caf\xC3\xA9", "broken \xFF\xC3 bytes"};
  s.output_hash = 0xFEDCBA9876543210;
  return s;
}

TEST(Summary, JsonHasEveryFieldOfTheContract) {
  simdjson::dom::parser parser;
  const std::string text = to_json(sample_summary());
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(text).get(json), simdjson::SUCCESS) << text;
  const auto string_at = [&](const char* pointer) {
    return std::string(json.at_pointer(pointer).get_string().value());
  };
  const auto number_at = [&](const char* pointer) {
    return json.at_pointer(pointer).get_int64().value();
  };
  EXPECT_EQ(string_at("/mode"), "backtest");
  EXPECT_DOUBLE_EQ(json["seconds"].get_double().value(), 600.123);
  EXPECT_EQ(number_at("/events_in"), 1'000'000);
  EXPECT_EQ(number_at("/orders/placed"), 100);
  EXPECT_EQ(number_at("/orders/amended"), 50);
  EXPECT_EQ(number_at("/orders/cancelled"), 40);
  EXPECT_EQ(number_at("/orders/rejected"), 3);
  EXPECT_EQ(number_at("/orders/denied"), 2);
  EXPECT_EQ(number_at("/orders/filled"), 7);
  EXPECT_EQ(number_at("/fills"), 9);
  EXPECT_EQ(string_at("/position"), "-0.125");
  EXPECT_EQ(string_at("/pnl/realized"), "1.5");
  EXPECT_EQ(string_at("/pnl/unrealized"), "-0.25");
  EXPECT_EQ(string_at("/pnl/fees"), "0.000000000000000001");
  EXPECT_EQ(string_at("/pnl/total"), "1.249999999999999999");
  EXPECT_EQ(string_at("/pnl/spread_capture"), "2");
  EXPECT_EQ(string_at("/pnl/adverse_selection"), "-1");
  EXPECT_EQ(string_at("/pnl/inventory"), "0.25");
  EXPECT_DOUBLE_EQ(json["quote_uptime_pct"].get_double().value(), 99.5);
  EXPECT_EQ(number_at("/requests/sent"), 190);
  EXPECT_EQ(number_at("/requests/cancel_place_equivalent"), 1000);
  EXPECT_EQ(number_at("/requests/saved_pct"), 81);
  EXPECT_DOUBLE_EQ(json.at_pointer("/requests/amend_saved_pct").get_double().value(), 49.87);
  EXPECT_EQ(number_at("/invariants/exposure"), 0);
  EXPECT_EQ(number_at("/invariants/own_crossing"), 2);
  EXPECT_EQ(number_at("/latency_ns/core/p50"), 400);
  EXPECT_EQ(number_at("/latency_ns/core/p99"), 900);
  EXPECT_EQ(number_at("/latency_ns/core/p999"), 1'500);
  EXPECT_EQ(number_at("/latency_ns/core/max"), 80'000);
  EXPECT_EQ(number_at("/latency_ns/core/count"), 1'000'000);
  EXPECT_EQ(number_at("/hot_path_allocations"), 0);
  EXPECT_EQ(number_at("/hot_path_faults"), 5);
  EXPECT_EQ(number_at("/threads/feed/turn_ns_max"), 9'000);
  EXPECT_EQ(number_at("/threads/feed/stalls"), 1);
  EXPECT_EQ(number_at("/threads/feed/hiccup_ns_max"), 20'000);
  EXPECT_EQ(number_at("/threads/feed/hiccups"), 7);
  EXPECT_EQ(number_at("/threads/feed/page_faults"), 3);
  EXPECT_EQ(number_at("/threads/strategy + gateway/preemptions"), 0);
  EXPECT_EQ(number_at("/threads/strategy + gateway/agents/gateway/turn_ns_max"), 2'000);
  EXPECT_EQ(number_at("/threads/feed/agents/feed/stalls"), 1);
  EXPECT_EQ(number_at("/journal_lost"), 0);
  EXPECT_EQ(string_at("/output_hash"), "fedcba9876543210");
  EXPECT_EQ(number_at("/instruments/BTCUSDT/orders/placed"), 100);
  EXPECT_EQ(string_at("/instruments/ETHUSDT/pnl/total"), "0");
  EXPECT_EQ(number_at("/events/trade/count"), 6'001);
  EXPECT_DOUBLE_EQ(json.at_pointer("/events/trade/per_second").get_double().value(), 9.9);
  EXPECT_EQ(string_at("/simulator/feed"), "5 ms");
  EXPECT_EQ(string_at("/notes/0"), "a \"note\" with \\ and\nlines\x01");
  EXPECT_EQ(string_at("/notes/1"), "caf\xC3\xA9");
  EXPECT_EQ(string_at("/notes/2"), "broken \xEF\xBF\xBD\xEF\xBF\xBD bytes");
  EXPECT_EQ(string_at("/details/nearest quote"), "64990 of 65000..65100");
}

TEST(Summary, FaultsThatNobodyCountedAreNone) {
  Summary s = sample_summary();
  EXPECT_THAT(to_text(s, false), testing::HasSubstr("5 page faults after warm-up"));
  for (ThreadSummary& t : s.threads) t.faults.reset();
  EXPECT_EQ(s.hot_path_faults(), std::nullopt);
  EXPECT_THAT(to_json(s), testing::HasSubstr("\"hot_path_faults\": null"));
  EXPECT_THAT(to_text(s, false), testing::Not(testing::HasSubstr("page faults")));
}

TEST(Summary, TheTextNamesTheAgentWhosePartOfAThreadsTurnsWasLong) {
  const std::string text = to_text(sample_summary(), false);
  EXPECT_THAT(text, testing::HasSubstr("feed: longest turn 9 us, 1 stalls"));
  EXPECT_THAT(text, testing::HasSubstr("longest turn 8 us (strategy 7, gateway 2), 0 stalls"));
}

TEST(Summary, WhatTheJournalLacksIsSaid) {
  Summary s = sample_summary();
  EXPECT_EQ(to_text(s, false).find("journal"), std::string::npos);
  s.journal_lost = 12;
  EXPECT_NE(to_text(s, false).find("journal     12 records lost"), std::string::npos);
}

TEST(Summary, APositionAcrossInstrumentsIsNone) {
  Summary s = sample_summary();
  s.total.position.reset();
  s.total.details.clear();
  s.instruments[1].second.details = {{"nearest_quote", "market traded 2990 to 3010"}};
  simdjson::dom::parser parser;
  const std::string text = to_json(s);
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(text).get(json), simdjson::SUCCESS) << text;
  EXPECT_TRUE(json["position"].is_null());
  EXPECT_EQ(json.at_pointer("/instruments/BTCUSDT/position").get_string().value(), "-0.125");
  const std::string shown = to_text(s, false);
  EXPECT_NE(shown.find("  fills       9\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("  ETHUSDT       no fill, market traded 2990 to 3010\n"), std::string::npos);
}

TEST(Summary, JsonOfNothingIsStillJson) {
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(to_json(Summary{})).get(json), simdjson::SUCCESS);
  EXPECT_EQ(json["invariants"].get_object().value().size(), 0u);
  EXPECT_EQ(json["notes"].get_array().value().size(), 0u);
  EXPECT_NE(to_json(Summary{}).find("\"invariants\": {},\n"), std::string::npos);
}

TEST(Summary, WhatWasReadOfCapturesIsThereIfAnyWere) {
  EXPECT_EQ(to_json(Summary{}).find("\"capture\""), std::string::npos);
  Summary s = sample_summary();
  s.capture = {.lines = 9,
               .messages = 7,
               .ignored = 1,
               .bad_lines = 2,
               .problems = {{"invalid_json", "invalid JSON", 2}, {"cut_line", "last line cut", 0}}};
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(to_json(s)).get(json), simdjson::SUCCESS);
  const auto number_at = [&](const char* pointer) {
    return json.at_pointer(pointer).get_int64().value();
  };
  EXPECT_EQ(number_at("/capture/lines"), 9);
  EXPECT_EQ(number_at("/capture/messages"), 7);
  EXPECT_EQ(number_at("/capture/ignored"), 1);
  EXPECT_EQ(number_at("/capture/bad_lines"), 2);
  EXPECT_EQ(number_at("/capture/problems/invalid_json"), 2);
  EXPECT_EQ(number_at("/capture/problems/cut_line"), 0);
  const std::string text = to_text(s, false);
  EXPECT_NE(text.find("  capture     2 times invalid JSON\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("last line cut"), std::string::npos);
  s.capture = CaptureSummary{};
  EXPECT_EQ(to_text(s, false).find("  capture "), std::string::npos);
}

TEST(Summary, TextNamesWhatIsBrokenAndColoursOnlyThat) {
  Summary s = sample_summary();
  const std::string text = to_text(s, false);
  EXPECT_NE(text.find("own_crossing broken 2 times"), std::string::npos) << text;
  EXPECT_NE(text.find("81 % saved"), std::string::npos) << text;
  EXPECT_NE(text.find("pnl         1.2499 = realized 1.5"), std::string::npos) << text;
  EXPECT_NE(text.find("pnl from    spread 2 + adverse selection -1 + inventory 0.25 - fees 0\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(to_text(s, true).find("\x1b[1;31m"), std::string::npos);
  s.invariants.pop_back();
  EXPECT_EQ(s.violations(), 0);
  EXPECT_EQ(to_text(s, true).find('\x1b'), std::string::npos);
  EXPECT_NE(to_text(s, true).find("all 1 clean"), std::string::npos);
}

constexpr Nanos kMorning{1'795'421'700'123'456'789};  // 2026-11-23 08:15:00.123

TEST(SessionFolder, IsNamedAfterItsStartAndNeverUsedTwice) {
  EXPECT_EQ(utc_name(kMorning), "20261123T081500.123Z");
  EXPECT_EQ(utc_name(Nanos(0)), "19700101T000000.000Z");
  const test::TemporaryFolder folder;
  const std::string sessions = folder / "sessions";
  SessionFolder first, second;
  ASSERT_EQ(SessionFolder::create(sessions, "", kMorning, first), "");
  EXPECT_EQ(first.name(), "20261123T081500.123Z");
  EXPECT_EQ(first.journal(), sessions + "/20261123T081500.123Z/journal.bin");
  ASSERT_EQ(SessionFolder::create(sessions, "", kMorning, second), "");
  EXPECT_EQ(second.name(), "20261123T081500.123Z-002");
}

TEST(SessionFolder, IsForItsOwnersEyesOnly) {
  const test::TemporaryFolder folder;
  SessionFolder named, given;
  ASSERT_EQ(SessionFolder::create(folder / "sessions", "", kMorning, named), "");
  ASSERT_EQ(SessionFolder::create("unused", folder / "given", kMorning, given), "");
  for (const std::string& path : {named.path(), given.path()}) {
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  }
}

TEST(SessionFolder, AGivenFolderMustBeEmpty) {
  const test::TemporaryFolder folder;
  SessionFolder session;
  ASSERT_EQ(SessionFolder::create("unused", folder / "a/b", kMorning, session), "");
  EXPECT_EQ(session.path(), folder / "a/b");
  EXPECT_FALSE(std::filesystem::exists("unused"));
  test::write_file(folder / "a/b/x", "mine");
  EXPECT_NE(SessionFolder::create("unused", folder / "a/b", kMorning, session), "");
  EXPECT_NE(SessionFolder::create("unused", folder / "a/b/x", kMorning, session), "")
      << "a file is no folder";
  EXPECT_NE(SessionFolder::create(folder / "a/b/x", "", kMorning, session), "");
}

TEST(SessionFolder, TheNewestIsTheLastWithAJournal) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(SessionFolder::newest(folder / "none").path(), "");
  SessionFolder early, late, later;
  ASSERT_EQ(SessionFolder::create(folder.path(), "", kMorning, early), "");
  EXPECT_EQ(SessionFolder::newest(folder.path()).path(), "");
  ASSERT_EQ(SessionFolder::create(folder.path(), "", kMorning + kSecond, late), "");
  ASSERT_EQ(SessionFolder::create(folder.path(), "", kMorning + kSecond + kSecond, later), "");
  std::filesystem::create_directory(folder / "zzz");
  test::write_file(folder / "zzz/journal.bin", "");
  test::write_file(early.journal(), "");
  test::write_file(late.path() + "/journal.3.bin", "");
  EXPECT_EQ(SessionFolder::newest(folder.path()).path(), late.path());
}

TEST(SessionFolder, ConfigKeepsEverythingButSecrets) {
  const test::TemporaryFolder folder;
  const SessionFolder session(folder.path());
  const std::string text =
      "[venue]\napi_key = abc\nAPI_Secret: def\n  continued\nurl = wss://x:443\n"
      "  token = ghi ; why\n[a]\npassword=jkl";
  ASSERT_EQ(session.write_config(text), "");
  EXPECT_EQ(
      test::read_file(session.config()),
      "[venue]\napi_key = (redacted)\nAPI_Secret= (redacted)\n (redacted)\nurl = wss://x:443\n"
      "  token = (redacted)\n[a]\npassword= (redacted)");
}

TEST(SessionFolder, ASummaryIsReplacedWholeOrNotAtAll) {
  const test::TemporaryFolder folder;
  const SessionFolder session(folder.path());
  ASSERT_EQ(session.write_summary("one"), "");
  ASSERT_EQ(session.write_summary("two"), "");
  EXPECT_EQ(test::read_file(session.summary()), "two");
  EXPECT_NE(SessionFolder(folder / "none").write_summary("x").find("cannot be created"),
            std::string::npos);
  std::filesystem::create_directory(folder / "is_folder");
  test::write_file(folder / "is_folder/x", "");
  EXPECT_NE(write_durably(folder / "is_folder", "x").find("cannot be renamed"), std::string::npos);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& f : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 2u) << "no temporary file is left";
}

TEST(DurableFile, WhatCannotBeWrittenIsFoundBeforehandAndNothingIsLeft) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "old", "kept");
  for (const char* name : {"new", "old"}) EXPECT_EQ(find_unwritable(folder / name), "") << name;
  EXPECT_NE(find_unwritable(folder / "none/x").find("cannot be created: No such"),
            std::string::npos);
  EXPECT_NE(find_unwritable(folder / "old/x").find("cannot be created"), std::string::npos);
  EXPECT_NE(find_unwritable(folder.path()).find("is a folder"), std::string::npos);
  EXPECT_NE(find_unwritable("/dev/null").find("not a regular file"), std::string::npos);
  EXPECT_NE(find_unwritable(folder / std::string(300, 'x')), "");
  EXPECT_EQ(test::read_file(folder / "old"), "kept");
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

}  // namespace
}  // namespace mm
