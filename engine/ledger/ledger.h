// The ledger: a session's orders, requests, fills and events as an SQLite database.
//
// Written from the journal by re-driving the core over it, one thread, cold (some 100,000 order
// events a second; market events cost nothing). Amounts stand twice: as the engine's own integer
// (ticks, lots, 1e-8 of an asset) and as exact decimal text; times are ns since 1970. Errors are
// values: the first one is kept and nothing more is written.
//
// Tables: sessions (one row), instruments, orders (one row a client order id, its last known
// state), requests (every command), fills (each trade id once, however often it was reported),
// events (execution reports, control, lost books, what the core denied, the changes given to
// on_change such as reload, and order_modify, order_modify_success, order_modify_failure beside the
// reports, which may repeat) and closing (position and profit at the end, which the next session
// goes on from).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/instrument.h"
#include "engine/core/instrument_state.h"
#include "engine/core/order.h"
#include "engine/core/pnl_split.h"
#include "engine/journal/journal_format.h"
#include "engine/ledger/sqlite.h"

namespace mm {

// A client order id as venues and people see it: mm and 16 hex digits.
std::string order_id_text(ClientOrderId id);
ClientOrderId order_id_of(const std::string& text);  // 0 for a text that is no id

// How an instrument stood at the end.
struct SymbolClosing {
  Nanos time{};
  Amount position{};
  Money realized{}, unrealized{}, fees{};
  PnlParts parts{};  // of realized + unrealized
  Money today{};     // profit of the trading day, that of earlier sessions included
  HalfTicks mark{};  // 0: never valued
  // Every execution of ours up to that trade id is among the fills.
  std::uint64_t settled_trade = 0;
};

// A row where the ledger says which trades are settled.
inline constexpr const char* kHasSettledTrade =
    "SELECT 1 FROM pragma_table_info('closing') WHERE name='settled_trade'";

class LedgerWriter {
 public:
  LedgerWriter() = default;
  ~LedgerWriter();

  // Creates the file; it must not exist. Returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& path, std::string_view session_name,
                                 const JournalHeader& header,
                                 std::span<const Instrument> instruments);
  // Goes on with one that was not closed, where it was kept last: place() says where that is.
  [[nodiscard]] std::string go_on(const std::string& path, std::span<const Instrument> instruments);
  std::uint64_t place() const { return static_cast<std::uint64_t>(record_); }
  // The journal begins at, or goes on from, that record.
  void skip_to(std::uint64_t place) { record_ = static_cast<std::int64_t>(place); }
  // One record of the journal and the core's answer to it. Whether it was a fill told first here.
  // `repeats`: a report of an earlier amend, of terms that may be no more.
  bool on_record(const Event& event, std::span<const Command> commands, bool repeats = false);
  // An `order_denied` row in events, for each that the summary counts as denied. (A `denied` row is
  // the gateway's report that it sent a command not.)
  void on_denial(Nanos time, const Denial& denial);
  // The event just recorded is the first that tells of an amend carried out, as the core counts
  // them: `amends` of its order (the replacement, where it is one) and `order_modify_success`.
  void on_amend(const Event& event);
  // Anything else worth a row in events, such as a new reason for not quoting.
  void on_change(Nanos time, InstrumentId instrument, std::string_view what,
                 std::string_view detail);
  // Before the end: orders that no report ended although the core is done with them, such as a lost
  // request that was not found when asked for, end by the core's word, with the reason `presumed`.
  // `believed` gives the core's state of an order, kFree where it has no such order any more.
  void settle(const std::function<OrderState(ClientOrderId)>& believed, Nanos now);
  void write_closing(InstrumentId instrument, const SymbolClosing& closing);
  // The highest trade id among the fills that were told before then; 0 if there is none.
  std::uint64_t last_trade_before(InstrumentId instrument, Nanos time);
  // Whether a fill with a higher trade id is of an order that has no row.
  bool has_rowless_fill(InstrumentId instrument, std::uint64_t above);
  // Makes what was written last: it is all of the journal up to `place`, closing included.
  void keep(std::uint64_t place);
  // The end of the session, or null if the journal has none; commits and returns the error.
  [[nodiscard]] std::string close(const JournalEnd* end);

  const std::string& error() const { return error_; }

 private:
  // A row of orders.
  struct OrderRow {
    ClientOrderId id{}, replaces{};
    VenueOrderId venue_id{};
    InstrumentId instrument{};
    Side side{};
    OrderState state{OrderState::kPendingNew};
    std::string reason, why;
    Ticks ticks{};
    Lots lots{}, filled{};
    std::int64_t amends = 0;
    Nanos created{}, updated{};

    void rest() { state = filled.v > 0 ? OrderState::kPartiallyFilled : OrderState::kActive; }
  };

  static void take_status(OrderRow& row, OrderStatusCode status);
  const Instrument& instrument(InstrumentId id) const;
  std::string create(const JournalHeader& header, std::string_view session_name);
  std::string prepare();
  std::string add_columns();
  std::int64_t look_up(const char* sql, InstrumentId instrument, std::int64_t bound);
  void on_command(const Command& c);
  bool on_order_event(const Event& e);
  void on_report(const Event& e);
  void on_failure(const Event& e);
  bool on_fill(const Event& e);
  void on_adopted(const Event& e);
  void write_request(const Command& c);
  void write_event(const Event& e);
  void write_modify(const Command& c);
  void write_modify_failure(const Event& e);
  bool load(ClientOrderId id, OrderRow& row);
  void store(OrderRow& row, Nanos now);
  void place(const Command& c, ClientOrderId id, ClientOrderId replaces);
  void set_state(ClientOrderId id, OrderState state, Nanos now, std::string_view reason);
  void set_resting(ClientOrderId id, Nanos now);
  void wrote();

  Database database_;
  Statement insert_event_, insert_request_, insert_fill_, load_order_, store_order_;
  std::vector<Instrument> instruments_;
  std::string error_;
  std::int64_t record_ = 0;
  bool open_ = false;
};

}  // namespace mm
