// Writes a journal: records are packed into a 64 KiB frame, frames are written to the file.
//
// One thread: the journal thread in real time, the driver's own in virtual time. append() costs
// some 10 ns and now and then a write(2) of one frame; nothing is allocated after open() but for a
// reloaded config longer than the first. A failing disk never stops
// the engine: what could not be written is counted, and as soon as writing succeeds again a gap
// frame stands where it was lost; error() says what happened. Data goes to the page cache (a crash
// of the process loses at most the frame being filled, a crash of the machine the cache); sync() is
// for those who want more. Bytes on disk are bounded: a segment that is full links to the next one,
// and the oldest beyond `segments_max` is deleted, unless it is held for who still reads it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "engine/journal/journal_format.h"

namespace mm {

class JournalWriter {
 public:
  struct Options {
    std::uint64_t segment_bytes_max = std::uint64_t{1} << 30;
    std::uint32_t segments_max = 16;  // at least 2, or there is nothing to delete
  };

  JournalWriter() = default;
  ~JournalWriter();  // flushes; without end() the journal reads as cut short
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // Creates the file; it must not exist. Returns the error, empty if none.
  [[nodiscard]] std::string open(const std::string& path, JournalHeader header, Options options);
  [[nodiscard]] std::string open(const std::string& path, JournalHeader header) {
    return open(path, std::move(header), Options{});
  }
  // Goes on with a journal that ends there; what lies behind is cut off. `header` is its own.
  [[nodiscard]] std::string go_on(const std::string& path, JournalHeader header,
                                  const JournalPlace& place);
  bool is_open() const { return file_.fd >= 0; }

  void append(const Event& event, std::uint64_t command_hash) {
    cursor_ = encode_record(cursor_, event, command_hash, context_);
    if (++frame_records_ == kFrameRecordsMax || cursor_ > flush_at_) flush();
  }
  void append(const JournalRecord& r) { append(r.event, r.command_hash); }
  // `records` were lost before they reached the writer: replay can go no further than here.
  void gap(std::uint64_t records);
  // The whole text of a reloaded config; stands before the kControl / kReload event it is for.
  // False if the file has it not: then there must be no such event.
  bool config(std::string_view text);
  // Writes what append() holds back. Cheap when there is nothing.
  void flush();
  // flush(), then waits until it is on the disk.
  void sync();
  // Any thread: segments from this one on are not deleted; at first none is held.
  static constexpr std::uint32_t kHoldNone = std::numeric_limits<std::uint32_t>::max();
  void hold(std::uint32_t segment) { held_segment_.store(segment, std::memory_order_release); }
  // Any thread: where the segment being written begins; what lies before can be read.
  std::uint64_t closed() const { return closed_.load(std::memory_order_acquire); }
  // Deletes what is too much and no longer held; done at every new segment.
  void trim();
  // Flushes, writes the end frame (end.records and end.lost are filled in) and closes.
  [[nodiscard]] std::string end(JournalEnd end);

  // What went wrong first, empty if all is written.
  std::string error() const;
  std::uint64_t records() const { return records_ + frame_records_; }
  std::uint32_t held() const { return frame_records_; }  // of these, not yet in the file
  std::uint64_t lost() const { return lost_; }
  // Nothing can be written at present.
  bool failing() const { return pending_gap_ > 0 || file_.fd < 0; }
  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t bytes_written() const { return bytes_total_; }
  std::uint32_t segment() const { return header_.segment; }

 private:
  static constexpr std::uint32_t kFrameRecordsMax = 0xFFFF;

  std::string prepare(const std::string& path, JournalHeader header, Options options);
  std::uint8_t* payload() { return frame_.get() + sizeof(FrameHeader); }
  void reset_records();
  struct File {
    int fd = -1;
    std::uint32_t frames = 0;
    std::uint64_t bytes = 0;  // complete frames only
  };
  bool create_file();
  void close_file(File& file);
  bool write_frame(std::uint8_t* frame, FrameType type, std::size_t payload_bytes,
                   std::uint32_t record_count);
  bool write_small(FrameType type, std::string_view payload);
  bool write_pending_gap();
  bool write_bytes(const std::uint8_t* data, std::size_t size);
  bool write_header();
  bool write_opening();
  void start_next_segment();
  void lose(std::uint64_t records);
  void fail(const char* what, int code) {
    if (failure_.what == nullptr) failure_ = {what, code, header_.segment};
  }

  std::unique_ptr<std::uint8_t[]> frame_;  // the records frame being filled
  std::uint8_t* cursor_ = nullptr;
  std::uint8_t* flush_at_ = nullptr;
  std::uint32_t frame_records_ = 0;
  RecordContext context_;

  File file_;  // the current segment
  Options options_;
  std::string path_;       // of the first segment
  std::string file_path_;  // of the segment made or removed last
  JournalHeader header_;
  std::string header_text_;  // the encoded header, reused for every segment
  std::string opening_;      // what of the opening stands in frames behind it
  std::string small_;        // the frame of everything but records
  struct Failure {
    const char* what = nullptr;
    int code = 0;  // errno, 0: there is none
    std::uint32_t segment = 0;
  };
  Failure failure_;
  std::uint32_t oldest_segment_ = 0;
  std::atomic<std::uint32_t> held_segment_{kHoldNone};
  std::atomic<std::uint64_t> closed_{0};
  std::uint64_t bytes_total_ = 0, syncs_ = 0;
  std::uint64_t records_ = 0;  // in written frames
  std::uint64_t lost_ = 0;
  std::uint64_t pending_gap_ = 0;  // of lost_, not yet said in the file
};

}  // namespace mm
