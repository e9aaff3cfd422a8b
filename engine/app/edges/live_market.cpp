#include "engine/app/edges/live_market.h"

#include <fmt/format.h>

#include "engine/app/venue/feed_setup.h"

namespace mm::app {
namespace {

constexpr RunnerConfig kColdThread{.duty = {.stall_threshold = kSecond * 60, .sealed = false},
                                   .idle = IdleKind::kBackoff,
                                   .core = {},
                                   .nice = 5};

const char* depth_text(const binance::LiveFeedOptions& o) {
  switch (o.depth) {
    case binance::DepthKind::kDiff:
      return "whole book";
    case binance::DepthKind::kTop5:
      return "5 levels";
    case binance::DepthKind::kTop10:
      return "10 levels";
    case binance::DepthKind::kTop20:
      return "20 levels";
  }
  return "";
}

}  // namespace

LiveMarket::LiveMarket(const LiveMarketContext& c)
    : clock_(c.clock),
      options_(feed_options(c.config)),
      plan_(binance::plan_streams(options_, feed_instruments(c.instruments))),
      channel_(plan_.lines.size(), plan_.instruments.size()),
      hot_log_(c.log),
      cold_log_(c.log),
      watch_tls_(net::TlsContext::client(options_.ca_file)),
      error_(options_.check()),
      hot_{nullptr, c.clock},
      thread_(kColdThread, cold_) {
  if (!error_.empty()) return;
  if (c.tell_symbols) {
    watch_.emplace(options_, &watch_tls_, c.limits.requests, c.config.venue.symbols, c.tell_symbols,
                   c.symbols_wanted, &cold_log_, &stopping_);
  }
  if (c.config.feed.source == FeedSource::kRest) {
    rest_.emplace(options_, plan_.instruments, c.market, c.limits.requests, &cold_log_, &stopping_,
                  c.tap);
    error_ = rest_->error();
    return;
  }
  feed_.emplace(options_, plan_, channel_, binance::LiveFeedRings{c.market, c.requests}, &hot_log_,
                c.tap);
  feed_->measure_with(c.clock);
  connector_.emplace(options_, plan_, channel_, c.limits, &cold_log_, &stopping_,
                     static_cast<std::uint64_t>(c.clock.now().v));
  error_ = connector_->error();
  hot_.feed = &*feed_;
}

int LiveMarket::Cold::do_work() {
  const Nanos now = market.clock_.now();
  const int work = market.rest_ ? market.rest_->do_work(now) : market.connector_->do_work(now);
  return work > 0 || !market.watch_ ? work : market.watch_->do_work(now);
}

std::vector<ConnectionState> LiveMarket::connections() const {
  std::vector<ConnectionState> all;
  if (!connector_) return all;  // it asks by REST
  for (std::size_t i = 0; i < channel_.states.size(); ++i) {
    const binance::LineState& line = channel_.states[i];
    all.push_back({fmt::format("market data {}", i + 1), line.up.load(std::memory_order_relaxed),
                   line.opened.load(std::memory_order_relaxed)});
  }
  return all;
}

std::string LiveMarket::describe() const {
  if (rest_)
    return fmt::format("{} every {} ms", options_.rest_url, options_.poll_interval.v / 1'000'000);
  return fmt::format(
      "{}, {} every {} ms{}", options_.stream_urls.front(), depth_text(options_),
      options_.update_ms,
      options_.connections == 1 ? "" : fmt::format(", {} connections", options_.connections));
}

void LiveMarket::start() {
  thread_.start();
}

void LiveMarket::stop() {
  stopping_.store(true, std::memory_order_release);
  thread_.stop();
}

std::string LiveMarket::twins_text() const {
  const binance::ArrivalRank& rank = feed_->ranking();
  if (rank.connections() < 2) return {};
  std::string text = ", first arrivals";
  for (std::size_t i = 0; i < rank.connections(); ++i) {
    const binance::ArrivalRank::Standing& s = rank.standing(i);
    text += fmt::format(" #{}: {} by {} us (median)", i + 1, s.first, s.lead.p50().v / 1000);
  }
  return text;
}

std::string LiveMarket::report() const {
  if (rest_)
    return fmt::format("{} requests, weight {}, {} books and {} trades, {} failed",
                       rest_->rest().requests(), rest_->rest().weight_spent(),
                       rest_->feed_counters().partials_applied, rest_->feed_counters().trades,
                       rest_->counters().failed);
  if (!feed_) return {};
  const binance::FeedCounters& f = feed_->feed_counters();
  return fmt::format(
      "{} messages over {} connections, {} snapshots (weight {}), {} gaps, {} roll-overs, {} "
      "dropped, {} superseded{}",
      f.messages + feed_->counters().books_superseded, connector_->counters().opened,
      connector_->counters().snapshots, connector_->rest().weight_spent(), f.gaps,
      feed_->counters().roll_overs, feed_->counters().messages_dropped,
      feed_->counters().books_superseded, twins_text());
}

net::AddressLimits make_address_limits(const Config& config) {
  const auto attempts = static_cast<std::size_t>(config.feed.options.attempts_max);
  return {attempts, config.feed.options.attempts_window, attempts / 4,
          static_cast<std::size_t>(config.feed.options.attempts_made), Clock().now()};
}

}  // namespace mm::app
