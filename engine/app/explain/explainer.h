// Drives the core through a session again and tells why it did what was asked about.
//
// A replay target (engine/journal/replay.h): what is told is of a core whose every output is the
// session's. One thread, cold; memory grows with the orders that are told of.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/app/explain/order_story.h"
#include "engine/app/explain/standing.h"
#include "engine/app/session/replay_core.h"

namespace mm::app {

struct Question {
  ClientOrderId order{};       // the life of this one ...
  bool all_orders = false;     // ... or of every one
  std::optional<Nanos> at;     // how things stood then, all or `level`
  std::optional<Level> level;  // without `at`: its whole history
  std::string symbol;          // of `at` and `level`; empty: all
};

class Explainer {
 public:
  using Say = std::function<void(const std::string&)>;
  Explainer(const Question& question, Say say) : question_(question), say_(std::move(say)) {}

  [[nodiscard]] std::string build(const JournalHeader& header);
  // After the last event: what can be told only then.
  void finish();
  // Whether anything has been said.
  bool answered() const { return answered_; }

  bool possible(const Event& event) const { return core_.possible(event); }
  std::uint64_t on_event(const Event& event);
  std::string on_config(std::string_view text) { return core_.on_config(text); }
  std::uint64_t output_hash() { return core_.output_hash(); }

 private:
  struct Watched {
    InstrumentId instrument{};
    std::string said;  // of the level, last
  };

  void say(const std::string& text);
  void tell_standing();
  std::string reload_line() const;
  void follow_orders(const Event& event);
  void follow_level(Watched& watched);
  void follow_reloads();
  OrderStory* story_of(ClientOrderId id);

  Question question_;
  Say say_;
  ReplayCore core_;
  bool answered_ = false;
  bool told_ = false;  // the standing at the instant asked for
  std::size_t reloads_seen_ = 0;
  std::vector<Watched> watched_;
  std::vector<OrderStory> stories_;
  std::unordered_map<std::uint64_t, std::size_t> story_at_;
};

}  // namespace mm::app
