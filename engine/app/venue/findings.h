// What a check found: a line each, and whether one was bad.
//
// Cold, main thread.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace mm::app {

enum class Verdict { kOk, kWarn, kFail };

class Findings {
 public:
  // `quiet`: print what is not ok only, to stderr.
  explicit Findings(bool quiet = false) : quiet_(quiet) {}

  void add(Verdict verdict, std::string_view subject, std::string_view text) {
    constexpr const char* kWords[] = {"ok  ", "warn", "fail"};
    if (!quiet_ || verdict != Verdict::kOk) {
      fmt::print(quiet_ ? stderr : stdout, "{}  {:<9} {}\n", kWords[static_cast<int>(verdict)],
                 subject, text);
    }
    failed_ = failed_ || verdict == Verdict::kFail;
  }
  void ok(std::string_view subject, std::string_view text) { add(Verdict::kOk, subject, text); }
  void warn(std::string_view subject, std::string_view text) { add(Verdict::kWarn, subject, text); }
  void fail(std::string_view subject, std::string_view text) { add(Verdict::kFail, subject, text); }
  bool failed() const { return failed_; }
  int exit_code() const { return failed_ ? 1 : 0; }

 private:
  bool quiet_, failed_ = false;
};

}  // namespace mm::app
