#include "feeds/binance/book_sync.h"

namespace mm::binance {

DiffVerdict BookSync::advance(const DiffIds& ids) {
  const DiffVerdict verdict = judge(venue_, at_, ids);
  if (verdict == DiffVerdict::kApply) at_ = {ids.last, false};
  if (verdict == DiffVerdict::kGap) lose();
  return verdict;
}

DiffVerdict BookSync::on_diff(const BookMessage& diff) {
  const DiffVerdict verdict = advance(diff.ids);
  if (verdict == DiffVerdict::kGap) {
    buffer_.clear();
    buffer_.push(diff);
  }
  return verdict;
}

bool BookSync::keep(const BookMessage& diff) {
  if (!buffer_.empty() && !synced()) {
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
  return SnapshotVerdict::kApply;
}

SnapshotVerdict BookSync::on_partial(std::uint64_t id) {
  if (synced() || (has_book() && id < at_.id)) return SnapshotVerdict::kOlder;
  at_ = {id, true};
  state_ = State::kPartial;
  return SnapshotVerdict::kApply;
}

}  // namespace mm::binance
