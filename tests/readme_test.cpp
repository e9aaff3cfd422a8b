// README.md against the tree: its example is a real file, and what it names exists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "engine/app/config/config_schema.h"
#include "engine/app/explain/words.h"
#include "engine/core/reason.h"
#include "sim/faults/fault_plan.h"

namespace mm::test {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MM_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

TEST(Readme, TheExampleStrategyIsTheFileItNames) {
  const std::string example = text_of(kRoot / "engine/core/strategies/touch_joiner.cpp");
  ASSERT_THAT(example, testing::HasSubstr("StrategyRegistration"));
  EXPECT_THAT(text_of(kRoot / "README.md"), testing::HasSubstr("```cpp\n" + example + "```\n"));
}

TEST(Readme, EveryFileAndFolderItNamesExists) {
  const std::regex path(R"(\b((?:engine|feeds|sim|gateway|bench|tests|scripts)/[a-z_/.]*[a-z_]))");
  const std::set<std::string> named = matches(text_of(kRoot / "README.md"), path);
  EXPECT_GT(named.size(), 15u);
  for (const std::string& name : named) EXPECT_TRUE(fs::exists(kRoot / name)) << name;
}

TEST(Readme, TheTableOfFaultsSaysWhereEachCanHappen) {
  const std::string readme = text_of(kRoot / "README.md");
  for (std::size_t k = 0; k < sim::kFaultKinds; ++k) {
    std::string row = "| `" + std::string(sim::name(static_cast<sim::FaultKind>(k))) + "` |";
    for (const sim::FaultPath path :
         {sim::FaultPath::kInProcess, sim::FaultPath::kWebSocket, sim::FaultPath::kRest}) {
      row += sim::faults_on(path)[k] ? " x |" : "  |";
    }
    EXPECT_THAT(readme, testing::HasSubstr("\n" + row));
  }
}

TEST(Readme, EveryConfigKeyOfItsTableExists) {
  const std::string readme = text_of(kRoot / "README.md");
  const std::size_t begin = readme.find("| section | keys");
  ASSERT_NE(begin, std::string::npos);
  const std::string table = readme.substr(begin, readme.find("\n\n", begin) - begin);
  std::set<std::string> names;
  for (const app::ConfigKey& key : app::config_keys()) {
    names.insert(key.name);
    names.insert("[" + key.section + "]");
  }
  for (const std::string& word : matches(table, std::regex("`([^`]+)`"))) {
    EXPECT_TRUE(names.contains(word)) << word;
  }
}

// `explain` and status say why a side is not quoted in the words that the table has.
TEST(Readme, ItsTableOfReasonsIsTheCodes) {
  std::string expected;
  for (int i = 1; i < static_cast<int>(QuoteReason::kCount); ++i) {
    const auto reason = static_cast<QuoteReason>(i);
    expected += "| `" + std::string(name(reason)) + "` | ";
    expected += std::string(app::words(reason)) + " |\n";
  }
  const std::string readme = text_of(kRoot / "README.md"),
                    head = "| reason | why | what follows |\n|---|---|---|\n";
  const std::size_t begin = readme.find(head);
  ASSERT_NE(begin, std::string::npos);
  std::istringstream table(readme.substr(begin + head.size()));
  std::string found;
  for (std::string line; std::getline(table, line) && line.starts_with("| ");) {
    const std::size_t third = line.find(" | ", line.find(" | ") + 1);
    ASSERT_NE(third, std::string::npos) << line;
    EXPECT_GT(line.size(), third + 8) << "what follows? " << line;
    found += line.substr(0, third) + " |\n";
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace mm::test
