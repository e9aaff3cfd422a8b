// The order session of Binance spot: commands out, execution events in, over pinned WebSockets.
//
// Owned by the gateway's thread, allocates at construction only, never blocks: connections come
// from the connector (order_connector.h) logged on and reconciled, and go back to it to be closed.
// All requests of an order use one connection while it lives; lane 0 also carries the user data,
// and the session counts as up while that lane is. Now and then it asks what is open: an order of
// ours that should not be is told, and the core cancels it. What is unanswered when a connection
// ends, or too long, is told as unknown. A connection may be half-open, which no error tells: one
// that is quiet is pinged, and ended when not even that is answered. New quotes stop before the
// venue's limits do; cancels and questions pass until a ban. When no connection has been up for a
// while the worker has REST (rest_worker.h): cancels and questions go there, and quotes if the
// options say so; an order's requests never run both ways at once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/spsc_ring.h"
#include "gateway/binance/in_flight.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/order_events.h"
#include "gateway/binance/order_session_options.h"
#include "gateway/binance/rate_guard.h"
#include "gateway/binance/request_encoder.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/session_link.h"
#include "gateway/binance/sweep_schedule.h"
#include "gateway/binance/user_data_parser.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

struct OrderSessionCounters {
  std::uint64_t requests = 0, answers = 0, user_events = 0;
  std::uint64_t stray_answers = 0;   // late, twice, or to nothing we asked
  std::uint64_t session_errors = 0;  // without a request
  std::uint64_t bad_messages = 0;    // not understood
  std::uint64_t lost = 0;            // requests that will not be answered
  std::uint64_t denied = 0;          // not sent, for the venue's limits
  std::uint64_t by_rest = 0, sweeps = 0;
  std::uint64_t connections_lost = 0, renewals = 0, clock_errors = 0;
};

class OrderSession {
 public:
  // `signer` signs each request where the key is not an Ed25519 one.
  OrderSession(const OrderSessionOptions& options, std::string_view api_key, const Signer& signer,
               SessionLink& link, net::SharedRequestPause& pause);
  ~OrderSession();
  OrderSession(const OrderSession&) = delete;
  OrderSession& operator=(const OrderSession&) = delete;

  // OrderSession of gateway/order_gateway.h.
  bool submit(const Command& command, Nanos now);
  bool next(Nanos now, Event& event);
  // What is known may be old, since we stood still: all connections end, and the next are
  // reconciled. Until then no quote is taken.
  void distrust() { distrusted_ = true; }

  SessionState state() const { return state_; }
  const OrderSessionCounters& counters() const { return counters_; }
  const OrderEventCounters& event_counters() const { return events_.counters(); }
  // Of the core's commands, whichever way they went. Read when the session rests.
  const Histogram& sent_to_answer() const { return sent_to_answer_; }
  const VenueClock& clock() const { return clock_; }
  std::size_t unanswered() const { return in_flight_.size(); }
  // Once at least all that was found was told: before that nothing can have been quoted.
  bool has_begun() const { return reconciled_; }

 private:
  struct Lane {
    OrderConnection* current = nullptr;
    OrderConnection* retiring = nullptr;  // replaced; its last answers are awaited
    // Ended, and the connector has no room for them yet: at most what a lane can have had.
    std::array<OrderConnection*, 3> returning{};
    Nanos retired{};
  };

  OrderConnection* connection_for(const Command& command);
  bool submit_by_rest(const Command& command, Purpose purpose, Nanos now, const Event& then = {});
  bool send(OrderConnection& connection, const Command& command, Purpose purpose, Nanos now,
            const Event& then = {});
  void send_follow_ups(Nanos now);
  bool send_follow_up(const OrderEvents::FollowUp& what, Nanos now);

  bool work(Nanos now);
  void end_all();
  bool is_of_this_era(const OrderConnection& found) const;
  bool take_connections(Nanos now);
  bool any_connection() const;
  bool is_alone() const;
  bool answers_questions() const;
  bool trades_by_rest() const;
  bool is_out_by_rest(const Command& command) const;
  void use_rest(Nanos now);
  bool take_findings();
  void on_call(RestCall& call, Nanos now);
  void count_out(const PendingRequest& request, Nanos now);
  void begin_with(const OrderConnection& connection);
  void on_answer(const PendingRequest& request, const Response& response, std::string_view text,
                 Nanos now);
  void note(SessionNote note, std::string_view words = {});
  void note_failure(const PendingRequest& request, const Response& r, std::string_view text);
  void take(Lane& lane, OrderConnection& connection, Nanos now);
  bool tell_findings(OrderConnection& connection);
  void tell_open_orders(const OrderConnection& connection, InstrumentId instrument);
  void settle(OrderConnection& connection);
  bool poll(Lane& lane, OrderConnection& connection, Nanos now);
  bool look_after(OrderConnection& connection, Nanos now) const;
  void on_text(OrderConnection& connection, std::string_view text, Nanos now);
  void on_user_data(OrderConnection& connection, std::string_view text);
  void on_bad_message(std::uint8_t lane, const char* why, std::string_view text);
  void on_response(OrderConnection& connection, const Response& response, std::string_view text,
                   Nanos now);
  void on_session_error(OrderConnection& connection, const Response& response);
  void end(Lane& lane, OrderConnection*& connection, EndReason why);
  void give_back(Lane& lane, OrderConnection* connection);
  bool return_waiting(Lane& lane, net::Handover<OrderConnection>& handover);
  void keep_time(Nanos now);
  void sweep(Nanos now);
  void expire(Nanos now);
  void tell_usage(Nanos now);
  void tell_state();

  OrderSessionOptions options_;
  InstrumentMap instruments_;
  SessionLink& link_;
  RequestEncoder encoder_;
  ResponseParser answers_;
  UserDataParser user_data_;
  SpscRing<Event> out_;
  OrderEvents events_;
  InFlight in_flight_;
  VenueClock clock_;
  RateGuard limits_;
  SweepSchedule sweeps_;
  std::array<Lane, kLanesMax> lanes_{};
  std::size_t lane_count_;
  std::uint32_t unanswered_orders_ = 0;
  SessionState state_ = SessionState::kDown;
  bool state_told_ = false;
  bool distrusted_ = false;
  bool reconciled_ = false;        // see has_begun()
  std::vector<bool> halted_told_;  // by instrument
  std::uint32_t halted_news_ = 0;
  // While no WebSocket is up.
  bool rest_wanted_ = false;
  Nanos alone_since_{};               // the last was heard, or seen to end; 0: one is up
  OrderConnection* found_ = nullptr;  // by REST, being told
  bool found_told_ = false;           // one, this time
  std::vector<std::uint32_t> calls_free_;
  Nanos time_due_{}, expire_due_{};
  Nanos usage_due_{};
  RateUsage usage_told_{};
  OrderSessionCounters counters_;
  Histogram sent_to_answer_;
};

}  // namespace mm::binance::orders
