// The built binary from outside: runs in a folder of its own, a running one on its own terminal,
// and the files it leaves behind.
//
// MM_LOGIC in the environment names another binary than the one built beside the tests
// (scripts/determinism).
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <simdjson.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/process.h"

namespace mm::test {

inline const std::string kRoot = MM_SOURCE_DIR;
inline const std::string kConfig = kRoot + "/config.ini";
inline const std::string kTight = kRoot + "/scripts/profiles/tight.ini";

inline std::string binary() {
  const char* other = std::getenv("MM_LOGIC");
  return other != nullptr ? other : MM_LOGIC_BINARY;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++count;
  return count;
}

// Lines of a log that hold the part, those that it tells as repeats of one ("3 more since") as
// well.
inline std::size_t times_logged(const std::string& log, std::string_view part) {
  std::istringstream lines(log);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(part) == std::string::npos) continue;
    const std::size_t more = line.find(" more since ");
    const std::size_t open = more == std::string::npos ? more : line.rfind('(', more);
    count += open == std::string::npos ? 1 : std::stoul(line.substr(open + 1));
  }
  return count;
}

struct Ran {
  int exit_code = -1;
  std::string out, err;
};

// A new empty folder, removed at the end; the binary runs in it.
class Scratch {
 public:
  Scratch() {
    std::string shape = std::filesystem::temp_directory_path() / "mm_e2e_XXXXXX";
    folder_ = mkdtemp(shape.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return path(name);
  }
  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  Ran run(const std::string& arguments, const std::string& before = "") const {
    const std::string command = "cd " + folder_.string() + " && " + before + " " + binary() + " " +
                                arguments + " 2>" + path(".stderr");
    Ran ran;
    const ProcessResult result = run_process("(" + command + ")");
    ran.exit_code = result.exit_code;
    ran.out = result.output;
    ran.err = read_file(path(".stderr"));
    std::filesystem::remove(path(".stderr"));
    return ran;
  }

 private:
  std::filesystem::path folder_;
};

// A JSON file, looked into by pointer ("/orders/placed"); what is missing fails the test.
class JsonFile {
 public:
  explicit JsonFile(const std::string& path) : text_(read_file(path)) {
    EXPECT_EQ(parser_.parse(text_).get(json_), simdjson::SUCCESS) << path << ":\n" << text_;
  }
  simdjson::dom::element at(const std::string& pointer) const {
    simdjson::dom::element found = json_;  // where nothing is there the whole is, which is no value
    EXPECT_EQ(json_.at_pointer(pointer).get(found), simdjson::SUCCESS) << pointer;
    return found;
  }
  std::int64_t integer(const std::string& pointer) const {
    std::int64_t value = 0;
    EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value;
  }
  double number(const std::string& pointer) const {
    double value = 0;
    EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value;
  }
  std::string text(const std::string& pointer) const {
    std::string_view value;
    EXPECT_EQ(at(pointer).get(value), simdjson::SUCCESS) << pointer;
    return std::string(value);
  }
  bool is_null(const std::string& pointer) const { return at(pointer).is_null(); }
  std::vector<std::string> keys(const std::string& pointer) const {
    std::vector<std::string> names;
    for (const auto& field : simdjson::dom::object(at(pointer))) names.emplace_back(field.key);
    return names;
  }

 private:
  std::string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element json_;
};

struct TerminalSize {
  unsigned short rows = 40, columns = 120;
};

// A running binary on a pseudo-terminal; `terminal_kind` is its TERM ("dumb": plain lines),
// `no_color` the NO_COLOR of its environment.
class Running {
 public:
  Running(const Scratch& scratch, std::vector<std::string> arguments, const char* terminal_kind,
          const char* no_color = nullptr, TerminalSize terminal_size = {}) {
    arguments.insert(arguments.begin(), binary());
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    const std::string folder = scratch.path("");
    const winsize size = window(terminal_size);
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    setenv("TERM", terminal_kind, 1);
    unsetenv("NO_COLOR");
    if (no_color != nullptr) setenv("NO_COLOR", no_color, 1);
    if (chdir(folder.c_str()) == 0) execv(argv[0], argv.data());
    _exit(127);
  }
  ~Running() {
    if (!ended_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &status_, 0);
    }
    close(terminal_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void signal(int number) const { kill(pid_, number); }
  void type(std::string_view keys) const {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // The program is told, as by a terminal whose window changes.
  void resize(TerminalSize size) const {
    const winsize now = window(size);
    ioctl(terminal_, TIOCSWINSZ, &now);
  }
  const std::string& output() const { return output_; }

  // Reads on until `done` holds or the process has ended; false after half a minute without it.
  bool read_until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      read_some();
      if (!ended_ && waitpid(pid_, &status_, WNOHANG) == pid_) {
        ended_ = true;
        // A busy host hands on late what was written last; where nobody has the terminal, at once.
        while (read_some(std::chrono::seconds(1))) continue;
        return done();
      }
    }
    return true;
  }
  bool read_until(std::string_view text) {
    return read_until([&] { return output_.find(text) != std::string::npos; });
  }
  bool read_to_end() {
    return read_until([&] { return ended_; });
  }
  int exit_code() const { return ended_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }
  int killed_by() const { return ended_ && WIFSIGNALED(status_) ? WTERMSIG(status_) : 0; }

 private:
  static winsize window(TerminalSize size) {
    return {.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  }
  // Waits for output, a moment or so long; true if there was some.
  bool read_some(std::chrono::milliseconds longest = std::chrono::milliseconds(10)) {
    pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(longest.count())) <= 0) return false;
    std::array<char, 4096> buffer;
    const ssize_t count = read(terminal_, buffer.data(), buffer.size());
    if (count > 0) output_.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  pid_t pid_ = -1;
  int terminal_ = -1, status_ = 0;
  bool ended_ = false;
  std::string output_;
};

}  // namespace mm::test
