#include "gateway/binance/symbol_status.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"
#include "gateway/binance/json_reader.h"
#include "gateway/binance/request_channel.h"
#include "gateway/binance/signed_request.h"

namespace mm::binance::orders {

SymbolStatus::SymbolStatus(const net::Endpoint& endpoint, const net::TlsContext* tls,
                           const net::HttpOptions& options, const InstrumentMap& instruments,
                           SessionLink& link)
    : instruments_(instruments),
      link_(link),
      http_(endpoint, tls, options),
      grids_(instruments.size()) {
  std::string list;
  for (const Instrument& i : instruments.all()) {
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", i.symbol());
  }
  target_ = "/api/v3/exchangeInfo?symbols=" + percent_encoded("[" + list + "]") +
            "&showPermissionSets=false";
}

bool SymbolStatus::do_work(Nanos now) {
  const bool refused = link_.market_refused.load(std::memory_order_acquire);
  if (now < (refused ? due_min_ : due_)) return false;
  link_.market_refused.store(false, std::memory_order_release);
  const net::HttpResponse response = http_.send({.target = target_, .headers = {}, .body = {}});
  const auto asked = kSecond * static_cast<std::int64_t>(response.retry_after().count());
  due_ = now + std::max(kInterval, asked);
  due_min_ = now + std::max(kIntervalMin, asked);
  if (response.status == 200) {
    read(response.body);
  } else {
    problem_ = response.status == 0 ? response.error : fmt::format("HTTP {}", response.status);
  }
  return true;
}

struct SymbolStatus::Told {
  std::string_view symbol, status;
  Grid grid;
};

namespace {

json::Error read_filter(json::od::value& filter, std::int64_t& tick, std::int64_t& lot) {
  std::string_view type;
  std::int64_t tick_size = 0, step_size = 0;
  const json::Error e =
      json::for_each_member(filter, [&](std::string_view key, json::od::value& v) {
        if (key == "filterType") return json::read_text(v, type);
        if (key == "tickSize") return json::read_decimal(v, tick_size);
        return key == "stepSize" ? json::read_decimal(v, step_size) : json::kOk;
      });
  if (type == "PRICE_FILTER") tick = tick_size;
  if (type == "LOT_SIZE") lot = step_size;
  return e;
}

}  // namespace

// Whatever is not TRADING (HALT, BREAK, CANCEL_ONLY, ...) takes no new orders.
void SymbolStatus::judge(const Told& told) {
  const InstrumentId i = instruments_.find(told.symbol);
  if (i == kNoInstrument || told.status.empty()) return;
  judge_grid(i, told.grid);
  link_.halted[i].store(told.status != "TRADING" || grids_[i].changed, std::memory_order_release);
}

// Finer than ours is a change too: what others trade with us then may be no whole lot of ours.
void SymbolStatus::judge_grid(InstrumentId i, const Grid& told) {
  Grid& first = grids_[i];
  if (first.changed || told.tick <= 0 || told.lot <= 0) return;
  if (first.tick == 0) first = told;
  const Instrument& ours = instruments_[i];
  const bool fits = ours.tick.v % told.tick == 0 && ours.lot.v % told.lot == 0;
  if (fits && told.tick == first.tick && told.lot == first.lot) return;
  first.changed = true;
  news_.push_back(fmt::format(
      "{}: the venue's tick is {} now and its lot {}, other than when this run began: halted until "
      "a restart",
      ours.symbol(), decimal_text(Amount(told.tick)).view(),
      decimal_text(Amount(told.lot)).view()));
}

void SymbolStatus::read(std::string_view body) {
  namespace od = json::od;
  od::parser parser;
  const std::string text = padded(body);
  const auto read_symbol = [this](od::value& element) {
    Told told;
    const auto read_one = [&told](od::value& v) {
      return read_filter(v, told.grid.tick, told.grid.lot);
    };
    const json::Error e = json::for_each_member(element, [&](std::string_view key, od::value& v) {
      if (key == "symbol") return json::read_text(v, told.symbol);
      if (key == "filters") return json::for_each_element(v, read_one);
      return key == "status" ? json::read_text(v, told.status) : json::kOk;
    });
    if (e == json::kOk) judge(told);
    return e;
  };
  const json::Error e =
      json::read_message(parser, text, ResponseParser::kPadding, [&](od::object& object) {
        return json::for_each_member(object, [&](std::string_view key, od::value& v) {
          return key == "symbols" ? json::for_each_element(v, read_symbol) : json::kOk;
        });
      });
  link_.halted_news.fetch_add(1, std::memory_order_acq_rel);
  problem_ = e == json::kOk ? "" : simdjson::error_message(e);
}

}  // namespace mm::binance::orders
