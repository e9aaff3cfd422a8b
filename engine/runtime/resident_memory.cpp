#include "engine/runtime/resident_memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "engine/runtime/sanitized.h"

namespace mm {
namespace {

struct Mapping {
  std::uintptr_t begin = 0, end = 0;
  std::array<char, 5> access{};  // as "rw-p"

  std::size_t bytes() const { return end - begin; }
  bool readable() const { return access[0] == 'r'; }
  bool writable() const { return access[1] == 'w'; }
};

std::vector<Mapping> all_mappings() {
  std::vector<Mapping> all;
  std::ifstream file("/proc/self/maps");
  for (std::string line; std::getline(file, line);) {
    Mapping m;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &m.begin, &m.end, m.access.data()) == 3) {
      all.push_back(m);
    }
  }
  return all;
}

std::size_t stack_bytes_of_a_thread() {
  pthread_attr_t defaults;
  std::size_t bytes = 0;
  if (pthread_getattr_default_np(&defaults) != 0) return bytes;
  pthread_attr_getstacksize(&defaults, &bytes);
  pthread_attr_destroy(&defaults);
  return bytes;
}

}  // namespace

// A kernel before 5.14 knows no such advice, and some of its own pages take none: then all is as it
// was.
void populate_memory() {
  if (kSanitized) return;  // one maps more for itself than any machine has
  const std::size_t stack_bytes = stack_bytes_of_a_thread();
  std::uintptr_t guard_end = 0;
  for (const Mapping& m : all_mappings()) {
    const bool is_stack = m.begin == guard_end && m.bytes() == stack_bytes;
    guard_end = m.readable() ? 0 : m.end;
    if (is_stack || !m.readable()) continue;
    void* const begin = reinterpret_cast<void*>(m.begin);
    madvise(begin, m.bytes(), m.writable() ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
  }
}

}  // namespace mm
