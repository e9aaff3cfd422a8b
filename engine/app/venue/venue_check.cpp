#include "engine/app/venue/venue_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "engine/app/venue/feed_setup.h"
#include "engine/app/venue/key_rights.h"
#include "engine/app/venue/reachability.h"
#include "engine/app/venue/venue_fit.h"
#include "engine/app/venue/venue_rest.h"
#include "engine/core/decimal_text.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/order_session_options.h"

namespace mm::app {
namespace {

namespace json = simdjson::dom;
using binance::orders::Credentials;

// The engine follows the venue's clock; a host this far off has another problem.
constexpr int kNotServed = 404;  // the host knows no such page
constexpr Nanos kClockWarn{500 * kMillisecond.v}, kClockFail{10 * kSecond.v};

// In ticks; nothing where there is none.
std::optional<Ticks> best_bid(const json::element& tickers, const Instrument& instrument) {
  json::array all;
  if (tickers.get(all) != simdjson::SUCCESS) return std::nullopt;
  for (const json::element& ticker : all) {
    if (text_of(ticker, "symbol") != instrument.symbol()) continue;
    const std::optional<Amount> bid = amount_of(ticker, "bidPrice");
    if (!bid || *bid < instrument.tick) return std::nullopt;
    return Ticks(bid->v / instrument.tick.v);
  }
  return std::nullopt;
}

class VenueProbe {
 public:
  VenueProbe(const Config& config, Findings& findings)
      : config_(config), findings_(findings), venue_(config.venue, pause_) {}

  void check_market();
  // Signed questions make sense: it answers, and our times mean something to it.
  bool answers() const { return answers_; }
  // False if the venue does not accept the key.
  bool check_account(const Credentials& key);
  // `key`: accepted, else null. What cannot be reached by REST either is not asked.
  void check_orders(const Credentials* key) {
    if (reached_) tried_ += check_order_entry(config_, key, pause_, findings_);
  }
  std::size_t tried() const { return tried_; }  // connections

 private:
  bool check_clock();
  void check_symbols();
  void check_symbol(const Instrument& instrument, const binance::SymbolRules& rules);
  void check_fit();
  void check_limits(const binance::ExchangeInfo& info);
  void check_fees(const json::element& account);
  void check_balances(const json::element& account);
  void check_restrictions(const Credentials& key);

