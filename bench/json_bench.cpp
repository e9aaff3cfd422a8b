// The same messages read by our parser, in one pass and by way of simdjson, and by two libraries.
//
// Each takes out the same numbers, in 1e-8, by our own decimal. `ours` is what the feed uses. All
// read the same 256 messages of a kind in turns, whose numbers are of many widths: what is learned
// from one, by a branch predictor too, does not fit the next.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/market_messages.h"
#include "engine/core/decimal.h"
#include "feeds/binance/parser.h"

namespace mm::bench {
namespace {

struct Level {
  std::int64_t price, quantity;
};

std::int64_t number(std::string_view text) {
  return parse_decimal(text).value;
}

struct Ours {
  binance::Parser parser;
  bool read(std::string_view text) { return parser.parse(text) == FeedProblem::kNone; }
};
// A space in front is of another form than the one that is read in one pass.
struct Simdjson {
  static constexpr bool kSpaced = true;
  binance::Parser parser;
  bool read(std::string_view text) { return parser.parse(text) == FeedProblem::kNone; }
};

// Memory is kept between documents, as its users do who care.
struct RapidJson {
  std::vector<char> memory = std::vector<char>(1 << 20), stack = std::vector<char>(1 << 16);
  std::vector<Level> bids, asks;
  std::int64_t sum = 0;

  using Pool = rapidjson::MemoryPoolAllocator<>;
  using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Pool, Pool>;
  using Value = Document::ValueType;
  static std::string_view view(const Value& v) { return {v.GetString(), v.GetStringLength()}; }

  bool read(std::string_view text) {
    Pool values(memory.data(), memory.size()), nodes(stack.data(), stack.size());
    Document document(&values, 1024, &nodes);
    document.Parse(text.data(), text.size());
    if (document.HasParseError()) return false;
    const Value& data = document["data"];
    take(data, "b", bids) || take(data, "bids", bids);
    take(data, "a", asks) || take(data, "asks", asks);
    for (const char* key : {"p", "q", "b", "B", "a", "A"}) {
      const auto found = data.FindMember(key);
      if (found != data.MemberEnd() && found->value.IsString()) sum += number(view(found->value));
    }
    return true;
  }
  static bool take(const Value& data, const char* key, std::vector<Level>& side) {
    side.clear();
    const auto found = data.FindMember(key);
    if (found == data.MemberEnd() || !found->value.IsArray()) return false;
    for (const Value& row : found->value.GetArray()) {
      side.push_back({number(view(row[0])), number(view(row[1]))});
    }
    return true;
  }
};

// The same without a document: numbers are taken as they come by.
struct RapidJsonSax {
  struct Handler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
    std::vector<Level> bids, asks;
    std::int64_t sum = 0;
    std::string_view key;
    std::vector<Level>* side = nullptr;
    int depth = 0;
    bool price = true;

    bool Key(const char* text, rapidjson::SizeType size, bool) {
      key = {text, size};
      return true;
    }
    bool StartArray() {
      if (++depth == 1) side = key == "b" || key == "bids" ? &bids : &asks;
      price = true;
      return true;
    }
    bool EndArray(rapidjson::SizeType) {
      --depth;
      return true;
    }
    bool String(const char* text, rapidjson::SizeType size, bool) {
      if (depth == 2) {
        if (price) side->push_back({number({text, size}), 0});
        if (!price) side->back().quantity = number({text, size});
        price = !price;
      } else if (key == "p" || key == "q" || key == "b" || key == "B" || key == "a" || key == "A") {
        sum += number({text, size});
      }
      return true;
    }
  };
  rapidjson::Reader reader;
  Handler handler;

  bool read(std::string_view text) {
    handler.bids.clear();
    handler.asks.clear();
    rapidjson::StringStream stream(text.data());  // a message ends in zeros
    return !reader.Parse(stream, handler).IsError();
  }
};

struct Nlohmann {
  std::vector<Level> bids, asks;
  std::int64_t sum = 0;

