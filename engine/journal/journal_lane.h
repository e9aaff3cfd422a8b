// The way from the driver to the journal thread in real time: a ring that drops rather than waits.
//
// push() and finish() belong to the driver's thread, drain() to the journal thread, offer_config()
// to the thread that reloads. push() copies one record (two cache lines), never waits, never
// allocates. When the ring is full records are counted, and the next one that fits says how many
// are missing before it, so the gap frame stands exactly where they were lost.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "engine/core/event.h"
#include "engine/journal/journal_writer.h"
#include "engine/runtime/spsc_ring.h"

namespace mm {

class JournalLane {
 public:
  // `capacity` in records, a power of two.
  explicit JournalLane(std::size_t capacity) : ring_(capacity) {}

  // Driver. False if the record was dropped.
  bool push(const Event& event, std::uint64_t command_hash) {
    Item* item = ring_.try_claim();
    if (item == nullptr) [[unlikely]] {
      ++missing_;
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    *item = Item{event, command_hash, missing_};
    missing_ = 0;
    ring_.commit();
    return true;
  }

  // The text of a reload, handed over before its kControl / kReload event enters the driver.
  void offer_config(std::string text) {
    const std::lock_guard lock(config_mutex_);
    configs_.push_back(std::move(text));
  }

  // Journal thread: moves what is in the ring to the writer. Returns how many; when it was none,
  // what the writer held back is flushed.
  std::size_t drain(JournalWriter& writer) {
    const auto items = ring_.peek();
    for (const Item& item : items) {
      if (item.missing_before > 0) writer.gap(item.missing_before);
      if (is_reload(item.event)) write_config(writer);
      writer.append(item.event, item.command_hash);
    }
    ring_.consume(items.size());
    if (items.empty()) writer.flush();
    return items.size();
  }

  // After the driver has stopped, on whichever thread is left: the rest of the ring, and what was
  // missing at its end.
  void finish(JournalWriter& writer) {
    while (drain(writer) > 0) continue;
    if (missing_ > 0) writer.gap(missing_);
    missing_ = 0;
  }

  // Any thread.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::size_t size() const { return ring_.size(); }

 private:
  struct Item {
    Event event;
    std::uint64_t command_hash;
    std::uint64_t missing_before;
  };
  static bool is_reload(const Event& e) {
    return e.kind == EventKind::kControl && e.control.code == ControlCode::kReload;
  }
  void write_config(JournalWriter& writer) {
    const std::lock_guard lock(config_mutex_);
    if (configs_.empty()) return;
    writer.config(configs_.front());
    configs_.pop_front();
  }

  SpscRing<Item> ring_;
  std::uint64_t missing_ = 0;  // driver's: dropped since the last record that fitted
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex config_mutex_;
  std::deque<std::string> configs_;
};

}  // namespace mm
