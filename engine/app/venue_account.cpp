#include "engine/app/venue_account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/core/decimal_text.h"

namespace mm::app {

namespace orders = binance::orders;
namespace json = simdjson::dom;

std::string VenueAccount::read_bases(std::vector<Amount>& bases) {
  if (!rest_.error().empty()) return rest_.error();
  if (std::string error = rest_.ask_time(); !error.empty()) return error;
  const VenueAnswer account = rest_.ask_signed("/api/v3/account", {}, credentials_);
  if (!account.error.empty()) return account.error;
  bases.clear();
  for (const Instrument& i : instruments_) {
    const AssetBalance base = balance_of(account.body, i.base());
    bases.push_back(base.free + base.locked);
  }
  return {};
}

std::string VenueAccount::list_ours(orders::Identity self, std::vector<OpenOrder>& open) {
  open.clear();
  if (!rest_.error().empty()) return rest_.error();
  if (std::string error = rest_.ask_time(); !error.empty()) return error;
  for (const Instrument& i : instruments_) {
    const std::string symbol(i.symbol());
    const VenueAnswer answer =
        rest_.ask_signed("/api/v3/openOrders", {{"symbol", symbol}}, credentials_);
    if (!answer.error.empty()) return answer.error;
    json::array list;
    if (answer.body.get(list) != simdjson::SUCCESS) return "openOrders: not a list";
    for (const json::element& order : list) {
      const std::string id = text_of(order, "clientOrderId");
      const orders::Owner owner = orders::owner_of(id, self);
      if (owner != orders::Owner::kOurs && owner != orders::Owner::kEarlier) continue;
      std::uint64_t number = 0;
      if (order["orderId"].get(number) != simdjson::SUCCESS) return "openOrders: no orderId";
      open.push_back({symbol, id, number});
    }
  }
  return {};
}

VenueAccount::Left VenueAccount::cancel_all_ours(orders::Identity self, Nanos patience) {
  constexpr std::chrono::milliseconds kPauseFirst{250}, kPauseLongest{8000};
  auto pause = kPauseFirst;
  const Nanos give_up = rest_.now() + patience;
  Left left;
  std::vector<OpenOrder> open;
  for (;;) {
    left.error = list_ours(self, open);
    left.client_ids.clear();
    for (const OpenOrder& order : open) left.client_ids.push_back(order.client_id);
    if ((left.error.empty() && open.empty()) || rest_.now() >= give_up) return left;
    std::size_t accepted = 0;
    for (const OpenOrder& order : open) {
      // Refused or unanswered: the next list tells.
      const VenueAnswer answer = rest_.ask_signed("/api/v3/order",
                                                  {{"symbol", order.symbol},
                                                   orders::number_param("orderId", order.order_id),
                                                   {"origClientOrderId", order.client_id}},
                                                  credentials_, "DELETE");
      if (answer.error.empty()) ++accepted;
      if (rest_.now() >= give_up) break;
    }
    left.canceled += static_cast<int>(accepted);
    if (accepted == open.size() && left.error.empty()) continue;
    const auto time_left = std::chrono::nanoseconds((give_up - rest_.now()).v);
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, time_left));
    pause = std::min(2 * pause, kPauseLongest);
  }
}

namespace {

// By what the core knows, where the venue cannot be asked.
std::string ids_that_may_be_left(const Core& core) {
  std::string ids;
  const auto add = [&ids](ClientOrderId id) {
    if (id.v == 0) return;
    const orders::ClientIdText text = orders::client_id_text(id);
    ids += fmt::format(" {}", std::string_view(text.data(), text.size()));
  };
  for (const Order& order : core.orders().rows()) {
    if (order.state == OrderState::kFree || is_terminal(order.state)) continue;
    add(order.id);
    add(order.next_id);
  }
  return ids.empty() ? " none that we know of" : ids;
}

}  // namespace

void VenueAccount::compare(const Core& core, const Left& left, std::uint64_t foreign_orders,
                           Summary& summary) {
  if (left.canceled > 0) {
    summary.notes.push_back(
        fmt::format("{} orders were cancelled by REST at the end", left.canceled));
  }
  std::vector<Amount> bases;
  const std::string error = left.error.empty() ? read_bases(bases) : left.error;
  const auto open = static_cast<std::int64_t>(left.client_ids.size());
  // Not known to be flat is not flat.
  summary.invariants.emplace_back("flat_at_end",
                                  left.error.empty() ? open : std::max(open, std::int64_t{1}));
  if (!left.error.empty()) {
    summary.notes.push_back(
        fmt::format("the venue could not be asked what is left ({}); orders that may be:{}", error,
                    ids_that_may_be_left(core)));
    return;
  }
  if (open > 0) {
    summary.notes.push_back(
        fmt::format("orders left at the venue: {}", fmt::join(left.client_ids, " ")));
  }
  if (!error.empty()) {
    summary.invariants.emplace_back("venue_position", 1);
    summary.notes.push_back("the venue could not be asked for the balances: " + error);
    return;
  }
  std::int64_t differences = 0;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    if (!s.opening_known) {
      summary.notes.push_back(fmt::format("{}: the venue never told a balance to compare with",
                                          instruments_[i].symbol()));
      continue;
    }
    const Amount moved = bases[i] - s.opening_base;
    const Amount explained = s.position.base() - s.position.opening();
    summary.notes.push_back(
        fmt::format("{}: {} open orders of ours at the venue, its position "
                    "moved by {}, ours by {}",
                    instruments_[i].symbol(), open, decimal_text(moved).view(),
                    decimal_text(explained).view()));
    if (moved != explained) ++differences;
  }
  if (foreign_orders == 0) summary.invariants.emplace_back("venue_position", differences);
}

}  // namespace mm::app
