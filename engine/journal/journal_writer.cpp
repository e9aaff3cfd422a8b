#include "engine/journal/journal_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/assert.h"

namespace mm {
namespace {

void put(std::string& out, const void* data, std::size_t size) {
  out.append(static_cast<const char*>(data), size);
}
void put_text(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  put(out, &size, sizeof size);
  out += text;
}

// That follow the header.
std::uint32_t opening_frames(const JournalHeader& h) {
  const std::size_t pieces = (h.opening.size() + kOpeningBytesMax - 1) / kOpeningBytesMax;
  return pieces == 0 ? 0 : static_cast<std::uint32_t>(pieces - 1);
}

// Segment and first record stand first, so that the header of the next segment is a patch of it.
std::string encode_header(const JournalHeader& h) {
  std::string out;
  put(out, &h.segment, sizeof h.segment);
  put(out, &h.first_record, sizeof h.first_record);
  put(out, &h.start_time.v, sizeof h.start_time.v);
  put_text(out, h.mode);
  put_text(out, h.build);
  put_text(out, h.config);
  put_text(out, h.instruments);
  put_text(out, std::string_view(h.opening).substr(0, kOpeningBytesMax));
  if (const std::uint32_t frames = opening_frames(h); frames > 0) put(out, &frames, sizeof frames);
  return out;
}

}  // namespace

void put_segment_path(std::string& out, const std::string& first_path, std::uint32_t segment) {
  out = first_path;
  if (segment == 0) return;
  const std::size_t slash = first_path.rfind('/');
  const std::size_t dot = first_path.rfind('.');
  const bool has_dot = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  out.resize(has_dot ? dot : first_path.size());
  out += '.';
  out += fmt::format_int(segment).c_str();
  if (has_dot) out.append(first_path, dot);
}

std::string segment_path(const std::string& first_path, std::uint32_t segment) {
  std::string out;
  put_segment_path(out, first_path, segment);
  return out;
}

JournalWriter::~JournalWriter() {
  flush();
  close_file(file_);
}

std::string JournalWriter::prepare(const std::string& path, JournalHeader header, Options options) {
  MM_ASSERT(file_.fd < 0, "a journal writer writes one journal");
  MM_ASSERT(options.segments_max >= 2, "the oldest segment is not the one being written");
  path_ = path;
  options_ = options;
  header_ = std::move(header);
  header_text_ = encode_header(header_);
  if (opening_frames(header_) > kOpeningFramesMax) {
    return fmt::format("{}: a journal's opening of {} bytes is too long", path,
                       header_.opening.size());
  }
  opening_ = header_.opening.substr(std::min(header_.opening.size(), kOpeningBytesMax));
  if (header_text_.size() > kPayloadBytesMax) {
    return fmt::format("{}: a journal's header may have {} bytes, this one has {}", path,
                       kPayloadBytesMax, header_text_.size());
  }
  frame_ = std::make_unique<std::uint8_t[]>(sizeof(FrameHeader) + kRecordsBytesMax +
                                            sizeof(FrameTrailer));
  flush_at_ = payload() + kRecordsBytesMax - kRecordBytesMax - 8;
  reset_records();
  file_path_.reserve(path.size() + 16);
  small_.reserve(header_text_.size() + sizeof(FrameHeader) + sizeof(FrameTrailer));
  return {};
}

std::string JournalWriter::open(const std::string& path, JournalHeader header, Options options) {
  header.segment = 0;
  header.first_record = 0;
  if (std::string error = prepare(path, std::move(header), options); !error.empty()) return error;
  if (!create_file() || !write_header()) return error();
  return {};
}

std::string JournalWriter::go_on(const std::string& path, JournalHeader header,
                                 const JournalPlace& place) {
  if (std::string error = prepare(path, std::move(header), Options{}); !error.empty()) return error;
  oldest_segment_ = place.oldest_segment;
  records_ = place.records;
  lost_ = place.lost;
  put_segment_path(file_path_, path_, header_.segment);
  file_ = {::open(file_path_.c_str(), O_WRONLY | O_CLOEXEC), place.frames, place.bytes};
  const auto end = static_cast<off_t>(place.bytes);
  if (file_.fd < 0 || ::ftruncate(file_.fd, end) != 0 || ::lseek(file_.fd, end, SEEK_SET) != end) {
    fail("cannot be gone on with", errno);
    return error();
  }
  // The next one may have been begun when it ended, with nothing to lead there yet.
  put_segment_path(file_path_, path_, header_.segment + 1);
  ::unlink(file_path_.c_str());
  return {};
}

bool JournalWriter::create_file() {
  put_segment_path(file_path_, path_, header_.segment);
  file_ = {};
  file_.fd = ::open(file_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file_.fd >= 0) return true;
  fail("cannot be created", errno);
  return false;
}

void JournalWriter::close_file(File& file) {
  if (file.fd >= 0 && ::close(file.fd) != 0) fail("cannot be closed", errno);
  file.fd = -1;
}

bool JournalWriter::write_header() {
  const FilePrefix prefix;
  std::memcpy(header_text_.data(), &header_.segment, sizeof header_.segment);
  std::memcpy(header_text_.data() + sizeof header_.segment, &header_.first_record,
              sizeof header_.first_record);
  std::array<std::uint8_t, sizeof prefix> bytes;
  std::memcpy(bytes.data(), &prefix, sizeof prefix);
  return write_bytes(bytes.data(), bytes.size()) && write_small(FrameType::kHeader, header_text_) &&
         write_opening();
}

bool JournalWriter::write_opening() {
  for (std::size_t at = 0; at < opening_.size(); at += kOpeningBytesMax) {
    const std::string_view piece = std::string_view(opening_).substr(at, kOpeningBytesMax);
    if (!write_small(FrameType::kOpening, piece)) return false;
  }
  return true;
}

void JournalWriter::reset_records() {
  cursor_ = payload();
  frame_records_ = 0;
  context_ = {};
}

void JournalWriter::flush() {
  if (frame_records_ == 0) return;
  const std::uint32_t count = frame_records_;
  const auto bytes = static_cast<std::size_t>(cursor_ - payload());
  const bool written =
      write_pending_gap() && write_frame(frame_.get(), FrameType::kRecords, bytes, count);
  reset_records();
  if (!written) return lose(count);
  records_ += count;
  if (file_.bytes >= options_.segment_bytes_max) start_next_segment();
}

void JournalWriter::sync() {
  flush();
  ++syncs_;
  if (file_.fd >= 0 && ::fdatasync(file_.fd) != 0) fail("cannot be synchronised", errno);
}

void JournalWriter::lose(std::uint64_t records) {
  lost_ += records;
  pending_gap_ += records;
}

void JournalWriter::gap(std::uint64_t records) {
  flush();
  lose(records);
  write_pending_gap();
}

bool JournalWriter::write_pending_gap() {
  if (pending_gap_ == 0) return true;
  std::array<char, sizeof pending_gap_> bytes;
  std::memcpy(bytes.data(), &pending_gap_, sizeof pending_gap_);
  if (!write_small(FrameType::kGap, {bytes.data(), bytes.size()})) return false;
  pending_gap_ = 0;
  return true;
}

bool JournalWriter::config(std::string_view text) {
  flush();
  if (text.size() > kPayloadBytesMax) {
    fail("has no frame for a config of that length", 0);
    return false;
  }
  return write_pending_gap() && write_small(FrameType::kConfig, text);
}

std::string JournalWriter::end(JournalEnd end) {
  flush();
  end.records = records_;
  end.lost = lost_;
  std::array<char, sizeof end> bytes;
  std::memcpy(bytes.data(), &end, sizeof end);
  const bool written =
      write_pending_gap() && write_small(FrameType::kEnd, {bytes.data(), bytes.size()});
  close_file(file_);
  return written ? std::string() : error();
}

// The text is made when it is asked for: what fails may not allocate.
std::string JournalWriter::error() const {
  if (failure_.what == nullptr) return {};
  std::string text = fmt::format("{}: {}", segment_path(path_, failure_.segment), failure_.what);
  if (failure_.code != 0) text += fmt::format(": {}", std::strerror(failure_.code));
  return text;
}

// The next segment exists before the full one links to it. If it cannot be made, or the link not be
// written, the full one grows on and the next flush tries again.
void JournalWriter::start_next_segment() {
  File full = file_;
  ++header_.segment;
  header_.first_record = records_ + lost_;
  const bool ready = create_file() && write_header();
  File next = std::exchange(file_, full);
  std::array<char, sizeof header_.segment> link;
  std::memcpy(link.data(), &header_.segment, sizeof header_.segment);
  if (ready && write_small(FrameType::kLink, {link.data(), link.size()})) {
    close_file(file_);
    file_ = next;
  } else {
    if (next.fd >= 0) ::unlink(file_path_.c_str());
    close_file(next);
    --header_.segment;
    return;
  }
  closed_.store(header_.first_record, std::memory_order_release);
  trim();
}

void JournalWriter::trim() {
  const std::uint32_t held = held_segment_.load(std::memory_order_acquire);
  while (header_.segment - oldest_segment_ >= options_.segments_max && oldest_segment_ < held) {
    put_segment_path(file_path_, path_, oldest_segment_++);
    ::unlink(file_path_.c_str());
  }
}

bool JournalWriter::write_small(FrameType type, std::string_view text) {
  small_.assign(sizeof(FrameHeader), '\0');
  small_ += text;
  small_.append(sizeof(FrameTrailer), '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): chars and bytes may alias.
  return write_frame(reinterpret_cast<std::uint8_t*>(small_.data()), type, text.size(), 0);
}

bool JournalWriter::write_frame(std::uint8_t* frame, FrameType type, std::size_t payload_bytes,
                                std::uint32_t record_count) {
  FrameHeader header{.payload_bytes = static_cast<std::uint32_t>(payload_bytes),
                     .number = file_.frames,
                     .record_count = static_cast<std::uint16_t>(record_count),
                     .type = type};
  header.checksum = header_checksum(header);
  const std::uint8_t* payload = frame + sizeof header;
  const FrameTrailer trailer{crc32c(payload, payload_bytes), kFrameMark};
  std::memcpy(frame, &header, sizeof header);
  std::memcpy(frame + sizeof header + payload_bytes, &trailer, sizeof trailer);
  if (!write_bytes(frame, sizeof header + payload_bytes + sizeof trailer)) return false;
  ++file_.frames;
  return true;
}

// All of it, or nothing: half a frame in the middle would make the rest unreadable.
bool JournalWriter::write_bytes(const std::uint8_t* data, std::size_t size) {
  if (file_.fd < 0) return false;
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::write(file_.fd, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      fail("cannot be written", n < 0 ? errno : EIO);
      const auto good = static_cast<off_t>(file_.bytes);
      if (::ftruncate(file_.fd, good) != 0 || ::lseek(file_.fd, good, SEEK_SET) != good) {
        close_file(file_);
      }
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  file_.bytes += size;
  bytes_total_ += size;
  return true;
}

}  // namespace mm
