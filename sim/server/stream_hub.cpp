#include "sim/server/stream_hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "sim/server/book_levels.h"
#include "sim/server/stream_client.h"

namespace mm::server {
namespace {

constexpr std::size_t kChangedMax = 1u << 17;  // levels noted before doubles are thrown out

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  }
  return text;
}

std::string combined_text(std::string_view stream, std::string_view data) {
  return fmt::format(R"({{"stream":"{}","data":{}}})", stream, data);
}

template <class T>
void sort_out(std::vector<T>& items) {
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

void write_trade(JsonText& json, const Instrument& instrument, const sim::PublicTrade& trade) {
  json.decimal("p", price_amount(instrument, trade.price))
      .decimal("q", base_amount(instrument, trade.lots));
}

void write_trade_end(JsonText& json, const sim::PublicTrade& trade) {
  json.time("T", trade.time).flag("m", trade.aggressor == Side::kSell).flag("M", true);
  json.close_object();
}

}  // namespace

StreamHub::StreamHub(std::vector<std::string> symbols)
    : symbols_(std::move(symbols)), markets_(symbols_.size()) {}

void StreamHub::start(const sim::Exchange& exchange) {
  exchange_ = &exchange;
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    for (Diff& diff : markets_[i].diffs) diff = {exchange.update_id(i), {}};
  }
}

std::vector<StreamClient*>* StreamHub::find(std::string_view stream) {
  const auto name = parse_stream_name(stream);
  if (!name) return nullptr;
  const auto symbol = std::ranges::find(symbols_, name->symbol);
  if (symbol == symbols_.end()) return nullptr;
  Market& market = markets_[static_cast<std::size_t>(symbol - symbols_.begin())];
  return &market.hearers[static_cast<std::size_t>(name->kind)];
}

void StreamHub::subscribe(std::string_view stream, StreamClient& client) {
  if (auto* hearers = find(stream)) hearers->push_back(&client);
}

void StreamHub::unsubscribe(std::string_view stream, StreamClient& client) {
  if (auto* hearers = find(stream)) std::erase(*hearers, &client);
  std::erase_if(held_, [&](const auto& held) { return held.first == &client; });
}

void StreamHub::say(InstrumentId i, StreamKind kind, const Write& write) {
  std::array<SharedText, 4> forms;
  const auto& hearers = markets_[i].hearers[static_cast<std::size_t>(kind)];
  for (StreamClient* client : hearers) {
    const bool combined = client->combined();
    SharedText& form = forms[(combined ? 2u : 0u) + static_cast<std::size_t>(client->unit())];
    if (!form) {
      std::string text = write(client->unit());
      if (combined) {
        text = combined_text(lower_case(symbols_[i]) + '@' +
                                 std::string(kStreamSuffixes[static_cast<std::size_t>(kind)]),
                             text);
      }
      form = std::make_shared<const std::string>(std::move(text));
    }
    if (holding_) {
      held_.emplace_back(client, form);
    } else {
      client->send(form);
    }
  }
}

void StreamHub::on_trade(InstrumentId i, const sim::PublicTrade& trade) {
  if (const auto ended = markets_[i].tape.add(trade)) say_aggregate(i, *ended);
  markets_[i].bars.add(trade);
  if (!heard(i, StreamKind::kTrade)) return;
  say(i, StreamKind::kTrade, [&](TimeUnit unit) {
    JsonText json(unit);
    json.open_object().text("e", "trade").time("E", exchange_->now()).text("s", symbols_[i]);
    json.integer("t", trade.trade_id.v);
    write_trade(json, exchange_->instrument(i), trade);
    write_trade_end(json, trade);
    return json.take();
  });
}

void StreamHub::say_aggregate(InstrumentId i, const AggregateTrade& aggregate) {
  if (!heard(i, StreamKind::kAggTrade)) return;
  say(i, StreamKind::kAggTrade, [&](TimeUnit unit) {
    JsonText json(unit);
    json.open_object().text("e", "aggTrade").time("E", exchange_->now()).text("s", symbols_[i]);
    json.integer("a", aggregate.id);
    write_trade(json, exchange_->instrument(i), aggregate.trade);
    json.integer("f", aggregate.trade.trade_id.v).integer("l", aggregate.last_id.v);
    write_trade_end(json, aggregate.trade);
    return json.take();
  });
}

