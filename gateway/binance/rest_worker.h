// The way around: while no WebSocket is up, the session's requests go by REST, and so do the news.
//
// A cold agent on an unpinned thread of its own: each request blocks. While it is wanted it carries
// out calls as they come, cancels and questions always, quotes only while they are still meant, and
// in between looks at the account as the connector does before it hands over a connection: open
// orders, executions since the last known one, balances. So without a user data stream fills are
// told all the same, each once, only later. Once it is no longer wanted, calls that still wait are
// given back as not sent.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "engine/net/address_limits.h"
#include "engine/net/retry_schedule.h"
#include "engine/net/tls_context.h"
#include "engine/runtime/kill_latch.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/note_lines.h"
#include "gateway/binance/order_session_options.h"
#include "gateway/binance/reconciler.h"
#include "gateway/binance/rest_orders.h"
#include "gateway/binance/rest_questions.h"
#include "gateway/binance/session_link.h"

namespace mm::binance::orders {

class RestWorker {
 public:
  // Lines for the log; called on the worker's thread.
  using Say = NoteLines::Say;

  RestWorker(const OrderSessionOptions& options, const Credentials& credentials, SessionLink& link,
             const KillLatch& latch, net::AddressLimits& limits, const Clock& clock, Say say);

  // What the options have wrong (address, authorities); empty if nothing.
  const std::string& error() const { return error_; }

  int do_work();
  std::string_view name() const { return "order_rest"; }
  void stop() { stop_.store(true, std::memory_order_release); }  // any thread

 private:
  bool is_wanted() const;
  int serve();
  void serve(RestCall& call);
  RejectReason refusal(const RestCall& call) const;
  int leave();
  int look(Nanos now);
  void on_trouble(std::string_view problem, Nanos now);
  Nanos look_interval() const;

  OrderSessionOptions options_;
  RestLink& link_;
  const std::atomic<std::uint32_t>& era_;
  const KillLatch& latch_;
  net::SharedRequestPause& pause_;
  const Clock& clock_;
  Say say_;
  std::string error_, problem_;
  std::atomic<bool> stop_{false};
  net::TlsContext tls_;
  InstrumentMap instruments_;
  SignedRest rest_;
  RestOrders orders_;
  RestQuestions questions_;
  Reconciler reconciler_;
  net::RetrySchedule schedule_;
  Nanos began_{};  // of this time; 0: it is not wanted
};

}  // namespace mm::binance::orders
