// Helpers of the feed tests: captures made on the spot, where the shared ones are.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/core/instrument.h"
#include "tests/padded.h"

namespace mm::test {

inline Instrument make_instrument(std::string_view symbol, std::int64_t tick, std::int64_t lot,
                                  bool is_spot = true) {
  Instrument i;
  symbol.copy(i.symbol_text.data(), i.symbol_text.size() - 1);
  i.tick = Amount(tick);
  i.lot = Amount(lot);
  i.is_spot = is_spot;
  i.rules = is_spot ? kBinanceSpotRules : kBinanceUsdmRules;
  return i;
}

inline std::string gzip(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, static_cast<uLong>(text.size())) + 32, '\0');
  std::string in(text);
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// A folder of its own for the files of one test.
class TempFiles {
 public:
  TempFiles() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("mm_feed_test_") + info->test_suite_name() + "_" + info->name() + "_" +
               std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~TempFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string write(const std::string& name, std::string_view bytes) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  std::filesystem::path folder_;
};

// Recorded captures are not part of the project: empty where they are absent.
inline std::string shared_capture(const std::string& name) {
  const char* const folder = std::getenv("MM_CAPTURES");
  const std::filesystem::path path =
      (folder != nullptr ? std::filesystem::path(folder)
                         : std::filesystem::path(MM_SOURCE_DIR) / ".." / "shared" / "captures") /
      name;
  return std::filesystem::exists(path) ? path.string() : std::string();
}

}  // namespace mm::test
