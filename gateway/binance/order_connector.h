// Opens the order session's connections: dials, logs on, subscribes, asks for the rules of the day
// (exchangeInfo), reconciles, hands over.
//
// A cold agent on an unpinned thread: do_work() blocks while it connects (stop() ends that within
// 100 ms). Connections the session wants anew are opened before the old ones go; failures are
// retried with jittered pauses, within the venue's limit of attempts: the last of those are for a
// connection beside which there is none.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/address_limits.h"
#include "engine/net/endpoint.h"
#include "engine/net/retry_schedule.h"
#include "engine/net/tls_context.h"
#include "engine/net/ws_buffers.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/note_lines.h"
#include "gateway/binance/order_session_options.h"
#include "gateway/binance/reconciler.h"
#include "gateway/binance/request_channel.h"
#include "gateway/binance/session_link.h"

namespace mm::binance::orders {

class OrderConnector {
 public:
  // Lines for the log, its own and of the session's notes; called on the connector's thread.
  using Say = NoteLines::Say;
  // Answers to exchangeInfo about our symbols, as they came; called there too, before a connection
  // is used.
  using TellSymbols = std::function<void(std::string_view)>;

  OrderConnector(const OrderSessionOptions& options, const Credentials& credentials,
                 SessionLink& link, net::AddressLimits& limits, const Clock& clock, Say say,
                 TellSymbols tell_symbols = {});

  // What the options have wrong (addresses, authorities); empty if nothing.
  const std::string& error() const { return error_; }

  int do_work();
  // What the session has noted and nobody has said: whoever stopped the thread asks, at the end.
  void finish_notes() { notes_.finish(clock_.now(), say_); }
  std::string_view name() const { return "order_connect"; }
  void stop() { stop_.store(true, std::memory_order_release); }  // any thread
  // Of the last attempt; empty after a success. The connector's thread.
  const std::string& problem() const { return problem_; }
  const net::WsBufferStore& buffers() const { return buffers_; }

 private:
  // So that an answer (some 3 KB each) fits into a message.
  static constexpr std::size_t kSymbolsPerQuestion = 100;

  struct Lane {
    std::uint32_t offered = 0;
    net::RetrySchedule retry;
  };

  bool reclaim(std::size_t lane);
  bool is_wanted(std::size_t lane, Nanos now);
  bool has_connection() const;
  bool connect(std::size_t lane);
  std::string prepare(OrderConnection& connection);
  std::string ask_rules(RequestChannel& channel, OrderConnection& into);
  Nanos pause_after(const RequestChannel& channel);
  void failed(std::size_t lane, std::string problem, Nanos pause_min);

  OrderSessionOptions options_;
  const Credentials& credentials_;
  SessionLink& link_;
  const Clock& clock_;
  Say say_;
  TellSymbols tell_symbols_;
  std::string error_, problem_;
  net::Endpoint endpoint_;
  net::TlsContext tls_;
  InstrumentMap instruments_;
  NoteLines notes_;
  ResponseParser parser_;
  Reconciler reconciler_;
  net::AddressLimits& limits_;
  net::WsBufferStore buffers_;
  std::vector<Lane> lanes_;
  std::uint32_t last_serial_ = 0;
  Nanos pause_min_{};  // what the last refusal asks for
  std::atomic<bool> stop_{false};
};

}  // namespace mm::binance::orders
