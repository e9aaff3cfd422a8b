// The journal thread: moves records from the lane to the file and, as configured, to the disk.
//
// A cold agent: no hot thread waits for it, however slow the disk is; what it cannot take in time
// the lane counts as lost. Without syncing nothing is lost by a crash of the process, which leaves
// the lane's memory and the system's cache; what a crash of the machine may take is bounded by the
// interval, or by one batch: what was in the ring when the thread looked.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/journal/journal_lane.h"
#include "engine/journal/journal_writer.h"
#include "engine/runtime/clock.h"

namespace mm {

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
    return static_cast<int>(records);
  }
  std::string_view name() const { return "journal"; }

 private:
  JournalLane& lane_;
  JournalWriter& writer_;
  const ClockT& clock_;
  JournalSync sync_;
  Nanos interval_, due_{};
  bool unsynced_ = false;
};

}  // namespace mm
