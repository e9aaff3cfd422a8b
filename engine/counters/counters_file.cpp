#include "engine/counters/counters_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

namespace mm::counters {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "mm_logic-";  // then the process, a dot and chance
constexpr std::string_view kSuffix = ".counters";

// Closes itself.
struct File {
  explicit File(int handle) : fd(handle) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd;
};

std::string failed(std::string_view path, const char* what) {
  return fmt::format("{}: cannot be {}: {}", path, what, std::strerror(errno));
}

template <std::size_t N>
bool put(std::array<char, N>& out, std::string_view text) {
  if (text.size() >= N) return false;
  std::memcpy(out.data(), text.data(), text.size());
  out[text.size()] = '\0';
  return true;
}

// A file of its own in `path`, never half written, instead of whatever is there.
std::string write_copy(const std::string& path, const void* bytes, std::size_t size) {
  const std::string next = path + ".tmp";
  {
    std::ofstream file(next, std::ios::binary | std::ios::trunc);
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    if (!file.flush()) return failed(next, "written");
  }
  if (std::rename(next.c_str(), path.c_str()) != 0) return failed(path, "renamed");
  return {};
}

// The process that a file's name names; 0 if it is none of ours.
pid_t owner_in_name(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return 0;
  name.remove_prefix(kPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end != name.data() + name.size() && *end == '.' ? pid : 0;
}

bool is_unit(std::int64_t step) {
  constexpr std::int64_t kMost = 1'000'000 * kAmountScale;
  return step > 0 && step <= kMost;
}

// Sizes fit, units are such, and every text ends.
bool is_whole(const Layout& layout, std::size_t bytes) {
  const Identity& id = layout.identity;
  if (id.bytes != bytes || id.instrument_count > kMaxInstruments ||
      bytes != bytes_for(id.instrument_count)) {
    return false;
  }
  bool ended = id.session.back() == '\0' && id.sessions.back() == '\0' &&
               id.working.back() == '\0' && id.mode.back() == '\0' && id.id_prefix.back() == '\0' &&
               id.venue.back() == '\0' && id.build.back() == '\0';
  for (std::uint32_t i = 0; i < id.instrument_count; ++i) {
    const Instrument& of = layout.instruments()[i];
    ended = ended && of.symbol.back() == '\0' && of.base.back() == '\0' &&
            of.quote.back() == '\0' && is_unit(of.tick) && is_unit(of.lot);
  }
  for (const Connection& c : layout.connections) ended = ended && c.name.back() == '\0';
  return ended;
}

// Into tmpfs, where an engine writes; a file in the session's folder is what one has left.
bool is_link(const std::string& path) {
  std::error_code error;
  return fs::is_symlink(path, error);
}

std::string whole_path(const std::string& path) {
  std::string whole = fs::absolute(path).lexically_normal().string();
  if (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return whole;
}

bool links_to(const fs::path& link, const fs::path& file) {
  std::error_code error;
  return fs::read_symlink(link, error) == file;
}

}  // namespace

Nanos monotonic_now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return kSecond * t.tv_sec + Nanos(t.tv_nsec);
}

CountersFile::~CountersFile() {
  if (!path_.empty()) std::ignore = finish();
  let_go();
}

void CountersFile::let_go() {
  if (layout_ != nullptr) munmap(layout_, bytes_);
  if (file_ >= 0) close(file_);
  layout_ = nullptr;
  file_ = -1;
}

bool CountersFile::intact() const {
  struct stat facts {};
  return layout_ != nullptr && (file_ < 0 || (fstat(file_, &facts) == 0 &&
                                              static_cast<std::size_t>(facts.st_size) >= bytes_));
}

std::string CountersFile::map(int file, std::size_t bytes, Use use) {
  const int access = use == Use::kLook ? PROT_READ : PROT_READ | PROT_WRITE;
  void* const memory = mmap(nullptr, bytes, access, MAP_SHARED | MAP_POPULATE, file, 0);
  if (memory == MAP_FAILED) return failed(kFileName, "mapped");
  layout_ = static_cast<Layout*>(memory);
  bytes_ = bytes;
  file_ = fcntl(file, F_DUPFD_CLOEXEC, 0);
  return {};
}

// Whatever becomes of the file, this stays.
std::string CountersFile::copy(int file, std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed(kFileName, "copied");
  layout_ = static_cast<Layout*>(memory);
  bytes_ = bytes;
  auto* const to = static_cast<char*>(memory);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t count = pread(file, to + done, bytes - done, static_cast<off_t>(done));
    if (count <= 0) return failed(kFileName, "read");
    done += static_cast<std::size_t>(count);
  }
  return {};
}

std::string CountersFile::create(const NewCounters& wish, const std::string& tmpfs) {
  remove_left_over(tmpfs);
  std::string path = fmt::format("{}/{}{}.XXXXXX{}", tmpfs, kPrefix, getpid(), kSuffix);
  const File file(mkostemps(path.data(), static_cast<int>(kSuffix.size()), O_CLOEXEC));
  if (file.fd < 0) return failed(path, "created");
  path_ = path;
  const std::size_t bytes = bytes_for(wish.instruments.size());
  // Allocated now: on a full tmpfs a store into a hole would end the process.
  if (errno = posix_fallocate(file.fd, 0, static_cast<off_t>(bytes)); errno != 0) {
    return failed(path, "made as large as it must be");
  }
  if (std::string error = map(file.fd, bytes, Use::kSteer); !error.empty()) {
    return error;
  }
  if (std::string error = fill(wish); !error.empty()) return error;
  link_ = wish.session_folder + '/' + kFileName;
  if (symlink(path_.c_str(), link_.c_str()) != 0) {
    const std::string error = failed(link_, "linked");
    link_.clear();
    return error;
  }
  return {};
}

