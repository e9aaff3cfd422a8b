// The exchange as the server runs it: its accounts, the names of its orders, and who hears of what.
//
// The server's thread. Time comes in with every call. What the exchange tells goes to the market
// data streams at once and to the accounts' owners with flush(), after the answer to a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/exchange.h"
#include "sim/server/limits.h"
#include "sim/server/order_json.h"
#include "sim/server/order_names.h"
#include "sim/server/recent_past.h"
#include "sim/server/server_config.h"
#include "sim/server/stream_hub.h"
#include "sim/server/user_data.h"

namespace mm::server {

class ExchangeHost : private sim::ExchangeListener {
 public:
  // The config outlives this.
  ExchangeHost(const ServerConfig& config, Limits& limits);

  void start(Nanos now);
  // Markets move on to `now`.
  void run_until(Nanos now);
  // Market data seen elsewhere, in place of a generated market.
  void observe(const Event& event, Nanos now);
  // Paid in, or out if negative, as if by the account's owner: told like any other change.
  void move_balance(sim::AccountId account, sim::AssetId asset, Amount amount);
  // Tells what is waiting to be told.
  void flush();

  const ServerConfig& config() const { return config_; }
  const sim::ExchangeConfig& rules() const { return rules_; }
  sim::Exchange& exchange() { return exchange_; }
  const sim::Exchange& exchange() const { return exchange_; }
  StreamHub& streams() { return streams_; }
  UserDataHub& user_data() { return user_data_; }
  OrderNames& names() { return names_; }
  const std::vector<std::string>& assets() const { return assets_; }

  std::optional<InstrumentId> find_symbol(std::string_view symbol) const;
  OrderView view(const sim::RestingOrder& order) const {
    return {order, exchange_.instrument(order.instrument), names_[order.id].name};
  }

  // Lists tell how things were so long ago, until another is wanted.
  void look_back(Nanos lag) { lag_ = lag; }
  bool looks_back() const { return lag_ > Nanos(0); }
  Nanos then() const { return exchange_.now() - lag_; }
  const RecentPast& past() const { return past_; }
  OrderView view(const RecentPast::OrderThen& then) const {
    return {then.order, exchange_.instrument(then.order.instrument), then.name};
  }

  // The name that the next order to be canceled, or amended, gets with it; else it is made up.
  void name_next_cancel(std::string name) { cancel_name_ = std::move(name); }
  void name_next_amend(std::string name) { amend_name_ = std::move(name); }
  std::uint64_t last_execution_id() const { return execution_id_; }

  struct Counters {
    std::uint64_t orders = 0, trades = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  void on_order(sim::OrderChange change, const sim::RestingOrder& order) override;
  void on_fill(const sim::RestingOrder& order, const sim::Execution& execution) override;
  void on_balances(sim::AccountId account, std::span<const sim::BalanceUpdate> balances) override;
  void on_trade(InstrumentId i, const sim::PublicTrade& trade) override;
  void on_level(InstrumentId i, Side side, Ticks price) override;
  void on_touch(InstrumentId i, const BookTicker& touch) override;

  void report(const sim::RestingOrder& order, std::string_view type, std::string_view name,
              std::string_view original_name, const sim::Execution* execution);
  void amend(const sim::RestingOrder& order);
  void forget_old_names();

  const ServerConfig& config_;
  Limits& limits_;
  std::vector<std::string> assets_;
  const sim::ExchangeConfig rules_;
  std::vector<sim::Listing> listings_;
  OrderNames names_;
  StreamHub streams_;
  UserDataHub user_data_;
  sim::Exchange exchange_;
  RecentPast past_;
  Nanos lag_{};
  std::string cancel_name_, amend_name_;
  std::uint64_t execution_id_ = 0;
  Counters counters_;
};

}  // namespace mm::server
