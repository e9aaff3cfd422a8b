// How a journal lies on disk: a file prefix, then frames, each with two checksums.
//
//   file   = FilePrefix, frame...
//   frame  = FrameHeader (its own checksum), payload, FrameTrailer (checksum of the payload, mark)
//   frames = header, then records | config | gap in the order the core consumed them, then end;
//            or link at the end of a segment: the journal goes on in the next file.
//
// Numbers are in the order of bytes the prefix says (this machine's). A changed byte of a complete
// frame always breaks one of its checksums. A file that ends inside a frame, or in zeros before the
// frame's mark, was torn by a crash: since the mark is never zero, damage cannot look like that.
// Records are packed: a 16-bit mask of the 9 words that are not zero (8 of the event, its command
// hash), then those words; the times are first combined by XOR with those of the record before in
// the frame, so most become zero. That is 50 bytes for a full book event and 10 to 26 for a batch
// end, and a journal is mostly the cost of writing its bytes. Pure functions, no allocation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "engine/core/event.h"
#include "engine/journal/crc32c.h"

namespace mm {

// One input of the core and the hash of the commands it answered with (0: none).
struct JournalRecord {
  Event event;
  std::uint64_t command_hash = 0;
};

// What a journal says about itself. The texts are whatever the writer of the session needs to build
// the same core again: `config` is the whole config as used, `instruments` one line an instrument
// (instrument_text.h).
struct JournalHeader {
  Nanos start_time{};
  std::string mode;
  std::string build;
  std::string config;
  std::string instruments;
  std::uint32_t segment = 0;       // set by the writer
  std::uint64_t first_record = 0;  // records in the segments before; set by the writer
};

// How a session ended. A journal without one was cut short.
struct JournalEnd {
  Nanos end_time{};
  std::uint64_t output_hash = 0;  // all commands and the final state
  std::uint64_t records = 0;      // in all segments; set by the writer
  std::uint64_t lost = 0;         // records in gaps; set by the writer
  std::uint64_t commands = 0;
};
static_assert(sizeof(JournalEnd) == 40 && std::is_trivially_copyable_v<JournalEnd>);

// Raise it when Event, the enums in it or anything in this file changes its meaning.
inline constexpr std::uint32_t kJournalVersion = 1;
inline constexpr std::array<char, 8> kJournalMagic{'M', 'M', 'J', 'O', 'U', 'R', 'N', '\n'};
inline constexpr std::uint32_t kByteOrderMark = 0x01020304;

struct FilePrefix {
  std::array<char, 8> magic = kJournalMagic;
  std::uint32_t byte_order = kByteOrderMark;
  std::uint32_t version = kJournalVersion;
};

enum class FrameType : std::uint8_t { kNone, kHeader, kRecords, kConfig, kGap, kLink, kEnd };

inline constexpr std::size_t kRecordsBytesMax = std::size_t{1} << 16;  // of a records frame
inline constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 22;  // of any frame

struct FrameHeader {
  std::uint32_t payload_bytes = 0;
  std::uint32_t number = 0;  // of the frame in its file
  std::uint16_t record_count = 0;
  FrameType type = FrameType::kNone;
  std::uint8_t reserved = 0;
  std::uint32_t checksum = 0;  // of the bytes above
};
struct FrameTrailer {
  std::uint32_t payload_checksum = 0;
  std::uint32_t mark = 0;
};
inline constexpr std::uint32_t kFrameMark = 0x0A454D46;  // "FME\n"
static_assert(sizeof(FilePrefix) == 16 && sizeof(FrameHeader) == 16 && sizeof(FrameTrailer) == 8);

inline std::uint32_t header_checksum(const FrameHeader& h) {
  return crc32c(&h, offsetof(FrameHeader, checksum));
}

// The path of a segment: journal.bin, journal.1.bin, journal.2.bin, ...
std::string segment_path(const std::string& first_path, std::uint32_t segment);

inline constexpr int kRecordWords = 9;
inline constexpr std::size_t kRecordBytesMax = 2 + kRecordWords * 8;
static_assert(sizeof(Event) == (kRecordWords - 1) * 8);

// The times of the record before in the same frame.
struct RecordContext {
  std::uint64_t time = 0, received = 0;
};

// Writes one packed record; returns the end of it. kRecordBytesMax + 8 bytes must be free at `out`.
inline std::uint8_t* encode_record(std::uint8_t* out, const Event& event, std::uint64_t hash,
                                   RecordContext& context) {
  std::array<std::uint64_t, kRecordWords> words;
  std::memcpy(words.data(), &event, sizeof event);
  words[8] = hash;
  const RecordContext now{words[0], words[1]};
  words[0] ^= context.time;
  words[1] ^= context.received;
  context = now;
  std::uint8_t* p = out + 2;
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < kRecordWords; ++i) {  // no branch: every word is stored
    const std::uint32_t used = words[i] != 0 ? 1 : 0;
    std::memcpy(p, &words[i], 8);
    p += 8 * used;
    mask |= used << i;
  }
  const auto narrow = static_cast<std::uint16_t>(mask);
  std::memcpy(out, &narrow, 2);
  return p;
}

// Reads one packed record from [in, end); returns the end of it, or null if these bytes are none.
inline const std::uint8_t* decode_record(const std::uint8_t* in, const std::uint8_t* end,
                                         JournalRecord& record, RecordContext& context) {
  if (end - in < 2) return nullptr;
  std::uint16_t mask;
  std::memcpy(&mask, in, 2);
  in += 2;
  if ((mask >> kRecordWords) != 0 || end - in < 8 * std::popcount(mask)) return nullptr;
  std::array<std::uint64_t, kRecordWords> words{};
  for (std::uint32_t i = 0; i < kRecordWords; ++i) {
    if ((mask >> i & 1) == 0) continue;
    std::memcpy(&words[i], in, 8);
    in += 8;
  }
  words[0] ^= context.time;
  words[1] ^= context.received;
  context = {words[0], words[1]};
  std::memcpy(static_cast<void*>(&record.event), words.data(), sizeof(Event));
  record.command_hash = words[8];
  const EventKind kind = record.event.kind;
  return kind > EventKind::kNone && kind < EventKind::kCount ? in : nullptr;
}

}  // namespace mm
