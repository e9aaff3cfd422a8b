// What a book update costs: activity gathers at the touch, and a price walks under it; and the
// books of the recorded captures, level by level, ours and the obvious ones, best bid and ask read
// after each.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/captures.h"
#include "engine/core/market.h"
#include "engine/core/order_book.h"
#include "feeds/capture/capture_feed.h"

namespace {

using mm::Lots;
using mm::OrderBook;
using mm::Side;
using mm::Ticks;

struct Update {
  Side side;
  Ticks price;
  Lots lots;
};

constexpr std::int64_t kStartTicks = 6'500'000;

void fill(OrderBook& book, int levels, int stride) {
  for (int i = 0; i < levels; ++i) {
    book.set(Side::kBuy, Ticks(kStartTicks - 1 - i * stride), Lots(5));
    book.set(Side::kSell, Ticks(kStartTicks + 1 + i * stride), Lots(5));
  }
}

// Updates gather near the touch, seven ticks behind it on average, a quarter of them removals; one
// in `far_every` is anywhere in the 100,000 ticks behind it.
std::vector<Update> updates(bool walks, unsigned far_every) {
  std::mt19937_64 random(7);
  const auto below = [&random](unsigned bound) {
    return static_cast<std::int64_t>(random() % bound);
  };
  std::vector<Update> out(1 << 16);
  std::int64_t touch = kStartTicks;
  for (Update& u : out) {
    if (walks && below(8) == 0) touch += 2 * below(2) - 1;
    u.side = below(2) == 0 ? Side::kBuy : Side::kSell;
    const bool far = far_every != 0 && below(far_every) == 0;
    const std::int64_t depth = 1 + (far ? below(100'000) : below(16) * below(16) / 8);
    u.price = Ticks(touch - mm::sign(u.side) * depth);
    u.lots = Lots(below(4) == 0 ? 0 : 1 + below(100));
  }
  return out;
}

void run(benchmark::State& state, OrderBook& book, const std::vector<Update>& list) {
  std::size_t i = 0;
  for (auto _ : state) {
    const Update& u = list[i++ & (list.size() - 1)];
    book.set(u.side, u.price, u.lots);
    if (!book.empty(u.side)) benchmark::DoNotOptimize(book.best(u.side));
  }
  state.counters["recentres"] = static_cast<double>(book.recentres());
}

// The obvious books, for comparison.
class MapBook {
 public:
  void clear() {
    for (auto& side : sides_) side.clear();
  }
  void set(Side side, Ticks price, Lots lots) {
    auto& levels = sides_[mm::index(side)];
    const std::int64_t key = -price.v * mm::sign(side);  // the best is the least
    if (lots.v == 0) {
      levels.erase(key);
    } else {
      levels[key] = lots.v;
    }
  }
  bool empty(Side side) const { return sides_[mm::index(side)].empty(); }
  Ticks best(Side side) const {
    return Ticks(-sides_[mm::index(side)].begin()->first * mm::sign(side));
  }

 private:
  std::map<std::int64_t, std::int64_t> sides_[2];
};

// The best at the end, where most happens.
class SortedBook {
 public:
  SortedBook() {
    for (auto& side : sides_) side.reserve(1 << 16);
  }
  void clear() {
    for (auto& side : sides_) side.clear();
  }
  void set(Side side, Ticks price, Lots lots) {
    auto& levels = sides_[mm::index(side)];
    const std::int64_t key = price.v * mm::sign(side);
    // From the end: a search of the whole costs more than the few steps that most need.
    auto at = levels.end();
    while (at != levels.begin() && (at - 1)->first > key && levels.end() - at < 16) --at;
    if (at != levels.begin() && (at - 1)->first > key) {
      at = std::ranges::upper_bound(levels, key, {}, &Level::first);
    }
    const bool there = at != levels.begin() && (at - 1)->first == key;
    if (there && lots.v != 0) (at - 1)->second = lots.v;
    if (there && lots.v == 0) levels.erase(at - 1);
    if (!there && lots.v != 0) levels.insert(at, {key, lots.v});
  }
  bool empty(Side side) const { return sides_[mm::index(side)].empty(); }
  Ticks best(Side side) const {
    return Ticks(sides_[mm::index(side)].back().first * mm::sign(side));
  }

 private:
  using Level = std::pair<std::int64_t, std::int64_t>;
  std::vector<Level> sides_[2];
};

template <class Book>
void update_and_best(benchmark::State& state) {
  Book book;
  for (int i = 1; i <= 1000; ++i) {
    book.set(Side::kBuy, Ticks(kStartTicks - i), Lots(5));
    book.set(Side::kSell, Ticks(kStartTicks + i), Lots(5));
  }
  const std::vector<Update> list = updates(false, 0);
  std::size_t i = 0;
  for (auto _ : state) {
    const Update& u = list[i++ & (list.size() - 1)];
    book.set(u.side, u.price, u.lots);
    if (!book.empty(u.side)) benchmark::DoNotOptimize(book.best(u.side));
  }
}

struct OurBook : OrderBook {
  OurBook() : OrderBook(Config{}) {}
};
BENCHMARK(update_and_best<OurBook>)->Name("book/update_and_best/ours");
BENCHMARK(update_and_best<SortedBook>)->Name("book/update_and_best/sorted_vector");
BENCHMARK(update_and_best<MapBook>)->Name("book/update_and_best/map");

// What a capture does to the book of its first instrument: levels in order, a snapshot clears.
struct TapeStep {
  Update update;
  bool clear;
};
std::vector<TapeStep> tape_of(const std::string& file) {
  mm::CaptureOptions options;
  options.files = {file};
  const mm::CaptureFeed::Opened opened = mm::CaptureFeed::open(options);
  std::vector<TapeStep> tape;
  mm::EventBatch batch;
  bool clear = false;
  for (mm::Nanos at; opened.feed != nullptr && opened.feed->next(at, batch);) {
    for (const mm::Event& e : batch.events()) {
      if (e.instrument != 0) continue;
      if (e.kind == mm::EventKind::kBookBegin) clear = (e.flags & mm::kFlagSnapshot) != 0;
      if (e.kind != mm::EventKind::kBookLevels) continue;
      for (std::size_t k = 0; k < e.levels.count; ++k) {
        tape.push_back({{e.side(), Ticks(e.levels.ticks[k]), Lots(e.levels.lots[k])}, clear});
        clear = false;
      }
    }
  }
  return tape;
}

// A level an item.
template <class Book>
void replay_tape(benchmark::State& state, const char* capture) {
  const std::string file = mm::find_capture(capture);
  if (file.empty()) {
    return state.SkipWithError("no recorded captures here (MM_CAPTURES names their folder)");
  }
  const std::vector<TapeStep> tape = tape_of(file);
  Book book;
  for (auto _ : state) {
    for (const TapeStep& step : tape) {
      if (step.clear) book.clear();
      const Update& u = step.update;
      book.set(u.side, u.price, u.lots);
      for (const Side side : {Side::kBuy, Side::kSell}) {
        if (!book.empty(side)) benchmark::DoNotOptimize(book.best(side));
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(tape.size()));
}

template <class Book>
void register_tapes(const std::string& whose) {
  for (const auto& [name, capture] : {std::pair("spot", "binance-spot-ethusdt-20240808.gz"),
                                      std::pair("usdm", "binance-usdm-btcusdt-20230404.gz")}) {
    benchmark::RegisterBenchmark(("book/capture_" + std::string(name) + "/" + whose).c_str(),
                                 [capture](benchmark::State& s) { replay_tape<Book>(s, capture); })
        ->Unit(benchmark::kMillisecond);
  }
}
const bool registered = [] {
  register_tapes<OurBook>("ours");
  register_tapes<SortedBook>("sorted_vector");
  register_tapes<MapBook>("map");
  return true;
}();

void book_update_walking(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 1);
  run(state, book, updates(true, 0));
}
BENCHMARK(book_update_walking)->Name("book/update_walking");

void book_update_one_in_ten_far(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 100);
  run(state, book, updates(true, 10));
}
BENCHMARK(book_update_one_in_ten_far)->Name("book/update_one_in_ten_far");

void book_top_20(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, static_cast<int>(state.range(0)));
  std::array<mm::BookLevel, 20> out{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(book.top(Side::kBuy, out));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(book_top_20)->Name("book/top_20")->Arg(1)->Arg(50)->Arg(1000);  // ticks between levels

void book_snapshot_of_1000_levels(benchmark::State& state) {
  OrderBook book{{}};
  for (auto _ : state) {
    book.clear();
    fill(book, 1000, static_cast<int>(state.range(0)));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 2000);
}
BENCHMARK(book_snapshot_of_1000_levels)->Name("book/snapshot_of_1000_levels")->Arg(1)->Arg(100);

// Every round the price leaves the window and comes back.
void book_jump_and_return(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 1);
  for (auto _ : state) {
    book.set(Side::kBuy, Ticks(kStartTicks + 100'000), Lots(1));
    book.set(Side::kBuy, Ticks(kStartTicks + 100'000), Lots(0));
  }
}
BENCHMARK(book_jump_and_return)->Name("book/jump_and_return");

// A diff message of three levels into the market: begin, levels, touch and measures.
void market_message_of_three_levels(benchmark::State& state) {
  mm::Market market({});
  mm::Event begin, levels;
  begin.kind = mm::EventKind::kBookBegin;
  begin.flags = mm::kFlagSnapshot | mm::kFlagLast;
  market.on(begin);
  begin.flags = 0;
  levels.kind = mm::EventKind::kBookLevels;
  levels.flags = mm::kFlagLast;
  levels.levels = {};
  levels.levels.count = 3;
  const std::vector<Update> list = updates(true, 0);
  std::size_t i = 0;
  for (auto _ : state) {
    begin.time = levels.time = mm::Nanos(static_cast<std::int64_t>(i) * 1'000'000);
    begin.sequence = levels.sequence = begin.sequence + 1;
    const Update& u = list[i++ & (list.size() - 1)];
    levels.flags = mm::kFlagLast | (u.side == Side::kSell ? mm::kFlagSell : 0);
    for (std::size_t k = 0; k < 3; ++k) {
      levels.levels.ticks[k] =
          static_cast<std::int32_t>(u.price.v - mm::sign(u.side) * static_cast<int>(k));
      levels.levels.lots[k] = u.lots.v;
    }
    market.on(begin);
    market.on(levels);
    benchmark::DoNotOptimize(market.touch());
  }
}
BENCHMARK(market_message_of_three_levels)->Name("market/message_of_three_levels");

}  // namespace
