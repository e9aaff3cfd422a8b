// The epoch of client order ids: counted up in a file before the first order of each live start, so
// that no id is ever used twice.
//
// Cold, main thread, under the account's lock. The new number is on disk (fsync of file and folder)
// before it is returned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mm::app {

struct IdEpoch {
  std::uint16_t epoch = 0;
  bool behind = false;  // the venue has orders of a later start than the file knew of
  std::string error;    // one line naming the file; empty if there is none
};

// The epoch after the one in `path`, or after `seen`, the latest that the venue has orders of, if
// that is later: the file may have been lost, or be an old one. 1 where there was none, and after
// 65535.
IdEpoch next_id_epoch(const std::string& path, std::optional<std::uint16_t> seen = {});

// Where the numbers in this start's client order ids begin: by chance, 1 to 2^24 - 1.
std::int32_t draw_id_nonce();

// Where what must survive a session is kept on this host: $XDG_STATE_HOME/mm_logic, or the same
// under the home folder. Not the sessions' folder, which may be deleted, or copied elsewhere.
std::string state_folder();

}  // namespace mm::app
