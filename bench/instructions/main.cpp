// mm_instructions: the work of bench/core_work.h under valgrind's callgrind, which counts what the
// CPU is told to do: a figure that no other load on the machine changes. See scripts/instructions.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <string>

#include "bench/core_work.h"

namespace mm::bench {
namespace {

constexpr int kWarmUp = 200, kCounted = 1000;

class CallgrindWatch : public Stopwatch {
 public:
  bool counting = false;

  void begin() override {
    if (counting) CALLGRIND_TOGGLE_COLLECT;
  }
  void end(std::size_t) override {
    if (counting) CALLGRIND_TOGGLE_COLLECT;
  }
};

// What grows with the instruments is not seen with one.
constexpr std::size_t kMany = 100;

void count(const CoreTask& task, std::size_t instruments) {
  CallgrindWatch watch;
  CoreWork work(watch, instruments, task.quotes, task.whole);
  MM_ASSERT(work.quotes(), "the core quotes before anything is counted");
  for (int i = 0; i < kWarmUp; ++i) (work.*task.step)();
  watch.counting = true;
  for (int i = 0; i < kCounted; ++i) (work.*task.step)();
  const std::string name = task.name + (instruments > 1 ? fmt::format("/{}", instruments) : "");
  CALLGRIND_DUMP_STATS_AT(name.c_str());  // one file a task; its total is that of all steps
}

}  // namespace
}  // namespace mm::bench

int main() {
  using namespace mm::bench;
  for (const std::size_t instruments : {std::size_t{1}, kMany}) {
    for (const CoreTask& task : kCoreTasks) count(task, instruments);
  }
}
