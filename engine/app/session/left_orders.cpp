#include "engine/app/session/left_orders.h"

#include <fmt/format.h>

#include <utility>

#include "engine/app/session/last_arrival.h"
#include "engine/app/session/session_report.h"
#include "engine/app/venue/venue_account.h"

namespace mm::app {
namespace {

constexpr Nanos kPatience{10 * kSecond.v}, kPauseMax{90 * kSecond.v};

std::string canceled_text(int canceled) {
  return canceled == 0 ? std::string()
                       : fmt::format("{} open orders of an earlier start were cancelled", canceled);
}

}  // namespace

std::string clear_left_orders(const Config& config, const binance::orders::Credentials& credentials,
                              const std::string& previous, int canceled,
                              std::function<bool()> hurried) {
  net::SharedRequestPause pause;
  VenueAccount account(config.venue, credentials, {}, pause);
  const Nanos now = Clock().now(), arrivals_until = last_arrival(config, previous);
  const VenueAccount::Closing closing{
      .self = {.instance = static_cast<std::uint8_t>(config.engine.instance), .epoch = 0},
      .any_start = true,
      .where = VenueAccount::Where::kAccount,
      .arrivals_until = arrivals_until,
      .patience = kPatience,
      .pause_max = kPauseMax,
      .say = [](std::string_view line) { fail(std::string(line)); },
      .hurried = std::move(hurried)};
  VenueAccount::Left left;
  left.error = account.error();
  // Asked once: what keeps the venue from answering has refused the start, too.
  if (left.error.empty()) left = account.look(closing);
  const bool may_come = left.error.empty() && arrivals_until > now;
  if (config.venue.allow_live && may_come) {
    fail(
        fmt::format("requests of the engine that was killed may still come to the venue: orders "
                    "are looked for for {} s",
                    (arrivals_until - now).v / kSecond.v + 1));
  }
  if (config.venue.allow_live && (may_come || !left.client_ids.empty())) {
    left = account.cancel_all(closing);
  }
  std::string text = canceled_text(canceled + left.canceled);
  const std::string way_out =
      fmt::format("`mm_logic guard {}` cancels them", previous.empty() ? "SESSION" : previous);
  const char* const also = text.empty() ? "" : "; ";
  if (!left.client_ids.empty()) {
    text += fmt::format("{}{} orders of an earlier start are open at the venue, such as {}: {}",
                        also, left.client_ids.size(), left.client_ids.front(), way_out);
  } else if (!left.error.empty() && !previous.empty()) {
    text += fmt::format("{}orders of an earlier start may be open at the venue ({}): {}", also,
                        left.error, way_out);
  } else if (Clock().now() < arrivals_until) {
    text +=
        fmt::format("{}orders of an earlier start may still come to the venue: {}", also, way_out);
  }
  return text;
}

}  // namespace mm::app
