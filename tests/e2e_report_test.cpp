// `mm_logic report` from outside: tables and page against summary and ledger, the page in a real
// browser, and what is refused.
#include <gmock/gmock.h>

#include "engine/ledger/sqlite.h"
#include "tests/e2e_capture.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::count_of;
using test::kConfig;
using test::kRoot;
using test::kTight;
using test::ProcessResult;
using test::Ran;
using test::read_file;
using test::run_process;
using test::Running;
using test::Scratch;
using testing::HasSubstr;
using testing::Not;

const std::string kFast = "run --speed max --quiet --session s -c " + kConfig + " ";

// A session in `s`, which must have gone well.
void run_session(const Scratch& here, const std::string& arguments) {
  const Ran ran = here.run(arguments);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
}

struct Case {
  const char* name;
  std::string arguments;
};

class ReportTables : public testing::TestWithParam<Case> {};

TEST_P(ReportTables, AgreeWithSummaryAndLedgerToTheLastDigit) {
  const Scratch here;
  run_session(here, GetParam().arguments);
  const Ran ran = here.run("report s --csv tables");
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.err, "");
  const ProcessResult checked = run_process("cd " + here.path("") + " && python3 " + kRoot +
                                            "/tests/report_tables.py s tables s/report.html");
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

INSTANTIATE_TEST_SUITE_P(
    Sessions, ReportTables,
    testing::Values(Case{"Lively", kFast + "--seconds 600"},
                    Case{"Volatile", kFast + "--seconds 300 --scenario volatile --seed 3"},
                    Case{"FeesInBase", kFast + "--seconds 300 --set fees.asset=base"},
                    Case{"StartPosition", kFast + "--seconds 300 --set risk.start_position=0.5 "
                                                  "--set strategy.level_size_step=0.5"},
                    Case{"ThreeSymbols",
                         kFast + "--seconds 300 --set venue.symbols=ETHUSDT,BTCUSDT,XRPUSDT"},
                    Case{"UsdMargined", kFast + "--seconds 300 --set venue.name=binance_usdm"},
                    Case{"RefusedAmends", kFast + "--seconds 300 --seed 2 --set "
                                                  "execution.modify_rate_limit=20"},
                    Case{"Faults", kFast + "--scenario S7"},
                    Case{"FaultsOnUsdMargined", kFast + "--scenario S7 --set "
                                                        "venue.name=binance_usdm"},
                    Case{"LostAnswers", kFast + "--scenario S21"}),
    [](const auto& given) { return std::string(given.param.name); });

// The keys of an object and of those in it, as deep as their names are not data.
std::vector<std::string> shape(const test::JsonFile& json) {
  std::vector<std::string> all;
  for (const char* place : {"", "/instruments/0", "/instruments/0/equity",
                            "/instruments/0/compliance", "/summary/pnl"}) {
    for (const std::string& key : json.keys(place)) all.push_back(std::string(place) + '/' + key);
  }
  return all;
}

// What stands in the page's script.
test::JsonFile data_of(const Scratch& here, const std::string& page) {
  const std::string text = read_file(here.path(page)), mark = "id=\"data\">";
  const std::size_t begin = text.find(mark) + mark.size();
  return test::JsonFile(
      here.write("data.json", text.substr(begin, text.find("</script>", begin) - begin)));
}

