// How a journal lies on disk: a file prefix, then frames, each with two checksums.
//
//   file   = FilePrefix, frame...
//   frame  = FrameHeader (its own checksum), payload, FrameTrailer (checksum of the payload, mark)
//   frames = header, what of its opening found no room in it, then records | config | gap in the
//            order the core consumed them, then end; or link at the end of a segment: the journal
//            goes on in the next file.
//
// Numbers are in the order of bytes the prefix says (this machine's). A changed byte of a complete
// frame always breaks one of its checksums. A file that ends inside a frame, or in zeros that begin
// before the middle of a frame's mark, was torn by a crash; one changed byte cannot look like that.
// Records are packed, since a journal costs the bytes it writes: each 64-bit word of an event is
// combined by XOR with that word of the record before in the frame and stored without its leading
// zero bytes, behind the nine lengths (the last is the command hash's, which is stored as it is).
// A book event takes some 25 of its 72 bytes. Pure functions, no allocation.
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
// (instrument_text.h), `opening` what it went on from (session_opening.h).
struct JournalHeader {
  Nanos start_time{};
  std::string mode{};
  std::string build{};
  std::string config{};
  std::string instruments{};
  std::string opening{};
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

// When what was written is brought to the disk; see journal_agent.h.
enum class JournalSync : std::uint8_t { kNone, kInterval, kBatch };

// Where the part of a journal ends that is whole.
struct JournalPlace {
  std::uint32_t oldest_segment = 0;
  std::uint32_t frames = 0;  // of the last segment
  std::uint64_t bytes = 0;   // of it
  std::uint64_t records = 0, lost = 0;
};

// Raise it when Event, the enums in it or anything in this file changes its meaning, and the oldest
// version that is read, too, unless what was written before still means the same.
// 4: kAdopted, at the end of its enum. Further frames of an opening: older programs refuse these.
inline constexpr std::uint32_t kJournalVersion = 4, kJournalVersionOldest = 3;
constexpr bool is_readable_journal(std::uint32_t version) {
  return version >= kJournalVersionOldest && version <= kJournalVersion;
}
inline constexpr std::array<char, 8> kJournalMagic{'M', 'M', 'J', 'O', 'U', 'R', 'N', '\n'};
inline constexpr std::uint32_t kByteOrderMark = 0x01020304;

struct FilePrefix {
  std::array<char, 8> magic = kJournalMagic;
  std::uint32_t byte_order = kByteOrderMark;
  std::uint32_t version = kJournalVersion;
};

enum class FrameType : std::uint8_t {
  kNone,
  kHeader,
  kRecords,
  kConfig,
  kGap,
  kLink,
  kEnd,
  kOpening
};

inline constexpr std::size_t kRecordsBytesMax = std::size_t{1} << 16;  // of a records frame
inline constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 22;  // of any frame
// Of an opening: so much in the header, the rest in so many frames at most.
inline constexpr std::size_t kOpeningBytesMax = std::size_t{1} << 20;
inline constexpr std::uint32_t kOpeningFramesMax = 256;

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

inline constexpr std::uint32_t kEventWords = 8;
inline constexpr std::size_t kRecordLengthBytes = 5;  // nine nibbles: eight event words, the hash
inline constexpr std::size_t kRecordBytesMax = kRecordLengthBytes + 8 * (kEventWords + 1);
static_assert(sizeof(Event) == kEventWords * 8);

// The words of the record before in the same frame.
using RecordContext = std::array<std::uint64_t, kEventWords>;

// Writes one packed record; returns the end of it. kRecordBytesMax + 8 bytes must be free at `out`.
inline std::uint8_t* encode_record(std::uint8_t* out, const Event& event, std::uint64_t hash,
                                   RecordContext& context) {
  const auto* bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(&event));
  std::uint8_t* p = out + kRecordLengthBytes;
  std::uint64_t lengths = 0;
  // No branch: eight bytes are stored always, and the next word goes over those that are zero.
  const auto put = [&](std::uint32_t i, std::uint64_t word) {
    const auto length = static_cast<std::uint64_t>(71 - std::countl_zero(word)) / 8;
    std::memcpy(p, &word, 8);
    p += length;
    lengths |= length << (4 * i);
  };
  for (std::uint32_t i = 0; i < kEventWords; ++i) {
    std::uint64_t word;
    std::memcpy(&word, bytes + 8 * i, 8);
    put(i, word ^ context[i]);
    context[i] = word;
  }
  put(kEventWords, hash);
  std::memcpy(out, &lengths, kRecordLengthBytes);
  return p;
}

// Reads one packed record from [in, end); returns the end of it, or null if these bytes are none.
// Eight bytes behind `end` must be readable (a frame's trailer is there).
inline const std::uint8_t* decode_record(const std::uint8_t* in, const std::uint8_t* end,
                                         JournalRecord& record, RecordContext& context) {
  static constexpr std::array<std::uint64_t, 9> kMasks = {0,
                                                          0xFF,
                                                          0xFFFF,
                                                          0xFFFFFF,
                                                          0xFFFFFFFF,
                                                          0xFFFFFFFFFF,
                                                          0xFFFFFFFFFFFF,
                                                          ~0ull >> 8,
                                                          ~std::uint64_t{0}};
  if (end - in < static_cast<std::ptrdiff_t>(kRecordLengthBytes)) return nullptr;
  std::uint64_t lengths;
  std::memcpy(&lengths, in, 8);
  in += kRecordLengthBytes;
  const auto take = [&](std::uint64_t& word) {
    const std::uint64_t length = lengths & 0xF;
    lengths >>= 4;
    if (length > 8 || end - in < static_cast<std::ptrdiff_t>(length)) return false;
    std::memcpy(&word, in, 8);
    word &= kMasks[length];
    in += length;
    return true;
  };
  for (std::uint64_t& word : context) {
    std::uint64_t change;
    if (!take(change)) return nullptr;
    word ^= change;
  }
  if (!take(record.command_hash)) return nullptr;
  std::memcpy(static_cast<void*>(&record.event), context.data(), sizeof(Event));
  const EventKind kind = record.event.kind;
  return kind > EventKind::kNone && kind < EventKind::kCount ? in : nullptr;
}

}  // namespace mm
