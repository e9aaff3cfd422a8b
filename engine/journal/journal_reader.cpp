#include "engine/journal/journal_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/core/assert.h"

namespace mm {
namespace {

// Reads numbers and texts from a payload; once something is missing, everything is.
class PayloadCursor {
 public:
  explicit PayloadCursor(const std::vector<std::uint8_t>& payload, std::size_t size)
      : at_(payload.data()), left_(size) {}

  template <class T>
  PayloadCursor& operator>>(T& value) {
    if (take(sizeof value)) std::memcpy(&value, at_ - sizeof value, sizeof value);
    return *this;
  }
  PayloadCursor& operator>>(std::string& text) {
    std::uint32_t size = 0;
    *this >> size;
    if (take(size)) {
      text.resize(size);
      std::memcpy(text.data(), at_ - size, size);
    }
    return *this;
  }
  bool complete() const { return good_ && left_ == 0; }

 private:
  bool take(std::size_t size) {
    good_ = good_ && size <= left_;
    if (!good_) return false;
    at_ += size;
    left_ -= size;
    return true;
  }
  const std::uint8_t* at_;
  std::size_t left_;
  bool good_ = true;
};

// The oldest segment of a journal whose first was deleted; the first one if there is none.
std::string oldest_segment(const std::string& first_path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(first_path, error)) return first_path;
  const fs::path first(first_path);
  const std::string stem = first.stem().string() + '.';
  const std::string extension = first.extension().string();
  std::uint32_t oldest = 0;
  const fs::path folder = first.has_parent_path() ? first.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with(stem)) continue;
    const auto number = static_cast<std::uint32_t>(std::strtoul(&file[stem.size()], nullptr, 10));
    if (file != stem + std::to_string(number) + extension) continue;
    if (number > 0 && (oldest == 0 || number < oldest)) oldest = number;
  }
  return segment_path(first_path, oldest);
}

}  // namespace

JournalReader::~JournalReader() {
  if (fd_ >= 0) ::close(fd_);
}

std::string JournalReader::open(const std::string& path) {
  MM_ASSERT(fd_ < 0, "a journal reader reads one journal");
  first_path_ = path;
  if (std::string error = open_file(oldest_segment(path)); !error.empty()) return error;
  std::string error = read_header();
  place_.oldest_segment = header_.segment;
  place_.records = first_position_ = header_.first_record;
  return error;
}

std::string JournalReader::open_file(const std::string& path) {
  path_ = path;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fmt::format("{}: cannot be opened: {}", path, std::strerror(errno));
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  offset_ = 0;
  next_number_ = 0;
  FilePrefix prefix;
  if (read_bytes(&prefix, sizeof prefix) < sizeof prefix) {
    return fmt::format("{}: is not a journal, or was cut off at its beginning", path);
  }
  if (prefix.magic != kJournalMagic) return fmt::format("{}: is not a journal", path);
  if (prefix.byte_order != kByteOrderMark) {
    return fmt::format("{}: was written on a machine with another order of bytes", path);
  }
  if (!is_readable_journal(prefix.version)) {
    return fmt::format("{}: has journal version {}, this program reads versions {} to {}", path,
                       prefix.version, kJournalVersionOldest, kJournalVersion);
  }
  return {};
}

std::string JournalReader::read_header() {
  const JournalItem item = read_frame();
  if (item != JournalItem::kRecord) return error_;
  PayloadCursor cursor(payload_, frame_.payload_bytes);
  cursor >> header_.segment >> header_.first_record >> header_.start_time.v >> header_.mode >>
      header_.build >> header_.config >> header_.instruments >> header_.opening;
  std::uint32_t frames = 0;
  if (!cursor.complete()) cursor >> frames;
  if (frame_.type != FrameType::kHeader || !cursor.complete() || frames > kOpeningFramesMax) {
    return fmt::format("{}: its first frame is no journal header", path_);
  }
  return read_opening(frames);
}

std::string JournalReader::read_opening(std::uint32_t frames) {
  for (; frames > 0; --frames) {
    if (read_frame() != JournalItem::kRecord) return error_;
    if (frame_.type != FrameType::kOpening) {
      return fmt::format("{}: its opening is incomplete", path_);
    }
    header_.opening.append(payload_.begin(), payload_.begin() + frame_.payload_bytes);
  }
  return {};
}

JournalItem JournalReader::next_frame(JournalRecord& record) {
  if (failed_ != JournalItem::kRecord) return failed_;
  for (;;) {
    if (const JournalItem item = read_frame(); item != JournalItem::kRecord) return item;
    switch (frame_.type) {
      case FrameType::kRecords:
        if (frame_.record_count == 0) return fail(JournalItem::kCorrupt, "an empty frame");
        frame_records_ = frame_.record_count;
        cursor_ = payload_.data();
        payload_end_ = cursor_ + frame_.payload_bytes;
        context_ = {};
        return next_in_frame(record);
      case FrameType::kConfig:
        config_.assign(payload_.begin(), payload_.begin() + frame_.payload_bytes);
        return JournalItem::kConfig;
      case FrameType::kGap:
        return take_gap();
      case FrameType::kEnd:
        return take_end();
      case FrameType::kLink:
        if (const JournalItem item = follow_link(); item != JournalItem::kRecord) return item;
        continue;
      case FrameType::kNone:
      case FrameType::kHeader:
      case FrameType::kOpening:
        break;
    }
    return fail(JournalItem::kCorrupt, "a frame of a kind that cannot stand here");
  }
}

