#include "engine/app/venue/venue_account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/app/venue/feed_setup.h"
#include "engine/core/decimal_text.h"
#include "engine/net/server_words.h"
#include "gateway/binance/read_lag.h"

namespace mm::app {

namespace orders = binance::orders;

constexpr Nanos kLook{100 * kMillisecond.v};  // for who is in a hurry
constexpr std::size_t kClientIdMax = 36;
constexpr std::size_t kSymbolMax = 24;
constexpr std::string_view kRecentOrders = "allOrders";

VenueAccount::Lane::Lane(const VenueAccount& account)
    : rest(account.url_.endpoint, &account.tls_,
           {.timeout = std::chrono::nanoseconds(account.answer_max_.v)}, account.clock_,
           account.pause_, account.recv_window_ms_),
      venue(rest, account.key_, account.pause_, account.clock_),
      answer_max(account.answer_max_) {}

VenueAccount::VenueAccount(const VenueConfig& venue, const orders::Credentials& credentials,
                           std::span<const Instrument> instruments, net::SharedRequestPause& pause,
                           Nanos answer_max)
    : url_(net::parse_url(venue_urls(venue).rest)),
      tls_(net::TlsContext::client(venue.ca_file)),
      pause_(pause),
      key_{credentials.api_key.view(), *credentials.signer},
      recv_window_ms_(static_cast<int>(venue.recv_window.v / kMillisecond.v)),
      answer_max_(answer_max),
      instruments_(instruments) {}

std::string VenueAccount::Lane::ask(std::string_view method, orders::Params params) {
  std::string error = venue.ask_signed(method, std::move(params));
  if (!error.empty() && !venue.answered() && answer_max < kAnswerMax) {
    answer_max = std::min(answer_max * 2, kAnswerMax);
    rest.set_timeout(std::chrono::nanoseconds(answer_max.v));
  }
  return error;
}

std::string VenueAccount::ask(std::string_view method, orders::Params params) {
  return main_.ask(method, std::move(params));
}

std::string VenueAccount::read_bases(std::vector<Amount>& bases) {
  if (std::string error = venue_.ask_signed("account.status", {}); !error.empty()) return error;
  bases.clear();
  for (const Instrument& i : instruments_) {
    const auto& balances = venue_.response().balances;
    const auto found = std::ranges::find(balances, i.base(), &orders::BalanceRecord::asset);
    std::int64_t base = 0;
    if (found != balances.end() && __builtin_add_overflow(found->free, found->locked, &base)) {
      return fmt::format("account.status: a balance of {} beyond all bounds", i.base());
    }
    bases.emplace_back(base);
  }
  return {};
}

Nanos VenueAccount::weight_free_at(std::int32_t weight) const {
  const Nanos now = clock_.now();
  const orders::VenueClock& venue = main_.rest.venue_clock();
  for (const orders::LimitUsage& limit : main_.rest.used().all()) {
    const bool is_weight = limit.type == orders::LimitType::kWeight && limit.window.v > 0;
    if (!is_weight || limit.used < static_cast<std::uint32_t>(weight)) continue;
    const std::int64_t window = venue.venue(main_.rest.used_at()).v / limit.window.v;
    return std::max(now, venue.local(Nanos((window + 1) * limit.window.v)));
  }
  return now;
}

bool VenueAccount::trades(std::string_view symbol) const {
  return std::ranges::find(instruments_, symbol, &Instrument::symbol) != instruments_.end();
}

std::string VenueAccount::find_latest_start(std::uint8_t instance,
                                            std::optional<std::uint16_t>& latest) {
  const auto look = [&](std::string_view method, orders::Params params) {
    std::string error = venue_.ask_signed(method, std::move(params));
    if (!error.empty()) return error;
    for (const orders::OrderRecord& order : venue_.response().orders) {
      const auto id = orders::parse_client_id(order.client_id);
      if (!id || parts(*id).instance != instance) continue;
      const std::uint16_t epoch = parts(*id).epoch;
      const orders::Identity known{instance, latest.value_or(epoch)};
      if (orders::owner_of(*id, known) != orders::Owner::kEarlier) latest = epoch;
    }
    return error;
  };
  // Of every symbol: of what rests on one that is traded no more we must be the later start, too.
  std::string error = look("openOrders.status", {});
  for (std::size_t i = 0; i < instruments_.size() && error.empty(); ++i) {
    const std::string symbol(instruments_[i].symbol());
    error = look(kRecentOrders, {{"symbol", symbol}, orders::number_param("limit", 1000)});
  }
  return error;
}

std::string VenueAccount::list(const Closing& closing, std::vector<OpenOrder>& open) {
  open.clear();
  // One of all symbols weighs as much as 13 lists of one, and is one answer to wait for.
  constexpr std::size_t kListsMax = 13;
  if (closing.where != Where::kInstruments || instruments_.size() > kListsMax) {
    std::string error = list_symbol(closing, {}, open);
    std::ranges::stable_sort(open, {}, &OpenOrder::symbol);
    return error;
  }
  for (const Instrument& i : instruments_) {
    if (std::string error = list_symbol(closing, i.symbol(), open); !error.empty()) return error;
  }
  return {};
}

// Without a symbol: of all.
std::string VenueAccount::list_symbol(const Closing& closing, std::string_view symbol,
                                      std::vector<OpenOrder>& open) {
  orders::Params of_symbol;
  if (!symbol.empty()) of_symbol.push_back({"symbol", std::string(symbol)});
  std::string error = ask("openOrders.status", std::move(of_symbol));
  if (!error.empty()) return error;
  for (const orders::OrderRecord& order : venue_.response().orders) {
    const orders::Owner owner = orders::owner_of(order.client_id, closing.self);
    const bool ours = owner == orders::Owner::kOurs || owner == orders::Owner::kEarlier ||
                      (closing.any_start && owner == orders::Owner::kLater);
    if (!ours && !closing.everybody) continue;
    const std::string_view on = symbol.empty() ? order.symbol : symbol;
    if (closing.where == Where::kElsewhere && trades(on)) continue;
    if (closing.where == Where::kInstruments && !trades(on)) continue;
    open.push_back({std::string(on), std::string(order.client_id), order.order_id});
  }
  return {};
}

namespace {

// Too many requests: the next list waits as long as the venue wants.
bool has_enough(const std::string& error, const orders::Questions& venue) {
  return !error.empty() && venue.answered() && venue.response().status == 429;
}

}  // namespace

// Those that `next` counts out. Returns how many went, by symbol.
VenueAccount::Canceled VenueAccount::cancel_next(std::atomic<std::size_t>& next,
                                                 std::span<const OpenOrder> open, Nanos give_up,
                                                 Lane& lane) const {
  Canceled canceled;
  while (clock_.now() < give_up) {
    const std::size_t k = next.fetch_add(1);
    if (k >= open.size()) break;
    const OpenOrder& order = open[k];
    const std::string error =
        lane.ask("order.cancel", {{"symbol", order.symbol},
                                  orders::number_param("orderId", order.order_id),
                                  {"origClientOrderId", order.client_id}});
    if (error.empty()) ++canceled[net::server_words(order.symbol, kSymbolMax)];
    if (has_enough(error, lane.venue)) next = open.size();  // for all lanes
    // A connection that does not come up, or finds no time of the venue's, helps nobody.
    if (!error.empty() && !lane.venue.answered() && &lane != &main_) break;
  }
  return canceled;
}

// One answer after the other is too slow where there are many. Where threads are short, with those
// there are.
VenueAccount::Canceled VenueAccount::cancel_each(const Closing& closing,
                                                 std::span<const OpenOrder> open, Nanos give_up) {
  const std::size_t more = std::min(open.size() / kOrdersPerLane, kLanesMax);
  while (lanes_.size() < more) lanes_.push_back(std::make_unique<Lane>(*this));
  std::atomic<std::size_t> next{0};
  std::vector<Canceled> others(more);
  std::vector<std::jthread> threads;
  for (std::size_t k = 0; k < more; ++k) {
    lanes_[k]->venue.give_up_at(closing.pause_max == Nanos{} ? give_up : Nanos{});
    try {
      threads.emplace_back([&, k] { others[k] = cancel_next(next, open, give_up, *lanes_[k]); });
    } catch (const std::system_error&) {
      break;
    }
  }
  Canceled canceled = cancel_next(next, open, give_up, main_);
  threads.clear();  // waits for them
  for (const Canceled& other : others) {
    for (const auto& [symbol, count] : other) canceled[symbol] += count;
  }
  return canceled;
}

// Everybody's.
VenueAccount::Canceled VenueAccount::cancel_symbols(std::span<const OpenOrder> open,
                                                    Nanos give_up) {
  Canceled canceled;
  for (std::size_t k = 0; k < open.size() && clock_.now() < give_up; ++k) {
    const std::string& symbol = open[k].symbol;
    if (k > 0 && open[k - 1].symbol == symbol) continue;
    const std::string error = ask("openOrders.cancelAll", {{"symbol", symbol}});
    const std::size_t gone = error.empty() ? venue_.response().orders.size() : 0;
    if (gone > 0) canceled[net::server_words(symbol, kSymbolMax)] += static_cast<int>(gone);
    if (has_enough(error, venue_)) break;
  }
  return canceled;
}

int VenueAccount::cancel(const Closing& closing, std::span<const OpenOrder> open, Nanos give_up,
                         Left& left) {
  const Canceled canceled =
      closing.everybody ? cancel_symbols(open, give_up) : cancel_each(closing, open, give_up);
  int all = 0;
  for (const auto& [symbol, count] : canceled) {
    left.canceled_on[symbol] += count;
    all += count;
  }
  left.canceled += all;
  return all;
}

bool VenueAccount::pauses_beyond(Nanos time) const {
  return pause_.next(net::RequestUse::kOther, clock_.now()) > time;
}

// What remains of `give_up` begins anew with its end.
void VenueAccount::keep_pause(const Closing& closing, Nanos end_max, Nanos& give_up) {
  constexpr Nanos kSayEvery{5 * kSecond.v};
  for (Nanos said{}, begun{};;) {
    const Nanos now = clock_.now();
    const Nanos end = pause_.next(net::RequestUse::kOther, now);
    if (begun == Nanos{}) begun = now;
    if (end == now || end > end_max) {
      give_up = give_up + (now - begun);
      return;
    }
    if (closing.hurried && closing.hurried()) {
      give_up = now;
      return;
    }
    if (closing.say && now - said >= kSayEvery) {
      closing.say(fmt::format("the venue wants no request for another {} s: waiting to cancel",
                              (end - now).v / kSecond.v + 1));
      said = now;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(end - now, kLook).v));
  }
}

