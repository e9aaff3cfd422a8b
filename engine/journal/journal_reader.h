// Reads a journal back, record by record, and trusts not one byte of it.
//
// One thread, cold; memory is bounded by the largest frame (kPayloadBytesMax). Segments are
// followed by their links. What a file can do wrong is a value: an error from open(), or an item
// that is kTorn or kCorrupt, after which nothing more is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/journal/journal_format.h"

namespace mm {

enum class JournalItem : std::uint8_t {
  kRecord,   // the record is filled in
  kConfig,   // config() is the text of a reload
  kGap,      // gap() records are missing here
  kEnd,      // end() is filled in; nothing follows
  kTorn,     // the file stops in the middle, as after a crash; error() says where
  kCorrupt,  // a complete frame is damaged, or the file cannot be read; error() says where
};

class JournalReader {
 public:
  JournalReader() = default;
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  // `path` is that of the first segment, journal.bin; if it was deleted for space, reading starts
  // at the oldest segment there is (header().segment > 0). Returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& path);
  const JournalHeader& header() const { return header_; }

  JournalItem next(JournalRecord& record) {
    if (frame_records_ > 0) [[likely]]
      return next_in_frame(record);
    return next_frame(record);
  }

  // After kTorn: the next one is read anew, for whoever reads a journal that is being written.
  void retry();

  const std::string& config() const { return config_; }
  std::uint64_t gap() const { return gap_; }
  const JournalEnd& end() const { return end_; }
  const std::string& error() const { return error_; }
  std::uint64_t records_read() const { return records_read_; }
  // In the journal, lost records counted: where the next record is.
  std::uint64_t position() const { return first_position_ + records_read_ + place_.lost; }
  // Behind what was read whole; header() is that of its segment.
  const JournalPlace& place() const { return place_; }

 private:
  JournalItem next_in_frame(JournalRecord& record) {
    cursor_ = decode_record(cursor_, payload_end_, record, context_);
    if (cursor_ == nullptr) [[unlikely]]
      return fail(JournalItem::kCorrupt, "a malformed record");
    ++records_read_;
    if (--frame_records_ == 0 && cursor_ != payload_end_) [[unlikely]] {
      return fail(JournalItem::kCorrupt, "a frame longer than its records");
    }
    return JournalItem::kRecord;
  }
  JournalItem next_frame(JournalRecord& record);
  JournalItem read_frame();
  JournalItem read_payload();
  JournalItem take_gap();
  JournalItem take_end();
  JournalItem follow_link();
  JournalItem fail(JournalItem item, const char* what);
  std::string open_file(const std::string& path);
  std::string read_header();
  std::string read_opening(std::uint32_t frames);
  std::size_t read_bytes(void* to, std::size_t size);
  bool rest_is_zero();

  int fd_ = -1;
  std::string first_path_, path_;
  std::vector<std::uint8_t> payload_;
  FrameHeader frame_{};
  std::uint64_t offset_ = 0;        // of the next byte to read
  std::uint64_t frame_offset_ = 0;  // of the frame being read
  std::uint32_t next_number_ = 0;
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* payload_end_ = nullptr;
  std::uint32_t frame_records_ = 0;  // left in the frame
  RecordContext context_;
  JournalItem failed_ = JournalItem::kRecord;  // or the item that ended reading

  JournalHeader header_;
  JournalEnd end_;
  std::string config_, error_;
  std::uint64_t gap_ = 0;
  std::uint64_t records_read_ = 0;
  std::uint64_t first_position_ = 0;
  JournalPlace place_;
};

}  // namespace mm