std::string CountersFile::fill(const NewCounters& wish) {
  Layout& l = *new (layout_) Layout{};
  Identity& id = l.identity;
  std::error_code ignored;
  if (!put(id.session, whole_path(wish.session_folder)) ||
      !put(id.sessions, whole_path(wish.sessions_folder)) ||
      !put(id.working, fs::current_path(ignored).string())) {
    return fmt::format("{}: the path is longer than {} bytes", wish.session_folder, kPathBytes - 1);
  }
  put(id.mode, wish.mode);
  put(id.id_prefix, wish.id_prefix);
  put(id.venue, wish.venue);
  put(id.build, wish.build);
  l.config_hash = wish.config_hash;
  id.version = kVersion;
  id.table_hash = table_hash();
  id.bytes = bytes_;
  id.process = this_process();
  id.started = wish.started.v;
  id.instance = wish.instance;
  id.epoch = wish.epoch;
  id.instrument_count = static_cast<std::uint32_t>(wish.instruments.size());
  Instrument* at = l.instruments();
  for (const mm::Instrument& i : wish.instruments) {
    new (at) Instrument{};
    put(at->symbol, i.symbol());
    put(at->base, i.base());
    put(at->quote, i.quote());
    at->tick = i.tick.v;
    at->lot = i.lot.v;
    ++at;
  }
  l.magic.store(kMagic, std::memory_order_release);
  return {};
}

std::string CountersFile::attach(const std::string& session_folder, Use use) {
  return attach_file(session_folder + '/' + kFileName, use);
}

std::string CountersFile::attach_file(const std::string& path, Use use) {
  const int access = use == Use::kLook ? O_RDONLY : O_RDWR;
  const File file(::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return failed(path, "opened");
  struct stat facts {};
  if (fstat(file.fd, &facts) != 0) return failed(path, "looked at");
  if (!S_ISREG(facts.st_mode) || facts.st_uid != geteuid()) {
    return path + ": is not a file of this user";
  }
  const auto bytes = static_cast<std::size_t>(facts.st_size);
  if (bytes < sizeof(Layout)) return path + ": is too short for counters";
  // Who steers writes to what is there; who looks at an ended session is safe from whoever cuts it.
  const bool maps = use == Use::kSteer || is_link(path);
  std::string error = maps ? map(file.fd, bytes, use) : copy(file.fd, bytes);
  if (!error.empty()) {
    let_go();
    return error;
  }
  const Identity& id = layout_->identity;
  if (layout_->magic.load(std::memory_order_acquire) != kMagic) {
    error = path + ": holds no counters";
  } else if (id.version != kVersion || id.table_hash != table_hash()) {
    error = path + ": is of another version of mm_logic";
  } else if (!is_whole(*layout_, bytes)) {
    error = path + ": is damaged";
  }
  if (!error.empty()) let_go();
  return error;
}

bool CountersFile::may_have_orders() const {
  const bool alive = engine_alive();  // before its phase: what it wrote, it wrote alive
  const Phase phase = layout_->phase.load(std::memory_order_acquire);
  if (phase == Phase::kEnded) return false;
  return alive || (phase != Phase::kStarting && !layout_->settled());
}

// A start that cleans up puts a copy in the place of what we have mapped.
void CountersFile::settle() {
  CountersFile now;
  std::ignore = now.attach(layout_->identity.session.data());
  for (Layout* const file : {layout_, now.layout_}) {
    if (file == nullptr) continue;
    file->guard.settled.store(1, std::memory_order_release);
    // Of one that lives a person may just have cleared it.
    if (!is_alive(file->identity.process)) file->latch.set(KillLatch::kGuard);
  }
}

std::string CountersFile::finish() {
  std::string error;
  if (!link_.empty() && links_to(link_, path_)) error = write_copy(link_, layout_, bytes_);
  if (!path_.empty()) unlink(path_.c_str());
  path_.clear();
  link_.clear();
  return error;
}

// By whatever links either is named.
bool same_folder(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

std::vector<std::string> running_sessions(const std::string& sessions, const std::string& tmpfs) {
  struct Running {
    bool simulated;
    std::int64_t older;
    std::string session;
    auto operator<=>(const Running&) const = default;
  };
  std::vector<Running> all;
  const std::string wanted = whole_path(sessions);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tmpfs, error)) {
    CountersFile file;
    if (owner_in_name(entry.path().filename().string()) == 0) continue;
    if (!file.attach_file(entry.path().string(), CountersFile::Use::kLook).empty()) continue;
    const Identity& id = file.layout().identity;
    if (!file.engine_alive() || !same_folder(id.sessions.data(), wanted)) continue;
    const std::string_view mode = id.mode.data();
    all.push_back({mode != "live", -id.started, whole_path(id.session.data())});
  }
  std::ranges::sort(all);
  std::vector<std::string> found;
  for (Running& one : all) {
    const bool inside = one.session.starts_with(wanted + '/');
    found.push_back(inside ? sessions + one.session.substr(wanted.size()) : std::move(one.session));
  }
  return found;
}

void remove_left_over(const std::string& tmpfs) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tmpfs, error)) {
    const std::string path = entry.path().string();
    const pid_t owner = owner_in_name(entry.path().filename().string());
    if (owner == 0) continue;
    CountersFile left;
    if (left.attach_file(path, CountersFile::Use::kSteer).empty()) {
      if (left.engine_alive()) continue;
      const fs::path link = fs::path(left.layout().identity.session.data()) / kFileName;
      if (links_to(link, path)) std::ignore = write_copy(link, left.layout_, left.bytes_);
    } else if (exists(owner)) {
      continue;  // being made, or of another user or version
    }
    unlink(path.c_str());
  }
}

}  // namespace mm::counters
