// Work that may take minutes, and a person who will not wait for it.
//
// It runs on a thread of its own, while the one that calls looks again and again for a reason to
// give it up. What was given up still runs and uses what it was given: all of that stays until
// the process ends, by end_process() or _Exit, the only ways on from there. So it must be work that
// may be killed at any moment. Where no thread is to be had nobody looks. Cold.
#pragma once

#include <functional>
#include <string>

namespace mm::app {

// Empty when the work is done; else why it was given up: the first reason that `look` has.
std::string run_interruptibly(std::function<void()> work, const std::function<std::string()>& look);

// At once, without destructors; what was printed is.
[[noreturn]] void end_process(int exit_code);

}  // namespace mm::app
