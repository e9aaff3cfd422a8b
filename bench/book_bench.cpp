// What a book update costs: activity gathers at the touch, and a price walks under it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "engine/core/market.h"
#include "engine/core/order_book.h"

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

void book_update_and_best(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 1);
  run(state, book, updates(false, 0));
}
BENCHMARK(book_update_and_best);

// The obvious book, for comparison.
void map_update_and_best(benchmark::State& state) {
  std::map<std::int64_t, std::int64_t> sides[2];
  const auto key = [](Side side, std::int64_t price) { return -price * mm::sign(side); };
  for (const Side side : {Side::kBuy, Side::kSell}) {
    for (int i = 1; i <= 1000; ++i) {
      sides[mm::index(side)][key(side, kStartTicks - mm::sign(side) * i)] = 5;
    }
  }
  const std::vector<Update> list = updates(false, 0);
  std::size_t i = 0;
  for (auto _ : state) {
    const Update& u = list[i++ & (list.size() - 1)];
    auto& side = sides[mm::index(u.side)];
    if (u.lots.v == 0) {
      side.erase(key(u.side, u.price.v));
    } else {
      side[key(u.side, u.price.v)] = u.lots.v;
    }
    benchmark::DoNotOptimize(side.begin()->first);
  }
}
BENCHMARK(map_update_and_best);

void book_update_walking(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 1);
  run(state, book, updates(true, 0));
}
BENCHMARK(book_update_walking);

void book_update_one_in_ten_far(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 100);
  run(state, book, updates(true, 10));
}
BENCHMARK(book_update_one_in_ten_far);

void book_top_20(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, static_cast<int>(state.range(0)));
  std::array<mm::BookLevel, 20> out{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(book.top(Side::kBuy, out));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(book_top_20)->Arg(1)->Arg(50)->Arg(1000);  // ticks between levels

void book_snapshot_of_1000_levels(benchmark::State& state) {
  OrderBook book{{}};
  for (auto _ : state) {
    book.clear();
    fill(book, 1000, static_cast<int>(state.range(0)));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 2000);
}
BENCHMARK(book_snapshot_of_1000_levels)->Arg(1)->Arg(100);

// Every round the price leaves the window and comes back.
void book_jump_and_return(benchmark::State& state) {
  OrderBook book{{}};
  fill(book, 1000, 1);
  for (auto _ : state) {
    book.set(Side::kBuy, Ticks(kStartTicks + 100'000), Lots(1));
    book.set(Side::kBuy, Ticks(kStartTicks + 100'000), Lots(0));
  }
}
BENCHMARK(book_jump_and_return);

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
BENCHMARK(market_message_of_three_levels);

}  // namespace
