// The same messages read by our parser, in one pass and by way of simdjson, and by two libraries.
//
// Each takes out the same numbers, in 1e-8, by our own decimal. `ours` is what the feed uses.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>

#include <nlohmann/json.hpp>
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

template <class Reader>
void read(benchmark::State& state, const std::string& json) {
  Reader reader;
  const Message message((requires { Reader::kSpaced; } ? " " : "") + json);
  for (auto _ : state) {
    if (!reader.read(message.text())) return state.SkipWithError("not read");
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Reader>
void add(const char* whose) {
  for (const auto& [what, json] :
       {std::pair("bookTicker", book_ticker()), std::pair("trade", trade()),
        std::pair("depth_5", depth_update(5)), std::pair("depth20", book_of_20(1, 268'380)),
        std::pair("depth_100", depth_update(100))}) {
    benchmark::RegisterBenchmark(fmt::format("json/{}/{}", what, whose).c_str(),
                                 [json](benchmark::State& state) { read<Reader>(state, json); });
  }
}

const bool registered = [] {
  add<Ours>("ours");
  add<Simdjson>("ours_by_simdjson");
  add<RapidJson>("rapidjson");
  add<Nlohmann>("nlohmann");
  return true;
}();

}  // namespace
}  // namespace mm::bench
