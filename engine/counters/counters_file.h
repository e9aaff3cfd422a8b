// counters.dat: what a running engine shows of itself, mapped from /dev/shm.
//
// The engine creates it before its threads start and links it into the session folder; at the end
// a copy takes the link's place. Other processes of the same user attach by session folder: to
// read, or to set the latch. Cold but for the mapped layout itself. A hot thread may store here,
// unlike into a mapping of a disk file: nothing is ever written back.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"
#include "engine/counters/counters_layout.h"

namespace mm::counters {

inline constexpr const char* kTmpfs = "/dev/shm";
inline constexpr const char* kFileName = "counters.dat";

// CLOCK_MONOTONIC: what heartbeats are in.
Nanos monotonic_now();

struct NewCounters {
  std::string session_folder, sessions_folder;
  std::string_view mode;
  std::string id_prefix;
  std::string_view venue = "", build = "";
  std::uint64_t config_hash = 0;
  std::uint32_t instance = 0, epoch = 0;
  Nanos started{};
  std::span<const mm::Instrument> instruments;
};

class CountersFile {
 public:
  CountersFile() = default;
  ~CountersFile();
  CountersFile(const CountersFile&) = delete;
  CountersFile& operator=(const CountersFile&) = delete;

  // The engine's; also removes what engines that died left on tmpfs. Errors are returned, empty if
  // none.
  [[nodiscard]] std::string create(const NewCounters& wish, const std::string& tmpfs = kTmpfs);
  // Of the session's engine: shared with it while it runs, else a copy of what it has left. Whoever
  // only looks cannot harm it.
  enum class Use : std::uint8_t { kSteer, kLook };
  [[nodiscard]] std::string attach(const std::string& session_folder, Use use = Use::kSteer);
  // Layout::settled() from now on, whichever file the session folder leads to meanwhile.
  void settle();
  // The engine's end: the copy into the session folder, and tmpfs is as before.
  [[nodiscard]] std::string finish();

  bool open() const { return layout_ != nullptr; }
  Layout& layout() { return *layout_; }
  const Layout& layout() const { return *layout_; }
  std::span<Instrument> instruments() {
    return {layout_->instruments(), layout_->identity.instrument_count};
  }
  std::span<const Instrument> instruments() const {
    return {layout_->instruments(), layout_->identity.instrument_count};
  }
  // Not more than there is room for, whatever the file says.
  std::span<Connection> connections() {
    return std::span(layout_->connections).first(connection_count());
  }
  std::span<const Connection> connections() const {
    return std::span(layout_->connections).first(connection_count());
  }
  bool engine_alive() const { return is_alive(layout_->identity.process); }
  // Not before it traded, nor after an orderly end or what settles it.
  bool may_have_orders() const;
  // Whether all of it may be read: a mapping of a file that was cut meanwhile may not.
  bool intact() const;
  const std::string& path() const { return path_; }  // on tmpfs, of the engine's own

 private:
  std::size_t connection_count() const {
    const std::uint32_t count = layout_->connection_count.load(std::memory_order_acquire);
    return std::min(std::size_t{count}, kConnectionsMax);
  }
  std::string map(int file, std::size_t bytes, Use use);
  std::string copy(int file, std::size_t bytes);
  void let_go();
  std::string attach_file(const std::string& path, Use use);
  std::string fill(const NewCounters& wish);
  friend void remove_left_over(const std::string& tmpfs);
  friend std::vector<std::string> running_sessions(const std::string&, const std::string&);

  Layout* layout_ = nullptr;
  std::size_t bytes_ = 0;
  int file_ = -1;            // of a mapping that others share
  std::string path_, link_;  // of the engine's own; empty when attached
};

// Session folders of the engines that run and keep their sessions in `sessions`, wherever those
// lie; those that trade with money come first, then the newest.
std::vector<std::string> running_sessions(const std::string& sessions,
                                          const std::string& tmpfs = kTmpfs);

// Counters of processes that have died: into their session folders, where those still link to
// them, and off tmpfs.
void remove_left_over(const std::string& tmpfs = kTmpfs);

}  // namespace mm::counters
