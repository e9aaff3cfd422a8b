#include "gateway/binance/symbol_status.h"

#include <fmt/format.h>

#include "gateway/binance/json_reader.h"
#include "gateway/binance/request_channel.h"
#include "gateway/binance/signed_request.h"

namespace mm::binance::orders {

SymbolStatus::SymbolStatus(const net::Endpoint& endpoint, const net::TlsContext* tls,
                           const net::HttpOptions& options, const InstrumentMap& instruments,
                           SessionLink& link)
    : instruments_(instruments), link_(link), http_(endpoint, tls, options) {
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

// Whatever is not TRADING (HALT, BREAK, CANCEL_ONLY, ...) takes no new orders.
void SymbolStatus::read(std::string_view body) {
  namespace od = json::od;
  od::parser parser;
  const std::string text = padded(body);
  const auto read_symbol = [this](od::value& element) {
    std::string_view symbol, status;
    const json::Error e = json::for_each_member(element, [&](std::string_view key, od::value& v) {
      if (key == "symbol") return json::read_text(v, symbol);
      return key == "status" ? json::read_text(v, status) : json::kOk;
    });
    const InstrumentId i = instruments_.find(symbol);
    if (e != json::kOk || i == kNoInstrument || status.empty()) return e;
    link_.halted[i].store(status != "TRADING", std::memory_order_release);
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
