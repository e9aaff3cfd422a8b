#include "engine/runtime/resident_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/runtime/agent.h"
#include "engine/runtime/sanitized.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

const std::size_t kPage = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
constexpr std::size_t kPages = 1024;
constexpr std::int64_t kFew = kPages / 64;  // a file's are mapped 16 at a time by themselves

// A mapping for as long as it lives.
class Mapped {
 public:
  explicit Mapped(int access, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int file = -1)
      : at_(mmap(nullptr, kPages * kPage, access, flags, file, 0)) {
    EXPECT_NE(at_, MAP_FAILED);
    madvise(at_, kPages * kPage, MADV_NOHUGEPAGE);
  }
  ~Mapped() { munmap(at_, kPages * kPage); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  char* page(std::size_t i) const { return static_cast<char*>(at_) + i * kPage; }
  void* begin() const { return at_; }

 private:
  void* at_;
};

class ResidentMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP();
  }
};

std::int64_t faults_of(auto&& work) {
  const std::int64_t before = thread_usage().faults;
  work();
  return thread_usage().faults - before;
}

TEST_F(ResidentMemory, WhatIsMappedIsThereAfterwards) {
  const Mapped fresh(PROT_READ | PROT_WRITE);
  populate_memory();
  EXPECT_LT(faults_of([&] {
              for (std::size_t i = 0; i < kPages; ++i) *fresh.page(i) = 1;
            }),
            kFew);
}

TEST_F(ResidentMemory, ReadOnlyPagesOfAFileAreThereAndStayAsTheyAre) {
  const test::Scratch scratch;
  const std::string text(kPages * kPage, 'x');
  std::FILE* const file = std::fopen(scratch.write("file", text).c_str(), "r");
  ASSERT_NE(file, nullptr);
  const Mapped mapped(PROT_READ, MAP_PRIVATE, fileno(file));
  populate_memory();
  int sum = 0;
  EXPECT_LT(faults_of([&] {
              for (std::size_t i = 0; i < kPages; ++i) sum += *mapped.page(i) == 'x' ? 1 : 0;
            }),
            kFew);
  EXPECT_EQ(sum, static_cast<int>(kPages));
  std::fclose(file);
}

TEST_F(ResidentMemory, WhatMayNotBeTouchedIsNot) {
  const Mapped forbidden(PROT_NONE);
  populate_memory();
  std::vector<unsigned char> present(kPages);
  ASSERT_EQ(mincore(forbidden.begin(), kPages * kPage, present.data()), 0);
  EXPECT_EQ(std::ranges::count_if(present, [](unsigned char p) { return (p & 1) != 0; }), 0);
}

// Goes deep into its stack, once it is told to.
struct Diver {
  std::atomic<bool> enabled{false};
  std::atomic<bool> done{false};
  int do_work() {
    if (!enabled || done) return 0;
    dive();
    done = true;
    return 1;
  }
  [[gnu::noinline]] static void dive() {
    std::array<volatile char, kStackBytesTouched - 16 * 1024> deep;
    for (std::size_t i = 0; i < deep.size(); i += kPage) deep[i] = 1;
  }
  std::string_view name() const { return "diver"; }
};

TEST_F(ResidentMemory, TheStackOfARunnerIsThere) {
  Diver agent;
  AgentRunner runner({}, agent);
  runner.start();
  runner.watch_usage();
  agent.enabled = true;
  while (!agent.done) std::this_thread::yield();
  runner.stop();
  if (!runner.usage()) GTEST_SKIP() << "the turn was over before it was watched";
  EXPECT_LT(runner.usage()->faults, kFew / 2);
}

}  // namespace
}  // namespace mm
