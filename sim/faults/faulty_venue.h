// The way to the simulated venue on which things go wrong, as a plan of faults says.
//
// Stands between gateway and SimVenue and has its shape: requests in with submit(), everything else
// out of next(). Owned by the venue's thread; allocates in the constructor only (bounded queues; a
// fault that finds no room does not happen and is counted in `skipped`). Deterministic: same plan,
// same seed, same calls, same events. It does what a gateway and a feed would do about a fault:
// numbers book messages anew, asks for snapshots, reconciles a session that was down (missed fills
// first, then open orders, then up), lists what is open while the user stream is silent, knows of a
// ban once it was refused, halts a symbol whose tick or lot is another.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "sim/faults/fault_windows.h"
#include "sim/timed_queue.h"
#include "sim/venue.h"

namespace mm::sim {

class FaultyVenue {
 public:
  FaultyVenue(SimVenue& venue, std::span<const Instrument> instruments, const FaultPlan& plan,
              std::uint64_t seed);

  // Before start(): an engine has died and comes again, to a venue that has gone on meanwhile. Its
  // orders that rest are told as adopted.
  void go_on();
  void start(Nanos now);
  void submit(const Command& command, Nanos now);
  void on_market(std::span<const Event> events, Nanos at) { venue_.on_market(events, at); }
  Nanos next_time() const;
  bool next(Nanos now, Event& out);

  // Inspection, for checkers, tests and summaries.
  const SimVenue& venue() const { return venue_; }
  // Position made since this engine came: fills, less fees charged in base.
  Amount gained(InstrumentId i) const { return venue_.position(i) - positions_before_[i]; }
  const FaultCounts& counts() const { return windows_.counts(); }
  std::uint64_t skipped() const { return skipped_; }
  bool active(FaultKind kind) const { return windows_.active(kind); }
  SessionState session() const { return session_; }
  // No orders are taken, or none that fit; and that is known.
  bool halted(InstrumentId i) const { return streams_[i].halted || streams_[i].new_grid; }
  // Told to be cancelled while it lives, and not shown since: nobody but the venue can know.
  bool is_lied_about(ClientOrderId id) const;
  bool has_shown(ClientOrderId id) const;  // that it lives after all
  std::size_t lies() const { return lies_.size(); }
  // Whose report is lost; somebody has to ask for them.
  std::size_t missed_fills() const { return missed_fills_.size(); }
  // Of all such orders of a side, ever.
  Lots lied_lots(InstrumentId i, Side side) const { return lied_lots_[i][index(side)]; }
  // No window is open, and what the last one left is told.
  bool calm() const;
  // A cancel that is sent now reaches the venue, and its answer the core.
  bool cancels_pass() const {
    return session_ == SessionState::kUp && requests_.empty() && !half_open_ &&
           !windows_.any_active(cancel_faults_);
  }
  // No window is open or to come, and what the last one left is told.
  bool over() const;

 private:
  // A message of one instrument on its way through: what is decided at its beginning holds to its
  // end.
  enum class Passage : std::uint8_t { kPass, kDrop, kCopy };
  struct Stream {
    std::uint32_t sequence = 0;
    Passage passage = Passage::kPass;
    bool is_snapshot = false;
    bool awaits_snapshot = false;  // the feed has lost the chain: diffs are not for the core
    bool halted = false;
    bool new_grid = false;  // known, and nothing for us until a restart
    Nanos grid_known_at{kNever};
    int snapshots_too_old = 0;  // that are still to come
    Nanos ask_again{kNever};
    Nanos copy_delay{};
    std::vector<Event> copy;  // the message, to be delivered again
  };
  struct Birth {
    ClientOrderId id;
    Nanos time;
  };
  struct Lie {
    ClientOrderId id;
    Nanos shown_at;  // in a list of what is open; kNever: it has been, the core is about to hear
  };

