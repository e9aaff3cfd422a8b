// How long it takes from the start of the program to its end, with nearly nothing in between.
//
// mm_logic as it lies beside this program, in an empty folder: its version; a whole session of one
// simulated second, with config, rings, journal, ledger and summary.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace mm {
namespace {

std::string binary() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "mm_logic";
}

// The exit code; -1 if it could not be started.
int run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), binary());
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  pid_t child = 0;
  const int failed = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  if (failed != 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void start(benchmark::State& state, const std::vector<std::string>& arguments) {
  std::string shape = std::filesystem::temp_directory_path() / "mm_startup_XXXXXX";
  const std::string folder = mkdtemp(shape.data());
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  for (auto _ : state) {
    if (run(arguments) != 0) {
      state.SkipWithError("mm_logic is not built, or fails");
      break;
    }
  }
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

BENCHMARK_CAPTURE(start, version, {"--version"})
    ->Name("startup/version")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start, second, {"run", "--speed", "max", "--seconds", "1", "--quiet"})
    ->Name("startup/session_of_a_simulated_second")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mm
