// The counters of an engine that has died.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "engine/counters/counters_file.h"

namespace mm::test {

// Those of a live one, which died in that phase, in its session's folder.
inline void leave_counters(const std::string& session, const std::string& tmpfs,
                           counters::Phase phase) {
  const pid_t child = fork();
  if (child == 0) {
    auto* dying = new counters::CountersFile;  // never destroyed: as after kill -9
    const bool made = dying
                          ->create({.session_folder = session,
                                    .sessions_folder = "s",
                                    .mode = "live",
                                    .id_prefix = "",
                                    .instruments = {}},
                                   tmpfs)
                          .empty();
    if (made) dying->layout().phase = phase;
    _exit(made ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
}

}  // namespace mm::test
