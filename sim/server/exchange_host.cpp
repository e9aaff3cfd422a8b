#include "sim/server/exchange_host.h"

#include <algorithm>

namespace mm::server {
namespace {

constexpr std::uint32_t kOpenOrdersMax = 4096, kClosedOrdersMax = 8192;
constexpr std::size_t kNamesBeforeSweep = 4u * (kOpenOrdersMax + kClosedOrdersMax);
constexpr std::uint32_t kTradesPerAccount = 20'000;

sim::ExchangeConfig exchange_config(const ServerConfig& config, std::size_t assets) {
  sim::ExchangeConfig exchange;
  exchange.assets = static_cast<std::uint32_t>(assets);
  exchange.accounts_max =
      static_cast<std::uint32_t>(std::max<std::size_t>(1, config.accounts.size()));
  exchange.open_orders_max = kOpenOrdersMax;
  exchange.closed_orders_max = kClosedOrdersMax;
  exchange.trades_per_account_max = kTradesPerAccount;
  exchange.tells_observed = true;
  return exchange;
}

std::vector<std::string> symbols_of(const ServerConfig& config) {
  std::vector<std::string> symbols;
  for (const SymbolConfig& s : config.symbols) symbols.emplace_back(s.instrument.symbol());
  return symbols;
}

std::vector<std::string> assets_of(const ServerConfig& config) {
  std::vector<std::string> assets;
  const auto add = [&assets](const std::string& asset) {
    if (std::ranges::find(assets, asset) == assets.end()) assets.push_back(asset);
  };
  for (const SymbolConfig& s : config.symbols) {
    add(s.instrument.base_text.data());
    add(s.instrument.quote_text.data());
  }
  for (const AccountConfig& account : config.accounts) {
    for (const InitialBalance& balance : account.balances) add(balance.asset);
  }
  return assets;
}

sim::AssetId asset_id(const std::vector<std::string>& assets, std::string_view name) {
  return static_cast<sim::AssetId>(std::ranges::find(assets, name) - assets.begin());
}

std::vector<sim::Listing> listings_of(const ServerConfig& config,
                                      const std::vector<std::string>& assets) {
  std::vector<sim::Listing> listings;
  for (const SymbolConfig& s : config.symbols) {
    sim::Listing listing;
    listing.instrument = s.instrument;
    listing.base = asset_id(assets, s.instrument.base_text.data());
    listing.quote = asset_id(assets, s.instrument.quote_text.data());
    listing.fee_from_received = true;
    listings.push_back(listing);
  }
  return listings;
}

}  // namespace

ExchangeHost::ExchangeHost(const ServerConfig& config, Limits& limits)
    : config_(config),
      limits_(limits),
      assets_(assets_of(config)),
      rules_(exchange_config(config, assets_.size())),
      listings_(listings_of(config, assets_)),
      names_(config.seed),
      streams_(symbols_of(config)),
      exchange_(rules_, listings_, config.seed, *this) {
  for (std::size_t i = 0; config.capture_file.empty() && i < config.symbols.size(); ++i) {
    exchange_.attach(static_cast<InstrumentId>(i), config.symbols[i].market);
  }
  for (const AccountConfig& account : config.accounts) {
    const sim::AccountId id = exchange_.open_account();
    for (const InitialBalance& b : account.balances) {
      const sim::AssetId asset = asset_id(assets_, b.asset);
      exchange_.deposit(id, asset, b.free);
      past_.note(id, asset, exchange_.accounts().funds(id, asset), Nanos(0));
    }
  }
}

void ExchangeHost::start(Nanos now) {
  exchange_.start(now);
  streams_.start(exchange_);
}

void ExchangeHost::run_until(Nanos now) {
  exchange_.run_until(now);
  exchange_.set_time(now);
}

void ExchangeHost::observe(const Event& event, Nanos now) {
  exchange_.set_time(now);
  exchange_.observe(event);
}

void ExchangeHost::flush() {
  streams_.flush();
  user_data_.flush();
}

std::optional<InstrumentId> ExchangeHost::find_symbol(std::string_view symbol) const {
  for (std::size_t i = 0; i < config_.symbols.size(); ++i) {
    if (config_.symbols[i].instrument.symbol() == symbol) return static_cast<InstrumentId>(i);
  }
  return std::nullopt;
}

void ExchangeHost::report(const sim::RestingOrder& order, std::string_view type,
                          std::string_view name, std::string_view original_name,
                          const sim::Execution* execution) {
  ++execution_id_;
  user_data_.say(order.account, [&](TimeUnit unit) {
    const ExecutionReport report{{order, exchange_.instrument(order.instrument), name},
                                 original_name,
                                 type,
                                 execution,
                                 execution_id_,
                                 exchange_.now()};
    return execution_report_json(report, assets_, unit);
  });
}

void ExchangeHost::on_order(sim::OrderChange change, const sim::RestingOrder& order) {
  const std::string& name = names_[order.id].name;
  switch (change) {
    case sim::OrderChange::kNew:
      ++counters_.orders;
      report(order, "NEW", name, "", nullptr);
      if (names_.all().size() > kNamesBeforeSweep) forget_old_names();
      break;
    case sim::OrderChange::kCanceled: {
      std::string cancel_name = std::exchange(cancel_name_, {});
      if (cancel_name.empty()) cancel_name = names_.random_name();
      report(order, "CANCELED", cancel_name, name, nullptr);
      names_[order.id].cancel_name = std::move(cancel_name);
      break;
    }
    case sim::OrderChange::kExpired:
      report(order, order.expiry == sim::Expiry::kSelfTrade ? "TRADE_PREVENTION" : "EXPIRED", name,
             "", nullptr);
      break;
    case sim::OrderChange::kAmended:
      amend(order);
      break;
  }
  past_.note(order, names_[order.id].name, exchange_.now());
}

void ExchangeHost::amend(const sim::RestingOrder& order) {
  const std::string old_name = names_[order.id].name;
  std::string new_name = std::exchange(amend_name_, {});
  if (new_name.empty()) new_name = names_.random_name();
  names_.rename(order.id, new_name);
  report(order, "REPLACED", new_name, old_name, nullptr);
}

void ExchangeHost::on_fill(const sim::RestingOrder& order, const sim::Execution& execution) {
  if (order.filled == execution.lots) {
    limits_.on_first_fill(order.account, execution.maker, exchange_.now());
  }
  report(order, "TRADE", names_[order.id].name, "", &execution);
  past_.note(order, names_[order.id].name, exchange_.now());
}

void ExchangeHost::on_balances(sim::AccountId account,
                               std::span<const sim::BalanceUpdate> balances) {
  for (const sim::BalanceUpdate& b : balances)
    past_.note(account, b.asset, b.funds, exchange_.now());
  user_data_.say(account, [&](TimeUnit unit) {
    JsonText json(unit);
    json.open_object().text("e", "outboundAccountPosition").time("E", exchange_.now());
    json.time("u", exchange_.now()).open_array("B");
    for (const sim::BalanceUpdate& b : balances) {
      json.open_object()
          .text("a", assets_[b.asset])
          .decimal("f", b.funds.free)
          .decimal("l", b.funds.locked)
          .close_object();
    }
    return json.close_array().close_object().take();
  });
}

void ExchangeHost::move_balance(sim::AccountId account, sim::AssetId asset, Amount amount) {
  exchange_.deposit(account, asset, amount);
  const sim::BalanceUpdate update{asset, exchange_.accounts().funds(account, asset)};
  on_balances(account, {&update, 1});
}

void ExchangeHost::on_trade(InstrumentId i, const sim::PublicTrade& trade) {
  ++counters_.trades;
  streams_.on_trade(i, trade);
}

void ExchangeHost::on_level(InstrumentId i, Side side, Ticks price) {
  streams_.on_level(i, side, price);
}

void ExchangeHost::on_touch(InstrumentId i, const BookTicker& touch) {
  streams_.on_touch(i, touch);
}

// Names of orders that the exchange itself no longer knows.
void ExchangeHost::forget_old_names() {
  std::vector<ClientOrderId> unknown;
  for (const auto& [number, named] : names_.all()) {
    const ClientOrderId id(number);
    if (exchange_.find(named.account, id) == nullptr) unknown.push_back(id);
  }
  for (const ClientOrderId id : unknown) names_.forget(id);
}

}  // namespace mm::server
