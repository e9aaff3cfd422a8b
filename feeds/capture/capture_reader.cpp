#include "feeds/capture/capture_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/epoch.h"

namespace mm {

namespace {
constexpr std::size_t kInputChunk = std::size_t{64} << 10;
constexpr std::size_t kOutputChunk = std::size_t{256} << 10;
constexpr std::size_t kProblemTextMax = 80;
constexpr int kGzipWindow = 15 + 16;  // zlib: largest window, gzip header and trailer
}  // namespace

// Bytes of text from the file, inflated where needed.
struct CaptureReader::Source {
  int fd = -1;
  bool gzip = false, member_open = false, ended = false;
  FeedProblem failure{FeedProblem::kNone};
  std::uint64_t consumed = 0, total = 0;
  z_stream stream{};
  std::unique_ptr<unsigned char[]> input{new unsigned char[kInputChunk]};

  ~Source() {
    if (gzip) inflateEnd(&stream);
    if (fd >= 0) ::close(fd);
  }

  std::string open(const std::string& path);
  // Fills `out` as far as one chunk of input goes; 0 at the end or at a failure.
  std::size_t read(char* out, std::size_t room);

 private:
  bool load();
  std::size_t read_file(void* into, std::size_t room);
  std::size_t fail(FeedProblem p) {
    failure = p;
    ended = true;
    return 0;
  }
  bool next_member();
  std::size_t inflate_some(char* out, std::size_t room);
};

std::string CaptureReader::Source::open(const std::string& path) {
  fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe is not waited for
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0)
    return fmt::format("{}: cannot be opened: {}", path, std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return fmt::format("{}: is a folder, not a capture", path);
  // It is read twice: once to see what is in it.
  if (!S_ISREG(status.st_mode)) return fmt::format("{}: is not a regular file", path);
  total = static_cast<std::uint64_t>(status.st_size);
  if (!load() && failure != FeedProblem::kNone)
    return fmt::format("{}: cannot be read: {}", path, std::strerror(errno));
  if (stream.avail_in >= 2 && input[0] == 0x1f && input[1] == 0x8b) {
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) return path + ": no memory to inflate it";
    gzip = member_open = true;
  }
  return {};
}

std::size_t CaptureReader::Source::read_file(void* into, std::size_t room) {
  ssize_t n;
  do n = ::read(fd, into, room);
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(FeedProblem::kReadError);
  consumed += static_cast<std::uint64_t>(n);
  return static_cast<std::size_t>(n);
}

bool CaptureReader::Source::load() {
  stream.next_in = input.get();
  stream.avail_in = static_cast<uInt>(read_file(input.get(), kInputChunk));
  return stream.avail_in != 0;
}

std::size_t CaptureReader::Source::read(char* out, std::size_t room) {
  while (!ended) {
    if (!gzip && stream.avail_in == 0) return read_file(out, room);  // nothing is copied
    if (stream.avail_in == 0 && !load()) {
      if (failure == FeedProblem::kNone && member_open) failure = FeedProblem::kBadGzip;
      ended = true;
      break;
    }
    if (!gzip) {
      const std::size_t n = std::min<std::size_t>(stream.avail_in, room);
      std::memcpy(out, stream.next_in, n);
      stream.next_in += n;
      stream.avail_in -= static_cast<uInt>(n);
      return n;
    }
    const std::size_t n = inflate_some(out, room);
    if (n != 0) return n;
  }
  return 0;
}

// Between members: another begins, or only zero padding may follow.
bool CaptureReader::Source::next_member() {
  while (stream.avail_in != 0 && *stream.next_in == 0) {
    ++stream.next_in;
    --stream.avail_in;
  }
  if (stream.avail_in == 0) return true;
  if (*stream.next_in != 0x1f || inflateReset(&stream) != Z_OK) {
    fail(FeedProblem::kBadGzip);
    return false;
  }
  member_open = true;
  return true;
}

std::size_t CaptureReader::Source::inflate_some(char* out, std::size_t room) {
  if (!member_open && (!next_member() || !member_open)) return 0;
  stream.next_out = reinterpret_cast<Bytef*>(out);
  stream.avail_out = static_cast<uInt>(room);
  const int result = inflate(&stream, Z_NO_FLUSH);
  const std::size_t made = room - stream.avail_out;
  if (result == Z_STREAM_END)
    member_open = false;
  else if (result != Z_OK && result != Z_BUF_ERROR)
    fail(FeedProblem::kBadGzip);  // what was made before it is still good
  return made;
}

