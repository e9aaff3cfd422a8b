#include "engine/ledger/session_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

#include "engine/runtime/durable_file.h"

namespace mm {
namespace {

namespace fs = std::filesystem;

bool is_session_name(std::string_view name) {
  constexpr std::string_view kShape = "########T######.###Z";
  return name.size() >= kShape.size() &&
         std::equal(kShape.begin(), kShape.end(), name.begin(), [](char shape, char c) {
           return shape == '#' ? c >= '0' && c <= '9' : shape == c;
         });
}

bool has_journal(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with("journal.") && file.ends_with("bin")) return true;
  }
  return false;
}

bool names_a_secret(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t end = lower.find_last_not_of(" \t") + 1;
  if (std::string_view(lower).substr(0, end).ends_with("_file")) return false;  // where it stands
  constexpr std::array<std::string_view, 4> kWords = {"key", "secret", "password", "token"};
  return std::any_of(kWords.begin(), kWords.end(), [&lower](std::string_view word) {
    return lower.find(word) != std::string::npos;
  });
}

}  // namespace

std::string utc_name(Nanos time) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds(time.v)};
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(point - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string SessionFolder::create(const std::string& sessions, const std::string& folder,
                                  Nanos start_time, SessionFolder& created) {
  std::error_code error;
  if (!folder.empty()) {
    if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
      return folder + ": is not empty; a session needs a folder of its own";
    }
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return folder + ": cannot be created: " + error.message();
    created = SessionFolder(folder);
    return {};
  }
  fs::create_directories(sessions, error);
  if (error) return sessions + ": cannot be created: " + error.message();
  // Two sessions of one millisecond: the later gets a number.
  const std::string base = sessions + '/' + utc_name(start_time);
  for (int n = 1; n < 1000; ++n) {
    const std::string path = n == 1 ? base : fmt::format("{}-{:03}", base, n);
    const bool is_new = fs::create_directory(path, error);
    if (is_new) fs::permissions(path, fs::perms::owner_all, error);
    if (error) return path + ": cannot be created: " + error.message();
    if (!is_new) continue;
    created = SessionFolder(path);
    return {};
  }
  return base + ": there are too many sessions of this moment";
}

std::vector<SessionFolder> SessionFolder::all(const std::string& sessions) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(sessions, error)) {
    const std::string name = entry.path().filename().string();
    if (is_session_name(name) && has_journal(entry.path())) names.push_back(name);
  }
  std::ranges::sort(names, std::greater<>());
  std::vector<SessionFolder> found;
  for (const std::string& name : names) found.emplace_back(sessions + '/' + name);
  return found;
}

SessionFolder SessionFolder::newest(const std::string& sessions, const Predicate& wanted) {
  for (SessionFolder& folder : all(sessions)) {
    if (!wanted || wanted(folder)) return std::move(folder);
  }
  return SessionFolder();
}

std::string SessionFolder::name() const {
  const fs::path path(path_);
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string SessionFolder::write_config(std::string_view text) const {
  return write_durably(config(), redacted(text));
}

void SessionFolder::remove() const {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string SessionFolder::write_summary(std::string_view json) const {
  return write_durably(summary(), json);
}

std::string SessionFolder::write_latency(std::string_view stage, std::string_view hgrm) const {
  const std::string file = fmt::format("{}/latency_{}.hgrm", path_, stage);
  std::ofstream out(file, std::ios::binary);
  out << hgrm;
  out.close();
  return out ? std::string() : file + ": cannot be written";
}

std::string redacted(std::string_view ini_text) {
  std::string out;
  bool hides = false;  // the lines that continue a secret are secret
  while (!ini_text.empty()) {
    const std::size_t end = std::min(ini_text.find('\n'), ini_text.size());
    std::string_view line = ini_text.substr(0, end);
    const bool ended = end < ini_text.size();
    ini_text.remove_prefix(ended ? end + 1 : end);
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    const std::size_t mark = line.find_first_of("=:");
    const bool is_pair = mark != std::string_view::npos;
    if (is_pair && names_a_secret(line.substr(0, mark))) {
      hides = true;
      out += fmt::format("{}= (redacted)", line.substr(0, mark));
    } else if (hides && continues) {
      out += " (redacted)";
    } else {
      hides = false;
      out += line;
    }
    if (ended) out += '\n';
  }
  return out;
}

}  // namespace mm
