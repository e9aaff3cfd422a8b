// How much market data one connection, and one pair of feed and strategy, can take.
//
// Books of 20 levels a side. feed/tls_*: off one TLS connection on loopback whose server sends as
// fast as it is read, so many books a TLS record: by the engine's feed, which when behind skips
// books that newer ones follow (`superseded`, a share of all), with the strategy on the same
// thread; the same without skipping; and by a loop that only decrypts and searches for prices, the
// most that can be had. feed/pair_*: texts in memory, parsed by the feed, applied and decided by
// the strategy (`books_a_decision`), on one thread or on two joined by the market ring, the second
// time with the journal's thread beside them (`lost`: the share of records for which it had no
// room). An item is a book. Rates are by the wall clock; `cpu_ns` is what one book took of this
// thread.
#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <array>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "bench/market_messages.h"
#include "bench/pinned.h"
#include "bench/quoting_strategy.h"
#include "bench/scratch_journal.h"
#include "bench/tick_to_trade/price_order.h"
#include "bench/tick_to_trade/raw_socket.h"
#include "bench/tls_flood.h"
#include "engine/journal/journal_agent.h"
#include "engine/net/ws_connect.h"
#include "engine/runtime/agent.h"
#include "feeds/binance/live_feed.h"

namespace mm::bench {
namespace {

binance::FeedInstrument eth() {
  return {.id = 0, .spec = test::eth_spot(), .price_about = {}};
}

std::unique_ptr<net::WebSocket> connect(const TlsFlood& server, std::string& error) {
  const net::TlsContext tls = net::TlsContext::client(server.certificate_file());
  net::WsOpened opened = net::open_websocket(net::parse_url(server.url()).endpoint, &tls, {}, {});
  error = opened.error;
  return std::move(opened.socket);
}

// CPU time of the calling thread, shared out among books.
class CpuTime {
 public:
  void report(benchmark::State& state, std::uint64_t books) const {
    state.counters["cpu_ns"] = static_cast<double>(now() - begin_) / static_cast<double>(books);
    state.SetItemsProcessed(static_cast<std::int64_t>(books));
  }

