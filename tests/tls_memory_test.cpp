#include "engine/net/tls_memory.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "engine/runtime/sealed_scope.h"

namespace mm::net {
namespace {

// Before main(), as OpenSSL demands; the whole test program runs on it.
const bool installed = install_tls_memory();

class TlsMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed) GTEST_SKIP() << "a sanitizer watches the heap itself";
  }
};

// Filled with what tells blocks apart.
char* block(std::size_t bytes, char with) {
  auto* const memory = static_cast<char*>(OPENSSL_malloc(bytes));
  std::memset(memory, with, bytes);
  return memory;
}
bool holds(const char* memory, std::size_t bytes, char with) {
  for (std::size_t i = 0; i < bytes; ++i) {
    if (memory[i] != with) return false;
  }
  return true;
}

TEST_F(TlsMemory, BlocksOfEverySizeAreApartAndAligned) {
  std::vector<std::pair<char*, std::size_t>> blocks;
  for (std::size_t bytes = 1; bytes <= 70'000; bytes = bytes * 5 / 4 + 1) {
    blocks.emplace_back(block(bytes, static_cast<char>(blocks.size())), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().first) % 16, 0u);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(holds(blocks[i].first, blocks[i].second, static_cast<char>(i)));
    OPENSSL_free(blocks[i].first);
  }
}

TEST_F(TlsMemory, UpToARecordTheHeapIsNotAsked) {
  const std::uint64_t before = tls_heap_blocks();
  const std::uint64_t allocated = thread_hot_path_allocations();
  {
    const SealedScope sealed;
    for (const std::size_t bytes : {1u, 48u, 49u, 500u, 4000u, 17'000u}) {
      void* const memory = OPENSSL_malloc(bytes);
      OPENSSL_free(OPENSSL_realloc(memory, bytes + 100));
    }
  }
  EXPECT_EQ(thread_hot_path_allocations(), allocated);
  EXPECT_EQ(tls_heap_blocks(), before);
}

TEST_F(TlsMemory, WhatIsLargerComesFromTheHeapAndIsCounted) {
  const std::uint64_t before = tls_heap_blocks();
  char* const memory = block(100'000, 'x');
  EXPECT_EQ(tls_heap_blocks(), before + 1);
  OPENSSL_free(memory);
}

TEST_F(TlsMemory, AnEmptyPoolIsNoEndOfMemory) {
  const std::uint64_t before = tls_heap_blocks();
  std::vector<char*> blocks;
  for (int i = 0; i < 400; ++i) blocks.push_back(block(20'000, static_cast<char>(i)));
  EXPECT_GT(tls_heap_blocks(), before);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(holds(blocks[i], 20'000, static_cast<char>(i)));
    OPENSSL_free(blocks[i]);
  }
  const std::uint64_t after = tls_heap_blocks();
  OPENSSL_free(block(20'000, 'y'));
  EXPECT_EQ(tls_heap_blocks(), after);  // the pool has its blocks back
}

TEST_F(TlsMemory, AResizedBlockKeepsItsContent) {
  char* memory = block(40, 'a');
  memory = static_cast<char*>(OPENSSL_realloc(memory, 5'000));
  EXPECT_TRUE(holds(memory, 40, 'a'));
  memory = static_cast<char*>(OPENSSL_realloc(memory, 100'000));
  EXPECT_TRUE(holds(memory, 40, 'a'));
  memory = static_cast<char*>(OPENSSL_realloc(memory, 10));
  EXPECT_TRUE(holds(memory, 10, 'a'));
  EXPECT_EQ(OPENSSL_realloc(memory, 0), nullptr);
  void* const from_nothing = OPENSSL_realloc(nullptr, 10);
  EXPECT_NE(from_nothing, nullptr);
  OPENSSL_free(from_nothing);
}

TEST_F(TlsMemory, ThreadsGiveBackWhatOthersTookAndNoBlockIsHadTwice) {
  constexpr int kThreads = 4, kRounds = 20'000;
  std::vector<std::atomic<char*>> shelf(64);
  std::atomic<int> mixed{0};
  const auto work = [&](int number) {
    for (int i = 0; i < kRounds; ++i) {
      const std::size_t bytes = 8 + static_cast<std::size_t>((i * 37 + number) % 300);
      char* mine = block(bytes, static_cast<char>(bytes));
      std::memcpy(mine, &bytes, sizeof bytes);
      mine = shelf[static_cast<std::size_t>(i * 7 + number) % shelf.size()].exchange(mine);
      if (mine == nullptr) continue;
      std::size_t theirs = 0;
      std::memcpy(&theirs, mine, sizeof theirs);
      if (!holds(mine + sizeof theirs, theirs - sizeof theirs, static_cast<char>(theirs))) ++mixed;
      OPENSSL_free(mine);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& t : threads) t.join();
  for (auto& left : shelf) OPENSSL_free(left.load());
  EXPECT_EQ(mixed.load(), 0);
}

}  // namespace
}  // namespace mm::net
