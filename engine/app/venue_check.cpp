#include "engine/app/venue_check.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "engine/app/feed_setup.h"
#include "engine/core/decimal.h"
#include "engine/core/decimal_text.h"
#include "engine/net/endpoint.h"
#include "engine/net/http_client.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/signed_request.h"
#include "gateway/binance/venue_clock.h"

namespace mm::app {
namespace {

namespace json = simdjson::dom;
using binance::orders::Credentials;
using binance::orders::VenueClock;

// The engine follows the venue's clock; a host this far off has another problem.
constexpr Nanos kClockWarn{500 * kMillisecond.v}, kClockFail{10 * kSecond.v};

std::string text_of(const json::element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool flag_of(const json::element& object, const char* name, bool otherwise) {
  bool value = otherwise;
  return object[name].get(value) == simdjson::SUCCESS ? value : otherwise;
}

Amount amount_of(const json::element& object, const char* name) {
  return Amount(parse_decimal(text_of(object, name)).value);
}

// One venue, asked by REST.
class VenueProbe {
 public:
  VenueProbe(const Config& config, Findings& findings)
      : config_(config),
        findings_(findings),
        url_(net::parse_url(venue_urls(config.venue).rest)),
        tls_(net::TlsContext::client(config.venue.ca_file)),
        client_(url_.endpoint, &tls_, {.timeout = std::chrono::seconds(5)}) {}

  void check_market();
  void check_account();

 private:
  struct Answer {
    json::element body;
    int status = 0;
    std::string error;  // one line, also for an error of the venue's
  };
  Answer ask(const std::string& target, const net::HttpHeaders& headers = {});
  Answer ask_signed(const std::string& path, Credentials& key);
  bool check_clock();
  void check_symbols();
  void check_symbol(const Instrument& instrument, const binance::SymbolRules& rules);
  void check_limits(const binance::ExchangeInfo& info);
  void check_fees(const json::element& account);
  void check_balances(const json::element& account);
  void check_restrictions(Credentials& key);

  const Config& config_;
  Findings& findings_;
  net::ParsedUrl url_;
  net::TlsContext tls_;
  net::HttpClient client_;
  json::parser parser_;
  std::string text_;  // what parser_ has read
  VenueClock venue_clock_;
  Clock clock_;
  std::vector<Instrument> instruments_;
};

VenueProbe::Answer VenueProbe::ask(const std::string& target, const net::HttpHeaders& headers) {
  const net::HttpResponse response =
      client_.send({.method = "GET", .target = target, .headers = headers, .body = {}});
  Answer answer;
  answer.status = response.status;
  const std::string path = target.substr(0, target.find('?'));
  const std::string where = fmt::format("{}{}", url_.endpoint.host, path);
  if (response.status == 0) {
    answer.error = fmt::format("{}: {}", where, response.error);
    return answer;
  }
  text_ = response.body;
  if (parser_.parse(text_).get(answer.body) != simdjson::SUCCESS) {
    answer.error = fmt::format("{}: HTTP {}, and not JSON", where, response.status);
  } else if (response.status != 200) {
    std::int64_t code = 0;
    if (answer.body["code"].get(code) != simdjson::SUCCESS) code = 0;
    answer.error = fmt::format("{}: HTTP {}: {} {}", where, response.status, code,
                               text_of(answer.body, "msg"));
  }
  return answer;
}

VenueProbe::Answer VenueProbe::ask_signed(const std::string& path, Credentials& key) {
  namespace o = binance::orders;
  const std::string query = o::signed_rest_query(
      {o::number_param("recvWindow",
                       static_cast<std::uint64_t>(config_.venue.recv_window.v / kMillisecond.v)),
       o::number_param("timestamp", venue_clock_.timestamp_ms(clock_.now()))},
      *key.signer);
  return ask(path + "?" + query, {{"X-MBX-APIKEY", std::string(key.api_key.view())}});
}

void VenueProbe::check_market() {
  if (!url_.error.empty()) return findings_.fail("venue", url_.error);
  if (url_.endpoint.tls && !tls_.ok()) return findings_.fail("venue", tls_.error());
  if (check_clock()) check_symbols();
}

bool VenueProbe::check_clock() {
  const Nanos sent = clock_.now();
  const Answer answer = ask("/api/v3/time");
  const Nanos received = clock_.now();
  std::int64_t server_time_ms = 0;
  if (!answer.error.empty() || answer.body["serverTime"].get(server_time_ms) != simdjson::SUCCESS) {
    findings_.fail("venue", answer.error.empty() ? "no serverTime in its answer" : answer.error);
    return false;
  }
  venue_clock_.observe(sent, received, server_time_ms);
  findings_.ok("venue",
               fmt::format("{}:{} answers in {:.1f} ms", url_.endpoint.host, url_.endpoint.port,
                           static_cast<double>((received - sent).v) / 1e6));
  const Nanos off(std::abs(venue_clock_.offset().v));
  const std::string text = fmt::format("this host is {} ms {} the venue", off.v / kMillisecond.v,
                                       venue_clock_.offset().v > 0 ? "behind" : "ahead of");
  if (off > kClockFail) {
    findings_.fail("time", text + ": set its clock");
  } else {
    findings_.add(off > kClockWarn ? Verdict::kWarn : Verdict::kOk, "time", text);
  }
  return true;
}

void VenueProbe::check_symbols() {
  VenueInstruments venue = fetch_instruments(config_);
  if (!venue.error.empty()) return findings_.fail("symbols", venue.error);
  instruments_ = venue.instruments;
  for (const Instrument& instrument : instruments_) {
    const binance::SymbolRules* rules = venue.info.find_rules(instrument.symbol(), true);
    if (rules != nullptr) check_symbol(instrument, *rules);
  }
  check_limits(venue.info);
}

void VenueProbe::check_symbol(const Instrument& instrument, const binance::SymbolRules& rules) {
  const std::string text =
      fmt::format("{} {}, tick {}, lot {}, least worth {}, {} open orders, {}", instrument.symbol(),
                  binance::name(rules.status), decimal_text(instrument.tick),
                  decimal_text(instrument.lot), DecimalText(instrument.notional_min.v, 18).view(),
                  rules.orders_max, rules.amend_allowed ? "amends keep priority" : "no amends");
  if (rules.status != binance::SymbolStatus::kTrading) {
    findings_.fail("symbol", text + ": not trading");
    return;
  }
  const StrategyParams strategy = config_.symbol(instrument.symbol()).strategy;
  if (strategy.order_size.v == 0 && strategy.order_notional < instrument.notional_min) {
    findings_.fail("symbol", text + ": [strategy] order_notional is less");
    return;
  }
  findings_.ok("symbol", text);
}

void VenueProbe::check_limits(const binance::ExchangeInfo& info) {
  const binance::RateLimit* orders = info.find_limit(binance::RateLimitKind::kOrders);
  const binance::RateLimit* weight = info.find_limit(binance::RateLimitKind::kRequestWeight);
  if (orders == nullptr || weight == nullptr) {
    return findings_.warn("limits", "the venue tells none");
  }
  const std::int64_t window_s = std::max<std::int64_t>(orders->interval.v / kSecond.v, 1);
  const std::string text = fmt::format("{} orders in {} s, weight {} in {} s", orders->limit,
                                       window_s, weight->limit, weight->interval.v / kSecond.v);
  const std::int64_t wanted = config_.order_management.modify_rate_limit * window_s;
  if (wanted > orders->limit) {
    findings_.warn("limits",
                   fmt::format("{}: [execution] modify_rate_limit would allow {}", text, wanted));
  } else {
    findings_.ok("limits", text);
  }
}

void VenueProbe::check_account() {
  if (!venue_clock_.known()) return;  // said already
  findings_.add(config_.venue.allow_live ? Verdict::kOk : Verdict::kFail, "live",
                config_.venue.allow_live ? "[venue] allow_live = yes"
                                         : "[venue] allow_live = no: real orders are not allowed");
  Credentials key = Credentials::load(
      {config_.venue.api_key_file, config_.venue.api_secret_file, config_.venue.private_key_file});
  if (!key.error.empty()) return findings_.fail("key", key.error);
  const Answer account = ask_signed("/api/v3/account", key);
  if (!account.error.empty()) return findings_.fail("key", account.error);
  findings_.add(flag_of(account.body, "canTrade", false) ? Verdict::kOk : Verdict::kFail, "key",
                fmt::format("{} key, the account {} trade", name(key.signer->type()),
                            flag_of(account.body, "canTrade", false) ? "may" : "may not"));
  check_fees(account.body);
  check_balances(account.body);
  check_restrictions(key);
}

void VenueProbe::check_fees(const json::element& account) {
  json::element rates;
  if (account["commissionRates"].get(rates) != simdjson::SUCCESS) {
    return findings_.warn("fees", "the venue tells none");
  }
  // 1e-8 amounts to 1e-9 ratios.
  const Ratio maker(amount_of(rates, "maker").v * 10), taker(amount_of(rates, "taker").v * 10);
  const FeeRates& ours = config_.fees.rates;
  const std::string text = fmt::format("maker {}, taker {}", DecimalText(maker.v, 9).view(),
                                       DecimalText(taker.v, 9).view());
  if (maker != ours.maker || taker != ours.taker) {
    findings_.warn("fees", text + ": [fees] says otherwise");
  } else {
    findings_.ok("fees", text);
  }
}

void VenueProbe::check_balances(const json::element& account) {
  json::array balances;
  if (account["balances"].get(balances) != simdjson::SUCCESS) {
    return findings_.warn("balances", "the venue tells none");
  }
  const auto free_of = [&](std::string_view asset) {
    for (const json::element& balance : balances) {
      if (text_of(balance, "asset") == asset) return amount_of(balance, "free");
    }
    return Amount(0);
  };
  for (const Instrument& i : instruments_) {
    const Amount base = free_of(i.base()), quote = free_of(i.quote());
    const std::string text = fmt::format("{} {}, {} {} free", decimal_text(base), i.base(),
                                         decimal_text(quote), i.quote());
    const bool both = base >= i.lot && money(quote) >= i.notional_min;
    findings_.add(both ? Verdict::kOk : Verdict::kWarn, "balances",
                  both ? text : text + ": not enough to quote both sides");
  }
}

// What the key itself may do; a venue without this page leaves it unknown.
void VenueProbe::check_restrictions(Credentials& key) {
  const Answer answer = ask_signed("/sapi/v1/account/apiRestrictions", key);
  if (!answer.error.empty()) return findings_.ok("rights", "of the key: unknown here");
  if (!flag_of(answer.body, "enableSpotAndMarginTrading", true)) {
    return findings_.fail("rights", "the key may not trade spot");
  }
  if (flag_of(answer.body, "enableWithdrawals", false)) {
    findings_.warn("rights", "the key may withdraw: trading needs no such right, take it away");
  }
  if (!flag_of(answer.body, "ipRestrict", true)) {
    findings_.warn("rights", "the key works from any address: restrict it to this host's");
  }
  findings_.ok("rights", "the key may trade spot");
}

}  // namespace

void check_venue(const Config& config, VenueMode mode, Findings& findings) {
  if (config.venue.name != VenueName::kBinanceSpot) {
    return findings.fail("venue", "[venue] name: paper and live trade on binance_spot only");
  }
  VenueProbe probe(config, findings);
  probe.check_market();
  if (mode == VenueMode::kLive && !findings.failed()) probe.check_account();
}

}  // namespace mm::app
