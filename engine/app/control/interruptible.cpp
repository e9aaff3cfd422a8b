#include "engine/app/control/interruptible.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace mm::app {

std::string run_interruptibly(std::function<void()> work,
                              const std::function<std::string()>& look) {
  constexpr std::chrono::milliseconds kLook{20};
  const auto task = std::make_shared<std::packaged_task<void()>>(std::move(work));
  std::future<void> done = task->get_future();
  std::thread thread;
  try {
    thread = std::thread([task] { (*task)(); });
  } catch (const std::system_error&) {  // there is none to be had, and the work must be done
    (*task)();
    done.get();
    return {};
  }
  while (done.wait_for(kLook) != std::future_status::ready) {
    std::string reason = look();
    if (reason.empty()) continue;
    thread.detach();
    return reason;
  }
  thread.join();
  done.get();
  return {};
}

void end_process(int exit_code) {
  std::fflush(nullptr);
  _exit(exit_code);
}

}  // namespace mm::app
