#include "engine/app/id_epoch.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/ledger/session_folder.h"

namespace mm::app {
namespace {

constexpr std::uint32_t kEpochMax = 0xFFFF;

}  // namespace

IdEpoch next_id_epoch(const std::string& sessions_dir, std::int32_t instance) {
  std::error_code ignored;  // what cannot be made cannot be written either, which says more
  std::filesystem::create_directories(sessions_dir, ignored);
  const std::string path = fmt::format("{}/epoch.{}", sessions_dir, instance);
  std::uint32_t last = 0;
  if (std::ifstream file(path); file) {
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, last);
    const bool whole = problem == std::errc{} && rest != text.data() &&
                       (rest == end || (rest + 1 == end && *rest == '\n'));
    if (!whole || last > kEpochMax) {
      return {0, fmt::format("{}: must hold one number from 0 to {}: the epoch last used by this "
                             "instance",
                             path, kEpochMax)};
    }
  }
  const std::uint32_t next = last == kEpochMax ? 1 : last + 1;
  if (std::string error = write_durably(path, fmt::format("{}\n", next)); !error.empty()) {
    return {0, error};
  }
  return {static_cast<std::uint16_t>(next), {}};
}

}  // namespace mm::app