  const Fault* find(FaultKind kind, InstrumentId i) const { return windows_.find(kind, i); }
  const Fault* strikes(FaultKind kind, InstrumentId i) { return windows_.strikes(kind, i); }
  void count(FaultKind kind) { windows_.count(kind); }
  Nanos late(const Fault& fault) { return windows_.late(fault, now_); }
  void hold(const Event& event, Nanos at);
  // A fault that may as well not happen; counted if there is no room for it.
  void hold_if_room(const Event& event, Nanos at);

  // Time and windows (faulty_venue.cpp).
  Nanos next_boundary() const;
  bool next_event(Nanos limit, Event& out);
  void release_request();
  void cross_boundary();
  void begin(const Fault& fault);
  void change_grid(const Fault& fault);
  void grid_known();
  void end(const Fault& fault);

  // Requests and answers (faulty_session.cpp).
  void forward(const Command& command);
  RejectReason refusal(const Command& command, Nanos& retry_after);
  void refuse(const Command& command, RejectReason reason, Nanos retry_after);
  bool request_fault(const Command& command);
  bool pass_execution(Event& event);
  bool pass_balance(Event& event);
  bool pass_answer(Event& event);
  bool pass_report(const Event& event);
  bool pass_held(const Event& event);
  void foreign_report(const Event& event);
  void remember(const Command& command);
  bool forget(const Event& event, Command& forgotten);
  bool is_young(ClientOrderId id) const;
  // Nothing comes over it: because it is down, or as nobody has found out that it is.
  bool is_deaf() const { return session_ == SessionState::kDown || half_open_; }
  void session_down();
  void session_reconciles();
  void session_up();
  void refuse_banned(const Command& command, const Fault& ban);
  void sweep();
  void renew_session();
  void tell_session(InstrumentId i);
  bool tell_missed_fills(ClientOrderId id);
  // use(instrument, side, order) for each that rests.
  template <class Use>
  void for_each_open(Use&& use) const;
  void adopt_open_orders();
  void tell_open_orders();
  void tell_open(InstrumentId i, Side side, const RestingOrder& order);
  void note_lie(const Event& canceled);
  void show_lies();
  void pass_out(const Event& event);
  bool is_open(ClientOrderId id) const;
  void tell_balances();

  // Market data (faulty_feed.cpp).
  bool pass_market(Event& event);
  Passage passage_of(Stream& stream, const Event& begin);
  void end_message(Stream& stream, InstrumentId i);
  void lose_chain(InstrumentId scope);
  void ask_snapshot(InstrumentId i);

  SimVenue& venue_;
  std::vector<Instrument> instruments_;
  FaultWindows windows_;
  const FaultKinds cancel_faults_ = cancel_faults();

  TimedQueue<Event> held_;                 // events that come later
  TimedQueue<Command> requests_;           // requests that are late
  std::array<Nanos, 256> last_release_{};  // per connection
  std::vector<Command> in_flight_;         // oldest first
  std::vector<Event> missed_fills_;
  std::array<Birth, 256> births_{};  // orders that came to rest last
  std::size_t next_birth_ = 0;
  std::vector<Lie> lies_;
  std::vector<ClientOrderId> shown_;  // those that may still rest
  std::vector<Stream> streams_;
  std::vector<Amount> positions_before_;
  std::vector<std::array<Lots, 2>> lied_lots_;

  SessionState session_{SessionState::kUp};
  bool half_open_ = false;  // though the core is told that it is up
  Nanos reconciled_at_{kNever};
  Nanos grid_known_at_{kNever};  // the next one
  Nanos lies_shown_at_{kNever};  // likewise
  Nanos sweep_at_{kNever};       // likewise
  Nanos silent_until_{};         // the user stream, last time
  Nanos ban_known_at_{kNever};
  Nanos shift_{};  // of the local clock
  Nanos now_{};
  std::uint64_t skipped_ = 0;
  bool goes_on_ = false;
};

}  // namespace mm::sim
