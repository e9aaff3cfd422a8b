// The core's order lifecycle behind the session's translation, against an exchange that answers
// late, out of order, twice, half or not at all: both must end up believing the same.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <vector>

#include "engine/core/order_lifecycle.h"
#include "gateway/binance/order_events.h"
#include "tests/binance_instruments.h"
#include "tests/random_choices.h"

namespace mm::binance::orders {
namespace {

using test::Choices;

constexpr Identity kSelf{.instance = 1, .epoch = 7};

std::string lots_text(Lots lots) {
  return decimal_text(lots.v * 1'000);
}
std::string id_text(ClientOrderId id) {
  const ClientIdText text = client_id_text(id);
  return {text.data(), text.size()};
}

// The exchange: orders by client id, answers and user events as JSON in two lanes.
class Exchange {
 public:
  struct Order {
    std::uint64_t number = 0;
    Lots lots{}, executed{};
    std::string status = "NEW";
    bool open() const { return status == "NEW" || status == "PARTIALLY_FILLED"; }
  };
  struct Answer {
    PendingRequest request;
    std::string json;  // empty: lost
  };

  void carry_out(const PendingRequest& request, Choices& choices) {
    const Command& c = request.command;
    if (request.purpose == Purpose::kTrades) return answer(request, ok(trades_of(c.id)), choices);
    switch (c.kind) {
      case CommandKind::kPlace:
        if (choices.one_in(5)) {
          return answer(request, error(400, -2010, "Order would immediately match and take."),
                        choices);
        }
        open(c.id, c.lots);
        return answer(request, ok(json_of(c.id)), choices);
      case CommandKind::kCancel:
        if (!is_open(c.id))
          return answer(request, error(400, -2011, "Unknown order sent."), choices);
        end(c.id, "CANCELED");
        return answer(request, ok(json_of(c.id)), choices);
      case CommandKind::kReplace:
        return answer(request, replace(c, choices), choices);
      case CommandKind::kReduce:
        return answer(request, reduce(c), choices);
      default:
        if (!orders_.contains(c.id)) {
          return answer(request, error(400, -2013, "Order does not exist."), choices);
        }
        return answer(request, ok(json_of(c.id)), choices);
    }
  }
  void fill_one(Choices& choices) {
    std::vector<ClientOrderId> open;
    for (const auto& [id, o] : orders_) {
      if (o.open()) open.push_back(id);
    }
    if (open.empty()) return;
    const ClientOrderId id = open[choices.below(open.size())];
    Order& o = orders_[id];
    const std::int64_t left = (o.lots - o.executed).v;
    const Lots lots(choices.one_in(2) ? left : 1 + choices.below(static_cast<std::size_t>(left)));
    o.executed += lots;
    o.status = o.executed == o.lots ? "FILLED" : "PARTIALLY_FILLED";
    trades_.push_back({id, ++last_trade_, lots});
    report("TRADE", id, "",
           R"(,"t":)" + std::to_string(last_trade_) + R"(,"l":")" + lots_text(lots) +
               R"(","L":"100.00","n":"0","N":"USDT","m":true)");
  }
  void expire_one(Choices& choices) {
    if (orders_.empty()) return;
    auto at = orders_.begin();
    std::advance(at, choices.below(orders_.size()));
    if (at->second.open()) end(at->first, "EXPIRED");
  }

  Lots executed() const {
    Lots sum{};
    for (const auto& [id, o] : orders_) sum += o.executed;
    return sum;
  }
  std::vector<ClientOrderId> open_ids() const {
    std::vector<ClientOrderId> ids;
    for (const auto& [id, o] : orders_) {
      if (o.open()) ids.push_back(id);
    }
    return ids;
  }
  const Order* find(ClientOrderId id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : &found->second;
  }

  std::deque<Answer> answers;
  std::deque<std::string> user;

 private:
  struct Trade {
    ClientOrderId order;
    std::uint64_t id;
    Lots lots;
  };

  bool is_open(ClientOrderId id) const {
    const auto found = orders_.find(id);
    return found != orders_.end() && found->second.open();
  }
  void open(ClientOrderId id, Lots lots) {
    RC_ASSERT(!orders_.contains(id));
    orders_[id] = {.number = ++last_number_, .lots = lots};
    report("NEW", id, "", "");
  }
  void end(ClientOrderId id, const std::string& status) {
    orders_[id].status = status;
    if (status == "CANCELED") return report("CANCELED", id, id_text(id), "");
    report("EXPIRED", id, "", "");
  }
  void report(const std::string& x, ClientOrderId id, const std::string& original,
              const std::string& more) {
    const Order& o = orders_[id];
    const std::string own = original.empty() ? id_text(id) : "random-id-of-the-cancel";
    user.push_back(R"({"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT","c":")" +
                   own + R"(","C":")" + original + R"(","S":"BUY","p":"100.00","q":")" +
                   lots_text(o.lots) + R"(","z":")" + lots_text(o.executed) + R"(","x":")" + x +
                   R"(","X":")" + o.status + R"(","i":)" + std::to_string(o.number) + more + "}}");
  }
  std::string json_of(ClientOrderId id) const {
    const Order& o = orders_.at(id);
    return R"({"symbol":"BTCUSDT","orderId":)" + std::to_string(o.number) +
           R"(,"clientOrderId":")" + id_text(id) + R"(","price":"100.00","origQty":")" +
           lots_text(o.lots) + R"(","executedQty":")" + lots_text(o.executed) + R"(","status":")" +
           o.status + R"(","side":"BUY"})";
  }
  std::string trades_of(ClientOrderId id) const {
    std::string rows;
    for (const Trade& t : trades_) {
      if (t.order != id) continue;
      rows += (rows.empty() ? "" : ",") + (R"({"symbol":"BTCUSDT","id":)" + std::to_string(t.id)) +
              R"(,"orderId":)" + std::to_string(orders_.at(id).number) +
              R"(,"price":"100.00","qty":")" + lots_text(t.lots) +
              R"(","commission":"0","commissionAsset":"USDT","isBuyer":true,"isMaker":true})";
    }
    return "[" + rows + "]";
  }
  std::string replace(const Command& c, Choices& choices) {
    const auto halves = [](const std::string& cancel, const std::string& placed,
                           const std::string& a, const std::string& b) {
      return R"({"cancelResult":")" + cancel + R"(","newOrderResult":")" + placed +
             R"(","cancelResponse":)" + a + R"(,"newOrderResponse":)" + b + "}";
    };
    const auto refused = [&](const std::string& why) {
      return error(
          400, -2022, "Order cancel-replace failed.",
          halves("FAILURE", "NOT_ATTEMPTED", R"({"code":-2011,"msg":")" + why + R"("})", "null"));
    };
    if (!is_open(c.id)) return refused("Unknown order sent.");
    if (orders_[c.id].executed.v > 0) {
      return refused("Order was not canceled due to cancel restrictions.");
    }
    if (choices.one_in(5)) return error(429, -1015, "Too many new orders.");
    end(c.id, "CANCELED");
    if (choices.one_in(4)) {
      return error(409, -2021, "Order cancel-replace partially failed.",
                   halves("SUCCESS", "FAILURE", json_of(c.id),
                          R"({"code":-2010,"msg":"Order would immediately match and take."})"));
    }
    open(c.new_id, c.lots);
    return ok(halves("SUCCESS", "SUCCESS", json_of(c.id), json_of(c.new_id)));
  }
  std::string reduce(const Command& c) {
    if (!is_open(c.id)) return error(400, -2038, "Unknown order sent.");
    Order& o = orders_[c.id];
    if (c.lots >= o.lots || c.lots <= o.executed) {
      return error(400, -2038, "Order amend (quantity increase) is not supported.");
    }
    o.lots = c.lots;
    report("REPLACED", c.id, id_text(c.id), "");
    const std::string json = json_of(c.id);
    return ok(R"({"amendedOrder":)" + json + "}");
  }
  static std::string ok(const std::string& result) {
    return R"({"id":1,"status":200,"result":)" + result + "}";
  }
  static std::string error(int status, int code, const std::string& text,
                           const std::string& data = "null") {
    return R"({"id":1,"status":)" + std::to_string(status) + R"(,"error":{"code":)" +
           std::to_string(code) + R"(,"msg":")" + text + R"(","data":)" + data + "}}";
  }
  void answer(const PendingRequest& request, const std::string& json, Choices& choices) {
    answers.push_back({request, choices.one_in(8) ? "" : json});
  }

  std::map<ClientOrderId, Order> orders_;
  std::vector<Trade> trades_;
  std::uint64_t last_number_ = 0, last_trade_ = 0;
};