void StreamHub::on_level(InstrumentId i, Side side, Ticks price) {
  for (Diff& diff : markets_[i].diffs) {
    diff.changed.push_back({side, price});
    if (diff.changed.size() >= kChangedMax) sort_out(diff.changed);
  }
}

void StreamHub::on_touch(InstrumentId i, const BookTicker& touch) {
  if (!heard(i, StreamKind::kBookTicker)) return;
  say(i, StreamKind::kBookTicker, [&](TimeUnit unit) {
    const Instrument& instrument = exchange_->instrument(i);
    JsonText json(unit);
    json.open_object().integer("u", touch.update_id.v).text("s", symbols_[i]);
    json.decimal("b", price_amount(instrument, Ticks(touch.bid_ticks)))
        .decimal("B", base_amount(instrument, touch.bid_lots))
        .decimal("a", price_amount(instrument, Ticks(touch.ask_ticks)))
        .decimal("A", base_amount(instrument, touch.ask_lots));
    return json.close_object().take();
  });
}

void StreamHub::flush() {
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    if (const auto ended = markets_[i].tape.flush()) say_aggregate(i, *ended);
  }
}

void StreamHub::publish(Rhythm rhythm) {
  for (InstrumentId i = 0; i < markets_.size(); ++i) publish(i, rhythm);
}

void StreamHub::prepare(Rhythm rhythm) {
  holding_ = true;
  publish(rhythm);
  holding_ = false;
}

void StreamHub::release() {
  for (const auto& [client, text] : held_) client->send(text);
  held_.clear();
}

void StreamHub::publish(InstrumentId i, Rhythm rhythm) {
  const bool fast = rhythm == Rhythm::kFast;
  Diff& diff = markets_[i].diffs[fast ? 1 : 0];
  if (diff.changed.empty()) return;
  sort_out(diff.changed);
  say(i, fast ? StreamKind::kDiffFast : StreamKind::kDiff,
      [&](TimeUnit unit) { return diff_text(i, diff, unit); });
  diff.changed.clear();
  diff.published = exchange_->update_id(i);
  const auto partial = [&](StreamKind kind, std::size_t levels) {
    say(i, kind, [&](TimeUnit) { return partial_text(i, levels); });
  };
  partial(fast ? StreamKind::kDepth5Fast : StreamKind::kDepth5, 5);
  partial(fast ? StreamKind::kDepth10Fast : StreamKind::kDepth10, 10);
  partial(fast ? StreamKind::kDepth20Fast : StreamKind::kDepth20, 20);
}

std::string StreamHub::diff_text(InstrumentId i, const Diff& diff, TimeUnit unit) const {
  const Instrument& instrument = exchange_->instrument(i);
  JsonText json(unit);
  json.open_object().text("e", "depthUpdate").time("E", exchange_->now()).text("s", symbols_[i]);
  json.integer("U", diff.published.v + 1).integer("u", exchange_->update_id(i).v);
  for (const Side side : kSides) {
    json.open_array(side == Side::kBuy ? "b" : "a");
    for (const Level& level : diff.changed) {
      if (level.side != side) continue;
      json.level(price_amount(instrument, level.price),
                 base_amount(instrument, exchange_->book(i).lots_at(side, level.price)));
    }
    json.close_array();
  }
  return json.close_object().take();
}

std::string StreamHub::partial_text(InstrumentId i, std::size_t levels) const {
  const Instrument& instrument = exchange_->instrument(i);
  JsonText json;
  json.open_object().integer("lastUpdateId", exchange_->update_id(i).v);
  for (const Side side : kSides) {
    json.open_array(side == Side::kBuy ? "bids" : "asks");
    for_each_level(*exchange_, i, side, levels, [&](Ticks price, Lots lots) {
      json.level(price_amount(instrument, price), base_amount(instrument, lots));
    });
    json.close_array();
  }
  return json.close_object().take();
}

SharedText StreamHub::shutdown_text(bool combined, TimeUnit unit) const {
  JsonText json(unit);
  json.open_object().text("e", "serverShutdown").time("E", exchange_->now()).close_object();
  std::string text = json.take();
  if (combined) text = combined_text("!serverShutdown", text);
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace mm::server
