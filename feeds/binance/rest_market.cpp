#include "feeds/binance/rest_market.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/net/percent_encoding.h"
#include "engine/net/refusal_words.h"
#include "feeds/binance/stream_plan.h"

namespace mm::binance {

namespace {

constexpr std::size_t kBodyMax = std::size_t{16} << 20;
constexpr Nanos kRefusedPause{60 * kSecond.v};

std::optional<std::int32_t> number(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

RestMarket::RestMarket(const LiveFeedOptions& options, const net::TlsContext* tls,
                       net::SharedRequestPause& pause, const std::atomic<bool>* stop)
    : error_(net::parse_url(options.rest_url).error),
      host_(options.rest_url),
      client_(net::parse_url(options.rest_url).endpoint, tls,
              {.timeout = std::chrono::nanoseconds(options.connect_timeout.v),
               .body_bytes_max = kBodyMax,
               .stop = stop}),
      pause_(pause),
      weight_(options.weight_per_minute) {}

RestAnswer RestMarket::get(const std::string& target, std::int32_t weight, Nanos now) {
  if (!error_.empty()) return {.body = {}, .error = error_, .status = 0};
  net::HttpRequest request;
  request.target = target;
  weight_.on_sent(now, weight);
  ++requests_;
  weight_spent_ += static_cast<std::uint64_t>(weight);
  return take(client_.send(request), target, now);
}

RestAnswer RestMarket::take(net::HttpResponse response, std::string_view target, Nanos now) {
  RestAnswer answer;
  answer.status = response.status;
  answer.error = judge(response, std::string(target.substr(0, target.find('?'))), now);
  answer.body = std::move(response.body);
  return answer;
}

std::string RestMarket::judge(const net::HttpResponse& r, const std::string& path, Nanos now) {
  if (r.status > 0) weight_.on_answer(now, number(r.header("X-MBX-USED-WEIGHT-1M")));
  if (r.status == 200 && net::is_json(r.body)) return {};
  const Nanos asked = r.retry_after();
  pause_.on_status(r.status, now + asked, now);
  if (r.status == 403 || r.status == 451) {
    const Nanos wait = asked > Nanos{} ? asked : kRefusedPause;
    weight_.block(now + std::min(wait, net::SharedRequestPause::kLongest));
  }
  return fmt::format("{}{}: {}", host_, path, net::refusal_words(r));
}

std::string exchange_info_target(const std::vector<std::string>& symbols) {
  std::string list;
  for (const std::string& s : symbols) list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", s);
  return "/api/v3/exchangeInfo?symbols=" + net::percent_encoded("[" + list + "]") +
         "&showPermissionSets=false";
}

std::string depth_target(std::string_view symbol, std::int32_t levels) {
  return fmt::format("/api/v3/depth?symbol={}&limit={}", net::percent_encoded(symbol), levels);
}

}  // namespace mm::binance
