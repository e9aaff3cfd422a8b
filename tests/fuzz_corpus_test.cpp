// The fuzz targets over their corpora and over mutations of them, the same ones each time. What is
// looked for here is what scripts/fuzz has found before; it does the searching.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace mm::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMutations = 2000;     // of a target
constexpr std::uintmax_t kFileBytes = 8192;  // a corpus stays small

struct CorpusFile {
  std::string name, bytes;
};
std::vector<CorpusFile> corpus_of(std::string_view target) {
  std::vector<CorpusFile> files;
  const fs::path folder = fs::path(MM_SOURCE_DIR) / "tests/fuzz/corpus" / target;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::ranges::sort(files, {}, &CorpusFile::name);
  return files;
}

// Small damage: what a sender that means no good, or a bad disk, makes of a message.
class Mutator {
 public:
  explicit Mutator(const std::vector<CorpusFile>& files) : files_(files) {}

  std::string next() {
    std::string bytes = any_file();
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& any_file() { return files_[below(files_.size())].bytes; }

  void change(std::string& bytes) {
    static constexpr std::array<std::string_view, 16> kWords{"0",
                                                             "-1",
                                                             "18446744073709551615",
                                                             "9223372036854775807",
                                                             "-9223372036854775808",
                                                             "1e308",
                                                             "92233720368.54775807",
                                                             "null",
                                                             "[",
                                                             "{",
                                                             "\"",
                                                             "\\",
                                                             std::string_view("\0", 1),
                                                             "\xff",
                                                             "\n",
                                                             "%"};
    const std::size_t at = below(bytes.size() + 1),
                      count = below(std::min<std::size_t>(bytes.size(), 32));
    switch (below(7)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        return;
      case 1:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        return;
      case 2:
        bytes.erase(at, count);
        return;
      case 3:
        bytes.insert(at, std::string(bytes, std::min(at, bytes.size() - count), count));
        return;
      case 4:
        bytes.replace(at, below(8), kWords[below(kWords.size())]);
        return;
      case 5:
        bytes.resize(at);
        return;
      default: {
        const std::string& other = any_file();
        bytes.replace(at, bytes.size(), other, std::min(at, other.size()), 4096);
      }
    }
  }

  const std::vector<CorpusFile>& files_;
  std::mt19937_64 random_{20260101};
};

// A broken promise aborts: say with which input.
std::string input_name;
void say_input(int) {
  constexpr std::string_view kSaying = "broken by ";
  for (const std::string_view part :
       {kSaying, std::string_view(input_name), std::string_view("\n")}) {
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) return;
  }
}

class FuzzCorpus : public testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzCorpus, KeepsItsPromises) {
  const FuzzTarget& target = GetParam();
  const std::vector<CorpusFile> files = corpus_of(target.name);
  ASSERT_FALSE(files.empty()) << "a target has a corpus: tests/fuzz/corpus/" << target.name;
  const auto before = ::signal(SIGABRT, say_input);
  target.run({});
  for (const CorpusFile& file : files) {
    EXPECT_LE(file.bytes.size(), kFileBytes) << file.name;
    input_name = file.name;
    target.run(file.bytes);
  }
  Mutator mutator(files);
  for (std::size_t i = 0; i < kMutations; ++i) {
    const std::string bytes = mutator.next();
    input_name = "mutation " + std::to_string(i) + ": " + bytes;
    target.run(bytes);
  }
  ::signal(SIGABRT, before);
}

std::vector<FuzzTarget> sorted_targets() {
  std::vector<FuzzTarget> targets = fuzz_targets();
  std::ranges::sort(targets, {}, &FuzzTarget::name);
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(sorted_targets()),
                         [](const auto& one) { return std::string(one.param.name); });

// A file without a target, or a corpus without one, would be run by nobody.
TEST(FuzzTargets, AreTheFilesAndTheCorpora) {
  std::vector<std::string> names, files, corpora;
  for (const FuzzTarget& target : sorted_targets()) names.emplace_back(target.name);
  for (const auto& entry : fs::directory_iterator(fs::path(MM_SOURCE_DIR) / "tests/fuzz")) {
    if (entry.path().extension() == ".cpp") files.push_back(entry.path().stem());
  }
  for (const auto& entry : fs::directory_iterator(fs::path(MM_SOURCE_DIR) / "tests/fuzz/corpus")) {
    corpora.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  std::ranges::sort(corpora);
  EXPECT_EQ(names, files);
  EXPECT_EQ(names, corpora);
}

}  // namespace
}  // namespace mm::test
