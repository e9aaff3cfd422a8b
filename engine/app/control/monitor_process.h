// The web dashboard beside a run: this binary once more, in a process of its own.
//
// Cold, main thread; never waited for while the run goes on. It belongs to no terminal, so that
// Ctrl-C reaches the engine alone, and has none of the account's secrets. Its input is a pipe that
// only we hold: whenever this process is over, however it ended, it ends too.
#pragma once

#include <sys/types.h>

#include <string>

namespace mm::app {

class MonitorProcess {
 public:
  MonitorProcess() = default;
  ~MonitorProcess();
  MonitorProcess(const MonitorProcess&) = delete;
  MonitorProcess& operator=(const MonitorProcess&) = delete;

  // Returns the error, empty if none.
  [[nodiscard]] std::string start(const std::string& session_folder);
  // The next whole line of what it says, such as its address; empty: nothing new.
  std::string heard();
  // True once, when it is over though the run goes on.
  bool ended();

 private:
  int input_ = -1, output_ = -1;  // our ends
  pid_t pid_ = 0;
  std::string said_;
};

}  // namespace mm::app
