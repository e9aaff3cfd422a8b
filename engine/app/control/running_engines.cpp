#include "engine/app/control/running_engines.h"

#include "engine/counters/counters_file.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {

using counters::CountersFile;

std::vector<std::string> running_engines(const std::string& sessions) {
  std::vector<std::string> live, others;
  for (const SessionFolder& folder : SessionFolder::all(sessions)) {
    CountersFile counters;
    if (!counters.attach(folder.path(), CountersFile::Use::kLook).empty()) continue;
    if (!counters.engine_alive()) continue;
    const std::string_view mode = counters.layout().identity.mode.data();
    (mode == "live" ? live : others).push_back(folder.path());
  }
  live.insert(live.end(), others.begin(), others.end());
  return live;
}

}  // namespace mm::app
