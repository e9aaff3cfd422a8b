#include "engine/journal/journal_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/journal/journal_lane.h"
#include "engine/journal/journal_reader.h"

namespace mm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNamePrefix = "mm_logic.", kNameSuffix = ".ring";
constexpr std::array<char, 8> kRingMagic{'M', 'M', 'J', 'R', 'I', 'N', 'G', '\n'};

// Before the ring itself: whose it is.
struct RingOwner {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t session_bytes;
  Nanos start_time;
  std::array<char, 4072> session;  // the folder's full path
};
static_assert(sizeof(RingOwner) == 4096 && std::is_trivially_copyable_v<RingOwner>);

std::string full_path(const std::string& folder) {
  std::error_code ignored;
  std::string path = fs::weakly_canonical(folder, ignored).string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Whose a file is; nothing if this program has not made it, or could not read it.
std::optional<RingOwner> owner_of(const SharedFile& file) {
  RingOwner owner;
  if (file.memory().size() < sizeof owner ||
      file.read(std::as_writable_bytes(std::span(&owner, 1)), 0) < sizeof owner) {
    return std::nullopt;
  }
  if (owner.magic != kRingMagic || !is_readable_journal(owner.version) ||
      owner.session_bytes > owner.session.size()) {
    return std::nullopt;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  const std::string_view path(owner.session.data(), owner.session_bytes);
  return std::ranges::any_of(path, is_control) ? std::nullopt : std::optional(owner);
}
std::string session_of(const RingOwner& owner) {
  return {owner.session.data(), owner.session_bytes};
}

// The journal read to where it is whole.
JournalItem read_on(JournalReader& reader) {
  JournalRecord record;
  JournalItem item = JournalItem::kRecord;
  while (item == JournalItem::kRecord || item == JournalItem::kConfig ||
         item == JournalItem::kGap) {
    item = reader.next(record);
  }
  return item;
}

// As [journal] ring_slots allows.
constexpr std::size_t kSlotsMax = std::size_t{1} << 24;
// Farther than any session comes.
constexpr std::uint64_t kPlacesMax = std::uint64_t{1} << 48;

bool can_be_written(const JournalRingItem& item, std::uint64_t least_place) {
  return item.event.kind > EventKind::kNone && item.event.kind < EventKind::kCount &&
         item.place >= least_place && item.place < kPlacesMax;
}

// The records of a ring, oldest first, up to the first that no engine pushes, which is damage.
std::vector<JournalRingItem> items_of(const SharedFile& file, std::string& damage) {
  constexpr std::size_t kAlign = 128;
  const std::size_t bytes =
      std::min(file.memory().size() - sizeof(RingOwner), JournalItemRing::bytes_for(kSlotsMax));
  std::vector<std::byte> room(bytes + kAlign);
  void* at = room.data();
  std::size_t space = room.size();
  const std::span copy(static_cast<std::byte*>(std::align(kAlign, bytes, at, space)), bytes);
  if (file.read(copy, sizeof(RingOwner)) < bytes || !JournalItemRing::holds_ring(copy)) {
    damage = "what it left in memory is no ring";
    return {};
  }
  JournalItemRing ring(copy, JournalItemRing::Attach{});
  std::vector<JournalRingItem> sound;
  for (auto items = ring.peek(); !items.empty(); items = ring.peek(sound.size())) {
    for (const JournalRingItem& item : items) {
      if (!can_be_written(item, sound.empty() ? 0 : sound.back().place + 1)) {
        damage = fmt::format("of the {} records in its memory the last {} are damaged", ring.size(),
                             ring.size() - sound.size());
        return sound;
      }
      sound.push_back(item);
    }
  }
  return sound;
}

// A reload's text is in the file before its event is in the ring.
std::string append_rest(std::span<const JournalRingItem> items, JournalWriter& writer,
                        std::uint64_t& added) {
  std::uint64_t place = writer.records() + writer.lost();
  for (const JournalRingItem& item : items) {
    if (item.place < place) continue;
    if (item.place > place) writer.gap(item.place - place);
    place = item.place + 1;
    writer.append(item.event, item.command_hash);
    ++added;
  }
  writer.sync();
  return writer.error();
}

void recover(SharedFile& file, const RingOwner& owner, JournalRecovery& out) {
  const std::string path = out.session + "/journal.bin";
  JournalReader reader;
  if (out.error = reader.open(path); !out.error.empty()) return;
  if (reader.header().start_time != owner.start_time) {
    out.error = fmt::format("{}: {} is of another session", path, file.path());
    return;
  }
  const JournalItem last = read_on(reader);
  if (last == JournalItem::kCorrupt) {
    out.error = reader.error();
    return;
  }
  if (last == JournalItem::kTorn) {
    JournalWriter writer;
    std::error_code ignored;
    const std::string segment = segment_path(path, reader.header().segment);
    out.torn_bytes = fs::file_size(segment, ignored) - reader.place().bytes;
    if (out.error = writer.go_on(path, reader.header(), reader.place()); !out.error.empty()) return;
    out.error = append_rest(items_of(file, out.damage), writer, out.records);
    if (!out.error.empty()) return;
  }
  out.state = JournalRecovery::State::kRecovered;
  file.remove();
}

std::vector<std::string> ring_paths() {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(SharedFile::kFolder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kNamePrefix) && name.ends_with(kNameSuffix)) {
      paths.push_back(entry.path().string());
    }
  }
  return paths;
}

}  // namespace

