#include "engine/runtime/core_dump.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace mm {
namespace {

// In a process of its own: what is forbidden stays so.
bool holds_in_a_child(const std::function<bool()>& what) {
  const pid_t child = fork();
  if (child == 0) _exit(what() ? 0 : 1);
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool limit_is(rlim_t bytes) {
  rlimit limit{};
  return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == bytes && limit.rlim_max == bytes;
}

TEST(CoreDump, NeitherAFileNorAHandlerGetsOne) {
  EXPECT_TRUE(holds_in_a_child([] {
    forbid_core_dumps();
    forbid_core_dumps();  // as by every reader of a key
    return limit_is(1) && prctl(PR_GET_DUMPABLE) == 1;
  }));
}

// A limit of 0 cannot be raised to 1 without privileges.
TEST(CoreDump, WhereTheLimitCannotBeRaisedTheProcessIsNotDumpable) {
  EXPECT_TRUE(holds_in_a_child([] {
    constexpr rlimit kNone{0, 0};
    constexpr uid_t kNobody = 65534;
    if (setrlimit(RLIMIT_CORE, &kNone) != 0) return false;
    if (geteuid() == 0 && setuid(kNobody) != 0) return false;
    prctl(PR_SET_DUMPABLE, 1);  // another user's id had taken it away
    forbid_core_dumps();
    return limit_is(0) && prctl(PR_GET_DUMPABLE) == 0;
  }));
}

}  // namespace
}  // namespace mm
