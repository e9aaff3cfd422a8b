// The way from the driver to the journal thread in real time: a ring that drops rather than waits.
//
// push() and finish() belong to the driver's thread, drain() to the journal thread, offer_config()
// and what tells of it to the thread that reloads. push() copies one record (two cache lines),
// never waits, never allocates. When the ring is full records are counted; each one carries its
// place in the journal, so the gap frame stands exactly where they were lost. A record stays in the
// ring until it is in the file: in memory that outlives the process (journal_ring.h) nothing is
// lost by kill -9, and the places say what the file has already.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>

#include "engine/core/event.h"
#include "engine/journal/journal_writer.h"
#include "engine/runtime/spsc_ring.h"

namespace mm {

// A record on its way.
struct JournalRingItem {
  Event event;
  std::uint64_t command_hash = 0;
  std::uint64_t place = 0;    // in the journal, lost records counted
  std::uint64_t reloads = 0;  // pushed so far, this one and lost ones counted
};
static_assert(sizeof(JournalRingItem) == 128);
using JournalItemRing = SpscRing<JournalRingItem>;

class JournalLane {
 public:
  // `capacity` in records, a power of two.
  explicit JournalLane(std::size_t capacity) : ring_(capacity) {}
  // In memory of JournalItemRing::bytes_for(capacity) that outlives the lane.
  JournalLane(std::span<std::byte> memory, std::size_t capacity) : ring_(memory, capacity) {}

  // Driver. False if the record was dropped.
  bool push(const Event& event, std::uint64_t command_hash) {
    const std::uint64_t place = pushed_++;
    std::uint64_t reloads = reloads_.load(std::memory_order_relaxed);
    if (event.kind == EventKind::kControl && event.control.code == ControlCode::kReload) {
      reloads_.store(++reloads, std::memory_order_release);
    }
    JournalRingItem* item = ring_.try_claim();
    if (item == nullptr) [[unlikely]] {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    *item = JournalRingItem{event, command_hash, place, reloads};
    ring_.commit();
    return true;
  }

  // The text of the next reload; those before it have been pushed. Its kControl / kReload event may
  // enter the driver when the text is in the file: so no kill takes it from the event. Returns its
  // number, for config_state().
  std::uint64_t offer_config(std::string text) {
    const std::lock_guard lock(config_mutex_);
    configs_.push_back({std::move(text), reloads()});
    config_waits_.store(true, std::memory_order_release);
    return ++configs_offered_;
  }
  enum class ConfigState : std::uint8_t { kWaits, kWritten, kLost };
  ConfigState config_state(std::uint64_t number) {
    const std::lock_guard lock(config_mutex_);
    if (configs_offered_ - configs_.size() < number) return ConfigState::kWaits;
    return number == config_lost_ ? ConfigState::kLost : ConfigState::kWritten;
  }
  // Any thread: kReload events pushed so far.
  std::uint64_t reloads() const { return reloads_.load(std::memory_order_acquire); }

  // Journal thread: moves what is in the ring to the writer. Returns how many; when it was none, or
  // half the ring waits for it, what the writer held back is flushed.
  std::size_t drain(JournalWriter& writer) {
    const auto items = ring_.peek(held_);
    for (const JournalRingItem& item : items) {
      if (item.place > written_) writer.gap(item.place - written_);
      writer.append(item.event, item.command_hash);
      written_ = item.place + 1;
      reloads_written_ = item.reloads;
    }
    write_configs(writer);
    held_ += items.size();
    if (items.empty() || held_ > ring_.capacity() / 2) writer.flush();
    const std::size_t in_file = held_ - std::min<std::size_t>(held_, writer.held());
    ring_.consume(in_file);
    held_ -= in_file;
    if (const std::uint64_t lost = writer.lost(); lost != lost_.load(std::memory_order_relaxed)) {
      lost_.store(lost, std::memory_order_relaxed);
    }
    return items.size();
  }

  // After the driver has stopped, on whichever thread is left: the rest of the ring, and what was
  // missing at its end.
  void finish(JournalWriter& writer) {
    while (drain(writer) > 0) continue;
    if (pushed_ > written_) writer.gap(pushed_ - written_);
    written_ = pushed_;
  }

  // Any thread.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  // Records that the file lacks: dropped here, or refused by the disk.
  const std::atomic<std::uint64_t>& lost() const { return lost_; }
  std::size_t size() const { return ring_.size(); }

 private:
  // Each behind the reload before it.
  void write_configs(JournalWriter& writer) {
    if (!config_waits_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(config_mutex_);
    for (; !configs_.empty() && configs_.front().behind <= reloads_written_; configs_.pop_front()) {
      if (writer.config(configs_.front().text)) continue;
      config_lost_ = configs_offered_ - configs_.size() + 1;
    }
    config_waits_.store(!configs_.empty(), std::memory_order_relaxed);
  }

  // What one thread writes for each record is in no line of the other's.
  static constexpr std::size_t kApart = 128;

  JournalItemRing ring_;
  alignas(kApart) std::uint64_t pushed_ = 0;  // driver's, with those dropped
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> dropped_{0};
  // Journal thread's: handed to the writer, gaps included.
  alignas(kApart) std::uint64_t written_ = 0;
  std::uint64_t reloads_written_ = 0;
  std::size_t held_ = 0;  // of these still in the ring, since the file may not have them
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> config_waits_{false};
  alignas(kApart) std::mutex config_mutex_;
  struct Config {
    std::string text;
    std::uint64_t behind;  // that many reloads
  };
  std::deque<Config> configs_;  // that wait
  std::uint64_t configs_offered_ = 0;
  std::uint64_t config_lost_ = 0;  // the number of the last one that the disk refused
};

}  // namespace mm
