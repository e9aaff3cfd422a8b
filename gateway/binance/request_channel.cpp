#include "gateway/binance/request_channel.h"

#include <fmt/format.h>
#include <poll.h>

#include "engine/net/deadline.h"

namespace mm::binance::orders {
namespace {

constexpr std::chrono::milliseconds kLookAgain{5};

}  // namespace

std::string RequestChannel::ask(std::string_view method, Params params) {
  return exchange(method, std::move(params), false);
}

std::string RequestChannel::ask_signed(std::string_view method, Params params) {
  params.push_back(number_param("recvWindow", static_cast<std::uint64_t>(setup_.recv_window_ms)));
  params.push_back(number_param("timestamp", venue_clock_.timestamp_ms(setup_.clock.now())));
  return exchange(method, std::move(params), !logged_on_);
}

std::string RequestChannel::measure_clock(int exchanges) {
  for (int i = 0; i < exchanges; ++i) {
    const Nanos sent = setup_.clock.now();
    if (std::string error = ask("time"); !error.empty()) return error;
    venue_clock_.observe(sent, setup_.clock.now(), response().server_time_ms);
  }
  return venue_clock_.known() ? std::string{} : "the venue does not tell its time";
}

std::string RequestChannel::log_on() {
  std::string error = ask_signed("session.logon", {});
  logged_on_ = error.empty();
  return error;
}

std::string RequestChannel::subscribe_user_data() {
  return logged_on_ ? ask("userDataStream.subscribe")
                    : ask_signed("userDataStream.subscribe.signature", {});
}

std::string RequestChannel::exchange(std::string_view method, Params params, bool with_key) {
  answered_ = false;
  const std::uint64_t id = last_id_ % 4000 + 1;
  last_id_ = id;
  const std::string request = ws_request(id, method, std::move(params), setup_.api_key,
                                         with_key ? &setup_.signer : nullptr);
  if (request.empty()) return fmt::format("{}: cannot sign", method);
  if (!setup_.socket.send_text(request)) {
    return fmt::format("{}: not sent: {}", method, setup_.socket.problem());
  }
  if (const std::string error = await(id); !error.empty()) {
    return fmt::format("{}: {}", method, error);
  }
  const Response& r = response();
  answered_ = true;
  used_ = r.limits;
  used_at_ = setup_.clock.now();
  return r.status == 200 && !r.has_error ? std::string{} : refusal_text(method, r, setup_.api_key);
}

// Until the answer is there: it is in the parser and in text_.
std::string RequestChannel::await(std::uint64_t id) {
  const net::Deadline deadline({.timeout = setup_.timeout, .stop = setup_.stop});
  while (!deadline.stopped() && deadline.left().count() > 0) {
    const net::WsMessage message = setup_.socket.poll();
    if (message.event == net::WsEvent::kClosed || message.event == net::WsEvent::kFailed) {
      return fmt::format("the connection ended: {} (close code {})", setup_.socket.problem(),
                         setup_.socket.close_code());
    }
    if (message.event == net::WsEvent::kText) {
      text_ = padded(message.payload);
      const char* const problem = setup_.parser.parse(text_);
      if (*problem != '\0') return fmt::format("not understood: {}", problem);
      if (response().is_event) {
        if (backlog_.size() == kBacklogMax) return "too many user events to keep";
        backlog_.push_back(padded(text_));
      } else if (!response().has_id || response().id == id) {
        return {};  // without an id: about the session, so about this request too
      }
      continue;
    }
    if (message.event != net::WsEvent::kNone) continue;
    // In short waits: TLS may hold bytes that the socket does not tell of.
    net::Deadline(deadline, kLookAgain).wait(setup_.socket.stream().fd(), POLLIN);
  }
  return deadline.why();
}

}  // namespace mm::binance::orders
