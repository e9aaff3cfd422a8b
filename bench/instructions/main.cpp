// mm_instructions: the work of bench/core_work.h under valgrind's callgrind, which counts what the
// CPU is told to do: a figure that no other load on the machine changes. See scripts/instructions.
#include <valgrind/callgrind.h>

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

void count(const CoreTask& task) {
  CallgrindWatch watch;
  CoreWork work(watch, 1, task.quotes, task.whole);
  MM_ASSERT(work.quotes(), "the core quotes before anything is counted");
  for (int i = 0; i < kWarmUp; ++i) (work.*task.step)();
  watch.counting = true;
  for (int i = 0; i < kCounted; ++i) (work.*task.step)();
  CALLGRIND_DUMP_STATS_AT(task.name);  // one file a task; its total is that of all steps
}

}  // namespace
}  // namespace mm::bench

int main() {
  for (const mm::bench::CoreTask& task : mm::bench::kCoreTasks) mm::bench::count(task);
}
