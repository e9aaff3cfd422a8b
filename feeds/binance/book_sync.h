// Synchronises one book by the venue's rules: what becomes of each difference and each snapshot.
//
// Owned by the feed's thread; no allocation after construction. It decides, its owner makes the
// events. Without a snapshot differences wait in a bounded buffer; a snapshot starts the book and
// lets go what follows it; a gap ends it until the next snapshot. Partial books (the whole top each
// time) stand on their own and serve while there is no synchronised book; differences are then
// only kept for a later snapshot, since behind the top nothing is known.
//
// Where several connections bring the same stream, one that has just joined may run ahead of what
// the others still owe: with a gap patience, differences behind a hole wait that long for it to be
// filled before the book is given up.
#pragma once

#include <cstdint>

#include "feeds/binance/diff_buffer.h"
#include "feeds/binance/sync_rule.h"

namespace mm::binance {

enum class SnapshotVerdict : std::uint8_t {
  kApply,
  kOlder,  // the book is already past it
  kStale   // older than the differences at hand: they cannot be chained to it
};

class BookSync {
 public:
  BookSync(Venue venue, std::size_t levels_max, std::size_t diffs_max)
      : venue_(venue), buffer_(levels_max, diffs_max) {}

  bool synced() const { return state_ == State::kSynced; }
  bool has_book() const { return state_ != State::kWaiting; }
  std::uint64_t id() const { return at_.id; }
  // Something has been applied on top of the snapshot: what follows it really reaches us.
  bool proven() const { return has_book() && !(synced() && at_.by_snapshot); }

  void set_gap_patience(Nanos patience) { patience_ = patience; }

  // For a synchronised book without a backlog: kApply has moved the book on, kGap has ended it and
  // kept the difference. kDrop asks for nothing; the difference may be waiting behind a hole.
  DiffVerdict on_diff(const BookMessage& diff);
  // Keeps a difference that cannot be judged yet. False if it was older than those kept already.
  bool keep(const BookMessage& diff);
  // Differences that follow the snapshot which started the book, oldest first.
  bool has_backlog() const { return synced() && !buffer_.empty() && !behind_hole_; }
  BookMessage backlog() const { return buffer_.front(); }
  DiffVerdict take_backlog();

  SnapshotVerdict on_snapshot(std::uint64_t id);
  SnapshotVerdict on_partial(std::uint64_t id);

  // The book is lost for a reason of its owner's.
  void lose() {
    state_ = State::kWaiting;
    behind_hole_ = false;
  }

 private:
  enum class State : std::uint8_t { kWaiting, kPartial, kSynced };

  DiffVerdict advance(const DiffIds& ids);
  DiffVerdict wait_for_hole(const BookMessage& diff);
  void look_behind_hole();

  Venue venue_;
  State state_{State::kWaiting};
  BookPosition at_;
  DiffBuffer buffer_;
  Nanos patience_{};
  bool behind_hole_ = false;  // what is buffered cannot be reached yet
  Nanos hole_since_{};
};

}  // namespace mm::binance