void VenueAccount::wait(const Closing& closing, Nanos until) const {
  for (Nanos now = clock_.now(); now < until; now = clock_.now()) {
    if (closing.hurried && closing.hurried()) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(until - now, kLook).v));
  }
}

VenueAccount::Left VenueAccount::look(const Closing& closing) {
  Left left;
  std::vector<OpenOrder> open;
  const Nanos began = clock_.now();
  Nanos give_up = began + closing.patience;
  venue_.give_up_at(Nanos{});
  left.error = list(closing, open);
  if (const Nanos now = clock_.now(); pause_.next(net::RequestUse::kOther, now) != now) {
    keep_pause(closing, std::max(give_up, began + closing.pause_max), give_up);
    left.error = list(closing, open);
  }
  for (const OpenOrder& order : open) {
    left.client_ids.push_back(net::server_words(order.client_id, kClientIdMax));
  }
  return left;
}

VenueAccount::Left VenueAccount::cancel_all(const Closing& closing) {
  constexpr Nanos kPauseFirst{250 * kMillisecond.v}, kPauseLongest{8 * kSecond.v};
  // For what may still come; a list of all symbols has its weight.
  constexpr Nanos kBetweenLooks{2 * kSecond.v};
  Nanos pause = kPauseFirst;
  const Nanos began = clock_.now();
  Nanos give_up = std::max(began, closing.arrivals_until) + closing.patience;
  Left left;
  std::vector<OpenOrder> open;
  for (;;) {
    keep_pause(closing, began + closing.pause_max, give_up);
    // Else keep_pause() has the waiting all to itself.
    venue_.give_up_at(closing.pause_max == Nanos{} ? give_up : Nanos{});
    const Nanos asked = clock_.now();
    left.error = list(closing, open);
    left.client_ids.clear();
    for (const OpenOrder& order : open) {
      left.client_ids.push_back(net::server_words(order.client_id, kClientIdMax));
    }
    const bool none = left.error.empty() && open.empty();
    if ((none && asked >= closing.arrivals_until) || asked >= give_up) break;
    if (!left.error.empty() && pauses_beyond(std::max(give_up, began + closing.pause_max))) break;
    const int canceled = cancel(closing, open, give_up, left);
    const bool done = !none && left.error.empty() && canceled == static_cast<int>(open.size());
    if (done) continue;  // it seems: look again
    const Nanos now = clock_.now();
    wait(closing,
         std::min(none ? std::min(now + kBetweenLooks, closing.arrivals_until) : now + pause,
                  give_up));
    if (closing.hurried && closing.hurried()) give_up = std::min(give_up, clock_.now());
    if (!none) pause = std::min(pause * 2, kPauseLongest);
  }
  venue_.give_up_at(give_up);
  return left;
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
                           Summary& summary, Nanos read_lag) {
  if (left.canceled > 0) {
    summary.notes.push_back(
        fmt::format("{} orders were cancelled by REST at the end", left.canceled));
  }
  std::vector<Amount> bases;
  const std::string error = left.error.empty() ? read_bases(bases) : left.error;
  // It may be what was a moment ago. Where others trade a difference tells nothing.
  if (error.empty() && foreign_orders == 0 && position_differs(core, bases)) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(read_lag.v));
    if (std::vector<Amount> again; read_bases(again).empty()) bases = std::move(again);
  }
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

bool VenueAccount::position_differs(const Core& core, std::span<const Amount> bases) const {
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    const Amount explained = s.position.base() - s.position.opening();
    if (s.opening_known && bases[i] - s.opening_base != explained) return true;
  }
  return false;
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
  if (foreign_orders == 0 || differences == 0)
    summary.invariants.emplace_back("venue_position", differences);
}

}  // namespace mm::app
