#include "engine/app/modes/inspect.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/decimal.h"
#include "feeds/capture/capture_reader.h"
#include "tests/feed_test_support.h"

namespace mm::app {
namespace {

using test::TempFiles;

struct Output {
  int code = -1;
  std::string out, err;

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
};

std::string read_back(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) text.push_back(static_cast<char>(c));
  std::fclose(file);
  return text;
}
Output inspect(const InspectOptions& options) {
  std::FILE* const out = std::tmpfile();
  std::FILE* const err = std::tmpfile();
  Output o;
  o.code = inspect_mode(options, Config{}, out, err);
  o.out = read_back(out);
  o.err = read_back(err);
  return o;
}
Output inspect(const std::vector<std::string>& captures, std::int64_t every = 0,
               std::int32_t depth = 20) {
  InspectOptions options;
  options.captures = captures;
  options.every = every;
  options.depth = depth;
  return inspect(options);
}

std::string at(std::int64_t offset, std::string_view json) {
  return fmt::format("{} {}\n", 1'723'161'254'024'000'000 + offset, json);
}

const std::string kSnapshot =
    R"({"lastUpdateId":10,"bids":[["100.50","1.0"],["100.40","2"]],"asks":[["100.60","3"]]})";

std::string diff(int first, int last, const char* bids, const char* asks = "") {
  return fmt::format(R"({{"e":"depthUpdate","E":1,"s":"ETHUSDT","U":{},"u":{},"b":[{}],"a":[{}]}})",
                     first, last, bids, asks);
}
std::string ticker(int id, const char* bid, const char* bid_quantity, const char* ask,
                   const char* ask_quantity) {
  return fmt::format(R"({{"u":{},"s":"ETHUSDT","b":"{}","B":"{}","a":"{}","A":"{}"}})", id, bid,
                     bid_quantity, ask, ask_quantity);
}

TEST(Inspect, PrintsCheckpointsTheEndAndASummary) {
  const TempFiles files;
  const Output o =
      inspect({files.write("a", at(0, diff(9, 10, "")) + at(1, kSnapshot) +
                                    at(2, diff(11, 12, R"(["100.50","0"])")) +
                                    at(3, diff(13, 14, "", R"(["100.60","0.5"],["100.70","7"])")) +
                                    at(4, diff(15, 15, R"(["100.30","0.0100"])")))},
              2, 2);
  EXPECT_EQ(o.code, 0);
  const std::vector<std::string> expected{
      R"({"applied":2,"u":14,"bids":[["100.4","2"]],"asks":[["100.6","0.5"],["100.7","7"]]})",
      R"({"applied":3,"u":15,"bids":[["100.4","2"],["100.3","0.01"]],)"
      R"("asks":[["100.6","0.5"],["100.7","7"]]})",
      R"({"summary":{"messages":5,"diffs_applied":3,"diffs_dropped":1,"gaps":0,"resyncs":0,)"
      R"("crossed":0,"trades":0,"bad_lines":0,"book_ticker_checked":0,)"
      R"("book_ticker_mismatched":0,"ignored":0,"problems":{"corrupt_gzip":0,"read_error":0,)"
      R"("receive_time_back":0,"no_receive_time":0,"wrong_receive_time":0,"line_too_long":0,)"
      R"("cut_line":0,"invalid_json":0,"field_missing":0,)"
      R"("number_out_of_range":0,"off_grid":0,"too_many_levels":0,"unknown_symbol":0,)"
      R"("unknown_stream":0,"unplaced_snapshot":0,"stale_snapshot":0,"venue_error":0,)"
      R"("batch_full":0}}})"};
  EXPECT_EQ(o.lines(), expected);
  EXPECT_EQ(o.err,
            "inspect: ETHUSDT: tick 0.1 and lot 0.01 inferred from the capture (7 prices; 6 "
            "quantities)\n");
}

TEST(Inspect, ChecksTickersAgainstTheBookAtTheirId) {
  const TempFiles files;
  const Output o = inspect({files.write(
      "a", at(0, ticker(8, "1", "1", "2", "1")) + at(1, ticker(10, "100.5", "1", "100.6", "3")) +
               at(2, kSnapshot) + at(3, ticker(9, "1", "1", "2", "1")) +  // passed: never compared
               at(4, ticker(11, "1", "1", "2", "1")) +                    // inside a difference
               at(5, ticker(12, "100.40", "2", "100.6", "3")) +           // equal when it comes
               at(6, ticker(12, "100.40", "2.1", "100.6", "3")) +         // not equal
               at(7, diff(11, 12, R"(["100.50","0"])")) +
               at(8, ticker(12, "100.40", "2", "100.7", "3")) +  // late, not equal
               at(9, ticker(99, "1", "1", "2", "1")))});
  EXPECT_NE(o.out.find(R"("book_ticker_checked":4,"book_ticker_mismatched":2)"), std::string::npos)
      << o.out;
}

TEST(Inspect, CountsGapsResynchronisationsAndCrossedBooks) {
  const TempFiles files;
  const Output o = inspect({files.write(
      "a", at(0, kSnapshot) + at(1, diff(13, 14, "")) + at(2, "{\"cut") + at(3, kSnapshot) +
               at(4, R"({"lastUpdateId":14,"bids":[["100","1"]],"asks":[["101","1"]]})") +
               at(5, diff(15, 16, R"(["102","1"])")) +
               at(6, R"({"e":"trade","s":"ETHUSDT","t":1,"p":"101","q":"1","m":false})"))});
  EXPECT_NE(o.out.find(R"("diffs_applied":1,"diffs_dropped":1,"gaps":1,"resyncs":1,"crossed":1,)"
                       R"("trades":1,"bad_lines":1,)"),
            std::string::npos)
      << o.out;
  EXPECT_NE(o.err.find("invalid JSON"), std::string::npos);
  EXPECT_NE(o.err.find("snapshot older than its diffs"), std::string::npos);
}

TEST(Inspect, PartialBooksCountAsApplied) {
  const TempFiles files;
  const auto book = [](int id, const char* bid) {
    return fmt::format(R"({{"stream":"ethusdt@depth5","data":{{"lastUpdateId":{},)"
                       R"("bids":[["{}","1"]],"asks":[["9","1"]]}}}})",
                       id, bid);
  };
  const Output o = inspect({files.write("a", at(0, book(1, "5")) + at(1, book(2, "6")))}, 1);
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.lines()[1], R"({"applied":2,"u":2,"bids":[["6","1"]],"asks":[["9","1"]]})");
  EXPECT_EQ(o.lines().size(), 4u);
}

