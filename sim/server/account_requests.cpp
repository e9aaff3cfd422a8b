// Questions about an account: balances, order counts, and what its key may do.
#include "sim/server/requests.h"

namespace mm::server::account_requests {
namespace {

// 0.001 as hundredths of a percent.
std::int64_t basis_points(Ratio ratio) {
  return ratio.v / (kRatioScale / 10'000);
}
Amount eight_places_of(Ratio ratio) {
  return Amount(ratio.v / (kRatioScale / kAmountScale));
}

void write_rates(JsonText& json, const FeeRates& fees) {
  json.open_object("commissionRates")
      .decimal("maker", eight_places_of(fees.maker))
      .decimal("taker", eight_places_of(fees.taker))
      .decimal("buyer", Amount(0))
      .decimal("seller", Amount(0))
      .close_object();
}

}  // namespace

Answer status(ExchangeHost& host, Limits&, const Request& request) {
  const bool omit_zero = request.params.get("omitZeroBalances") == "true";
  const AccountConfig& account = *request.key->config;
  const FeeRates& fees = host.exchange().instrument(0).fees;
  JsonText json(request.unit);
  json.open_object()
      .integer("makerCommission", basis_points(fees.maker))
      .integer("takerCommission", basis_points(fees.taker))
      .integer("buyerCommission", 0)
      .integer("sellerCommission", 0)
      .flag("canTrade", account.can_trade)
      .flag("canWithdraw", false)
      .flag("canDeposit", false);
  write_rates(json, fees);
  json.flag("brokered", false)
      .flag("requireSelfTradePrevention", false)
      .flag("preventSor", false)
      .time("updateTime", host.looks_back() ? host.then() : request.now)
      .text("accountType", "SPOT")
      .open_array("balances");
  for (std::size_t i = 0; i < host.assets().size(); ++i) {
    const auto asset = static_cast<sim::AssetId>(i);
    const sim::Funds* const before =
        host.looks_back() ? host.past().find(request.account(), asset, host.then()) : nullptr;
    const sim::Funds& balance =
        before != nullptr ? *before : host.exchange().accounts().funds(request.account(), asset);
    if (omit_zero && balance.free.v == 0 && balance.locked.v == 0) continue;
    json.open_object()
        .text("asset", host.assets()[i])
        .decimal("free", balance.free)
        .decimal("locked", balance.locked)
        .close_object();
  }
  json.close_array().open_array("permissions").element(quoted("SPOT")).close_array();
  return json.integer("uid", request.account() + 1).close_object().take();
}

Answer order_counts(ExchangeHost&, Limits& limits, const Request& request) {
  return '[' + limits.orders_json(request.account(), request.now) + ']';
}

Answer restrictions(ExchangeHost&, Limits&, const Request& request) {
  const AccountConfig& account = *request.key->config;
  JsonText json(request.unit);
  json.open_object().flag("ipRestrict", false).integer("createTime", 0);
  json.flag("enableReading", account.can_read);
  for (const char* none : {"enableWithdrawals", "enableInternalTransfer", "enableMargin",
                           "enableFutures", "permitsUniversalTransfer", "enableVanillaOptions",
                           "enableFixApiTrade", "enableFixReadOnly"}) {
    json.flag(none, false);
  }
  json.flag("enableSpotAndMarginTrading", account.can_trade);
  return json.flag("enablePortfolioMarginTrading", false).close_object().take();
}

}  // namespace mm::server::account_requests