  bool read(std::string_view text) {
    const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    if (document.is_discarded()) return false;
    const nlohmann::json& data = document["data"];
    take(data, "b", bids) || take(data, "bids", bids);
    take(data, "a", asks) || take(data, "asks", asks);
    for (const char* key : {"p", "q", "b", "B", "a", "A"}) {
      const auto found = data.find(key);
      if (found != data.end() && found->is_string()) {
        sum += number(found->get_ref<const std::string&>());
      }
    }
    return true;
  }
  static bool take(const nlohmann::json& data, const char* key, std::vector<Level>& side) {
    side.clear();
    const auto found = data.find(key);
    if (found == data.end() || !found->is_array()) return false;
    for (const nlohmann::json& row : *found) {
      side.push_back({number(row[0].get_ref<const std::string&>()),
                      number(row[1].get_ref<const std::string&>())});
    }
    return true;
  }
};

// Numbers as a market has them: of one to five digits before the point, zeros behind.
class Numbers {
 public:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::uint64_t of_digits(std::uint64_t least, std::uint64_t most) {
    std::uint64_t bound = 10;
    for (std::uint64_t digits = least + below(most - least + 1); digits > 1; --digits) bound *= 10;
    return bound / 10 + below(bound - bound / 10);
  }
  static std::string price(std::uint64_t cents) {
    return fmt::format("{}.{:02}000000", cents / 100, cents % 100);
  }
  std::string quantity() {
    std::uint64_t zeros = 1;
    for (std::uint64_t n = below(7); n > 0; --n) zeros *= 10;
    return fmt::format("{}.{:08}", below(2) == 0 ? 0 : of_digits(1, 4),
                       below(100'000'000) / zeros * zeros);
  }
  // `count` levels from `cents` on, away from the other side.
  std::string levels(int count, std::uint64_t cents, bool up) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      all += fmt::format("{}[\"{}\",\"{}\"]", i == 0 ? "" : ",", price(cents), quantity());
      cents = up ? cents + 1 + below(5) : cents - 1 - below(5);
    }
    return all;
  }

 private:
  std::mt19937_64 random_{20'240'808};
};

std::string varied_ticker(Numbers& n) {
  const std::uint64_t bid = n.of_digits(4, 7);
  return fmt::format(R"({{"stream":"ethusdt@bookTicker","data":{{"u":{},"s":"ETHUSDT",)"
                     R"("b":"{}","B":"{}","a":"{}","A":"{}"}}}})",
                     n.of_digits(8, 12), n.price(bid), n.quantity(), n.price(bid + 1 + n.below(3)),
                     n.quantity());
}

std::string varied_trade(Numbers& n) {
  return fmt::format(
      R"({{"stream":"ethusdt@trade","data":{{"e":"trade","E":1723161255612,"s":"ETHUSDT",)"
      R"("t":{},"p":"{}","q":"{}","T":1723161255611,"m":{},"M":true}}}})",
      n.of_digits(6, 10), n.price(n.of_digits(4, 7)), n.quantity(), n.below(2) == 0);
}

template <int kLevels>
std::string varied_update(Numbers& n) {
  const std::uint64_t bid = n.of_digits(4, 7), first = n.of_digits(8, 12);
  return fmt::format(
      R"({{"stream":"ethusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161255308,)"
      R"("s":"ETHUSDT","U":{},"u":{},"b":[{}],"a":[{}]}}}})",
      first, first + n.below(50), n.levels(kLevels, bid, false), n.levels(kLevels, bid + 1, true));
}

std::string varied_book(Numbers& n) {
  const std::uint64_t bid = n.of_digits(4, 7);
  return fmt::format(R"({{"stream":"ethusdt@depth20@100ms","data":{{"lastUpdateId":{},)"
                     R"("bids":[{}],"asks":[{}]}}}})",
                     n.of_digits(8, 12), n.levels(20, bid, false), n.levels(20, bid + 1, true));
}

using Make = std::string (*)(Numbers&);

template <class Reader>
void read(benchmark::State& state, Make make) {
  constexpr std::size_t kMessages = 256;
  Reader reader;
  Numbers numbers;
  std::vector<Message> messages;
  for (std::size_t i = 0; i < kMessages; ++i) {
    messages.emplace_back((requires { Reader::kSpaced; } ? " " : "") + make(numbers));
  }
  std::size_t turn = 0;
  for (auto _ : state) {
    if (!reader.read(messages[turn++ % kMessages].text())) return state.SkipWithError("not read");
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Reader>
void add(const char* whose) {
  constexpr std::pair<const char*, Make> kKinds[] = {{"bookTicker", varied_ticker},
                                                     {"trade", varied_trade},
                                                     {"depth_5", varied_update<5>},
                                                     {"depth20", varied_book},
                                                     {"depth_100", varied_update<100>}};
  for (const auto& [what, make] : kKinds) {
    benchmark::RegisterBenchmark(fmt::format("json/{}/{}", what, whose).c_str(),
                                 [make](benchmark::State& state) { read<Reader>(state, make); });
  }
}

const bool registered = [] {
  add<Ours>("ours");
  add<Simdjson>("ours_by_simdjson");
  add<RapidJson>("rapidjson");
  add<RapidJsonSax>("rapidjson_sax");
  add<Nlohmann>("nlohmann");
  return true;
}();

}  // namespace
}  // namespace mm::bench
