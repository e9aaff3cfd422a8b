#include "engine/runtime/core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "engine/core/assert.h"

namespace mm {

// A limit of 0 forbids files only: a handler behind a pipe (apport, systemd-coredump) gets the dump
// all the same. Of 1 byte there is no file either, and no handler is run: that is how the kernel
// knows a handler that crashes (core(5), fs/coredump.c). Not dumpable, which forbids everything,
// hides the process from its owner's perf and gdb too, so it is for hosts whose hard limit is 0.
void forbid_core_dumps() {
  constexpr rlimit kNeitherFileNorHandler{1, 1};
  if (setrlimit(RLIMIT_CORE, &kNeitherFileNorHandler) == 0) return;
  MM_ASSERT(prctl(PR_SET_DUMPABLE, 0) == 0, "a process may always forbid to dump it");
}

}  // namespace mm
