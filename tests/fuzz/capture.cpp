// Captures, plain and gzip'd: lines within the limit, each problem once, an end; and what is read
// does not depend on how it was packed.
#include <zlib.h>

#include <string>

#include "feeds/capture/capture_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace mm;

constexpr std::size_t kLineMax = 256, kStepsMax = 100'000;

std::string gzip(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 1, Z_DEFLATED, 9 + 16, 1, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 32, '\0'), in(text);
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// Everything a reader says, as text.
std::string told(const std::string& bytes) {
  const mm::test::MemoryFile file(bytes);
  CaptureReader reader(file.path(), kLineMax);
  MM_ASSERT(reader.error().empty(), "a file that is there is opened");
  std::string all;
  CaptureLine line;
  std::uint64_t number = 0;
  Nanos at{};
  for (std::size_t steps = 0; steps < kStepsMax; ++steps) {
    const ReadResult result = reader.next(line);
    if (result == ReadResult::kEnd) break;
    all += std::to_string(reader.line_number()) + ' ';
    if (result == ReadResult::kProblem) {
      MM_ASSERT(reader.problem() != FeedProblem::kNone, "a problem has a name");
      all += name(reader.problem());
    } else {
      MM_ASSERT(line.text.size() <= kLineMax, "a line has its limit");
      MM_ASSERT(line.number == reader.line_number(), "a line is the one told");
      // A line in doubt waits for those behind it, problems do not.
      MM_ASSERT(line.number > number, "lines are counted upwards");
      number = line.number;
      MM_ASSERT(line.at >= at, "times do not go back");
      at = line.at;
      all += std::to_string(line.at.v) + ' ' + std::string(line.text);
    }
    all += '\n';
  }
  return all;
}

}  // namespace

MM_FUZZ_TARGET(capture) {
  const std::string bytes(input);
  const std::string plain = told(bytes);
  if (!input.starts_with("\x1f\x8b"))
    MM_ASSERT(told(gzip(input)) == plain, "packed, it says the same");
}