  const Config& config_;
  Findings& findings_;
  net::SharedRequestPause pause_;  // nobody else asks yet
  VenueRest venue_;
  bool reached_ = false, answers_ = false;
  std::size_t tried_ = 0;
  std::vector<Instrument> instruments_;
};

void VenueProbe::check_market() {
  if (config_.venue.name != VenueName::kBinanceSpot) {
    return findings_.fail("venue", "[venue] name: paper and live trade on binance_spot only");
  }
  if (!venue_.error().empty()) return findings_.fail("venue", venue_.error());
  if (check_clock()) check_symbols();
  if (reached_) tried_ += check_streams(config_, pause_, findings_);
}

bool VenueProbe::check_clock() {
  if (std::string error = venue_.ask_time(); !error.empty()) {
    findings_.fail("venue", error);
    return false;
  }
  reached_ = true;
  const net::Endpoint& at = venue_.endpoint();
  findings_.ok("venue", fmt::format("{}:{} answers in {} ms", at.host, at.port,
                                    DecimalText(venue_.clock().round_trip().v / 1000, 3).view()));
  const Nanos offset = venue_.clock().offset();
  const Nanos off(std::abs(offset.v));
  const std::string text = fmt::format("this host is {} ms {} the venue", off.v / kMillisecond.v,
                                       offset.v > 0 ? "behind" : "ahead of");
  if (off > kClockFail) {
    findings_.fail("time", text + ": set its clock");
    return false;
  }
  findings_.add(off > kClockWarn ? Verdict::kWarn : Verdict::kOk, "time", text);
  answers_ = true;
  return true;
}

void VenueProbe::check_symbols() {
  VenueInstruments venue = fetch_instruments(config_, pause_);
  if (!venue.error.empty()) return findings_.fail("symbols", venue.error);
  instruments_ = venue.instruments;
  for (const Instrument& instrument : instruments_) {
    const binance::SymbolRules* rules = venue.info.find_rules(instrument.symbol(), true);
    if (rules != nullptr) check_symbol(instrument, *rules);
  }
  check_fit();
  check_limits(venue.info);
}

// What is configured, against the filters, at the price there is.
void VenueProbe::check_fit() {
  const VenueAnswer tickers =
      venue_.ask("/api/v3/ticker/bookTicker",
                 {{"symbols", fmt::format("[\"{}\"]", fmt::join(config_.venue.symbols, "\",\""))}});
  const bool told = tickers.error.empty();
  if (!told) findings_.warn("size", "what orders are worth is not known: " + tickers.error);
  for (const Instrument& i : instruments_) {
    judge_units(config_, i, findings_);
    judge_sizes(config_, i, told ? best_bid(tickers.body, i) : std::nullopt, findings_);
  }
}

void VenueProbe::check_symbol(const Instrument& instrument, const binance::SymbolRules& rules) {
  const std::string text =
      fmt::format("{} {}, tick {}, lot {}, least worth {}, {} open orders, {}", instrument.symbol(),
                  binance::name(rules.status), decimal_text(instrument.tick).view(),
                  decimal_text(instrument.lot).view(), decimal_text(instrument.notional_min).view(),
                  instrument.orders_max,
                  instrument.rules.keep_priority_reduce ? "amends keep priority" : "no amends");
  if (rules.status != binance::SymbolStatus::kTrading) {
    findings_.fail("symbol", text + ": not trading");
    return;
  }
  if (!rules.post_only_allowed) {
    findings_.fail("symbol", text + ": takes no LIMIT_MAKER orders");
    return;
  }
  const std::string ours = binance::orders::OrderSessionOptions{}.self_trade_prevention;
  const std::vector<std::string>& modes = rules.self_trade_modes;
  if (!modes.empty() && std::ranges::find(modes, ours) == modes.end()) {
    findings_.fail("symbol",
                   fmt::format("{}: takes no orders with self-trade prevention {}, only {}", text,
                               ours, fmt::join(modes, ", ")));
    return;
  }
  findings_.ok("symbol", text);
  const RiskParams risk = config_.symbol(instrument.symbol()).risk;
  const Amount held_max = rules.position_max;
  if (held_max.v == 0 || (risk.max_position.v > 0 && risk.max_position <= held_max)) return;
  findings_.warn(
      "symbol", fmt::format("{}: MAX_POSITION allows {} {}, what the account holds "
                            "included: [risk] max_position is lowered to that",
                            instrument.symbol(), decimal_text(held_max).view(), instrument.base()));
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
  const std::int32_t open = config_.common.risk.max_order_count;
  if (info.orders_max > 0 && open > info.orders_max) {
    findings_.warn("limits", fmt::format("EXCHANGE_MAX_NUM_ORDERS allows {} open orders: [risk] "
                                         "max_order_count = {} is lowered to that",
                                         info.orders_max, open));
  }
  const std::int64_t wanted = config_.order_management.modify_rate_limit * window_s;
  if (wanted > orders->limit) {
    findings_.warn("limits",
                   fmt::format("{}: [execution] modify_rate_limit would allow {}", text, wanted));
  } else {
    findings_.ok("limits", text);
  }
}

bool VenueProbe::check_account(const Credentials& key) {
  const VenueAnswer account = venue_.ask_signed("/api/v3/account", {}, key);
  if (!account.error.empty()) {
    findings_.fail("key", account.error);
    return false;
  }
  const bool may = flag_of(account.body, "canTrade").value_or(false);
  findings_.add(may ? Verdict::kOk : Verdict::kFail, "key",
                fmt::format("{} key, the account {} trade", name(key.signer->type()),
                            may ? "may" : "may not"));
  check_fees(account.body);
  check_balances(account.body);
  check_restrictions(key);
  return true;
}

void VenueProbe::check_fees(const json::element& account) {
  json::element rates;
  if (account["commissionRates"].get(rates) != simdjson::SUCCESS) {
    return findings_.warn("fees", "the venue tells none");
  }
  const std::optional<Amount> maker_rate = amount_of(rates, "maker");
  const std::optional<Amount> taker_rate = amount_of(rates, "taker");
  const auto is_rate = [](const std::optional<Amount>& rate) {
    return rate && rate->v >= -kAmountScale && rate->v <= kAmountScale;
  };
  if (!is_rate(maker_rate) || !is_rate(taker_rate)) {
    return findings_.warn("fees", "what the venue tells of them is no number");
  }
  // 1e-8 amounts to 1e-9 ratios.
  const Ratio maker(maker_rate->v * 10), taker(taker_rate->v * 10);
  const FeeRates& ours = config_.fees.rates;
  const std::string text =
      fmt::format("maker {}, taker {}", decimal_text(maker).view(), decimal_text(taker).view());
  if (maker != ours.maker || taker != ours.taker) {
    findings_.warn("fees", text + ": [fees] says otherwise");
  } else {
    findings_.ok("fees", text);
  }
}

void VenueProbe::check_balances(const json::element& account) {
  for (const Instrument& i : instruments_) {
    const std::optional<Amount> base = free_balance(account, i.base());
    const std::optional<Amount> quote = free_balance(account, i.quote());
    if (!base || !quote) {
      findings_.fail("balances", fmt::format("of {} or {}: what the venue tells is no number",
                                             i.base(), i.quote()));
      continue;
    }
    const std::string text = fmt::format("{} {}, {} {} free", decimal_text(*base).view(), i.base(),
                                         decimal_text(*quote).view(), i.quote());
    const bool both = *base >= i.lot && money(*quote) >= i.notional_min;
    findings_.add(both ? Verdict::kOk : Verdict::kWarn, "balances",
                  both ? text : text + ": not enough to quote both sides");
  }
}

// What the key itself may do; a venue without this page leaves it unknown.
void VenueProbe::check_restrictions(const Credentials& key) {
  const VenueAnswer answer = venue_.ask_signed("/sapi/v1/account/apiRestrictions", {}, key);
  if (answer.status == kNotServed) return findings_.ok("rights", "of the key: unknown here");
  if (!answer.error.empty()) return findings_.warn("rights", "of the key: " + answer.error);
  judge_rights(answer.body, findings_);
}

}  // namespace

std::size_t check_market(const Config& config, Findings& findings) {
  VenueProbe probe(config, findings);
  probe.check_market();
  return probe.tried();
}

std::size_t check_account(const Config& config, const Credentials& key, Findings& findings) {
  findings.add(config.venue.allow_live ? Verdict::kOk : Verdict::kFail, "live",
               config.venue.allow_live ? "[venue] allow_live = yes"
                                       : "[venue] allow_live = no: real orders are not allowed");
  if (!key.error.empty()) findings.fail("key", key.error);
  VenueProbe probe(config, findings);
  probe.check_market();
  const bool accepted = key.error.empty() && probe.answers() && probe.check_account(key);
  probe.check_orders(accepted ? &key : nullptr);
  return probe.tried();
}

}  // namespace mm::app
