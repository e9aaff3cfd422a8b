// Market data: whatever comes, the core gets whole messages, numbered without a hole, in its units.
//
// Input: `spot` or `usdm`, then a message a line; `@N` loses the book of instrument N.
#include <array>

#include "engine/core/market.h"
#include "feeds/binance/binance_feed.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/padded.h"

namespace {

using namespace mm;
using binance::BinanceFeed;

Instrument instrument(std::string_view symbol, std::int64_t tick, std::int64_t lot) {
  Instrument i;
  std::ranges::copy(symbol, i.symbol_text.begin());
  i.tick = Amount(tick);
  i.lot = Amount(lot);
  return i;
}

// Reads the events as the core does, and judges their form.
class Reader {
 public:
  void read(const EventBatch& batch) {
    for (const Event& e : batch.events()) {
      MM_ASSERT(e.instrument < markets_.size() && is_market(e.kind), "an event of a known market");
      judge(e, chains_[e.instrument]);
      Market& market = markets_[e.instrument];
      market.on(e);
      const Touch& t = market.touch();
      if (!market.in_message() && market.synced() && !market.crossed() && t.has_bid && t.has_ask) {
        MM_ASSERT(t.bid < t.ask, "a touch that is crossed is called so");
      }
    }
    for (std::size_t i = 0; i < markets_.size(); ++i) {
      MM_ASSERT(!chains_[i].open, "a batch holds whole messages");
      MM_ASSERT(markets_[i].counters().sequence_breaks == 0, "the chain is never broken silently");
    }
  }

 private:
  struct Chain {
    std::uint32_t sequence = 0, levels_left = 0;
    bool open = false;
  };
  static void judge(const Event& e, Chain& chain) {
    if (e.kind == EventKind::kBookLevels) {
      const std::uint32_t count = e.levels.count;
      MM_ASSERT(chain.open && e.sequence == chain.sequence, "levels stand in their message");
      MM_ASSERT(count >= 1 && count <= kLevelsPerEvent && count <= chain.levels_left,
                "as many levels as the message said");
      for (std::uint32_t k = 0; k < count; ++k) {
        MM_ASSERT(e.levels.ticks[k] > 0 && e.levels.lots[k] >= 0, "a level has a price");
      }
      chain.levels_left -= count;
    } else {
      MM_ASSERT(!chain.open, "messages do not mix");
      if (e.kind != EventKind::kBookBegin && e.kind != EventKind::kBookStale) return;
      MM_ASSERT(e.sequence == ++chain.sequence, "messages are numbered without a hole");
      if (e.kind == EventKind::kBookStale) return;
      chain.levels_left = e.book.level_count;
    }
    chain.open = !e.last();
    MM_ASSERT(chain.open == (chain.levels_left > 0), "the last event of a message says so");
  }

  static Market::Config config() {
    Market::Config c;
    c.book = {.window_ticks = 256, .far_levels_max = 64};
    return c;
  }
  std::array<Market, 2> markets_{Market(config()), Market(config())};
  std::array<Chain, 2> chains_;
};

}  // namespace

MM_FUZZ_TARGET(market_data) {
  std::string_view line;
  mm::test::next_line(input, line);
  const binance::FeedOptions options{
      .venue = line == "usdm" ? binance::Venue::kUsdm : binance::Venue::kSpot,
      .message_bytes_max = 1 << 16,
      .buffered_levels = 256,
      .buffered_diffs = 16};
  const std::array<binance::FeedInstrument, 2> instruments{
      {{.id = 0, .spec = instrument("BTCUSDT", 1'000'000, 1'000), .price_about = {}},
       {.id = 1, .spec = instrument("ETHUSDT", 1'000'000, 10'000), .price_about = {}}}};
  BinanceFeed feed(instruments, options);
  EventBatch batch(96);
  Reader reader;
  Nanos now{1'700'000'000 * kSecond.v};
  while (mm::test::next_line(input, line)) {
    batch.clear();
    now += kMillisecond;
    if (line.starts_with('@') && line.size() == 2) {
      feed.lose(static_cast<InstrumentId>(line[1] - '0'), now, batch);
    } else {
      const mm::test::Padded padded(line);
      feed.on_message(now, padded.text(), batch, binance::kBestFit);
    }
    reader.read(batch);
    for (int drains = 0; feed.has_backlog(); ++drains) {
      MM_ASSERT(drains < 64, "a backlog comes to its end");
      batch.clear();
      feed.drain(batch);
      reader.read(batch);
    }
  }
}
