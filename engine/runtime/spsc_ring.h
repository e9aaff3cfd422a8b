// A bounded single-producer single-consumer queue of trivially copyable items.
//
// One thread pushes, one thread pops; every call is wait-free and allocates nothing. An item with a
// field to spare (ring_stamp.h: events, commands) carries its lap there: the consumer polls the
// next item itself, and nothing but that one cache line moves. Other items are announced by the
// producer's index. Each side keeps a copy of the other's index and looks at the shared one only
// when that copy says full (or empty). Indices stand 128 bytes apart because processors prefetch
// the neighbour of a line as well. The memory is the ring's own (allocated and touched at
// construction) or the caller's: everything another process needs, indices included, lies in that
// memory, so what was committed to a mapping on tmpfs can be attached to and popped after its
// writer was killed.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>

#include "engine/runtime/ring_stamp.h"

namespace mm {

template <class T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr bool kStamped = HasRingStamp<T>;
  static constexpr std::size_t kIndexAlign = 128;
  static_assert(alignof(T) <= kIndexAlign);

 public:
  struct Attach {};

  // Own memory. `capacity` must be a power of two.
  explicit SpscRing(std::size_t capacity)
      : SpscRing(allocate(bytes_for(checked(capacity))), capacity) {
    owned_ = true;
  }
  // An empty ring in the caller's memory: at least bytes_for(capacity), aligned to 128.
  SpscRing(std::span<std::byte> memory, std::size_t capacity)
      : header_(make_header(memory, checked(capacity))),
        slots_(slots_in(memory)),
        mask_(capacity - 1),
        lap_shift_(std::countr_zero(capacity)) {}
  // The ring that is already in `memory`, with what it holds; holds_ring(memory) must be true.
  SpscRing(std::span<std::byte> memory, Attach)
      : header_(header_in(memory)),
        slots_(slots_in(memory)),
        mask_(static_cast<std::size_t>(header_->capacity) - 1),
        lap_shift_(std::countr_zero(header_->capacity)),
        head_cache_(header_->head.load(std::memory_order_acquire)),
        tail_cache_(head_cache_) {}
  ~SpscRing() {
    if (owned_) ::operator delete (header_, std::align_val_t{kIndexAlign});
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  static constexpr std::size_t bytes_for(std::size_t capacity) {
    return sizeof(Header) + capacity * sizeof(T);
  }
  // Whether `memory` (aligned to 128) starts with a sane ring of T; for files of unknown origin.
  static bool holds_ring(std::span<std::byte> memory) {
    if (memory.size() < sizeof(Header)) return false;
    const Header& h = *header_in(memory);
    if (h.magic != kMagic || h.item_size != sizeof(T) || !std::has_single_bit(h.capacity)) {
      return false;
    }
    return h.capacity <= (memory.size() - sizeof(Header)) / sizeof(T) &&
           h.tail.load(std::memory_order_acquire) - h.head.load(std::memory_order_acquire) <=
               h.capacity;
  }

  std::size_t capacity() const { return mask_ + 1; }
  // Exact when the other side rests; a moment old otherwise. Any thread.
  std::size_t size() const {
    const std::uint64_t head = header_->head.load(std::memory_order_acquire);
    const std::uint64_t tail = header_->tail.load(std::memory_order_acquire);
    return static_cast<std::size_t>(std::min<std::uint64_t>(tail - head, capacity()));
  }
  bool empty() const { return size() == 0; }

  // Producer side.

  // At least this many pushes will succeed.
  std::size_t free_slots() {
    head_cache_ = header_->head.load(std::memory_order_acquire);
    return capacity() - static_cast<std::size_t>(own_tail() - head_cache_);
  }
  // The next item to fill in place, or null when full; commit() publishes it.
  T* try_claim() {
    if (!has_room(1)) return nullptr;
    if constexpr (kStamped) return &claimed_;  // its slot is being polled
    return &slots_[own_tail() & mask_];
  }
  void commit() {
    if constexpr (kStamped) return put(claimed_);
    header_->tail.store(own_tail() + 1, std::memory_order_release);
  }
  bool try_push(const T& item) {
    if (!has_room(1)) return false;
    put(item);
    return true;
  }
  // All of `items`, visible to the consumer at once, or none of them.
  bool try_push_all(std::span<const T> items) {
    if (!has_room(items.size())) return false;
    const std::uint64_t tail = own_tail();
    if constexpr (kStamped) {
      for (std::size_t i = 1; i < items.size(); ++i) put_at(tail + i, items[i]);
    } else {
      const std::size_t first = contiguous(tail, items.size());
      copy(&slots_[tail & mask_], items.first(first));
      copy(slots_, items.subspan(first));
    }
    header_->tail.store(tail + items.size(), std::memory_order_release);
    // The one that is polled comes last: with it all of them are there.
    if constexpr (kStamped) {
      if (!items.empty()) put_at(tail, items.front());
    }
    return true;
  }

  // Consumer side.

  // The oldest items that lie side by side (a ring that wraps shows its rest at the next peek),
  // behind the first `skip`, which were peeked at before; each valid until it is consumed.
  std::span<const T> peek(std::size_t skip = 0) {
    const std::uint64_t from = own_head() + skip;
    return {&slots_[from & mask_], contiguous(from, available(own_head(), capacity()) - skip)};
  }
  // Gives back the oldest `count` items; no more than peek() has shown.
  void consume(std::size_t count) {
    header_->head.store(own_head() + count, std::memory_order_release);
  }
  bool try_pop(T& item) {
    const std::uint64_t head = own_head();
    if (available(head, 1) == 0) return false;
    take_from(head, item);
    header_->head.store(head + 1, std::memory_order_release);
    return true;
  }
  // Pops the oldest items, at most items.size(); returns how many.
  std::size_t pop_batch(std::span<T> items) {
    const std::uint64_t head = own_head();
    const std::size_t count = std::min(available(head, items.size()), items.size());
    if constexpr (kStamped) {
      for (std::size_t i = 0; i < count; ++i) take_from(head + i, items[i]);
    } else {
      const std::size_t first = contiguous(head, count);
      copy(items.data(), {&slots_[head & mask_], first});
      copy(items.data() + first, {slots_, count - first});
    }
    header_->head.store(head + count, std::memory_order_release);
    return count;
  }

 private:
  static constexpr std::uint64_t kMagic = 0x676e69722d736d6d;  // "mms-ring"

  struct Header {
    std::uint64_t magic;
    std::uint64_t capacity;
    std::uint64_t item_size;
    alignas(kIndexAlign) std::atomic<std::uint64_t> tail;  // items ever pushed
    alignas(kIndexAlign) std::atomic<std::uint64_t> head;  // items ever popped
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  static std::size_t checked(std::size_t capacity) {
    if (!std::has_single_bit(capacity)) std::abort();
    return capacity;
  }
  static std::span<std::byte> allocate(std::size_t bytes) {
    return {static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kIndexAlign})), bytes};
  }
  static Header* make_header(std::span<std::byte> memory, std::size_t capacity) {
    if (memory.size() < bytes_for(capacity)) std::abort();
    std::memset(memory.data(), 0, memory.size());  // touches every page now, not in the hot loop
    auto* h = new (memory.data()) Header{};
    h->magic = kMagic;
    h->capacity = capacity;
    h->item_size = sizeof(T);
    return h;
  }
  static Header* header_in(std::span<std::byte> memory) {
    return static_cast<Header*>(static_cast<void*>(memory.data()));
  }
  static T* slots_in(std::span<std::byte> memory) {
    return static_cast<T*>(static_cast<void*>(memory.data() + sizeof(Header)));
  }
  static void copy(T* to, std::span<const T> from) {
    if (!from.empty()) std::memcpy(static_cast<void*>(to), from.data(), from.size_bytes());
  }

  std::uint64_t own_tail() const { return header_->tail.load(std::memory_order_relaxed); }
  std::uint64_t own_head() const { return header_->head.load(std::memory_order_relaxed); }
  bool has_room(std::size_t count) {
    if (capacity() - static_cast<std::size_t>(own_tail() - head_cache_) >= count) return true;
    return free_slots() >= count;
  }
  // Items ready from `head` on; looks for more only when fewer than `wanted` are known.
  std::size_t available(std::uint64_t head, std::size_t wanted) {
    if constexpr (kStamped) {
      while (tail_cache_ - head < wanted && is_there(tail_cache_)) ++tail_cache_;
    } else if (tail_cache_ - head < wanted) {
      tail_cache_ = header_->tail.load(std::memory_order_acquire);
    }
    return static_cast<std::size_t>(tail_cache_ - head);
  }

  // There is room.
  void put(const T& item) {
    const std::uint64_t tail = own_tail();
    if constexpr (!kStamped) slots_[tail & mask_] = item;
    header_->tail.store(tail + 1, std::memory_order_release);
    if constexpr (kStamped) put_at(tail, item);
  }
  // All of the item, then its stamp.
  void put_at(std::uint64_t position, const T& item) {
    T& slot = slots_[position & mask_];
    copy_unstamped(slot, item);
    stamp_of(slot).store(lap_of(position), std::memory_order_release);
  }
  bool is_there(std::uint64_t position) {
    return stamp_of(slots_[position & mask_]).load(std::memory_order_acquire) == lap_of(position);
  }
  void take_from(std::uint64_t position, T& item) {
    if constexpr (kStamped) {
      copy_unstamped(item, slots_[position & mask_]);
      RingStamp<T>::of(item) = 0;
    } else {
      item = slots_[position & mask_];
    }
  }
  // Never that of the lap before, nor that of memory unused so far.
  auto lap_of(std::uint64_t position) const {
    return static_cast<typename RingStamp<T>::Word>((position >> lap_shift_) + 1);
  }
  static auto stamp_of(T& slot) { return std::atomic_ref(RingStamp<T>::of(slot)); }
  static void copy_unstamped(T& to, const T& from) {
    constexpr std::size_t kBegin = RingStamp<T>::kOffset;
    constexpr std::size_t kEnd = kBegin + sizeof(typename RingStamp<T>::Word);
    auto* const out = static_cast<std::byte*>(static_cast<void*>(&to));
    const auto* const in = static_cast<const std::byte*>(static_cast<const void*>(&from));
    std::memcpy(out, in, kBegin);
    std::memcpy(out + kEnd, in + kEnd, sizeof(T) - kEnd);
  }
  std::size_t contiguous(std::uint64_t position, std::size_t count) const {
    return std::min(count, capacity() - static_cast<std::size_t>(position & mask_));
  }

  Header* const header_;
  T* const slots_;
  const std::size_t mask_;
  const int lap_shift_;
  bool owned_ = false;
  struct Nothing {};
  alignas(kIndexAlign) std::uint64_t head_cache_ = 0;  // producer's, as is what follows
  [[no_unique_address]] std::conditional_t<kStamped, T, Nothing> claimed_;
  alignas(kIndexAlign) std::uint64_t tail_cache_ = 0;  // consumer's: known to be there up to this
};

}  // namespace mm