TEST(Report, OfABacktestHasTheSameForm) {
  const Scratch here;
  run_session(here, kFast + "--seconds 60");
  ASSERT_EQ(here.run("report s -o run.html").exit_code, 0);
  const std::string capture = here.write("capture", test::joined(test::small_market("ETHUSDT")));
  run_session(here, "backtest --session b --capture " + capture + " --set strategy.warmup_s=1 -c " +
                        kTight);
  const Ran ran = here.run("report b --csv tables");
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(shape(data_of(here, "run.html")), shape(data_of(here, "b/report.html")));
  const ProcessResult checked = run_process("cd " + here.path("") + " && python3 " + kRoot +
                                            "/tests/report_tables.py b tables b/report.html");
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

// In real time, so that all of them are there.
TEST(Report, TellsTheProfitThatSummaryLedgerCountersAndMetricsTell) {
  const Scratch here;
  run_session(here, "run --quiet --seconds 8 --session s -c " + kConfig +
                        " --set strategy.warmup_s=0.5 --set strategy.min_spread=0.0001 --set "
                        "strategy.max_spread=0.0004 --set execution.modify_rate_limit=50");
  ASSERT_EQ(here.run("report s").exit_code, 0);
  const test::JsonFile summary(here.path("s/summary.json")), page = data_of(here, "s/report.html");
  EXPECT_GT(summary.integer("/fills"), 0);
  const std::string counters = here.run("counters s").out,
                    metrics = here.run("counters --prometheus s").out;
  Database ledger;
  ASSERT_EQ(ledger.open(here.path("s/ledger.sqlite"), Database::Mode::kReadOnly), "");
  for (const std::string part : {"realized", "unrealized", "fees", "total", "spread_capture",
                                 "adverse_selection", "inventory"}) {
    const std::string told = summary.text("/pnl/" + part);
    EXPECT_EQ(page.text("/summary/pnl/" + part), told);
    const std::string metric = (part == "fees" ? "" : "pnl_") + part + "_quote{";
    EXPECT_THAT(counters, HasSubstr(metric + "symbol=\"ETHUSDT\"} " + told + "\n"));
    const std::string line = "mm_" + metric + "session=\"s\",symbol=\"ETHUSDT\"} ";
    const std::size_t at = metrics.find(line);
    ASSERT_NE(at, std::string::npos) << line;
    EXPECT_DOUBLE_EQ(std::stod(metrics.substr(at + line.size(), 40)), std::stod(told)) << part;
    if (part == "total") continue;  // there it is the sum
    Statement row;
    ASSERT_EQ(ledger.prepare(("SELECT " + part + " FROM closing").c_str(), row), "");
    ASSERT_TRUE(row.step());
    EXPECT_EQ(row.text(0), told) << part;
  }
}

TEST(Report, WithoutASessionIsOfTheNewestAndMayBeWrittenAgain) {
  const Scratch here;
  run_session(here, "run --speed max --quiet --seconds 20 -c " + kConfig);
  for (int i = 0; i < 2; ++i) {
    const Ran ran = here.run("report");
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("/report.html: "));
  }
}

TEST(Report, FilesOfSomebodyElseAreLeftAlone) {
  const Scratch here;
  run_session(here, kFast + "--seconds 10");
  here.write("mine.html", "<!doctype html>\n<html>\n");
  std::filesystem::create_directory(here.path("tables"));
  here.write("tables/orders.csv", "a,b\n1,2\n");
  struct Refused {
    const char *arguments, *words;
  };
  for (const Refused& c : {Refused{"report s -o mine.html", "mine.html: is there and is no report"},
                           Refused{"report s -o s/journal.bin", "is no report"},
                           Refused{"report s --csv tables", "orders.csv: is there and is no table"},
                           Refused{"report s --csv mine.html", "cannot be created"}}) {
    const Ran ran = here.run(c.arguments);
    EXPECT_EQ(ran.exit_code, 1) << c.arguments;
    EXPECT_EQ(count_of(ran.err, "\n"), 1u) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(c.words));
  }
  EXPECT_EQ(here.run("report s -o none/x.html").exit_code, 2);
  EXPECT_EQ(read_file(here.path("mine.html")), "<!doctype html>\n<html>\n");
  EXPECT_EQ(read_file(here.path("tables/orders.csv")), "a,b\n1,2\n");
  EXPECT_FALSE(here.has("tables/fills.csv"));
  EXPECT_FALSE(here.has("tables/quotes.csv.part"));
}

