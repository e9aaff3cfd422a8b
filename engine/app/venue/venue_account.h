// The account as the venue has it when no order of ours should be open: is any left, and did the
// position move by what our fills say?
//
// Cold, main thread; a few REST requests. Many orders are cancelled by up to four connections side
// by side, on threads that have ended when the call returns. Whatever an earlier start has left is
// cancelled here, and what is left at the end, so that nothing stays even when the order session
// could not come back.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/ledger/summary.h"
#include "engine/net/endpoint.h"
#include "engine/net/tls_context.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/read_lag.h"
#include "gateway/binance/rest_questions.h"

namespace mm::app {

class VenueAccount {
 public:
  // Whoever is in a hurry lets a request wait for an answer for less than kAnswerMax at first, so
  // that a connection that is dead is given up for another soon; each time it is twice as long.
  static constexpr Nanos kAnswerMax{5 * kSecond.v};
  VenueAccount(const VenueConfig& venue, const binance::orders::Credentials& credentials,
               std::span<const Instrument> instruments, net::SharedRequestPause& pause,
               Nanos answer_max = kAnswerMax);

  // Empty, or why the venue cannot be asked at all: then nothing that follows may be called.
  std::string error() const { return url_.endpoint.tls ? tls_.error() : url_.error; }

  struct Left {
    std::vector<std::string> client_ids;  // of orders that are still open
    int canceled = 0;
    std::map<std::string, int> canceled_on;  // by symbol
    std::string error;   // not empty: the venue could not be asked, there may be others
    std::string untold;  // not empty: why executions may be missing in the core
  };
  // Where orders are looked for.
  enum class Where : std::uint8_t {
    kInstruments,
    kAccount,    // on every symbol: one list, but a heavier one
    kElsewhere,  // on every other symbol
  };
  struct Closing {
    binance::orders::Identity self{};
    bool any_start = false;  // of our instance, not only this start and earlier ones
    bool everybody = false;  // else orders of others are left alone
    Where where = Where::kInstruments;
    Nanos arrivals_until{};  // then the last request sent can no longer arrive
    Nanos patience{};
    // A pause of the venue's that ends within `pause_max` is waited for beyond that: not counted.
    // It is said now and then, and cut short when somebody has no time for it.
    Nanos pause_max{};
    std::function<void(std::string_view)> say{};
    std::function<bool()> hurried{};
  };
  // Lists the open orders of this engine, cancels each by its number and looks again; everybody's
  // are cancelled a symbol at a time. Only a list without any that was asked for after
  // `arrivals_until` says that none is left; else it ends `patience` later. A pause that the venue
  // wants is kept; one that ends too late ends it at once.
  Left cancel_all(const Closing& closing);
  // Only lists them, once and, where the venue wants a pause, once more after that.
  Left look(const Closing& closing);
  // Adds to the summary: `flat_at_end`, orders of ours that are still open at the venue, and
  // `venue_position`, instruments whose base balance moved otherwise than our position since the
  // core was told its first. Where somebody else has orders on the account, or was heard to have
  // had some (`foreign_orders`), a difference is a note.
  void compare(const Core& core, const Left& left, std::uint64_t foreign_orders, Summary& summary,
               Nanos read_lag = binance::orders::kReadLagMax);

  // The latest start of this instance that the account's open orders are of, on any symbol, or the
  // last 1000 of each of ours; left alone if there is none. Returns the error.
  std::string find_latest_start(std::uint8_t instance, std::optional<std::uint16_t>& latest);
  // Base, free and locked, by instrument. Returns the error.
  std::string read_bases(std::vector<Amount>& bases);
  // For what is asked after the above, within the same time.
  // Pauses that the venue wants are kept up to then; those beyond are an error.
  void give_up_at(Nanos time) { venue_.give_up_at(time); }
  binance::orders::Questions& questions() { return venue_; }
  // When, by what the last answer told, the address has used less weight than that in the venue's
  // minute: now, or when the next begins.
  Nanos weight_free_at(std::int32_t weight) const;

 private:
  struct OpenOrder {
    std::string symbol, client_id;
    std::uint64_t order_id;
  };
  using Canceled = std::map<std::string, int>;  // by symbol
  // One connection; of one thread at a time.
  struct Lane {
    explicit Lane(const VenueAccount& account);
    std::string ask(std::string_view method, binance::orders::Params params);

    binance::orders::SignedRest rest;
    binance::orders::RestQuestions venue;
    Nanos answer_max;
  };
  // That many orders are worth another connection.
  static constexpr std::size_t kOrdersPerLane = 8, kLanesMax = 3;
  std::string ask(std::string_view method, binance::orders::Params params);
  std::string list(const Closing& closing, std::vector<OpenOrder>& open);
  std::string list_symbol(const Closing& closing, std::string_view symbol,
                          std::vector<OpenOrder>& open);
  bool trades(std::string_view symbol) const;
  Canceled cancel_next(std::atomic<std::size_t>& next, std::span<const OpenOrder> open,
                       Nanos give_up, Lane& lane) const;
  Canceled cancel_each(const Closing& closing, std::span<const OpenOrder> open, Nanos give_up);
  Canceled cancel_symbols(std::span<const OpenOrder> open, Nanos give_up);
  // Refused or unanswered: the next list tells. Returns how many went.
  int cancel(const Closing& closing, std::span<const OpenOrder> open, Nanos give_up, Left& left);
  bool pauses_beyond(Nanos time) const;
  void keep_pause(const Closing& closing, Nanos end_max, Nanos& give_up);
  void wait(const Closing& closing, Nanos until) const;  // for as long as nobody is in a hurry
  bool position_differs(const Core& core, std::span<const Amount> bases) const;
  void compare_positions(const Core& core, std::span<const Amount> bases, std::int64_t open,
                         std::uint64_t foreign_orders, Summary& summary) const;

  Clock clock_;
  net::ParsedUrl url_;
  net::TlsContext tls_;
  net::SharedRequestPause& pause_;
  binance::orders::RestKey key_;
  int recv_window_ms_;
  Nanos answer_max_;  // at first
  std::span<const Instrument> instruments_;
  Lane main_{*this};
  binance::orders::RestQuestions& venue_ = main_.venue;
  std::vector<std::unique_ptr<Lane>> lanes_;  // beside it, for many cancels
};

}  // namespace mm::app
