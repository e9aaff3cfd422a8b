#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "engine/core/market.h"
#include "feeds/binance/binance_feed.h"
#include "tests/feed_test_support.h"

namespace mm::binance {
namespace {

using Book = std::map<int, int>;  // bid ticks to lots

// The venue: one difference an id, and its book after each.
struct ServerBook {
  ServerBook() : books{{{100, 1}}} {}
  std::uint64_t head() const { return books.size() - 1; }
  void produce(int tick, int lots) {
    Book next = books.back();
    if (lots == 0)
      next.erase(tick);
    else
      next[tick] = lots;
    books.push_back(std::move(next));
    diffs.push_back(fmt::format(
        R"({{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":{0},"u":{0},"b":[["{1}","{2}"]],"a":[]}})",
        head(), tick, lots));
  }
  std::string snapshot(std::uint64_t id) const {
    std::string bids;
    for (const auto& [tick, lots] : books[id])
      bids += fmt::format("{}[\"{}\",\"{}\"]", bids.empty() ? "" : ",", tick, lots);
    return fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[]}})", id, bids);
  }

  std::vector<Book> books;         // by id
  std::vector<std::string> diffs;  // of id - 1
};

// Two connections that break, come back, lag and repeat themselves, over one feed and one core.
class Twins {
 public:
  Twins()
      : feed_(
            std::vector<FeedInstrument>{
                {.id = 0, .spec = test::make_instrument("BTCUSDT", 100'000'000, 100'000'000)}},
            {.message_bytes_max = 1 << 16, .buffered_levels = 64, .buffered_diffs = 16}) {
    connect(0);
    connect(1);
  }

  void step(std::uint8_t what, std::uint8_t how) {
    now_ += Nanos((how % 16) * 20 * kMillisecond.v);
    const std::size_t c = how & 1;
    switch (what % 8) {
      case 0:
      case 1:
        server_.produce(90 + how % 20, how % 3);
        break;
      case 2:
      case 3:
      case 4:
        deliver(c);
        break;
      case 5:
        if (next_[c] > 0 && alive_[c]) send(server_.diffs[next_[c] - 1]);  // once more
        break;
      case 6:
        alive_[c] ? cut(c) : connect(c);
        break;
      case 7:
        snapshot(how % 4);
        break;
    }
  }
  void settle() {
    for (const std::size_t c : {std::size_t{0}, std::size_t{1}})
      if (!alive_[c]) connect(c);
    for (int round = 0; round < 4; ++round) {
      server_.produce(95, 7);
      for (const std::size_t c : {std::size_t{0}, std::size_t{1}})
        while (next_[c] < server_.diffs.size()) deliver(c);
      now_ += kSecond;
      snapshot(0);
    }
  }
  bool synced() const { return market_.synced(); }
  bool right() const {
    if (!market_.synced()) return true;
    Book seen;
    std::vector<BookLevel> levels(64);
    const std::size_t count = market_.book().top(Side::kBuy, levels);
    for (std::size_t i = 0; i < count; ++i)
      seen[static_cast<int>(levels[i].price.v)] = static_cast<int>(levels[i].lots.v);
    return seen == server_.books[market_.update_id().v];
  }
  std::uint64_t id() const { return market_.update_id().v; }
  std::uint64_t head() const { return server_.head(); }

 private:
  void connect(std::size_t c) {
    alive_[c] = true;
    next_[c] = server_.diffs.size();
    count();
  }
  void cut(std::size_t c) {
    alive_[c] = false;
    count();
    if (alive_[0] || alive_[1]) return;
    batch_.clear();
    feed_.lose(0, now_, batch_);
    read();
  }
  void count() { feed_.set_gap_patience(alive_[0] && alive_[1] ? 500 * kMillisecond : Nanos{}); }
  void deliver(std::size_t c) {
    if (alive_[c] && next_[c] < server_.diffs.size()) send(server_.diffs[next_[c]++]);
  }
  void snapshot(std::uint64_t lag) {
    if (!feed_.needs_snapshot(0)) return;
    send(server_.snapshot(server_.head() - std::min(lag, server_.head())));
  }
  void send(std::string_view text) {
    const test::Padded padded(text);
    batch_.clear();
    feed_.on_message(now_, padded.text(), batch_, 0);
    read();
    while (feed_.has_backlog()) {
      batch_.clear();
      feed_.drain(batch_);
      read();
    }
  }
  void read() {
    for (Event e : batch_.events()) {
      e.time = e.received;
      market_.on(e);
    }
  }

  ServerBook server_;
  BinanceFeed feed_;
  EventBatch batch_{256};
  Market market_{Market::Config{}};
  std::array<std::size_t, 2> next_{};
  std::array<bool, 2> alive_{};
  Nanos now_{1'000 * kSecond.v};
};

RC_GTEST_PROP(TwinFeeds, TheBookIsTheVenuesOrKnownToBeStale,
              (const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps)) {
  Twins twins;
  for (const auto& [what, how] : steps) {
    twins.step(what, how);
    RC_ASSERT(twins.right());
  }
  twins.settle();
  RC_ASSERT(twins.right());
  RC_ASSERT(twins.synced());
  RC_ASSERT(twins.id() == twins.head());
}

TEST(TwinFeeds, ALongStormEndsInTheVenuesBook) {
  Twins twins;
  std::uint32_t random = 12345;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 1664525 + 1013904223;
    twins.step(static_cast<std::uint8_t>(random >> 24), static_cast<std::uint8_t>(random >> 16));
    ASSERT_TRUE(twins.right()) << i;
  }
  twins.settle();
  EXPECT_TRUE(twins.synced());
  EXPECT_EQ(twins.id(), twins.head());
}

}  // namespace
}  // namespace mm::binance
