#include "feeds/binance/stream_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/net/percent_encoding.h"

namespace mm::binance {

namespace {

constexpr std::size_t kStreamsPerMessage = 100;

std::string depth_stream(const LiveFeedOptions& o) {
  const char* const levels = o.depth == DepthKind::kTop5    ? "5"
                             : o.depth == DepthKind::kTop10 ? "10"
                             : o.depth == DepthKind::kTop20 ? "20"
                                                            : "";
  return fmt::format("@depth{}{}", levels, o.update_ms == 100 ? "@100ms" : "");
}

std::vector<std::string> streams_of(const LiveFeedOptions& o, std::string_view symbol) {
  const std::string name = lower_case(symbol);
  std::vector<std::string> streams{name + depth_stream(o)};
  if (o.trades == TradeKind::kTrade) streams.push_back(name + "@trade");
  if (o.trades == TradeKind::kAggTrade) streams.push_back(name + "@aggTrade");
  if (o.tickers) streams.push_back(name + "@bookTicker");
  return streams;
}

std::vector<std::string> subscribe_messages(std::span<const std::string> streams) {
  std::vector<std::string> messages;
  for (std::size_t i = 0; i < streams.size(); i += kStreamsPerMessage) {
    const auto some = streams.subspan(i, std::min(kStreamsPerMessage, streams.size() - i));
    messages.push_back(fmt::format(R"({{"method":"SUBSCRIBE","params":["{}"],"id":{}}})",
                                   fmt::join(some, "\",\""), messages.size() + 1));
  }
  return messages;
}

StreamLine make_line(const LiveFeedOptions& o, std::span<const std::string> streams) {
  StreamLine line;
  std::string query;
  if (streams.size() <= static_cast<std::size_t>(o.url_streams_max)) {
    for (const std::string& s : streams) {
      const std::size_t at = s.find('@');
      query += fmt::format("{}{}{}", query.empty() ? "" : "/",
                           net::percent_encoded(std::string_view(s).substr(0, at)), s.substr(at));
    }
  } else {
    line.subscribe = subscribe_messages(streams);
  }
  line.url = o.combined ? "/stream" : "/ws";
  if (!query.empty()) line.url += (o.combined ? "?streams=" : "/") + query;
  if (o.microseconds)
    line.url +=
        fmt::format("{}timeUnit=MICROSECOND", line.url.find('?') == std::string::npos ? '?' : '&');
  return line;
}

bool is_depth_limit(std::int32_t levels) {
  return levels >= 1 && levels <= 5000;
}

}  // namespace

std::string LiveFeedOptions::check() const {
  if (stream_urls.empty()) return "no stream URL";
  if (connections < 1 || connections > 8) return "connections must be from 1 to 8";
  if (update_ms != 100 && update_ms != 1000) return "update_ms must be 100 or 1000";
  if (!combined && depth != DepthKind::kDiff)
    return "partial books name no symbol on raw streams: use combined ones";
  if (!is_depth_limit(snapshot_levels)) return "snapshot_levels must be from 1 to 5000";
  if (streams_per_connection_max < 3 || streams_per_connection_max > 1024)
    return "streams_per_connection_max must be from 3 to 1024";
  if (backoff_first <= Nanos{} || backoff_first > backoff_longest)
    return "backoff_first must be above 0 and not above backoff_longest";
  if (weight_per_minute < depth_weight(snapshot_levels))
    return "weight_per_minute must allow a snapshot";
  if (attempts_max < 1 || attempts_window <= Nanos{}) return "attempts_max must be at least 1";
  return {};
}

std::string lower_case(std::string_view symbol) {
  std::string out(symbol);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

StreamPlan plan_streams(const LiveFeedOptions& o, std::span<const FeedInstrument> instruments) {
  StreamPlan plan;
  plan.instruments.assign(instruments.begin(), instruments.end());
  const std::size_t per_symbol = streams_of(o, "X").size();
  const std::size_t symbols_max =
      static_cast<std::size_t>(o.streams_per_connection_max) / per_symbol;
  for (std::size_t first = 0; first < instruments.size(); first += symbols_max) {
    const std::size_t count = std::min(symbols_max, instruments.size() - first);
    std::vector<std::string> streams;
    for (const FeedInstrument& i : instruments.subspan(first, count))
      for (std::string& s : streams_of(o, i.spec.symbol())) streams.push_back(std::move(s));
    StreamLine line = make_line(o, streams);
    const std::string target = line.url;
    line.shard = plan.shards.size();
    for (std::size_t c = 0; c < static_cast<std::size_t>(o.connections); ++c) {
      const std::string& base = o.stream_urls[c % o.stream_urls.size()];
      line.connection = c;
      line.url = base + target;
      line.place = fmt::format("{} #{}", base, plan.lines.size() + 1);
      plan.lines.push_back(line);
    }
    plan.shards.push_back({first, count});
  }
  return plan;
}

}  // namespace mm::binance
