// Journals: read to an end that stays one; then replayed, as far as header and records allow.
//
// Checksums are made right first, or nothing behind them would ever be reached: what is tried is
// not a damaged file but one that says anything at all.
#include "engine/app/session/replay_core.h"
#include "engine/journal/journal_reader.h"
#include "engine/journal/replay.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace mm;

template <class T>
void put(std::string& file, std::size_t at, const T& value) {
  std::memcpy(file.data() + at, &value, sizeof value);
}

std::string mended(std::string_view input) {
  std::string file(input);
  if (file.size() < sizeof(FilePrefix)) return file;
  put(file, 0, FilePrefix{});
  constexpr std::size_t kFrame = sizeof(FrameHeader) + sizeof(FrameTrailer);
  std::size_t at = sizeof(FilePrefix);
  for (std::uint32_t number = 0; at + kFrame <= file.size(); ++number) {
    FrameHeader header;
    std::memcpy(&header, file.data() + at, sizeof header);
    const std::size_t room = file.size() - at - kFrame;
    header.payload_bytes =
        static_cast<std::uint32_t>(std::min<std::size_t>(header.payload_bytes, room));
    header.number = number;
    header.checksum = header_checksum(header);
    put(file, at, header);
    at += sizeof header;
    const FrameTrailer trailer{crc32c(file.data() + at, header.payload_bytes), kFrameMark};
    put(file, at + header.payload_bytes, trailer);
    at += header.payload_bytes + sizeof trailer;
  }
  return file;
}

void read(const std::string& path) {
  JournalReader reader;
  if (!reader.open(path).empty()) return;
  JournalRecord record;
  JournalItem item = JournalItem::kRecord;
  for (std::uint64_t items = 0; item <= JournalItem::kGap; ++items) {
    MM_ASSERT(items < 1'000'000, "a file comes to its end");
    item = reader.next(record);
  }
  MM_ASSERT(reader.next(record) == item, "an end stays one");
  MM_ASSERT((item == JournalItem::kEnd) == reader.error().empty(), "and damage is named");
}

void replay_all(const std::string& path) {
  JournalReader reader;
  if (!reader.open(path).empty()) return;
  app::ReplayCore core;
  if (!core.build(reader.header()).empty()) return;
  const ReplayResult result = replay(reader, core);
  MM_ASSERT(!result.message.empty(), "a replay says how it ended");
}

// On behind the first difference, where a replay stops.
void drive(const std::string& path) {
  JournalReader reader;
  if (!reader.open(path).empty()) return;
  app::ReplayCore core;
  if (!core.build(reader.header()).empty()) return;
  JournalRecord record;
  while (reader.next(record) == JournalItem::kRecord && core.possible(record.event)) {
    core.on_event(record.event);
  }
}

}  // namespace

MM_FUZZ_TARGET(journal) {
  const mm::test::MemoryFile as_it_is(input);
  read(as_it_is.path());
  const mm::test::MemoryFile file(mended(input));
  read(file.path());
  replay_all(file.path());
  drive(file.path());
}
