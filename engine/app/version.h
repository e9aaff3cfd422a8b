// Which build this is: version, commit and compiler, for --version, the journal and the summary.
//
// Constant strings; only version.cpp is compiled anew when the commit changes.
#pragma once

#include <string>

namespace mm::app {

const char* version();       // "0.1.0"
const char* build_commit();  // short commit, or "unknown" without a repository
std::string build_line();    // "mm_logic 0.1.0 (commit 1234abcd, g++ 12.2.0, release)"

}  // namespace mm::app
