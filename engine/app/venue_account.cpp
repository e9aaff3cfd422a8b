#include "engine/app/venue_account.h"

#include <fmt/format.h>

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

std::string VenueAccount::read_opening() {
  return read_bases(opening_);
}

std::string VenueAccount::count_open(std::string_view symbol, orders::Identity self,
                                     std::int64_t& open) {
  const VenueAnswer answer =
      rest_.ask_signed("/api/v3/openOrders", {{"symbol", std::string(symbol)}}, credentials_);
  if (!answer.error.empty()) return answer.error;
  json::array list;
  if (answer.body.get(list) != simdjson::SUCCESS) return "openOrders: not a list";
  for (const json::element& order : list) {
    const orders::Owner owner = orders::owner_of(text_of(order, "clientOrderId"), self);
    if (owner == orders::Owner::kOurs || owner == orders::Owner::kEarlier) ++open;
  }
  return {};
}

void VenueAccount::compare(const Core& core, orders::Identity self, std::uint64_t foreign_orders,
                           Summary& summary) {
  std::vector<Amount> bases;
  std::string error = read_bases(bases);
  std::int64_t open = 0;
  for (std::size_t i = 0; i < instruments_.size() && error.empty(); ++i) {
    error = count_open(instruments_[i].symbol(), self, open);
  }
  if (!error.empty()) {
    // Not known to be flat is not flat.
    summary.invariants.emplace_back("flat_at_end", 1);
    summary.notes.push_back("the venue could not be asked what is left: " + error);
    return;
  }
  summary.invariants.emplace_back("flat_at_end", open);
  std::int64_t differences = 0;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const Position& ours = core.instrument(static_cast<InstrumentId>(i)).position;
    const Amount moved = bases[i] - opening_[i], explained = ours.base() - ours.opening();
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
