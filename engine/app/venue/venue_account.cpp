#include "engine/app/venue/venue_account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/app/venue/feed_setup.h"
#include "engine/core/decimal_text.h"
#include "engine/net/server_words.h"

namespace mm::app {

namespace orders = binance::orders;

constexpr std::chrono::seconds kRequestTimeout{5};
constexpr std::size_t kClientIdMax = 36;
constexpr std::string_view kRecentOrders = "allOrders";

VenueAccount::VenueAccount(const VenueConfig& venue, const orders::Credentials& credentials,
                           std::span<const Instrument> instruments, net::SharedRequestPause& pause)
    : url_(net::parse_url(venue_urls(venue).rest)),
      tls_(net::TlsContext::client(venue.ca_file)),
      rest_(url_.endpoint, &tls_, {.timeout = kRequestTimeout}, clock_, pause,
            static_cast<int>(venue.recv_window.v / kMillisecond.v)),
      venue_(rest_, {credentials.api_key.view(), *credentials.signer}, pause, clock_),
      instruments_(instruments) {}

std::string VenueAccount::read_bases(std::vector<Amount>& bases) {
  if (std::string error = venue_.ask_signed("account.status", {}); !error.empty()) return error;
  bases.clear();
  for (const Instrument& i : instruments_) {
    const auto& balances = venue_.response().balances;
    const auto found = std::ranges::find(balances, i.base(), &orders::BalanceRecord::asset);
    bases.push_back(found == balances.end() ? Amount(0) : Amount(found->free + found->locked));
  }
  return {};
}

std::string VenueAccount::find_latest_start(std::uint8_t instance,
                                            std::optional<std::uint16_t>& latest) {
  for (const Instrument& i : instruments_) {
    for (const std::string_view method : {std::string_view("openOrders.status"), kRecentOrders}) {
      orders::Params params{{"symbol", std::string(i.symbol())}};
      if (method == kRecentOrders) params.push_back(orders::number_param("limit", 1000));
      if (std::string error = venue_.ask_signed(method, params); !error.empty()) return error;
      for (const orders::OrderRecord& order : venue_.response().orders) {
        const auto id = orders::parse_client_id(order.client_id);
        if (!id || parts(*id).instance != instance) continue;
        const std::uint16_t epoch = parts(*id).epoch;
        const orders::Identity known{instance, latest.value_or(epoch)};
        if (orders::owner_of(*id, known) != orders::Owner::kEarlier) latest = epoch;
      }
    }
  }
  return {};
}

std::string VenueAccount::list(const Closing& closing, std::vector<OpenOrder>& open) {
  open.clear();
  for (const Instrument& i : instruments_) {
    const std::string symbol(i.symbol());
    std::string error = venue_.ask_signed("openOrders.status", {{"symbol", symbol}});
    if (!error.empty()) return error;
    for (const orders::OrderRecord& order : venue_.response().orders) {
      const orders::Owner owner = orders::owner_of(order.client_id, closing.self);
      const bool ours = owner == orders::Owner::kOurs || owner == orders::Owner::kEarlier;
      if (!ours && !closing.everybody) continue;
      open.push_back({symbol, std::string(order.client_id), order.order_id});
    }
  }
  return {};
}

int VenueAccount::cancel(const Closing& closing, std::span<const OpenOrder> open, Nanos give_up) {
  int canceled = 0;
  for (std::size_t k = 0; k < open.size() && clock_.now() < give_up; ++k) {
    const OpenOrder& order = open[k];
    std::string error;
    if (!closing.everybody) {
      error = venue_.ask_signed("order.cancel", {{"symbol", order.symbol},
                                                 orders::number_param("orderId", order.order_id),
                                                 {"origClientOrderId", order.client_id}});
      canceled += error.empty() ? 1 : 0;
    } else if (k == 0 || open[k - 1].symbol != order.symbol) {
      error = venue_.ask_signed("openOrders.cancelAll", {{"symbol", order.symbol}});
      if (error.empty()) canceled += static_cast<int>(venue_.response().orders.size());
    }
    // Too many requests: the next list waits as long as the venue wants.
    if (!error.empty() && venue_.answered() && venue_.response().status == 429) break;
  }
  return canceled;
}

VenueAccount::Left VenueAccount::cancel_all(const Closing& closing) {
  constexpr Nanos kPauseFirst{250 * kMillisecond.v}, kPauseLongest{8 * kSecond.v};
  Nanos pause = kPauseFirst;
  const Nanos give_up = std::max(clock_.now(), closing.arrivals_until) + closing.patience;
  venue_.give_up_at(give_up);
  Left left;
  std::vector<OpenOrder> open;
  for (;;) {
    const Nanos asked = clock_.now();
    left.error = list(closing, open);
    left.client_ids.clear();
    for (const OpenOrder& order : open) {
      left.client_ids.push_back(net::server_words(order.client_id, kClientIdMax));
    }
    const bool none = left.error.empty() && open.empty();
    if ((none && asked >= closing.arrivals_until) || asked >= give_up) return left;
    const int canceled = cancel(closing, open, give_up);
    left.canceled += canceled;
    const bool done = !none && left.error.empty() && canceled == static_cast<int>(open.size());
    if (done) continue;  // it seems: look again
    const Nanos next = std::min(none ? closing.arrivals_until : clock_.now() + pause, give_up);
    std::this_thread::sleep_for(std::chrono::nanoseconds((next - clock_.now()).v));
    if (!none) pause = std::min(pause * 2, kPauseLongest);
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
  compare_positions(core, bases, open, foreign_orders, summary);
  if (left.untold.empty()) return;
  summary.invariants.emplace_back("fills_told", 1);
  summary.notes.push_back("executions nobody told could not be asked for: " + left.untold);
}

void VenueAccount::compare_positions(const Core& core, std::span<const Amount> bases,
                                     std::int64_t open, std::uint64_t foreign_orders,
                                     Summary& summary) const {
  std::int64_t differences = 0;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    if (!s.opening_known) {
      summary.notes.push_back(fmt::format("{}: the venue never told a balance to compare with",
                                          instruments_[i].symbol()));
      if (s.position.fills() > 0) ++differences;
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
