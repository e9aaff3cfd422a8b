#include "engine/app/session/id_epoch.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

constexpr std::uint32_t kEpochMax = 0xFFFF;

}  // namespace

IdEpoch next_id_epoch(const std::string& path, std::optional<std::uint16_t> seen) {
  std::error_code ignored;  // what cannot be made cannot be written either, which says more
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (std::filesystem::create_directories(folder, ignored)) sync_folder_of(folder.string());
  std::uint32_t last = 0;
  bool known = false;
  if (std::filesystem::exists(path, ignored) || ignored) {
    std::ifstream file(path);
    if (!file) return {0, false, path + ": cannot be read: the epoch last used by this engine"};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, last);
    const bool whole = problem == std::errc{} && rest != text.data() &&
                       (rest == end || (rest + 1 == end && *rest == '\n'));
    if (!whole || last > kEpochMax) {
      return {0, false,
              fmt::format("{}: must hold one number from 0 to {}: the epoch last used by this "
                          "engine",
                          path, kEpochMax)};
    }
    known = true;
  }
  // Epochs begin anew after the last one: the nearer way round counts.
  const bool behind =
      seen && (!known || static_cast<std::uint16_t>(*seen - last - 1) < kEpochMax / 2);
  if (behind) last = *seen;
  const std::uint32_t next = last == kEpochMax ? 1 : last + 1;
  if (std::string error = write_durably(path, fmt::format("{}\n", next)); !error.empty()) {
    return {0, behind, error};
  }
  return {static_cast<std::uint16_t>(next), behind, {}};
}

std::int32_t draw_id_nonce() {
  std::random_device device;
  return std::uniform_int_distribution<std::int32_t>(1, (1 << 24) - 1)(device);
}

std::string state_folder() {
  if (const char* const state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/mm_logic";
  }
  const char* const home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/state/mm_logic";
}

}  // namespace mm::app
