// Where a live start finds itself: one path for the first start, a clean one and one after a crash.
//
// Cold, main thread, before the session's folder is made; some REST requests a symbol. Before
// anything is read our open orders are cancelled, on whatever symbol, and it is verified that none
// is left; a place of a session that was killed may still be on its way, and is waited for. Lists
// may lag behind what has happened: after a crash they are read again when they no longer can.
// Those that are to go on are not: the order session takes them over, and here only their
// executions count. The session before is made whole (journal, ledger). Executions since the last
// one settled are fetched, and the ones of ours that its ledger lacks are recovered. What comes out
// is the opening of the new session. Nothing is traded, no fill is invented, foreign orders are
// left alone; killed at any moment it can be begun again.
//
// Trades are listed from the last one that the ledger calls settled, a page of 1000 at a time, as
// many pages as there are: memory is that of a page and of what is recovered. Whose orders they are
// of is listed, too, where there are many. Weight is spent up to what market data may use later;
// with the whole of Binance's that is 150,000 trades a minute. Waiting for more is no failure. A
// balance that moved otherwise than our fills has all trades of the session before looked at, once.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/app/session/recovery_progress.h"
#include "engine/app/session/session_ledger.h"
#include "engine/app/venue/venue_account.h"
#include "engine/journal/session_opening.h"
#include "engine/ledger/ledger_reader.h"
#include "engine/net/shared_request_pause.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/read_lag.h"

namespace mm::app {

class StartRecovery {
 public:
  StartRecovery(const Config& config, const binance::orders::Credentials& credentials,
                std::span<const Instrument> instruments, binance::orders::Identity self,
                RecoveryProgress progress = RecoveryProgress(),
                Nanos read_lag = binance::orders::kReadLagMax);

  // `previous`: the folder of the session before; empty: none. What it held is only said where
  // [session] goes_on is no. Returns why nothing may be started, empty if all is known.
  [[nodiscard]] std::string run(const std::string& previous);
  const SessionOpening& opening() const { return opening_; }
  // What was found and done, for log and summary.
  const std::vector<std::string>& lines() const { return lines_; }
  // Orders of earlier starts, also where run() has failed.
  int canceled() const { return left_.canceled; }

 private:
  struct Trade {
    std::uint64_t order_id;
    RecoveredFill fill;
  };
  SessionCompletion complete(const std::string& folder);
  std::string read_previous(const std::string& folder);
  std::string leave_behind(const std::string& folder);
  void carry(const LedgerReader::Closing& closing, Nanos ended);
  void carry_untraded(SymbolOpening& o, const SymbolOpening& before);
  bool is_today(Nanos time) const;
  std::string cancel_orders(Nanos arrivals_until = Nanos{});
  std::string await_arrivals(const std::string& session, LedgerReader* ledger, bool has_requests);
  void tell_canceled();
  std::string find_opening();
  void await_lists();
  std::string look(std::vector<Amount>& bases);
  bool go_back();
  void begin(InstrumentId i);
  std::string look_at_trades(InstrumentId i, bool& traded);
  std::string recover(InstrumentId i);
  void tell_recovered(InstrumentId i);
  std::string find_last_trade(InstrumentId i, std::uint64_t& last);
  std::string ask(std::string_view method, binance::orders::Params params);
  void spare_weight();
  std::string list_trades(InstrumentId i, std::uint64_t since);
  std::string learn_owners(InstrumentId i);
  std::string take(InstrumentId i, const Trade& trade);
  bool is_traded(std::string_view symbol) const;
  bool is_unknown_order() const;  // by the last answer
  std::string whose(InstrumentId i, std::uint64_t order_id, ClientOrderId& id);
  ClientOrderId own_id(const binance::orders::OrderRecord& order) const;
  Amount explained(std::string_view base) const;
  Amount unexplained(const Instrument& instrument, Amount balance) const;
  void compare_balances(std::span<const Amount> bases);
  SymbolOpening& opening_of(const Instrument& instrument);

  const Config& config_;
  binance::orders::InstrumentMap instruments_;
  binance::orders::Identity self_;
  net::SharedRequestPause pause_;
  VenueAccount account_;
  binance::orders::Questions& venue_;
  SessionOpening before_;  // of the session before
  std::vector<Instrument> traded_before_;
  LedgerReader ledger_;   // its
  bool goes_on_ = false;  // there is one
  Nanos now_ = Clock().now();
  // Of orders in a page that the ledger does not know; 0: not of this engine.
  std::map<std::pair<InstrumentId, std::uint64_t>, ClientOrderId> owners_;
  // By instrument: the last trade that the session before has settled; none where we start.
  std::vector<std::optional<std::uint64_t>> since_;
  std::vector<Trade> page_;  // of trades
  bool adopts_;
  bool after_crash_ = false;
  Nanos read_lag_;  // of the venue's lists, at most
  VenueAccount::Left left_;
  SessionOpening opening_;
  std::vector<std::string> lines_;
  RecoveryProgress progress_;
};

// The fills that the new session's core is told first.
std::vector<Event> recovered_events(const SessionOpening& opening,
                                    std::span<const Instrument> instruments, Nanos now);

}  // namespace mm::app
