// What the venue says of our orders (answers, REST bodies, user data) told to a core that quotes:
// whatever the words, the core gets events it can take, and its sums follow its rows.
//
// Input: a message a line; `$0` to `$9` in it become the client ids of our live orders, by slot.
// `{...}` is a message of the WebSocket API: user data, or the answer to the request of that "id"
// (1 is the first ever sent). `rest STATUS ID {...}` is a REST answer, `lost ID` none at all,
// `trades STATUS ID {...}` one to a question for executions, `open {...}` lists orders, `+N` is N
// milliseconds, `down` and `up` the session.
#include <array>
#include <charconv>
#include <string>

#include "gateway/binance/order_events.h"
#include "tests/core_harness.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/padded.h"

namespace {

using namespace mm;
using namespace mm::binance::orders;
using mm::test::Padded;

CoreConfig config() {
  CoreConfig c = mm::test::one_instrument();
  c.account.max_order_count = c.instruments[0].risk.max_order_count = 10;
  c.unknown_headroom = 8;
  c.instance = 1;
  c.epoch = 7;
  c.book = {.window_ticks = 256, .far_levels_max = 64};
  return c;
}

std::int64_t take_number(std::string_view& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const char* const rest = std::from_chars(text.data(), end, number).ptr;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return std::clamp<std::int64_t>(number, 0, 100'000);
}

class Session {
 public:
  Session() : events_(instruments_, {.instance = 1, .epoch = 7}, 64, venue_ids_, trades_, ring_) {
    core_.start_quoting();
    pump();
  }

  void hear(std::string_view line) {
    events_.set_now(core_.now);
    if (line.starts_with('+')) {
      pass(line.substr(1));
    } else if (line == "down" || line == "up") {
      core_.session(line == "up" ? SessionState::kUp : SessionState::kDown);
    } else if (line.starts_with("lost ")) {
      line.remove_prefix(5);
      events_.on_lost(request(take_number(line)));
    } else {
      hear_text(line);
    }
    pump();
  }

 private:
  void pass(std::string_view milliseconds) {
    core_.advance(kMillisecond * take_number(milliseconds));
    core_.send_book(0, false, {{Ticks(299'999), Lots(100'000)}}, {});
  }

  void hear_text(std::string_view line) {
    const bool trades = line.starts_with("trades "), rest = line.starts_with("rest ");
    if (line.starts_with("open ")) {
      const Padded text(with_ids(line.substr(5)));
      if (*answers_.parse_body(text.text(), 200) != '\0') return;
      for (const OrderRecord& order : answers_.response().orders) events_.on_open_order(0, order);
    } else if (rest || trades) {
      line.remove_prefix(rest ? 5 : 7);
      const auto status = static_cast<int>(take_number(line) % 1000);
      PendingRequest asked = request(take_number(line));
      if (trades) asked.purpose = Purpose::kTrades;
      const Padded text(with_ids(line));
      const char* const problem = answers_.parse_body(text.text(), status);
      if (*problem != '\0' && status == 200) return events_.on_lost(asked);
      answer(asked);
    } else {
      const Padded text(with_ids(line));
      if (*answers_.parse(text.text()) != '\0') return;
      if (answers_.response().is_event) return hear_user_data(text.text());
      if (!answers_.response().has_id) return;
      const std::uint64_t id = answers_.response().id;
      answer(request(static_cast<std::int64_t>(std::min<std::uint64_t>(id, 1000))));
    }
  }
  void answer(const PendingRequest& asked) {
    const Response& r = answers_.response();
    MM_ASSERT(r.limits.count <= LimitsUsed::kMax && r.status >= 0, "an answer keeps its bounds");
    events_.on_answer(asked, r, Nanos(0));
  }
  void hear_user_data(std::string_view text) {
    if (*user_data_.parse(text) != '\0') return;
    const UserEvent& event = user_data_.event();
    if (event.kind == UserEventKind::kExecutionReport) events_.on_report(event.report);
    if (event.kind == UserEventKind::kAccountPosition) {
      events_.on_balances(event.balances, event.balance_time_ms);
    }
  }

  // The request of that number; a question of nothing for one that was never sent.
  PendingRequest request(std::int64_t number) const {
    PendingRequest asked;
    asked.command.kind = CommandKind::kQueryOrder;
    const auto at = static_cast<std::size_t>(number) - 1;
    if (number > 0 && at < sent_.size()) asked.command = sent_[at];
    return asked;
  }

  std::string with_ids(std::string_view line) const {
    std::vector<ClientIdText> ids;
    for (const Order& row : core_.core.orders().rows()) {
      if (may_be_live(row.state)) ids.push_back(client_id_text(row.id));
    }
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char digit = i + 1 < line.size() ? line[i + 1] : ' ';
      const auto which = static_cast<std::size_t>(digit - '0');
      if (line[i] != '$' || digit < '0' || digit > '9' || which >= ids.size()) {
        text += line[i];
      } else {
        text.append(ids[which].data(), ids[which].size());
        ++i;
      }
    }
    return text;
  }

  // What was told goes to the core, and what it wants to the venue.
  void pump() {
    MM_ASSERT(ring_.size() <= OrderEvents::kRoom, "one message makes no more events than told");
    events_.follow_ups().clear();
    for (Event event; ring_.try_pop(event);) core_.deliver(event);
    core_.batch_end();
    for (const Command& c : core_.take()) {
      if (sent_.size() == 1000) break;
      events_.on_sent(c);
      sent_.push_back(c);
    }
    judge();
  }

  void judge() const {
    const OrderTable& table = core_.core.orders();
    for (const Side side : kSides) {
      Lots exposure{};
      std::size_t live = 0;
      for (const Order& row : table.rows()) {
        if (!may_be_live(row.state) || row.side != side) continue;
        exposure += row.exposure();
        ++live;
      }
      MM_ASSERT(exposure == table.exposure(0, side), "the exposure is that of the rows");
      MM_ASSERT(live == table.live(0, side).size(), "every live order is in the list of its side");
    }
    MM_ASSERT(core_.core.invariants().violations(Invariant::kDefinitiveEnd) == 0,
              "no word of the venue makes an illegal transition");
  }

  mm::test::CoreHarness core_{config()};
  InstrumentMap instruments_{std::vector<Instrument>{mm::test::eth_spot()}};
  SpscRing<Event> ring_{4096};
  VenueOrderIds venue_ids_{64};
  std::array<std::atomic<std::uint64_t>, 1> trades_{};
  OrderEvents events_;
  ResponseParser answers_{1 << 16};
  UserDataParser user_data_{1 << 16};
  std::vector<Command> sent_;
};

}  // namespace

MM_FUZZ_TARGET(order_session) {
  Session session;
  std::string_view line;
  for (int lines = 0; lines < 200 && mm::test::next_line(input, line); ++lines) session.hear(line);
}