TEST(Inspect, NamesTheSymbolWhereThereAreSeveral) {
  const TempFiles files;
  const std::string other =
      R"({"stream":"btcusdt@depth5","data":{"lastUpdateId":5,"bids":[["6","1"]],"asks":[]}})";
  const std::string path =
      files.write("a", at(0, other) + at(1, diff(9, 10, R"(["100.50","1.0"])")) + at(2, kSnapshot));
  const Output o = inspect({path});
  ASSERT_EQ(o.lines().size(), 3u) << o.out;
  EXPECT_TRUE(o.lines()[0].starts_with(R"({"symbol":"BTCUSDT","applied":1,)"));
  EXPECT_TRUE(o.lines()[1].starts_with(R"({"symbol":"ETHUSDT","applied":0,"u":10,)"));
  InspectOptions one;
  one.captures = {path};
  one.symbol = "BTCUSDT";
  EXPECT_TRUE(inspect(one).lines()[0].starts_with(R"({"applied":1,"u":5,)"));
}

TEST(Inspect, SaysClearlyThatThereIsNothingToUse) {
  const TempFiles files;
  for (const std::string& path :
       {files.write("diffs", at(0, diff(1, 2, R"(["1","1"])")) + at(1, diff(3, 4, ""))),
        files.write("foreign", "{\"topic\":\"orderbook.50\"}\n"), files.write("empty", ""),
        std::string("/no/such/capture")}) {
    const Output o = inspect({path});
    EXPECT_EQ(o.code, 1) << path;
    EXPECT_EQ(o.out, "");
    EXPECT_NE(o.err, "");
  }
}

// The slow reference: text searches, a map, and the venue's rules once more in a few lines.
class Reference {
 public:
  explicit Reference(bool usdm) : usdm_(usdm) {}

  void on_line(std::string_view json) {
    if (json.find("\"lastUpdateId\"") != std::string_view::npos) return on_snapshot(json);
    if (json.find("@depth") == std::string_view::npos) return;
    if (id_ == 0)
      waiting_.emplace_back(json);
    else
      on_diff(json);
  }
  std::string state() const {
    return fmt::format(R"({{"applied":{},"u":{},"bids":[{}],"asks":[{}]}})", applied_, id_,
                       top(bids_.rbegin(), bids_.rend()), top(asks_.begin(), asks_.end()));
  }
  std::vector<std::string> checkpoints;

 private:
  using Side = std::map<std::int64_t, std::int64_t>;

