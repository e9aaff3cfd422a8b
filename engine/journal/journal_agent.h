// The journal thread: moves records from the lane to the file and, as configured, to the disk.
//
// A cold agent: no hot thread waits for it, however slow the disk is; what it cannot take in time
// the lane counts as lost. Without syncing nothing is lost by a crash of the process, which leaves
// the lane's memory and the system's cache; what a crash of the machine may take is bounded by the
// interval, or by one batch: what was in the ring when the thread looked. A disk that takes nothing
// more stops nobody: health() says so to whoever tells people.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/journal/journal_lane.h"
#include "engine/journal/journal_writer.h"
#include "engine/runtime/clock.h"

namespace mm {

struct JournalHealth {
  std::uint64_t lost = 0;  // records, so far
  bool failing = false;    // at present
  std::string error;       // the last one
};

template <class ClockT = Clock>
class JournalAgent {
 public:
  JournalAgent(JournalLane& lane, JournalWriter& writer, JournalSync sync, Nanos interval,
               const ClockT& clock)
      : lane_(lane), writer_(writer), clock_(clock), sync_(sync), interval_(interval) {}

  int do_work() {
    const std::size_t records = lane_.drain(writer_);
    unsynced_ = unsynced_ || records > 0;
    if (unsynced_ && sync_ != JournalSync::kNone && clock_.now() >= due_) {
      writer_.sync();
      unsynced_ = false;
      if (sync_ == JournalSync::kInterval) due_ = clock_.now() + interval_;
    }
    note_health();
    return static_cast<int>(records);
  }
  // Any thread.
  JournalHealth health() const {
    const std::lock_guard lock(mutex_);
    return health_;
  }
  std::string_view name() const { return "journal"; }

 private:
  void note_health() {
    const std::uint64_t lost = writer_.lost();
    const bool failing = writer_.failing();
    if (lost == health_.lost && failing == health_.failing) return;  // only this thread writes it
    const std::lock_guard lock(mutex_);
    health_ = {lost, failing, writer_.error()};
  }

  JournalLane& lane_;
  JournalWriter& writer_;
  const ClockT& clock_;
  JournalSync sync_;
  Nanos interval_, due_{};
  bool unsynced_ = false;
  mutable std::mutex mutex_;
  JournalHealth health_;
};

}  // namespace mm
