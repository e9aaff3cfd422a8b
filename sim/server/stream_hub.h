// Who hears which market data stream, and what is said on it.
//
// The server's thread. A message is written once per form that somebody wants (raw or combined, ms
// or us) and shared by all its hearers. Trades and best prices go out as they happen, books in two
// rhythms; a diff holds the levels that changed since the one before in its rhythm, with their
// quantities of now, so the chain of update ids has no hole and fits every snapshot.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/exchange.h"
#include "sim/server/frontend.h"
#include "sim/server/json_text.h"
#include "sim/server/minute_bars.h"
#include "sim/server/stream_name.h"
#include "sim/server/trade_tape.h"

namespace mm::server {

class StreamClient;

enum class Rhythm : std::uint8_t { kSlow, kFast };  // once a second; as configured

class StreamHub {
 public:
  explicit StreamHub(std::vector<std::string> symbols);

  // Before anything else; what the books are read from.
  void start(const sim::Exchange& exchange);

  void subscribe(std::string_view stream, StreamClient& client);
  void unsubscribe(std::string_view stream, StreamClient& client);

  // From the exchange.
  void on_trade(InstrumentId i, const sim::PublicTrade& trade);
  void on_level(InstrumentId i, Side side, Ticks price);
  void on_touch(InstrumentId i, const BookTicker& touch);

  // Nothing more belongs to what just happened.
  void flush();
  // A book update of this rhythm is due.
  void publish(Rhythm rhythm);
  // The same in two steps, for one that has to leave on time: written now, sent by release().
  void prepare(Rhythm rhythm);
  bool holds() const { return !held_.empty(); }
  void release();

  const TradeTape& tape(InstrumentId i) const { return markets_[i].tape; }
  const MinuteBars& bars(InstrumentId i) const { return markets_[i].bars; }
  SharedText shutdown_text(bool combined, TimeUnit unit) const;

 private:
  using Write = std::function<std::string(TimeUnit)>;
  struct Level {
    Side side;
    Ticks price;
    auto operator<=>(const Level&) const = default;
  };
  struct Diff {
    UpdateId published{};
    std::vector<Level> changed;
  };
  struct Market {
    std::array<std::vector<StreamClient*>, kStreamKinds> hearers;
    std::array<Diff, 2> diffs;  // by rhythm
    TradeTape tape;
    MinuteBars bars;
  };

  std::vector<StreamClient*>* find(std::string_view stream);
  void say(InstrumentId i, StreamKind kind, const Write& write);
  void say_aggregate(InstrumentId i, const AggregateTrade& aggregate);
  void publish(InstrumentId i, Rhythm rhythm);
  std::string diff_text(InstrumentId i, const Diff& diff, TimeUnit unit) const;
  std::string partial_text(InstrumentId i, std::size_t levels) const;
  bool heard(InstrumentId i, StreamKind kind) const {
    return !markets_[i].hearers[static_cast<std::size_t>(kind)].empty();
  }

  std::vector<std::string> symbols_;
  const sim::Exchange* exchange_ = nullptr;
  std::vector<Market> markets_;
  bool holding_ = false;
  std::vector<std::pair<StreamClient*, SharedText>> held_;
};

}  // namespace mm::server
