// How many requests a session sent since a time, looked up while its journal drives a core.
//
// A replay target (engine/journal/replay.h) around another. One thread, cold; a row a second of
// session, of the last ten minutes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/session/replay_core.h"

namespace mm::app {

class SentRequests {
 public:
  static constexpr Nanos kKept{600 * kSecond.v};

  explicit SentRequests(ReplayCore& core) : core_(core) {}

  bool possible(const Event& event) const { return core_.possible(event); }
  std::uint64_t on_event(const Event& event) {
    const std::uint64_t hash = core_.on_event(event);
    if (looks_.empty() || event.time >= looks_.back().time + kSecond) look(event.time);
    return hash;
  }
  std::string on_config(std::string_view text) { return core_.on_config(text); }
  std::uint64_t output_hash() { return core_.output_hash(); }

  // What the core is told from here on is not the session's.
  void finish() { look(core_.core().now()); }
  // Up to then, since a second that is not older than kKept.
  std::int64_t since(Nanos from, InstrumentId id) const {
    std::int64_t before = 0;
    for (const Look& l : looks_) {
      if (l.time <= from) before = l.sent[id];
    }
    return looks_.back().sent[id] - before;
  }

 private:
  struct Look {
    Nanos time;
    std::vector<std::int64_t> sent;
  };

  std::int64_t total(InstrumentId id) const {
    return static_cast<std::int64_t>(core_.core().requests().of(id).sent.raw);
  }
  void look(Nanos now) {
    Look& l = looks_.emplace_back(Look{now, {}});
    for (InstrumentId i = 0; i < core_.core().instrument_count(); ++i) l.sent.push_back(total(i));
    // One from before that stays: whoever asks wants the difference to it.
    while (looks_.size() > 1 && looks_[1].time + kKept <= now) looks_.pop_front();
  }

  ReplayCore& core_;
  std::deque<Look> looks_;
};

}  // namespace mm::app