JournalRing::JournalRing(std::size_t slots) {
  const std::size_t bytes = JournalItemRing::bytes_for(slots);
  error_ = file_.reserve(sizeof(RingOwner) + bytes);
  if (error_.empty()) {
    memory_ = file_.memory().subspan(sizeof(RingOwner));
    return;
  }
  constexpr std::size_t kAlign = 128;
  own_.resize(bytes + kAlign);
  void* at = own_.data();
  std::size_t space = own_.size();
  memory_ = {static_cast<std::byte*>(std::align(kAlign, bytes, at, space)), bytes};
}

std::string JournalRing::publish(const std::string& session, Nanos start_time) {
  if (!error_.empty()) return error_;
  RingOwner owner{.magic = kRingMagic,
                  .version = kJournalVersion,
                  .session_bytes = 0,
                  .start_time = start_time,
                  .session = {}};
  const std::string folder = full_path(session);
  if (folder.size() > owner.session.size()) return folder + ": is too long for a journal's ring";
  owner.session_bytes = static_cast<std::uint32_t>(folder.size());
  std::memcpy(owner.session.data(), folder.data(), folder.size());
  std::memcpy(file_.memory().data(), &owner, sizeof owner);
  return file_.publish(fmt::format("{}{}.{:x}{}", kNamePrefix, fs::path(folder).filename().string(),
                                   start_time.v, kNameSuffix));
}

std::string JournalRecovery::text() const {
  if (!error.empty()) {
    return fmt::format("{}: what its engine left in memory cannot be added: {}", session, error);
  }
  if (state != State::kRecovered) return {};
  const std::string torn =
      torn_bytes == 0 ? "" : fmt::format(", {} bytes of a torn frame dropped", torn_bytes);
  return fmt::format("{}: its engine ended without an end; {} records added to its journal{}{}{}",
                     session, records, torn, damage.empty() ? "" : "; ", damage);
}

JournalRecovery recover_journal(const std::string& session) {
  JournalRecovery found;
  found.session = full_path(session);
  for (const std::string& path : ring_paths()) {
    SharedFile file;
    if (file.open(path) != SharedFile::Found::kOpen) continue;
    const auto owner = owner_of(file);
    if (!owner || session_of(*owner) != found.session) continue;
    const SharedFile::Found state = file.hold();
    if (state == SharedFile::Found::kGone) continue;
    if (state == SharedFile::Found::kHeld) {
      found.state = JournalRecovery::State::kInUse;
    } else {
      recover(file, *owner, found);
    }
    return found;
  }
  return found;
}

std::vector<JournalRecovery> recover_journals(const std::string& sessions) {
  std::vector<JournalRecovery> all;
  const std::string folder = full_path(sessions);
  for (const std::string& path : ring_paths()) {
    SharedFile file;
    if (file.open(path) != SharedFile::Found::kOpen) continue;
    const auto owner = owner_of(file);
    if (!owner) continue;
    JournalRecovery one;
    one.session = session_of(*owner);
    std::error_code ignored;
    const bool has_no_session = !fs::exists(one.session, ignored);
    const bool is_of_folder = fs::path(one.session).parent_path() == folder;
    if (!has_no_session && !is_of_folder) continue;
    if (file.hold() != SharedFile::Found::kOpen) continue;
    if (has_no_session) {
      file.remove();
    } else {
      recover(file, *owner, one);
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::vector<std::string> sessions_with_rings_outside(const std::string& sessions) {
  std::vector<std::string> found;
  const std::string folder = full_path(sessions);
  for (const std::string& path : ring_paths()) {
    SharedFile file;
    if (file.open(path) != SharedFile::Found::kOpen) continue;
    const auto owner = owner_of(file);
    if (!owner || fs::path(session_of(*owner)).parent_path() == folder) continue;
    found.push_back(session_of(*owner));
  }
  return found;
}

}  // namespace mm