// The core's half and the session's, with requests and answers under way in between.
class Engine {
 public:
  void act(Choices& choices, Exchange& exchange) {
    now_ += Nanos(choices.below(100) * kMillisecond.v);
    switch (choices.below(12)) {
      case 0:
      case 1:
        lifecycle_.place({.instrument = 0,
                          .side = Side::kBuy,
                          .price = Ticks(10'000),
                          .lots = Lots(10 + choices.below(20))},
                         now_, out_);
        break;
      case 2:
      case 3:
      case 4:
      case 5:
        if (Order* row = pick(choices)) {
          lifecycle_.request_replace(*row, Ticks(10'000), Lots(10 + choices.below(20)), {}, now_,
                                     out_);
        }
        break;
      case 6:
        if (Order* row = pick(choices)) {
          lifecycle_.request_reduce(*row, Lots(row->lots.v - 1), {}, now_, out_);
        }
        break;
      case 7:
        if (Order* row = pick(choices)) lifecycle_.request_cancel(*row, {}, now_, out_);
        break;
      case 8:
        exchange.fill_one(choices);
        break;
      case 9:
        if (choices.one_in(4)) exchange.expire_one(choices);
        break;
      default:
        break;
    }
    send(choices, exchange);
    hear(choices, exchange, false);
  }
  // No more decisions, nothing is lost any more: time passes until all is settled.
  void settle(Exchange& exchange) {
    Choices calm({});
    for (int i = 0; i < 400; ++i) {
      now_ += Nanos(250 * kMillisecond.v);
      send(calm, exchange);
      hear(calm, exchange, true);
    }
  }
  void check(const Exchange& exchange) const {
    RC_ASSERT(filled_ == exchange.executed());
    RC_ASSERT(table_.illegal_transitions() == 0u);
    RC_ASSERT(table_.unknown_count() == 0u);
    std::size_t open = 0;
    for (const Order& row : table_.rows()) {
      if (!is_resting(row.state)) continue;
      ++open;
      const Exchange::Order* const order = exchange.find(row.id);
      RC_ASSERT(order != nullptr);
      RC_ASSERT(order->open());
      RC_ASSERT(order->lots == row.lots);
      RC_ASSERT(order->executed == row.filled);
    }
    RC_ASSERT(open == exchange.open_ids().size());
    RC_ASSERT(lifecycle_.counters().missing_fills == 0u);
  }

 private:
  Order* pick(Choices& choices) {
    const auto live = table_.live(0, Side::kBuy);
    return live.empty() ? nullptr : &table_.row(live[choices.below(live.size())]);
  }
  void send(Choices& choices, Exchange& exchange) {
    lifecycle_.on_time(now_, out_);
    for (const Command& c : out_.items()) request({Purpose::kCommand, c, {}}, choices, exchange);
    out_.clear();
    // Follow-ups go the same way.
    const std::vector<OrderEvents::FollowUp> wanted(events_.follow_ups());
    events_.follow_ups().clear();
    for (const auto& f : wanted) request(f, choices, exchange);
  }
  void request(const OrderEvents::FollowUp& what, Choices& choices, Exchange& exchange) {
    PendingRequest request;
    request.command = what.command;
    request.purpose = what.purpose;
    request.then = what.then;
    if (what.purpose == Purpose::kCommand) events_.on_sent(what.command);
    if (choices.one_in(12)) {  // never arrives
      exchange.answers.push_back({request, ""});
    } else {
      exchange.carry_out(request, choices);
    }
  }
  // Answers in any order, user events in theirs; either lane may lag.
  void hear(Choices& choices, Exchange& exchange, bool all) {
    events_.set_now(now_);
    while (!exchange.answers.empty() && (all || choices.one_in(2))) {
      const std::size_t at = all ? 0 : choices.below(exchange.answers.size());
      const Exchange::Answer answer = exchange.answers[at];
      exchange.answers.erase(exchange.answers.begin() + static_cast<std::ptrdiff_t>(at));
      on_answer(answer);
    }
    while (!exchange.user.empty() && (all || choices.one_in(2))) {
      text_ = exchange.user.front();
      if (!choices.one_in(6)) exchange.user.pop_front();  // else it comes again
      text_.reserve(text_.size() + UserDataParser::kPadding);
      RC_ASSERT(std::string_view(user_data_.parse(text_)).empty());
      events_.on_report(user_data_.event().report);
      apply();
    }
  }
  void on_answer(const Exchange::Answer& answer) {
    if (answer.json.empty()) {
      events_.on_lost(answer.request);
    } else {
      text_ = answer.json;
      text_.reserve(text_.size() + ResponseParser::kPadding);
      RC_ASSERT(std::string_view(answers_.parse(text_)).empty());
      events_.on_answer(answer.request, answers_.response(), Nanos(0));
    }
    apply();
  }
  void apply() {
    Event e;
    while (ring_.try_pop(e)) {
      e.time = now_;
      if (lifecycle_.apply(e).fill_counted) filled_ += e.fill.lots;
    }
  }

  InstrumentMap instruments_{test::spot_instruments()};
  VenueOrderIds venue_ids_{1024};
  std::array<std::atomic<std::uint64_t>, 2> last_trades_{};
  SpscRing<Event> ring_{16384};
  OrderEvents events_{instruments_, kSelf, 64, venue_ids_, last_trades_, ring_};
  ResponseParser answers_{1 << 16};
  UserDataParser user_data_{1 << 16};
  OrderTable table_{{.capacity = 64,
                     .instruments = 2,
                     .per_side_max = 64,
                     .instance = 1,
                     .epoch = 7,
                     .reserved_for_unknown = 0}};
  OrderLifecycle lifecycle_{table_, {}};
  CommandBuffer out_;
  std::string text_;
  Nanos now_{kSecond};
  Lots filled_{};
};

RC_GTEST_PROP(BinanceSessionModel, TheCoreAndTheExchangeEndUpBelievingTheSame, ()) {
  Choices choices(*test::random_numbers(5'000));
  Exchange exchange;
  const auto engine = std::make_unique<Engine>();
  while (choices.left()) engine->act(choices, exchange);
  engine->settle(exchange);
  engine->check(exchange);
}

}  // namespace
}  // namespace mm::binance::orders
