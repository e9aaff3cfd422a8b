// A guard beside a live run: this binary once more, in a process of its own.
//
// Cold, main thread. It belongs to no terminal, so that Ctrl-C reaches the engine alone; what it
// says goes to guard.txt in the session folder. It outlives the engine that dies; after an orderly
// end it ends by itself and is waited for. Made before the key is taken out of the environment, it
// keeps what the guard needs of it until that has started.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/binance/secret_text.h"

namespace mm::app {

class GuardProcess {
 public:
  GuardProcess();
  ~GuardProcess();
  GuardProcess(const GuardProcess&) = delete;
  GuardProcess& operator=(const GuardProcess&) = delete;

  // Returns the error, empty if none.
  [[nodiscard]] std::string start(const std::string& session_folder);

 private:
  std::vector<binance::orders::SecretText> secrets_;  // NAME=value, with a final zero
  pid_t pid_ = 0;
};

}  // namespace mm::app
