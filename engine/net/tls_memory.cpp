#include "engine/net/tls_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "engine/runtime/sanitized.h"

namespace mm::net {
namespace {

constexpr std::uint32_t kNoBlock = 0xFFFF'FFFF;
constexpr std::uint32_t kHeap = 0xFFFF'FFFF;  // in place of a pool's number

// In front of every block; sixteen bytes, so that what follows is aligned as malloc would.
struct Header {
  std::atomic<std::uint32_t> next;  // free block behind this one in its pool's list
  std::uint32_t pool;
  std::size_t bytes;  // asked for
};
static_assert(sizeof(Header) == 16);

// Blocks of one size in a list that any thread takes from and gives back to. The head holds the
// first block's number and a count of changes: a block that left and came back in between is seen.
// Each in lines of its own.
class alignas(128) Pool {
 public:
  // Its memory begins at `begin`.
  void open(std::uint32_t number, char* begin, std::size_t block_bytes, std::uint32_t count) {
    number_ = number;
    begin_ = begin;
    block_bytes_ = block_bytes;
    unused_limit_ = count;
  }
  std::size_t payload_bytes() const { return block_bytes_ - sizeof(Header); }

  Header* take() {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    while (index(head) != kNoBlock) {
      Header* const block = at(index(head));
      const std::uint32_t next = block->next.load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, changed(head, next), std::memory_order_acq_rel)) {
        return block;
      }
    }
    return take_unused();
  }
  void give_back(Header* block) {
    const auto offset = static_cast<std::size_t>(start_of(block) - begin_);
    const auto number = static_cast<std::uint32_t>(offset / block_bytes_);
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      block->next.store(index(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, changed(head, number), std::memory_order_acq_rel));
  }

 private:
  static std::uint32_t index(std::uint64_t head) { return static_cast<std::uint32_t>(head); }
  static std::uint64_t changed(std::uint64_t head, std::uint32_t first) {
    return (((head >> 32) + 1) << 32) | first;
  }
  static char* start_of(Header* block) { return static_cast<char*>(static_cast<void*>(block)); }
  Header* at(std::uint32_t number) const {
    return static_cast<Header*>(static_cast<void*>(begin_ + number * block_bytes_));
  }
  // Never used before: its pages are touched only now.
  Header* take_unused() {
    if (unused_.load(std::memory_order_relaxed) >= unused_limit_) return nullptr;
    const std::uint32_t number = unused_.fetch_add(1, std::memory_order_relaxed);
    if (number >= unused_limit_) return nullptr;
    Header* const block = at(number);
    block->pool = number_;
    return block;
  }

  std::atomic<std::uint64_t> head_{kNoBlock};
  std::atomic<std::uint32_t> unused_{0};
  std::uint32_t unused_limit_ = 0, number_ = 0;
  std::size_t block_bytes_ = 0;
  char* begin_ = nullptr;
};

// Tens of thousands of small ones: the library's own tables take them as well as records do. The
// largest holds the buffer of one record.
struct Size {
  std::size_t block_bytes;
  std::uint32_t count;
};
constexpr std::array<Size, 7> kSizes{
    {{64, 65536}, {128, 32768}, {256, 8192}, {512, 4096}, {1024, 2048}, {4096, 512}, {20480, 256}}};

constinit std::array<Pool, kSizes.size()> pools;
constinit std::atomic<std::uint64_t> heap_blocks{0};

Header* header_of(void* payload) {
  return static_cast<Header*>(payload) - 1;
}

void* take(std::size_t bytes, const char*, int) {
  if (bytes == 0) return nullptr;
  const auto fits = [bytes](const Pool& pool) { return pool.payload_bytes() >= bytes; };
  auto pool = std::ranges::find_if(pools, fits);
  Header* block = pool == pools.end() ? nullptr : pool->take();
  if (block == nullptr) {
    heap_blocks.fetch_add(1, std::memory_order_relaxed);
    block = static_cast<Header*>(std::malloc(sizeof(Header) + bytes));
    if (block == nullptr) return nullptr;
    block->pool = kHeap;
  }
  block->bytes = bytes;
  return block + 1;
}

void give_back(void* payload, const char*, int) {
  if (payload == nullptr) return;
  Header* const block = header_of(payload);
  if (block->pool == kHeap) {
    std::free(block);
  } else {
    pools[block->pool].give_back(block);
  }
}

void* resize(void* payload, std::size_t bytes, const char* file, int line) {
  if (payload == nullptr) return take(bytes, file, line);
  Header* const block = header_of(payload);
  if (block->pool != kHeap && bytes != 0 && bytes <= pools[block->pool].payload_bytes()) {
    block->bytes = bytes;
    return payload;
  }
  void* const moved = take(bytes, file, line);
  if (bytes != 0 && moved == nullptr) return nullptr;  // the old block stays, as with realloc
  if (moved != nullptr) std::memcpy(moved, payload, std::min(block->bytes, bytes));
  give_back(payload, file, line);
  return moved;
}

bool open_pools() {
  std::size_t all = 0;
  for (const Size& size : kSizes) all += size.block_bytes * size.count;
  void* const memory = mmap(nullptr, all, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  madvise(memory, all, MADV_DONTDUMP);  // keys, and what is left of them in blocks given back
  char* begin = static_cast<char*>(memory);
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    pools[i].open(static_cast<std::uint32_t>(i), begin, kSizes[i].block_bytes, kSizes[i].count);
    begin += kSizes[i].block_bytes * kSizes[i].count;
  }
  return true;
}

}  // namespace

bool install_tls_memory() {
  static const bool installed =
      !kSanitized && open_pools() && CRYPTO_set_mem_functions(take, resize, give_back) == 1;
  return installed;
}

std::uint64_t tls_heap_blocks() {
  return heap_blocks.load(std::memory_order_relaxed);
}

}  // namespace mm::net
