// The account as the venue has it, before the first order and after the last: is anything of ours
// left, and did the position move by what our fills say?
//
// Cold, main thread; a few REST requests.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/app/venue_rest.h"
#include "engine/core/core.h"
#include "engine/ledger/summary.h"
#include "gateway/binance/client_order_id.h"

namespace mm::app {

class VenueAccount {
 public:
  VenueAccount(const VenueConfig& venue, const binance::orders::Credentials& credentials,
               std::span<const Instrument> instruments)
      : rest_(venue), credentials_(credentials), instruments_(instruments) {}

  // Balances to compare with. Returns the error.
  std::string read_opening();
  // Adds to the summary: `flat_at_end`, orders of ours that are still open at the venue, and
  // `venue_position`, instruments whose base balance moved otherwise than our position. Somebody
  // else's orders on the account (`foreign_orders`) make the latter a note.
  void compare(const Core& core, binance::orders::Identity self, std::uint64_t foreign_orders,
               Summary& summary);

 private:
  // Base, free and locked, by instrument.
  std::string read_bases(std::vector<Amount>& bases);
  // Of this instance, on one symbol.
  std::string count_open(std::string_view symbol, binance::orders::Identity self,
                         std::int64_t& open);

  VenueRest rest_;
  const binance::orders::Credentials& credentials_;
  std::span<const Instrument> instruments_;
  std::vector<Amount> opening_;
};

}  // namespace mm::app
