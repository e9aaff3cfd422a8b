// `mm_logic watch`: what the market of a real venue does, for people: the trades worth showing as
// they come, and every second the book's top, the moves and the flow.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "engine/app/control/stop_signal.h"
#include "engine/app/edges/live_market.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/status/activity.h"
#include "engine/app/status/status_view.h"
#include "engine/app/venue/feed_setup.h"
#include "engine/core/decimal_text.h"
#include "engine/core/market.h"
#include "engine/runtime/histogram.h"

namespace mm::app {
namespace {

Market::Config market_config(const Config& c, const Instrument& i) {
  Market::Config market;
  market.price_max = i.price_max;
  const SymbolConfig symbol = c.symbol(i.symbol());
  market.measures = {.volatility_window = symbol.strategy.volatility_window,
                     .lot = i.lot,
                     .significant_trade_threshold = c.measures.significant_trade_threshold,
                     .trade_print_interval = c.measures.trade_print_interval,
                     .price_change_window = symbol.risk.price_change_window};
  return market;
}

class Watch {
 public:
  Watch(const Config& config, std::vector<Instrument> instruments)
      : instruments_(std::move(instruments)) {
    for (const Instrument& i : instruments_)
      markets_.push_back(std::make_unique<Market>(market_config(config, i)));
  }

  // The feed's events bear no core time: here as in a run whoever pops them stamps them.
  void on(Event e, Nanos now) {
    e.time = time_ = std::max(time_, now);
    if (e.kind == EventKind::kFeedStatus) return on_status(e.feed.up != 0);
    Market& market = *markets_[e.instrument];
    market.on(e);
    if (e.kind == EventKind::kBookBegin) ++books_;
    if (e.kind != EventKind::kTrade) return;
    delay_.record(e.received - e.trade.exchange_time);
    if (!market.measures().last_trade_significant()) return;
    Activity trade;
    trade.event = e;
    fmt::print("{}\n", activity_text(trade, instruments_));
  }
  void show(Nanos now) const {
    for (std::size_t i = 0; i < markets_.size(); ++i) show(instruments_[i], *markets_[i], now);
    std::fflush(stdout);
  }
  // Trades tell when they happened; the delay includes the difference of the two clocks.
  std::string delays() const {
    return fmt::format(
        "{} book messages, {} trades, {} ms (median) and {} ms (99 %) after they "
        "happened",
        books_, delay_.count(), delay_.p50().v / 1'000'000, delay_.p99().v / 1'000'000);
  }
  bool had_book() const { return books_ > 0; }

 private:
  void on_status(bool up) {
    if (up == up_) return;
    up_ = up;
    fmt::print("market data {}\n", up ? "connected" : "lost");
  }
  static void show(const Instrument& instrument, const Market& market, Nanos now) {
    InstrumentView view;
    if (market.synced()) {
      view.bid_levels = market.book().top(Side::kBuy, view.bids);
      view.ask_levels = market.book().top(Side::kSell, view.asks);
    }
    view.market = market.measures().summary(now);
    fmt::print("\n{}\n{}", instrument.symbol(), market_lines(instrument, view));
    for (std::size_t i = 0; i < std::max(view.bid_levels, view.ask_levels); ++i)
      fmt::print("  {:>30}  |  {}\n", level(instrument, view.bids, view.bid_levels, i),
                 level(instrument, view.asks, view.ask_levels, i));
  }
  static std::string level(const Instrument& instrument, std::span<const BookLevel> levels,
                           std::size_t count, std::size_t i) {
    if (i >= count) return {};
    return fmt::format("{} x {}", quantity_text(instrument, levels[i].lots).view(),
                       price_text(instrument, levels[i].price).view());
  }

  std::vector<Instrument> instruments_;
  std::vector<std::unique_ptr<Market>> markets_;
  Histogram delay_;
  Nanos time_{};  // of the last event
  std::uint64_t books_ = 0;
  bool up_ = false;
};

}  // namespace

int watch_mode(const WatchOptions& options, const Config& config) {
  net::AddressLimits limits = make_address_limits(config);
  const VenueInstruments venue = fetch_instruments(config, limits.requests);
  if (!venue.error.empty()) return fail(venue.error);
  Log log("");
  log.echo_to(stderr);
  const Clock clock;
  SpscRing<Event> ring(static_cast<std::size_t>(config.engine.market_ring_slots));
  LiveMarket source({config, venue.instruments, ring, nullptr, clock, log, limits, nullptr});
  if (!source.error().empty()) return fail(source.error());
  const StopSignal signals;
  Watch watch(config, venue.instruments);
  fmt::print("market data from {}\n", source.describe());
  const Nanos begun = clock.now();
  const Nanos until = options.seconds > 0 ? begun + kSecond * options.seconds : kNever;
  Nanos due = begun + kSecond;
  source.start();
  for (Nanos now = begun; !StopSignal::requested() && now < until; now = clock.now()) {
    const int work = source.feed().do_work();
    Event e;
    while (ring.try_pop(e)) watch.on(e, clock.now());
    if (now >= due) {
      watch.show(now);
      log.drain(now);
      due = now + kSecond;
    }
    if (work == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  source.stop();
  log.flush();
  fmt::print("\n{}\n{}\n", watch.delays(), source.report());
  return watch.had_book() ? 0 : fail("no book was received");
}

}  // namespace mm::app
