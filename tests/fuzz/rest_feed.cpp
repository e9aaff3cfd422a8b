// Market data by asking: whatever a venue answers, the market ring gets whole messages of events
// that can be, and the feed asks on.
//
// Input: a line a body; books and trades are asked for in turn.
#include "feeds/binance/rest_feed.h"

#include <fmt/format.h>

#include <optional>

#include "engine/core/event_check.h"
#include "tests/binance_instruments.h"
#include "tests/fuzz/answering_server.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace mm;

struct Polled {
  explicit Polled(const std::string& url) {
    binance::LiveFeedOptions options;
    options.rest_url = url;
    options.snapshot_levels = 100;
    const std::vector<binance::FeedInstrument> one{
        {.id = 0, .spec = mm::test::spot_instruments().front()}};
    feed.emplace(options, one, market, pause, nullptr, nullptr);
  }

  SpscRing<Event> market{1024};
  net::SharedRequestPause pause;
  std::optional<binance::RestFeed> feed;
  Nanos now{1'700'000'000 * kSecond.v};
};

// Takes what is there; false once a message has no end.
bool take_whole(SpscRing<Event>& market) {
  bool in_message = false;
  for (Event e{}; market.try_pop(e);) {
    MM_ASSERT(is_possible(e), "an event can be");
    if (e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookLevels) {
      in_message = !e.last();
    }
  }
  return !in_message;
}

}  // namespace

MM_FUZZ_TARGET(rest_feed) {
  if (input.size() > (32 << 10)) return;
  static mm::test::AnsweringServer venue("no-key");
  std::vector<std::string> answers;
  for (std::string_view rest = input, line; mm::test::next_line(rest, line);) {
    answers.push_back(
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", line.size(), line));
  }
  if (answers.empty()) return;
  const std::size_t polls = std::min<std::size_t>(answers.size(), 8);
  venue.say(std::move(answers));
  // One for all inputs: to read the system's authorities takes longer than all that it does then.
  static Polled polled(venue.url());
  SpscRing<Event>& market = polled.market;
  binance::RestFeed& feed = *polled.feed;
  Nanos& now = polled.now;
  const std::uint64_t before = feed.counters().polls;
  for (std::size_t k = 0; k < polls; ++k) {
    now = now + kSecond;
    feed.do_work(now);
    MM_ASSERT(take_whole(market), "a message is pushed whole");
  }
  MM_ASSERT(feed.counters().polls == before + polls, "it asks on");
}
