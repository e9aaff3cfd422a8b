#include "engine/app/version.h"

#include <fmt/format.h>

namespace mm::app {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif
#if defined(NDEBUG)
constexpr const char* kBuild = "optimised";
#else
constexpr const char* kBuild = "checked";
#endif

}  // namespace

const char* version() {
  return MM_VERSION;
}

const char* build_commit() {
  return MM_COMMIT;
}

std::string build_line() {
  return fmt::format("mm_logic {} (commit {}, {}, {})", version(), build_commit(), kCompiler,
                     kBuild);
}

}  // namespace mm::app
