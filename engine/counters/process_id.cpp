#include "engine/counters/process_id.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

namespace mm::counters {
namespace {

struct ProcStat {
  char state = '?';  // not to be seen
  std::uint64_t start_ticks = 0;
};

// proc(5): the state is the 3rd field, the start time the 22nd; the 2nd, the command in brackets,
// may hold anything.
ProcStat read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  ProcStat stat;
  if (end == std::string::npos) return stat;
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  fields >> stat.state;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start_ticks;
  return stat;
}

}  // namespace

ProcessId this_process() {
  return {getpid(), read_stat(getpid()).start_ticks};
}

bool exists(pid_t pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

// A /proc with hidepid shows no process that this one may not trace, such as one that forbids dumps
// (core_dump.h).
bool is_alive(const ProcessId& process) {
  const ProcStat stat = read_stat(process.pid);
  if (stat.state == '?') return exists(process.pid);
  return stat.state != 'X' && stat.state != 'Z' && stat.start_ticks == process.start_ticks;
}

}  // namespace mm::counters
