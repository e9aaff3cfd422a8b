// What a dead engine left in shared memory, brought into its journal: whatever lies there, the
// journal stays one that can be read to its end, keeps what it had, and gets nothing twice.
//
// Input: a byte for what the journal has already (two bits of records, then a bit each: the text
// of a reload, bytes of a torn frame, an end), then the ring's items as they lie in memory.
#include "engine/journal/journal_ring.h"

#include <cstring>
#include <tuple>

#include "engine/journal/journal_lane.h"
#include "engine/journal/journal_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_folder.h"

namespace {

using namespace mm;
using mm::test::ScratchFolder;

constexpr std::size_t kSlots = 64;
constexpr const char* kJournal = "journal.bin";

JournalHeader header() {
  return {.start_time = Nanos(1'700'000'000 * kSecond.v), .mode = "live", .build = "0.1.0"};
}

void write_journal(const ScratchFolder& folder, unsigned has) {
  std::filesystem::remove(folder / kJournal);
  {
    JournalWriter writer;
    MM_ASSERT(writer.open(folder / kJournal, header()).empty(), "a new journal is made");
    Event event;
    event.kind = EventKind::kTimer;
    for (unsigned i = 0; i < has % 4; ++i) writer.append(event, i);
    if ((has & 4) != 0) writer.config("[strategy]\n");
    if ((has & 16) != 0) std::ignore = writer.end({});
  }
  if ((has & 24) == 8) folder.append(kJournal, "torn");
}

struct Read {
  std::uint64_t records = 0;
  JournalItem last = JournalItem::kRecord;
};
Read read_all(const std::string& path) {
  JournalReader reader;
  MM_ASSERT(reader.open(path).empty(), "a journal is still one");
  Read read;
  JournalRecord record;
  while (read.last <= JournalItem::kGap) {
    read.last = reader.next(record);
    read.records += read.last == JournalItem::kRecord ? 1 : 0;
  }
  return read;
}

// As when its process ends: the file stays, held by nobody. Returns its path.
std::string abandon(JournalRing ring, const ScratchFolder& folder) {
  MM_ASSERT(ring.publish(folder.path(), header().start_time).empty(), "a ring gets its name");
  return ring.path();
}

void recover(const ScratchFolder& folder, JournalRing ring) {
  const Read before = read_all(folder / kJournal);
  const std::string path = abandon(std::move(ring), folder);
  const JournalRecovery found = recover_journal(folder.path());
  const Read after = read_all(folder / kJournal);
  MM_ASSERT(found.error.empty() && after.last == before.last, "nothing is damaged");
  MM_ASSERT(after.records >= before.records && after.records <= before.records + kSlots,
            "what it had is kept, and the ring's is all there is more");
  MM_ASSERT(recover_journal(folder.path()).records == 0, "nothing is brought twice");
  MM_ASSERT(read_all(folder / kJournal).records == after.records, "nor found to be more");
  std::filesystem::remove(path);  // one that is no ring is left alone
}

}  // namespace

MM_FUZZ_TARGET(journal_ring) {
  static const ScratchFolder folder;
  const unsigned has = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
  if (!input.empty()) input.remove_prefix(1);
  {
    write_journal(folder, has);
    JournalRing ring(kSlots);
    JournalItemRing items(ring.memory(), kSlots);
    std::string_view rest = input;
    for (JournalRingItem item; rest.size() >= sizeof item && items.free_slots() > 0;) {
      std::memcpy(static_cast<void*>(&item), rest.data(), sizeof item);
      rest.remove_prefix(sizeof item);
      items.try_push(item);
    }
    recover(folder, std::move(ring));
  }
  // The same bytes as the whole of the ring, indices and all.
  write_journal(folder, has);
  JournalRing ring(kSlots);
  if (!input.empty()) {
    std::memcpy(ring.memory().data(), input.data(), std::min(input.size(), ring.memory().size()));
  }
  recover(folder, std::move(ring));
}