TEST(Report, WhatIsNoSessionIsRefusedInOneLine) {
  const Scratch here;
  run_session(here, kFast + "--seconds 10");
  const std::string whole = read_file(here.path("s/journal.bin"));
  std::string other_version = whole;
  other_version[12] = 99;  // behind magic and byte order
  for (const char* folder : {"empty", "cut", "version", "text"}) {
    std::filesystem::create_directory(here.path(folder));
  }
  here.write("cut/journal.bin", whole.substr(0, 30));
  here.write("version/journal.bin", other_version);
  here.write("text/journal.bin", "this is no journal, only a text of some length\n");
  struct Refused {
    const char *session, *words;
  };
  for (const Refused& c :
       {Refused{"nowhere", "nowhere: no such session"}, Refused{"s/journal.bin", "no such session"},
        Refused{"empty", "journal.bin"}, Refused{"cut", "journal.bin"},
        Refused{"version", "version"}, Refused{"text", "journal.bin"}}) {
    const Ran ran = here.run(std::string("report ") + c.session);
    EXPECT_EQ(ran.exit_code, 1) << c.session;
    EXPECT_EQ(count_of(ran.err, "\n"), 1u) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(c.words));
    EXPECT_FALSE(here.has(std::string(c.session) + "/report.html"));
  }
}

TEST(Report, OfATruncatedSessionIsOfWhatIsThereAndFails) {
  const Scratch here;
  run_session(here, kFast + "--seconds 60");
  const std::string journal = read_file(here.path("s/journal.bin"));
  here.write("s/journal.bin", journal.substr(0, journal.size() * 2 / 3));
  std::filesystem::remove(here.path("s/ledger.sqlite"));
  const Ran ran = here.run("report s --csv tables");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(count_of(ran.err, "\n"), 1u) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("of a part of the session"));
  EXPECT_THAT(read_file(here.path("s/report.html")), HasSubstr("of a part of the session"));
  EXPECT_TRUE(here.has("tables/orders.csv"));
  EXPECT_FALSE(here.has("tables/ledger.part"));
}

// Whatever fails first, it is named, and nothing half done is left.
TEST(Report, OnAFullDiskNamesTheFileAndLeavesNoParts) {
  const Scratch here;
  run_session(here, kFast + "--seconds 300");
  for (const bool has_ledger : {true, false}) {
    if (!has_ledger) std::filesystem::remove(here.path("s/ledger.sqlite"));
    for (const char* kilobytes : {"1", "4", "300"}) {
      const Ran ran = here.run("report s --csv tables",
                               std::string("trap '' XFSZ; ulimit -f ") + kilobytes + ";");
      EXPECT_EQ(ran.exit_code, 1) << kilobytes;
      EXPECT_THAT(ran.err, testing::ContainsRegex("(report.html|tables/[a-z.]+|ledger.sqlite): "))
          << kilobytes;
      EXPECT_EQ(count_of(ran.err, "\n"), 1u) << ran.err;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(here.path(""))) {
        EXPECT_THAT(entry.path().string(), Not(HasSubstr(".part"))) << kilobytes;
      }
    }
  }
}

// The first segments of its journal are gone, its ledger has them.
TEST(Report, OfARotatedSessionSaysWhereToLook) {
  const Scratch here;
  run_session(here, kFast +
                        "--seconds 300 --set journal.segment_bytes=1048576 "
                        "--set journal.segments_max=3");
  ASSERT_FALSE(here.has("s/journal.bin"));
  for (const char* command :
       {"report s --csv tables", "explain s --order all", "explain s --order 12", "replay s"}) {
    const Ran ran = here.run(command);
    const std::string said = ran.out + ran.err;
    EXPECT_EQ(ran.exit_code, 1) << command;
    EXPECT_EQ(count_of(said, "\n"), 1u) << said;
    EXPECT_THAT(said, HasSubstr("were deleted to bound the space on disk; its orders, fills and "
                                "events are in s/ledger.sqlite\n"));
  }
  EXPECT_FALSE(here.has("tables"));
}

