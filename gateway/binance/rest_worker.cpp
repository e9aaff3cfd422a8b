#include "gateway/binance/rest_worker.h"

#include <fmt/format.h>

namespace mm::binance::orders {
namespace {

// Weight a second that looking at the account may cost: a quarter of the address's 6,000 a minute.
constexpr std::int64_t kWeightPerSecond = 25;
// openOrders and myTrades of a symbol; account.
constexpr std::int64_t kSymbolWeight = 26, kAccountWeight = 20;

// A quote that is written in time may still wait for a connection or in the network: the venue
// refuses it when it comes so late. Not less than clocks differ by.
int quote_window_ms(const OrderSessionOptions& options) {
  constexpr std::int64_t kClocks = 250;
  const std::int64_t wanted = options.command_age_max.v / kMillisecond.v + kClocks;
  return static_cast<int>(std::min<std::int64_t>(wanted, options.recv_window_ms));
}

}  // namespace

RestWorker::RestWorker(const OrderSessionOptions& options, const Credentials& credentials,
                       SessionLink& link, const KillLatch& latch, net::AddressLimits& limits,
                       const Clock& clock, Say say)
    : options_(options),
      link_(link.rest),
      era_(link.era),
      latch_(latch),
      pause_(limits.requests),
      clock_(clock),
      say_(std::move(say)),
      error_(net::parse_url(options.rest_url).error),
      tls_(net::TlsContext::client(options.ca_file)),
      instruments_(options.instruments),
      rest_(net::parse_url(options.rest_url).endpoint, &tls_,
            {.timeout = std::chrono::nanoseconds(options.rest_timeout.v),
             .body_bytes_max = options.message_bytes_max,
             .stop = &stop_},
            clock, limits.requests, options.recv_window_ms),
      orders_({rest_,
               {credentials.api_key.view(), *credentials.signer},
               clock,
               limits.requests,
               options.self_trade_prevention,
               [this](const RestCall& call) { return refusal(call); },
               quote_window_ms(options)},
              instruments_),
      questions_(rest_, {credentials.api_key.view(), *credentials.signer}, limits.requests, clock,
                 [this] { serve(); }),
      reconciler_(instruments_, options.identity, options.adopted_max, link,
                  options.adoption_patience),
      schedule_({options.backoff_first, options.backoff_longest, options.backoff_longest},
                options.seed + kLanesMax) {
  if (error_.empty() && rest_.endpoint().tls) error_ = tls_.error();
  questions_.give_up_at(Nanos(0));
}

bool RestWorker::is_wanted() const {
  return link_.wanted.load(std::memory_order_acquire) && !stop_.load(std::memory_order_acquire);
}

int RestWorker::do_work() {
  if (!error_.empty()) return serve();  // nothing is wanted of it; nothing may wait for ever
  link_.findings.destroy_returned();
  const Nanos now = clock_.now();
  if (!is_wanted()) return leave();
  if (began_ == Nanos{}) {
    began_ = now;
    schedule_.wait_until(now);
    say_(LogLevel::kWarning, "no order connection is up: cancels and questions go by REST");
  }
  const int work = serve();
  return work > 0 ? work : look(now);
}

// The WebSocket is back, or the end has come.
int RestWorker::leave() {
  const int work = serve();
  if (began_ == Nanos{}) return work;
  say_(LogLevel::kInfo,
       fmt::format("REST was in use for {} ms", (clock_.now() - began_).v / kMillisecond.v));
  began_ = Nanos{};
  link_.answers_us.store(false, std::memory_order_release);
  link_.looking.store(false, std::memory_order_release);
  return work + 1;
}

// All that waits.
int RestWorker::serve() {
  int work = 0;
  for (std::uint32_t number = 0; link_.requests.try_pop(number); ++work) {
    serve(link_.calls[number]);
    const bool pushed = link_.answers.try_push(number);
    MM_ASSERT(pushed, "there are no more calls than places for them");
  }
  return work;
}

void RestWorker::serve(RestCall& call) {
  call.reason = refusal(call);
  if (call.reason == RejectReason::kNone) return orders_.carry_out(call);
  call.outcome = RestCall::Outcome::kNotSent;
  call.retry_at = Nanos(0);
}

// As the gateway judges what goes to a WebSocket.
RejectReason RestWorker::refusal(const RestCall& call) const {
  const Command& command = call.request.command;
  if (!is_wanted()) return RejectReason::kDisconnected;
  if (!is_quote(command.kind)) return RejectReason::kNone;
  // Meant before a standstill, after which nothing is quoted until the account was seen.
  if (call.era != era_.load(std::memory_order_acquire)) return RejectReason::kDisconnected;
  if (latch_.is_set() && command.kind != CommandKind::kReduce) return RejectReason::kKillLatch;
  const bool late = clock_.now() - command.time > options_.command_age_max;
  return late ? RejectReason::kTooOld : RejectReason::kNone;
}

// Where we stand, by REST.
int RestWorker::look(Nanos now) {
  if (!schedule_.is_due(now) || pause_.next(net::RequestUse::kCancel, now) > now) return 0;
  if (!rest_.venue_clock().known()) {
    if (const std::string problem = rest_.measure_clock(); !problem.empty()) {
      link_.answers_us.store(false, std::memory_order_release);
      on_trouble(problem, now);
      return 1;
    }
  }
  link_.answers_us.store(true, std::memory_order_release);
  if (pause_.next(net::RequestUse::kOther, now) > now) return 0;  // cancels may still go
  auto found = std::make_unique<OrderConnection>();
  found->reconciled = true;
  found->era = era_.load(std::memory_order_acquire);
  found->asked = now;
  if (const std::string problem = reconciler_.run(questions_, options_.last_trade_ids, *found);
      !problem.empty()) {
    on_trouble(problem, now);
    return 1;
  }
  found->used = rest_.used();
  found->used_at = clock_.now();
  if (!problem_.empty()) say_(LogLevel::kInfo, "the account can be seen by REST again");
  problem_.clear();
  link_.looking.store(true, std::memory_order_release);
  link_.findings.offer(std::move(found));  // if the last was not taken, the next tells the same
  schedule_.succeeded(now + look_interval());
  return 1;
}

void RestWorker::on_trouble(std::string_view problem, Nanos now) {
  link_.looking.store(false, std::memory_order_release);
  const Nanos pause = schedule_.failed(now);
  if (problem_ != problem) {
    say_(LogLevel::kWarning,
         fmt::format("REST: {}; next attempt in {} ms", problem, pause.v / kMillisecond.v));
  }
  problem_ = problem;
}

Nanos RestWorker::look_interval() const {
  const auto symbols = static_cast<std::int64_t>(instruments_.size());
  return kSecond *
         std::max<std::int64_t>(1, (symbols * kSymbolWeight + kAccountWeight) / kWeightPerSecond);
}

}  // namespace mm::binance::orders
