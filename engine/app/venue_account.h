// The account as the venue has it when no order of ours should be open: is any left, and did the
// position move by what our fills say?
//
// Cold, main thread; a few REST requests. Whatever an earlier start has left is cancelled here, and
// what is left at the end, so that nothing stays even when the order session could not come back.
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

  struct Left {
    std::vector<std::string> client_ids;  // of orders of ours that are still open
    int canceled = 0;
    std::string error;  // not empty: the venue could not be asked, there may be others
  };
  // Lists the open orders of this engine, cancels each by its number and looks again, until there
  // is none or `patience` is over. Orders of others are left alone.
  Left cancel_all_ours(binance::orders::Identity self, Nanos patience);
  // Adds to the summary: `flat_at_end`, orders of ours that are still open at the venue, and
  // `venue_position`, instruments whose base balance moved otherwise than our position since the
  // core was told its first. Somebody else's orders on the account (`foreign_orders`) make the
  // latter a note.
  void compare(const Core& core, const Left& left, std::uint64_t foreign_orders, Summary& summary);

 private:
  // Base, free and locked, by instrument.
  std::string read_bases(std::vector<Amount>& bases);
  struct OpenOrder {
    std::string symbol, client_id;
    std::uint64_t order_id;
  };
  // Of this engine, on all symbols.
  std::string list_ours(binance::orders::Identity self, std::vector<OpenOrder>& open);

  VenueRest rest_;
  const binance::orders::Credentials& credentials_;
  std::span<const Instrument> instruments_;
};

}  // namespace mm::app
