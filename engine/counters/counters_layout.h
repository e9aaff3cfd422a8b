// The counters file, byte by byte: who the engine is, signs of life, the kill latch, the numbers.
//
// Lies in a mapping on tmpfs that other processes of the same user open. The identity is written
// before the magic and constant afterwards; everything else is atomic, each line with one writer
// except where said. A change of the fixed part raises kVersion, a change of the tables their hash.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/counters/metric_block.h"
#include "engine/counters/process_id.h"
#include "engine/runtime/kill_latch.h"
#include "engine/runtime/topology.h"

namespace mm::counters {

inline constexpr std::uint64_t kMagic = 0x737265746e756f63;  // "counters"
inline constexpr std::uint32_t kVersion = 4;
inline constexpr std::size_t kPathBytes = 1024;  // with the final zero

enum class Phase : std::uint32_t {
  kStarting,  // no agent turns yet
  kRunning,   // heartbeats come
  kEnding,    // agents stop; orders are cancelled and looked for
  kEnded      // in an orderly way: nothing is left to be done
};

// Written by its agent's thread at housekeeping rate: CLOCK_MONOTONIC, which all processes share.
struct alignas(kCacheLine) Heartbeat {
  std::atomic<std::int64_t> at{0};  // 0: not yet
};

struct Identity {
  std::uint32_t version, instrument_count;
  std::uint64_t table_hash, bytes;
  ProcessId process;
  std::int64_t started;  // since the Unix epoch
  std::uint32_t instance, epoch;
  std::array<char, 16> mode;
  std::array<char, 32> venue;
  std::array<char, 96> build;
  std::array<char, 32> id_prefix;  // of client order ids
  // Absolute: the session's own, the one all sessions are in, and where the engine was started.
  std::array<char, kPathBytes> session, sessions, working;
};

// Written by the guard.
struct alignas(kCacheLine) GuardLine {
  std::atomic<std::int64_t> beat{0};  // CLOCK_MONOTONIC; 0: there is none
  std::atomic<std::int32_t> pid{0};
  std::atomic<std::uint32_t> venue_lost{0};  // 1: it watches, but could not cancel
  std::atomic<std::uint32_t> settled{0};     // 1: see Layout::settled()
};

// One of the venue's connections, written by the engine's main thread.
struct alignas(kCacheLine) Connection {
  std::array<char, 32> name;  // constant once it is counted
  std::atomic<std::uint64_t> opened{0};
  std::atomic<bool> up{false};
};
inline constexpr std::size_t kConnectionsMax = 48;

struct Instrument {
  std::array<char, 24> symbol;
  std::array<char, 12> base, quote;
  std::int64_t tick, lot;  // Amounts: what prices and quantities are counted in
  InstrumentBlock numbers;
  BookBlock book;
  OrderBlock orders;
  LevelBlock levels;

  Scale scale() const { return {Amount(tick), Amount(lot)}; }
};

struct Layout {
  std::atomic<std::uint64_t> magic;  // last: whoever sees it sees the identity
  Identity identity;
  alignas(kCacheLine) std::atomic<Phase> phase;
  KillLatch latch;                          // any process
  std::array<Heartbeat, kHotAgents> beats;  // by HotAgent
  Heartbeat steering;  // of the cold thread that outlives the agents: what beats in an end
  // Of the text of the configuration in force; written where a reload comes in.
  alignas(kCacheLine) std::atomic<std::uint64_t> config_hash;
  GuardLine guard;
  EngineBlock numbers;
  LatencyBlock latency;
  alignas(kCacheLine) std::atomic<std::uint32_t> connection_count;
  std::array<Connection, kConnectionsMax> connections;
  // instrument_count of Instrument follow

  // Since the guard's latch was set no order of this engine is left and none can arrive: nobody has
  // to act again, dead or hung as it may be. A person's resume, which clears the latch, ends that.
  bool settled() const {
    return latch.is_set(KillLatch::kGuard) && guard.settled.load(std::memory_order_acquire) != 0;
  }
  Instrument* instruments() { return reinterpret_cast<Instrument*>(this + 1); }
  const Instrument* instruments() const { return reinterpret_cast<const Instrument*>(this + 1); }
};

constexpr std::size_t bytes_for(std::size_t instrument_count) {
  return sizeof(Layout) + instrument_count * sizeof(Instrument);
}

static_assert(std::is_trivially_copyable_v<Identity>);
static_assert(sizeof(Layout) % kCacheLine == 0 && sizeof(Instrument) % kCacheLine == 0);
static_assert(alignof(Layout) == kCacheLine && alignof(Instrument) == kCacheLine);

}  // namespace mm::counters
