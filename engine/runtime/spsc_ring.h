// A bounded single-producer single-consumer queue of trivially copyable items.
//
// One thread pushes, one thread pops; every call is wait-free and allocates nothing. Each side
// keeps its own copy of the other side's index and looks at the shared one only when that copy says
// full (or empty), so in the steady state one cache line of indices moves per batch, not per item.
// Indices stand 128 bytes apart because processors prefetch the neighbour of a line as well. The
// memory is the ring's own (allocated and touched at construction) or the caller's: everything
// another process needs, indices included, lies in that memory, so what was committed to a mapping
// on tmpfs can be attached to and popped after its writer was killed.
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

namespace mm {

template <class T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>);
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
        mask_(capacity - 1) {}
  // The ring that is already in `memory`, with what it holds; holds_ring(memory) must be true.
  SpscRing(std::span<std::byte> memory, Attach)
      : header_(header_in(memory)),
        slots_(slots_in(memory)),
        mask_(static_cast<std::size_t>(header_->capacity) - 1),
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
  // The next slot to fill in place, or null when full; commit() publishes it.
  T* try_claim() { return has_room(1) ? &slots_[own_tail() & mask_] : nullptr; }
  void commit() { header_->tail.store(own_tail() + 1, std::memory_order_release); }
  bool try_push(const T& item) {
    T* slot = try_claim();
    if (slot == nullptr) return false;
    *slot = item;
    commit();
    return true;
  }
  // All of `items`, visible to the consumer at once, or none of them.
  bool try_push_all(std::span<const T> items) {
    if (!has_room(items.size())) return false;
    const std::uint64_t tail = own_tail();
    const std::size_t first = contiguous(tail, items.size());
    copy(&slots_[tail & mask_], items.first(first));
    copy(slots_, items.subspan(first));
    header_->tail.store(tail + items.size(), std::memory_order_release);
    return true;
  }

  // Consumer side.

  // The oldest items that lie side by side (a ring that wraps shows its rest at the next peek),
  // behind the first `skip`, which were peeked at before; valid until consume().
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
    item = slots_[head & mask_];
    header_->head.store(head + 1, std::memory_order_release);
    return true;
  }
  // Pops the oldest items, at most items.size(); returns how many.
  std::size_t pop_batch(std::span<T> items) {
    const std::uint64_t head = own_head();
    const std::size_t count = std::min(available(head, items.size()), items.size());
    const std::size_t first = contiguous(head, count);
    copy(items.data(), {&slots_[head & mask_], first});
    copy(items.data() + first, {slots_, count - first});
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
  // Items ready from `head` on; asks the producer's index only when fewer than `wanted` are known.
  std::size_t available(std::uint64_t head, std::size_t wanted) {
    if (tail_cache_ - head < wanted) tail_cache_ = header_->tail.load(std::memory_order_acquire);
    return static_cast<std::size_t>(tail_cache_ - head);
  }
  std::size_t contiguous(std::uint64_t position, std::size_t count) const {
    return std::min(count, capacity() - static_cast<std::size_t>(position & mask_));
  }

  Header* const header_;
  T* const slots_;
  const std::size_t mask_;
  bool owned_ = false;
  alignas(kIndexAlign) std::uint64_t head_cache_ = 0;  // producer's
  alignas(kIndexAlign) std::uint64_t tail_cache_ = 0;  // consumer's
};

}  // namespace mm
