// The ring between driver and journal thread in memory that outlives the process, and what a dead
// one left in it brought into its journal.
//
// Cold. The file on tmpfs carries the name of its session, is readable by its owner only, and goes
// at a clean end. While the engine lives it holds the file's lock, so a leftover is told from a
// ring in use without looking at process ids. Recovery writes only what the journal does not have,
// by each record's place in it, and may itself be killed and begun again at any moment. It trusts
// not one byte of what it finds: it reads a copy, once, no more than the file has, and stops at the
// first record that no engine writes. What it leaves out is said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"
#include "engine/runtime/shared_file.h"

namespace mm {

class JournalRing {
 public:
  // `slots`: of the lane, a power of two.
  explicit JournalRing(std::size_t slots);

  // For the lane: shared, or a vector's where the machine has no room for that, which error() says.
  std::span<std::byte> memory() const { return memory_; }
  const std::string& error() const { return error_; }
  const std::string& path() const { return file_.path(); }  // empty before publish()
  // From here on a crash leaves it for recovery. `session` is the folder, `start_time` that of its
  // journal, which exists.
  [[nodiscard]] std::string publish(const std::string& session, Nanos start_time);
  // All of it is in the journal.
  void remove() { file_.remove(); }

 private:
  SharedFile file_;
  std::vector<std::byte> own_;
  std::span<std::byte> memory_;
  std::string error_;
};

struct JournalRecovery {
  enum class State : std::uint8_t {
    kNothing,   // no ring was left
    kInUse,     // the session runs
    kRecovered  // the journal has what the ring had; the ring is gone
  };
  State state = State::kNothing;
  std::string session;           // its folder
  std::uint64_t records = 0;     // that only the ring had
  std::uint64_t torn_bytes = 0;  // of a frame that was being written; the ring had its records
  std::string damage;  // why of the ring's records no more could be used; empty: all could
  std::string error;   // nothing was changed, and the ring is where it was

  // For the log; empty if there is nothing to say.
  std::string text() const;
};

// The ring that this session left.
JournalRecovery recover_journal(const std::string& session);
// Those of all sessions in a folder that are not running; what is left of sessions that are no more
// goes as well.
std::vector<JournalRecovery> recover_journals(const std::string& sessions);
// Sessions outside that folder that have a ring, running or not.
std::vector<std::string> sessions_with_rings_outside(const std::string& sessions);

}  // namespace mm
