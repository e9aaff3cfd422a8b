// The table of operations: names, weights and who may.
#include <array>

#include "sim/server/requests.h"

namespace mm::server {
namespace {

using Perform = decltype(Operation::perform);

// A question costs the same however it ends.
constexpr Operation question(std::string_view method, std::string_view path, Access access,
                             int weight, Perform perform) {
  return {method, "GET", path, access, weight, weight, false, perform};
}

// Since 2026-04-02 what succeeds is free, but for amendments.
constexpr Operation action(std::string_view method, std::string_view verb, std::string_view path,
                           int weight, int weight_of_success, bool counts_orders, Perform perform) {
  return {method, verb, path, Access::kTrade, weight, weight_of_success, counts_orders, perform};
}

namespace account = account_requests;
namespace market = market_requests;
namespace orders = order_requests;
namespace queries = order_queries;
namespace ticker = ticker_requests;
constexpr Access kPublic = Access::kPublic, kRead = Access::kRead;

constexpr std::array kOperations{
    question("ping", "/api/v3/ping", kPublic, 1, market::ping),
    question("time", "/api/v3/time", kPublic, 1, market::time),
    question("exchangeInfo", "/api/v3/exchangeInfo", kPublic, 20, market::exchange_info),
    question("depth", "/api/v3/depth", kPublic, 5, market::depth),
    question("trades.recent", "/api/v3/trades", kPublic, 25, market::trades),
    question("trades.aggregate", "/api/v3/aggTrades", kPublic, 4, market::aggregate_trades),
    question("trades.historical", "/api/v3/historicalTrades", kPublic, 25,
             market::historical_trades),
    question("avgPrice", "/api/v3/avgPrice", kPublic, 2, ticker::average),
    question("ticker.book", "/api/v3/ticker/bookTicker", kPublic, 2, ticker::book),
    question("ticker.price", "/api/v3/ticker/price", kPublic, 2, ticker::price),
    question("ticker.24hr", "/api/v3/ticker/24hr", kPublic, 2, ticker::day),
    action("order.place", "POST", "/api/v3/order", 1, 0, true, orders::place),
    action("order.test", "POST", "/api/v3/order/test", 1, 1, false, orders::test),
    action("order.cancel", "DELETE", "/api/v3/order", 1, 0, false, orders::cancel),
    action("order.cancelReplace", "POST", "/api/v3/order/cancelReplace", 1, 0, true,
           orders::cancel_replace),
    action("order.amend.keepPriority", "PUT", "/api/v3/order/amend/keepPriority", 4, 4, false,
           orders::amend),
    action("openOrders.cancelAll", "DELETE", "/api/v3/openOrders", 1, 0, false, orders::cancel_all),
    question("order.status", "/api/v3/order", kRead, 4, queries::status),
    question("openOrders.status", "/api/v3/openOrders", kRead, 6, queries::open_orders),
    question("allOrders", "/api/v3/allOrders", kRead, 20, queries::all_orders),
    question("order.amendments", "/api/v3/order/amendments", kRead, 4, queries::amendments),
    question("myFilters", "/api/v3/myFilters", kRead, 40, market::my_filters),
    question("myTrades", "/api/v3/myTrades", kRead, 20, queries::my_trades),
    question("account.status", "/api/v3/account", kRead, 20, account::status),
    question("account.rateLimits.orders", "/api/v3/rateLimit/order", kRead, 40,
             account::order_counts),
    question("", "/sapi/v1/account/apiRestrictions", kRead, 1, account::restrictions),
};

}  // namespace

std::span<const Operation> operations() {
  return kOperations;
}

}  // namespace mm::server
