// FaultyVenue's market data: what the feed loses, repeats and asks for again.
//
// Messages are numbered here, as a feed numbers them: what is left out without a word leaves no
// hole, and what the core is to find out does.
#include "sim/faults/faulty_venue.h"
#include "sim/make_event.h"

namespace mm::sim {

bool FaultyVenue::pass_market(Event& event) {
  Stream& stream = streams_[event.instrument];
  if (stream.ask_again <= now_) ask_snapshot(event.instrument);
  const bool begins = event.kind == EventKind::kBookBegin;
  if (!begins && event.kind != EventKind::kBookLevels) {
    return !active(FaultKind::kMarketSilent) && !active(FaultKind::kFeedDown);
  }
  if (begins) {
    stream.passage = passage_of(stream, event);
    if (stream.passage != Passage::kDrop) ++stream.sequence;
  }
  const bool passes = stream.passage != Passage::kDrop;
  event.sequence = stream.sequence;
  if (stream.passage == Passage::kCopy && stream.copy.size() < stream.copy.capacity()) {
    stream.copy.push_back(event);
  }
  if (passes && event.last()) end_message(stream, event.instrument);
  return passes;
}

FaultyVenue::Passage FaultyVenue::passage_of(Stream& stream, const Event& begin) {
  const InstrumentId i = begin.instrument;
  if (active(FaultKind::kMarketSilent) || active(FaultKind::kFeedDown) ||
      find(FaultKind::kDepthFrozen, i) != nullptr) {
    return Passage::kDrop;
  }
  stream.is_snapshot = (begin.flags & kFlagSnapshot) != 0;
  if (stream.is_snapshot) {
    stream.awaits_snapshot = false;
    stream.ask_again = kNever;
    return Passage::kPass;
  }
  if (stream.awaits_snapshot) return Passage::kDrop;
  if (strikes(FaultKind::kBookGap, i) != nullptr) {
    ++stream.sequence;
    return Passage::kDrop;
  }
  if (strikes(FaultKind::kBookGapFound, i) != nullptr) {
    lose_chain(i);
    return Passage::kDrop;
  }
  const Fault* late_copy = strikes(FaultKind::kBookStaleDiff, i);
  if (late_copy != nullptr || strikes(FaultKind::kBookRepeated, i) != nullptr) {
    stream.copy.clear();
    stream.copy_delay = late_copy != nullptr ? late(*late_copy) - now_ : Nanos(0);
    return Passage::kCopy;
  }
  return Passage::kPass;
}

void FaultyVenue::end_message(Stream& stream, InstrumentId i) {
  if (stream.passage == Passage::kCopy && stream.copy.back().last()) {
    for (const Event& e : stream.copy) hold(e, now_ + stream.copy_delay);
  }
  stream.passage = Passage::kPass;
  if (stream.is_snapshot && stream.snapshots_too_old > 0) {
    --stream.snapshots_too_old;
    lose_chain(i);
  }
}

// The feed finds a break: it says so and asks for a snapshot.
void FaultyVenue::lose_chain(InstrumentId scope) {
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    if (scope != kEveryInstrument && scope != i) continue;
    Stream& stream = streams_[i];
    hold(make_event(EventKind::kBookStale, i, ++stream.sequence), now_);
    stream.awaits_snapshot = true;
    ask_snapshot(i);
  }
}

void FaultyVenue::ask_snapshot(InstrumentId i) {
  streams_[i].ask_again = now_ + kSecond;
  Command ask;
  ask.time = now_;
  ask.kind = CommandKind::kResyncFeed;
  ask.instrument = i;
  venue_.submit(ask, now_);
}

}  // namespace mm::sim
