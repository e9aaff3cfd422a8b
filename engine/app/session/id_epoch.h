// The epoch of client order ids: counted up in a file before the first order of each live start, so
// that no id is ever used twice.
//
// Cold, main thread, under the account's lock. The new number is on disk (fsync of file and folder)
// before it is returned.
#pragma once

#include <cstdint>
#include <string>

namespace mm::app {

struct IdEpoch {
  std::uint16_t epoch = 0;
  std::string error;  // one line naming the file; empty if there is none
};

// The epoch after the one in `path`; 1 where there was none, and after 65535.
IdEpoch next_id_epoch(const std::string& path);

// Where what must survive a session is kept on this host: $XDG_STATE_HOME/mm_logic, or the same
// under the home folder. Not the sessions' folder, which may be deleted, or copied elsewhere.
std::string state_folder();

}  // namespace mm::app
