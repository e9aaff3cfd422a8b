// A guard beside a live run: this binary once more, in a process of its own.
//
// Cold, main thread. It belongs to no terminal, so that Ctrl-C reaches the engine alone; what it
// says goes to guard.txt in the session folder. It outlives the engine that dies; after an orderly
// end it ends by itself and is waited for. One that ends before is started anew, after pauses that
// grow. Made before the key is taken out of the environment, it keeps what a guard needs of it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/core/types.h"
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
  // Now and then, while it should watch. What there is to say of a guard that ended, once until one
  // has lasted.
  std::string keep_up(Nanos now);

 private:
  static constexpr Nanos kPauseFirst{kSecond}, kPauseLongest{60 * kSecond.v};

  std::string spawn();

  std::vector<binance::orders::SecretText> secrets_;  // NAME=value, with a final zero
  std::string session_;
  pid_t pid_ = 0;  // 0: there is none
  Nanos began_{}, due_{}, pause_ = kPauseFirst;
};

}  // namespace mm::app