// Both return kRecord if all is well.
JournalItem JournalReader::read_frame() {
  frame_offset_ = offset_;
  const std::size_t got = read_bytes(&frame_, sizeof frame_);
  if (got == 0) return fail(JournalItem::kTorn, "the end frame is missing");
  if (got < sizeof frame_) return fail(JournalItem::kTorn, "the last frame is incomplete");
  if (header_checksum(frame_) != frame_.checksum || frame_.payload_bytes > kPayloadBytesMax) {
    if (rest_is_zero()) return fail(JournalItem::kTorn, "the last frame is incomplete");
    return fail(JournalItem::kCorrupt, "a frame header with a bad checksum");
  }
  if (frame_.number != next_number_++) {
    return fail(JournalItem::kCorrupt, "a frame out of its order");
  }
  return read_payload();
}

JournalItem JournalReader::read_payload() {
  const std::size_t size = frame_.payload_bytes;
  const std::size_t framed = size + sizeof(FrameTrailer);
  if (payload_.size() < framed) payload_.resize(framed);
  if (read_bytes(payload_.data(), framed) < framed) {
    return fail(JournalItem::kTorn, "the last frame is incomplete");
  }
  FrameTrailer trailer;
  std::memcpy(&trailer, payload_.data() + size, sizeof trailer);
  // Half the mark or more is not there; one damaged byte could not do that.
  if (trailer.mark >> 16 == 0 && rest_is_zero()) {
    return fail(JournalItem::kTorn, "the last frame is incomplete");
  }
  if (trailer.mark != kFrameMark || trailer.payload_checksum != crc32c(payload_.data(), size)) {
    return fail(JournalItem::kCorrupt, "a frame with a bad checksum");
  }
  place_.frames = next_number_;
  place_.bytes = offset_;
  place_.records += frame_.record_count;
  return JournalItem::kRecord;
}

JournalItem JournalReader::take_gap() {
  PayloadCursor cursor(payload_, frame_.payload_bytes);
  cursor >> gap_;
  if (!cursor.complete()) return fail(JournalItem::kCorrupt, "a malformed gap");
  place_.lost += gap_;
  return JournalItem::kGap;
}

JournalItem JournalReader::take_end() {
  PayloadCursor cursor(payload_, frame_.payload_bytes);
  cursor >> end_;
  if (!cursor.complete()) return fail(JournalItem::kCorrupt, "a malformed end");
  if (!rest_is_zero()) return fail(JournalItem::kCorrupt, "data after the end");
  return failed_ = JournalItem::kEnd;
}

// Returns kRecord once the next segment's header has been read.
JournalItem JournalReader::follow_link() {
  std::uint32_t segment = 0;
  PayloadCursor cursor(payload_, frame_.payload_bytes);
  cursor >> segment;
  const Nanos start_time = header_.start_time;
  if (!cursor.complete() || segment != header_.segment + 1) {
    return fail(JournalItem::kCorrupt, "a malformed link");
  }
  if (const std::string error = open_file(segment_path(first_path_, segment)); !error.empty()) {
    error_ = error;
    return failed_ = JournalItem::kCorrupt;
  }
  // The link was written after the header it leads to, so a cut header is damage too.
  if (const std::string error = read_header(); !error.empty()) {
    error_ = error;
    return failed_ = JournalItem::kCorrupt;
  }
  if (header_.segment != segment || header_.start_time != start_time) {
    return fail(JournalItem::kCorrupt, "a segment of another journal");
  }
  return JournalItem::kRecord;
}

void JournalReader::retry() {
  if (failed_ != JournalItem::kTorn) return;
  if (::lseek(fd_, static_cast<off_t>(place_.bytes), SEEK_SET) < 0) return;
  offset_ = place_.bytes;
  next_number_ = place_.frames;
  failed_ = JournalItem::kRecord;
}

JournalItem JournalReader::fail(JournalItem item, const char* what) {
  frame_records_ = 0;
  error_ = fmt::format("{}: {}: {}, at byte {} after {} records", path_,
                       item == JournalItem::kTorn ? "cut off" : "corrupt", what, frame_offset_,
                       records_read_);
  return failed_ = item;
}

// Fewer bytes than asked for only at the end of the file.
std::size_t JournalReader::read_bytes(void* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(fd_, static_cast<char*>(to) + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  offset_ += done;
  return done;
}

bool JournalReader::rest_is_zero() {
  std::array<char, 4096> bytes;
  for (;;) {
    const std::size_t got = read_bytes(bytes.data(), bytes.size());
    if (got == 0) return true;
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(got);
    if (std::any_of(bytes.begin(), end, [](char c) { return c != 0; })) return false;
  }
}

}  // namespace mm