 private:
  static std::int64_t now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * kSecond.v + t.tv_nsec;
  }
  std::int64_t begin_ = now();
};

void flood_feed(benchmark::State& state, bool skip) {
  const TlsFlood server(static_cast<int>(state.range(0)));
  std::string error = server.error();
  auto socket = error.empty() ? connect(server, error) : nullptr;
  if (socket == nullptr) return state.SkipWithError(error.c_str());
  const Pinned here(Pinned::Cpu::kLast);
  binance::LiveFeedOptions options;
  options.depth = binance::DepthKind::kTop20;
  options.trades = binance::TradeKind::kNone;
  options.tickers = false;
  options.skip_superseded = skip;
  const std::array instruments{eth()};
  const binance::StreamPlan plan = binance::plan_streams(options, instruments);
  binance::FeedChannel channel(plan.lines.size(), plan.instruments.size());
  channel.sockets[0].offer(std::make_unique<binance::LineSocket>(std::move(socket), 1u));
  QuotingStrategy<> strategy;
  binance::LiveFeed feed(options, plan, channel, {.market = strategy.market}, nullptr);
  feed.measure_with(strategy.clock());
  const auto taken = [&] {
    return feed.feed_counters().partials + feed.counters().books_superseded;
  };
  const auto turn = [&] {
    feed.do_work(strategy.clock().now());
    // 32 books, the most of a turn of the feed, are more than a batch of the strategy.
    while (strategy.turn() > 0) continue;
  };
  // The feed says that it is up some milliseconds after its first books.
  for (int i = 0; i < 1'000'000 && (taken() < 10'000 || !strategy.quotes()); ++i) turn();
  const std::uint64_t before = taken(), superseded = feed.counters().books_superseded;
  const CpuTime cpu;
  for (auto _ : state) turn();
  const std::uint64_t books = taken() - before;
  cpu.report(state, books);
  state.counters["superseded"] =
      static_cast<double>(feed.counters().books_superseded - superseded) /
      static_cast<double>(books);
  if (feed.counters().messages_dropped != 0) state.SkipWithError("books were dropped");
  if (!strategy.quotes()) state.SkipWithError("nothing is quoted");
}

void flood_search(benchmark::State& state) {
  const TlsFlood server(static_cast<int>(state.range(0)));
  if (!server.error().empty()) return state.SkipWithError(server.error().c_str());
  const RawTls tls = raw_tls(server.certificate_file());
  RawSocket socket(server.port(), tls.get(), "/stream");
  const Pinned here(Pinned::Cpu::kLast);
  std::vector<char> record(1 << 14);
  std::uint64_t books = 0;
  const CpuTime cpu;
  for (auto _ : state) {
    std::string_view text(record.data(), socket.read(record.data(), record.size()));
    for (auto price = best_bid(text); !price.empty(); price = best_bid(text)) {
      ++books;
      text.remove_prefix(static_cast<std::size_t>(price.data() - text.data()));
    }
  }
  cpu.report(state, books);
}

// Texts in memory, every one with an id of its own and its touch a little elsewhere.
class Texts {
 public:
  Texts() {
    for (int i = 0; i < 64; ++i) {
      id_ends_.push_back(messages_.emplace_back(book_of_20(0, 268'380 + i % 3)).id_end());
    }
  }
  std::string_view next() {
    const std::size_t i = ++id_ % messages_.size();
    write_id(id_, id_ends_[i]);
    return messages_[i].text();
  }

 private:
  std::deque<Message> messages_;
  std::vector<char*> id_ends_;
  std::uint64_t id_ = 0;
};

struct Feed {
  Texts texts;
  std::array<binance::FeedInstrument, 1> instruments{eth()};
  binance::BinanceFeed feed{instruments, {}};
  EventBatch batch;

  void parse_next(Nanos now) {
    batch.clear();
    feed.on_message(now, texts.next(), batch);
  }
};

template <class Journal>
void report_decisions(benchmark::State& state, const QuotingStrategy<Journal>& strategy) {
  state.counters["books_a_decision"] =
      static_cast<double>(strategy.books()) / static_cast<double>(strategy.decisions());
  if (!strategy.quotes()) state.SkipWithError("nothing is quoted");
}

void pair_on_one_thread(benchmark::State& state) {
  const Pinned here(Pinned::Cpu::kLast);
  QuotingStrategy<> strategy;
  Feed feed;
  const CpuTime cpu;
  for (auto _ : state) {
    feed.parse_next(strategy.clock().now());
    strategy.market.try_push_all(feed.batch.events());
    strategy.turn();
  }
  cpu.report(state, strategy.books());
  report_decisions(state, strategy);
}

template <class Journal>
void feed_and_turn(benchmark::State& state, QuotingStrategy<Journal>& strategy) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    const Pinned far(Pinned::Cpu::kLast);
    while (!stop.load(std::memory_order_relaxed)) {
      if (strategy.turn() == 0) sched_yield();
    }
    while (strategy.turn() > 0) continue;
  });
  const Pinned here(Pinned::Cpu::kFirst);
  Feed feed;
  for (auto _ : state) {
    feed.parse_next(strategy.clock().now());
    while (!strategy.market.try_push_all(feed.batch.events())) sched_yield();
  }
  // What is still in the ring has taken none of the time.
  state.SetItemsProcessed(static_cast<std::int64_t>(strategy.books()));
  stop = true;
  reader.join();
  report_decisions(state, strategy);
}

void pair_on_two_threads(benchmark::State& state) {
  QuotingStrategy<> strategy;
  feed_and_turn(state, strategy);
}

// As in the engine, where the journal's thread has no CPU of its own.
struct LaneJournal {
  JournalLane* lane;
  std::uint64_t* records;
  void append(const Event& e, std::uint64_t hash) const {
    lane->push(e, hash);
    ++*records;
  }
};

void pair_with_journal(benchmark::State& state) {
  JournalLane lane(std::size_t{1} << 16);
  ScratchJournal journal;
  if (!journal.error().empty()) return state.SkipWithError(journal.error().c_str());
  std::uint64_t records = 0;
  QuotingStrategy<LaneJournal> strategy(LaneJournal{&lane, &records});
  JournalAgent<> agent(lane, journal.writer(), JournalSync::kNone, kSecond, strategy.clock());
  AgentRunner<JournalAgent<>> writer({.duty = {.stall_threshold = kSecond, .sealed = false},
                                      .idle = IdleKind::kBackoff,
                                      .core = {},
                                      .nice = 10},
                                     agent);
  writer.start();
  feed_and_turn(state, strategy);
  writer.stop();
  state.counters["lost"] = static_cast<double>(lane.dropped()) / static_cast<double>(records);
}

// Long enough for the figure to be no burst's.
void timed(benchmark::internal::Benchmark* b) {
  b->MinTime(5)->UseRealTime();
}

BENCHMARK_CAPTURE(flood_feed, skip, true)->Name("feed/tls_engine")->Arg(11)->Arg(1)->Apply(timed);
BENCHMARK_CAPTURE(flood_feed, all, false)
    ->Name("feed/tls_engine_all_parsed")
    ->Arg(11)
    ->Arg(1)
    ->Apply(timed);
BENCHMARK(flood_search)->Name("feed/tls_search_only")->Arg(11)->Arg(1)->Apply(timed);
BENCHMARK(pair_on_one_thread)->Name("feed/pair_on_one_thread")->Apply(timed);
BENCHMARK(pair_on_two_threads)->Name("feed/pair_on_two_threads")->Apply(timed);
BENCHMARK(pair_with_journal)->Name("feed/pair_with_journal")->Apply(timed);

}  // namespace
}  // namespace mm::bench