TEST(Report, ASummaryThatIsCutOrNotOfThisJournalIsSaid) {
  const Scratch here;
  run_session(here, kFast + "--seconds 60");
  const std::string summary = read_file(here.path("s/summary.json"));
  here.write("s/summary.json", summary.substr(0, summary.size() / 2));
  const Ran cut = here.run("report s");
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("s/summary.json: cut off or damaged"));
  std::string other = summary;
  other.replace(other.find("\"realized\": \""), 13, "\"realized\": \"7");
  here.write("s/summary.json", other);
  const Ran wrong = here.run("report s");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("not what the journal says: /pnl/realized"));
  std::filesystem::remove(here.path("s/summary.json"));
  const Ran without = here.run("report s");
  EXPECT_EQ(without.exit_code, 0) << without.err;
}

TEST(Report, OfARunningEngineIsTheSessionSoFar) {
  const Scratch here;
  Running engine(here, {"run", "--session", "s", "-c", kConfig, "--seconds", "30"}, "dumb");
  ASSERT_TRUE(engine.read_until(" quoting:")) << engine.output();
  const Ran ran = here.run("report s --csv tables");
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(read_file(here.path("s/report.html")), HasSubstr("this is the session so far"));
  EXPECT_TRUE(here.has("tables/orders.csv"));
  engine.signal(SIGINT);
  EXPECT_TRUE(engine.read_to_end());
}

// Put into a copy of the page: what went wrong, and how much ink each plot has.
const std::string kFirst = R"(<script>
window.wrong = [];
addEventListener('error', e => wrong.push(e.message));
for (const kind of ['error', 'warn']) console[kind] = (...words) => wrong.push(words.join(' '));
</script>)";
const std::string kLast = R"(<script>
addEventListener('load', () => setTimeout(() => {
  const ink = [...document.querySelectorAll('canvas')].map(c => {
    const bytes = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let pixels = 0;
    for (let i = 3; i < bytes.length; i += 4) if (bytes[i] > 0) ++pixels;
    return pixels;
  });
  const wide = document.documentElement.scrollWidth - innerWidth;
  document.body.textContent = 'probe: ' + JSON.stringify(
      {wrong, plots: ink.length, least: Math.min(...ink), wider: Math.max(0, wide)}) + ';';
}, 100));
</script>)";

class ReportPageInABrowser : public testing::TestWithParam<const char*> {};

TEST_P(ReportPageInABrowser, DrawsItsPlotsWithoutAnError) {
  if (run_process("command -v chromium").exit_code != 0)
    GTEST_SKIP() << "chromium is not installed";
  const Scratch here;
  run_session(here, kFast + "--seconds 120 --set venue.symbols=ETHUSDT,BTCUSDT");
  ASSERT_EQ(here.run("report s").exit_code, 0);
  std::string page = read_file(here.path("s/report.html"));
  page.insert(page.find("<meta charset"), kFirst);
  page.insert(page.rfind("</body>"), kLast);
  here.write("page.html", page);
  const ProcessResult seen = run_process(
      "cd " + here.path("") + " && HOME=" + here.path("home") +
      " timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--no-first-run --user-data-dir=profile --virtual-time-budget=4000 --dump-dom "
      "--enable-logging=stderr " +
      GetParam() + " file://" + here.path("page.html"));
  EXPECT_THAT(seen.output, HasSubstr("probe: {\"wrong\":[],\"plots\":5,")) << seen.output;
  EXPECT_THAT(seen.output, HasSubstr("\"wider\":0}")) << "nothing sticks out of a narrow window";
  EXPECT_THAT(seen.output, Not(HasSubstr("CONSOLE")));
  const std::size_t least = seen.output.find("\"least\":");
  ASSERT_NE(least, std::string::npos);
  EXPECT_GT(std::atoi(seen.output.c_str() + least + 8), 1'000) << seen.output;
}

INSTANTIATE_TEST_SUITE_P(All, ReportPageInABrowser,
                         testing::Values("--window-size=1200,900", "--window-size=390,800",
                                         "--blink-settings=preferredColorScheme=0"),
                         [](const auto& given) { return std::to_string(given.index); });

}  // namespace
}  // namespace mm