CaptureReader::CaptureReader(const std::string& path, std::size_t line_max)
    : path_(path), source_(std::make_unique<Source>()), line_max_(line_max), window_(line_max) {
  error_ = source_->open(path);
  buffer_.reset(new char[line_max_ + kOutputChunk + kPadding]);
  std::memset(buffer_.get(), 0, kPadding);
}
CaptureReader::~CaptureReader() = default;
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;

bool CaptureReader::is_gzip() const {
  return source_->gzip;
}
std::uint64_t CaptureReader::bytes_read() const {
  return source_->consumed;
}
std::uint64_t CaptureReader::bytes_total() const {
  return source_->total;
}

bool CaptureReader::refill() {
  if (begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  const std::size_t made = source_->read(buffer_.get() + end_, kOutputChunk);
  end_ += made;
  if (made != 0) std::memset(buffer_.get() + end_, 0, kPadding);
  return made != 0;
}

ReadResult CaptureReader::fail(FeedProblem p, std::string_view text) {
  problem_ = p;
  problem_text_ = text.substr(0, kProblemTextMax);
  return ReadResult::kProblem;
}

bool CaptureReader::next_text(std::string_view& text) {
  problem_ = FeedProblem::kNone;
  for (;;) {
    const char* const from = buffer_.get() + scanned_;
    const void* const newline = std::memchr(from, '\n', end_ - scanned_);
    if (newline != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.get());
      text = {buffer_.get() + begin_, at - begin_};
      begin_ = scanned_ = at + 1;
      ++line_number_;
      if (skipping_) {
        skipping_ = false;  // the tail of a line already reported
        continue;
      }
      if (text.size() <= line_max_) return true;
      fail(FeedProblem::kLongLine, text);
      return false;
    }
    scanned_ = end_;
    if (skipping_) {
      begin_ = end_;
    } else if (end_ - begin_ > line_max_) {
      fail(FeedProblem::kLongLine, {buffer_.get() + begin_, end_ - begin_});
      begin_ = end_;
      skipping_ = true;
      return false;
    }
    if (!refill()) return last_text(text);
  }
}

// What stands behind the last newline; then whatever ended the file.
bool CaptureReader::last_text(std::string_view& text) {
  text = {buffer_.get() + begin_, end_ - begin_};
  const bool partial = !text.empty() && !skipping_;
  begin_ = scanned_ = end_;
  const FeedProblem failure = source_->failure;
  if (partial) {
    ++line_number_;
    if (failure == FeedProblem::kNone && text.back() == '}') return true;
    fail(FeedProblem::kCutLine, text);
    return false;
  }
  source_->failure = FeedProblem::kNone;
  if (failure != FeedProblem::kNone) fail(failure, {});
  return false;
}

ReadResult CaptureReader::next(CaptureLine& line) {
  while (window_.empty() || (times_.in_doubt(window_.front().at) && !window_.full())) {
    const ReadResult result = read_line(line);
    told_number_ = line_number_;
    if (result == ReadResult::kProblem) return result;
    if (result == ReadResult::kEnd) return window_.empty() ? result : tell_waiting(line, true);
    if (window_.empty() && !times_.in_doubt(line.at)) {
      line.time_problem = times_.settle(line.at);
      return result;
    }
    window_.push(line);
  }
  return tell_waiting(line, false);
}

ReadResult CaptureReader::tell_waiting(CaptureLine& line, bool ended) {
  Nanos at = window_.front().at;
  const FeedProblem p =
      times_.in_doubt(at) ? times_.settle(at, window_.times(), ended) : times_.settle(at);
  line = window_.pop();
  line.at = at;
  line.time_problem = p;
  told_number_ = line.number;
  return ReadResult::kLine;
}

ReadResult CaptureReader::read_line(CaptureLine& line) {
  std::string_view text;
  do {
    if (!error_.empty()) return ReadResult::kEnd;
    if (!next_text(text))
      return problem_ == FeedProblem::kNone ? ReadResult::kEnd : ReadResult::kProblem;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  } while (text.empty());
  const std::size_t blank = text.substr(0, 20).find(' ');
  if (blank == std::string_view::npos || !parse_epoch(text.substr(0, blank), line.at))
    return fail(FeedProblem::kBadTime, text);
  line.text = text.substr(blank + 1);
  line.number = line_number_;
  return ReadResult::kLine;
}

}  // namespace mm
