#include "engine/runtime/sealed_scope.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/runtime/sanitized.h"

namespace mm {

constinit thread_local int SealedScope::depth_ = 0;

namespace {

constinit thread_local std::uint64_t thread_count = 0;
constinit std::atomic<std::uint64_t> total_count{0};
constinit std::atomic<bool> abort_enabled{false};

[[gnu::cold, gnu::noinline]] void count_sealed_allocation() {
  ++thread_count;
  total_count.fetch_add(1, std::memory_order_relaxed);
  if (!abort_enabled.load(std::memory_order_relaxed)) return;
  constexpr char kMessage[] = "heap allocation inside a sealed scope\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  std::abort();
}

inline void note_allocation() {
  if (SealedScope::active()) [[unlikely]] {
    count_sealed_allocation();
  }
}

}  // namespace

std::uint64_t hot_path_allocations() {
  return total_count.load(std::memory_order_relaxed);
}
std::uint64_t thread_hot_path_allocations() {
  return thread_count;
}
void abort_on_sealed_allocation(bool enabled) {
  abort_enabled.store(enabled, std::memory_order_relaxed);
}

}  // namespace mm

#if MM_SANITIZED

// All forms: the sanitizer has its own of each, which would not forward to ours.
namespace {

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  mm::note_allocation();
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  if (void* p = allocate(size, alignment)) return p;
  throw std::bad_alloc();
}
constexpr std::size_t kAlign = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

void* operator new(std::size_t n) {
  return allocate_or_throw(n, kAlign);
}
void* operator new[](std::size_t n) {
  return allocate_or_throw(n, kAlign);
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return allocate(n, kAlign);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return allocate(n, kAlign);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

#else

// glibc's allocator under its second name; free() needs no replacement, the memory is glibc's own.
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  mm::note_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  mm::note_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* p, std::size_t size) noexcept {
  mm::note_allocation();
  return __libc_realloc(p, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  mm::note_allocation();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  mm::note_allocation();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  mm::note_allocation();
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void* p = __libc_memalign(alignment, size);
  if (p == nullptr) return ENOMEM;
  *result = p;
  return 0;
}

}  // extern "C"

#endif
