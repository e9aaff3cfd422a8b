// Counts heap allocations made where there must be none: inside a sealed scope of this thread.
//
// A scope costs two increments of a thread-local; an allocation outside of one costs one test more.
// malloc, calloc, realloc and the aligned forms are seen (operator new comes through malloc); under
// a sanitizer, which owns malloc, only operator new is. Giving memory back is not counted. Scopes
// nest. Tests can make a sealed allocation abort at once, where a debugger shows who did it.
#pragma once

#include <cstdint>

namespace mm {

class SealedScope {
 public:
  SealedScope() { ++depth_; }
  ~SealedScope() { --depth_; }
  SealedScope(const SealedScope&) = delete;
  SealedScope& operator=(const SealedScope&) = delete;

  static bool active() { return depth_ > 0; }

 private:
  static constinit thread_local int depth_;
};

std::uint64_t hot_path_allocations();         // in sealed scopes of all threads since start
std::uint64_t thread_hot_path_allocations();  // in those of the calling thread
void abort_on_sealed_allocation(bool enabled);

}  // namespace mm
