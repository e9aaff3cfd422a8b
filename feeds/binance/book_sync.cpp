#include "feeds/binance/book_sync.h"

namespace mm::binance {

DiffVerdict BookSync::advance(const DiffIds& ids) {
  const DiffVerdict verdict = judge(venue_, at_, ids);
  if (verdict == DiffVerdict::kApply) at_ = {ids.last, false};
  if (verdict == DiffVerdict::kGap) lose();
  return verdict;
}

DiffVerdict BookSync::on_diff(const BookMessage& diff) {
  if (patience_ > Nanos{} || behind_hole_) {
    if (judge(venue_, at_, diff.ids) == DiffVerdict::kGap) return wait_for_hole(diff);
    const DiffVerdict verdict = advance(diff.ids);
    look_behind_hole();
    return verdict;
  }
  const DiffVerdict verdict = advance(diff.ids);
  if (verdict == DiffVerdict::kGap) {
    buffer_.clear();
    buffer_.push(diff);
  }
  return verdict;
}

DiffVerdict BookSync::wait_for_hole(const BookMessage& diff) {
  if (!behind_hole_) {
    buffer_.clear();
    behind_hole_ = true;
    hole_since_ = diff.received;
  }
  keep(diff);
  if (diff.received - hole_since_ < patience_) return DiffVerdict::kDrop;
  lose();
  return DiffVerdict::kGap;
}

void BookSync::look_behind_hole() {
  behind_hole_ = behind_hole_ && !buffer_.empty() &&
                 judge(venue_, at_, buffer_.front().ids) == DiffVerdict::kGap;
}

bool BookSync::keep(const BookMessage& diff) {
  if (!buffer_.empty() && (behind_hole_ || !synced())) {
    const DiffVerdict verdict = judge(venue_, {buffer_.last_ids().last, false}, diff.ids);
    if (verdict == DiffVerdict::kDrop) return false;
    // What is before a hole can never be reached from a snapshot behind it.
    if (verdict == DiffVerdict::kGap) buffer_.clear();
  }
  buffer_.push(diff);
  return true;
}

DiffVerdict BookSync::take_backlog() {
  const DiffVerdict verdict = advance(buffer_.front().ids);
  if (verdict != DiffVerdict::kGap) buffer_.pop();  // behind a gap it waits for a snapshot
  return verdict;
}

SnapshotVerdict BookSync::on_snapshot(std::uint64_t id) {
  if (synced() && id <= at_.id) return SnapshotVerdict::kOlder;
  const BookPosition start{id, true};
  if (!synced() && !buffer_.empty() &&
      judge(venue_, start, buffer_.front().ids) == DiffVerdict::kGap)
    return SnapshotVerdict::kStale;
  at_ = start;
  state_ = State::kSynced;
  look_behind_hole();
  return SnapshotVerdict::kApply;
}

SnapshotVerdict BookSync::on_partial(std::uint64_t id) {
  if (synced() || (has_book() && id <= at_.id)) return SnapshotVerdict::kOlder;
  at_ = {id, true};
  state_ = State::kPartial;
  return SnapshotVerdict::kApply;
}

}  // namespace mm::binance