  static std::uint64_t number(std::string_view json, std::string_view key) {
    const std::size_t at = json.find(key);
    return at == std::string_view::npos ? 0
                                        : std::strtoull(json.data() + at + key.size(), nullptr, 10);
  }
  static std::int64_t decimal(std::string text) {
    const std::size_t point = text.find('.');
    if (point == std::string::npos) return std::stoll(text) * kAmountScale;
    std::string fraction = text.substr(point + 1);
    fraction.resize(8, '0');
    return std::stoll(text.substr(0, point)) * kAmountScale + std::stoll(fraction);
  }
  static void read_side(std::string_view json, std::string_view key, Side& side) {
    std::size_t i = json.find(key) + key.size();
    const auto quoted = [&] {
      const std::size_t open = json.find('"', i), close = json.find('"', open + 1);
      i = close + 1;
      return decimal(std::string(json.substr(open + 1, close - open - 1)));
    };
    for (i = json.find('[', i) + 1; json[json.find_first_not_of(", ", i)] == '[';) {
      const std::int64_t price = quoted(), quantity = quoted();
      if (quantity == 0)
        side.erase(price);
      else
        side[price] = quantity;
      i = json.find(']', i) + 1;
    }
  }
  void on_snapshot(std::string_view json) {
    read_side(json, "\"bids\":", bids_);
    read_side(json, "\"asks\":", asks_);
    id_ = number(json, "\"lastUpdateId\":");
    for (const std::string& diff : waiting_) on_diff(diff);
  }
  void on_diff(std::string_view json) {
    const std::uint64_t first = number(json, "\"U\":"), last = number(json, "\"u\":");
    if (usdm_ ? last < id_ : last <= id_) return;
    if (usdm_ && applied_ != 0) {
      ASSERT_EQ(number(json, "\"pu\":"), id_);
    } else {
      ASSERT_LE(first, id_ + (usdm_ ? 0 : 1));
    }
    read_side(json, "\"b\":", bids_);
    read_side(json, "\"a\":", asks_);
    id_ = last;
    if (++applied_ % 500 == 0) checkpoints.push_back(state());
  }
  template <class It>
  static std::string top(It it, It end) {
    std::string text;
    for (int i = 0; i < 20 && it != end; ++i, ++it)
      text += fmt::format("{}[\"{}\",\"{}\"]", i == 0 ? "" : ",", decimal_text(it->first),
                          decimal_text(it->second));
    return text;
  }

  bool usdm_;
  Side bids_, asks_;
  std::uint64_t id_ = 0;
  std::uint64_t applied_ = 0;
  std::vector<std::string> waiting_;
};

void expect_equal_to_reference(const std::string& path, bool usdm, const char* tickers) {
  Reference reference(usdm);
  CaptureReader reader(path);
  CaptureLine line;
  while (reader.next(line) == ReadResult::kLine) reference.on_line(line.text);
  std::vector<std::string> expected = reference.checkpoints;
  expected.push_back(reference.state());
  const Output o = inspect({path}, 500);
  EXPECT_EQ(o.code, 0);
  std::vector<std::string> lines = o.lines();
  ASSERT_GT(lines.size(), 5u);
  EXPECT_NE(lines.back().find(tickers), std::string::npos) << lines.back();
  EXPECT_NE(lines.back().find(R"("gaps":0,"resyncs":0,"crossed":0,)"), std::string::npos);
  lines.pop_back();
  EXPECT_EQ(lines, expected);
}

TEST(Inspect, RecordedSpotBooksAreTheReferencesAtEveryCheckpoint) {
  const std::string path = test::shared_capture("binance-spot-ethusdt-20240808.gz");
  if (path.empty()) GTEST_SKIP() << "no recorded captures here (MM_CAPTURES names their folder)";
  expect_equal_to_reference(path, false, R"("book_ticker_checked":577,"book_ticker_mismatched":0)");
}

TEST(Inspect, RecordedUsdmBooksAreTheReferencesAtEveryCheckpoint) {
  const std::string path = test::shared_capture("binance-usdm-btcusdt-20230404.gz");
  if (path.empty()) GTEST_SKIP() << "no recorded captures here (MM_CAPTURES names their folder)";
  expect_equal_to_reference(path, true, R"("book_ticker_checked":310,"book_ticker_mismatched":0)");
}

TEST(Inspect, RecordingsOfOtherVenuesAreRefused) {
  for (const char* name :
       {"cryptofeed/okx_books_trades_a.ws.gz", "bybit-xrpusdt-ob500-20241201.gz",
        "cryptofeed/bybit_v5_20260809.jsonl.gz", "cryptofeed/binance_spot_a.ws.gz"}) {
    const std::string path = test::shared_capture(name);
    if (path.empty()) GTEST_SKIP() << "no recorded captures here (MM_CAPTURES names their folder)";
    const Output o = inspect({path});
    EXPECT_EQ(o.code, 1) << name;
    EXPECT_NE(o.err.find("it looks like"), std::string::npos) << o.err;
  }
}

}  // namespace
}  // namespace mm::app
