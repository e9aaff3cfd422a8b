// The house rules, tested on snippets first and then enforced on the whole source tree.
#include "tests/house_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/process.h"

namespace mm::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string function_of(std::size_t lines) {
  std::string text = "int f(int x) {\n";
  for (std::size_t i = 2; i < lines; ++i) text += "  ++x;\n";
  return text + "}\n";
}

TEST(HouseRulesChecker, FindsAFunctionOfSeventyOneLines) {
  EXPECT_THAT(check_function_length(function_of(70)), IsEmpty());
  EXPECT_THAT(check_function_length(function_of(71)), ElementsAre("1: a function of 71 lines"));
}

TEST(HouseRulesChecker, FindsLongFunctionsWhereverTheyStand) {
  const std::string body = function_of(71).substr(std::string("int f(int x) ").size());
  for (const std::string head :
       {"namespace a {\nclass B {\n public:\n  void f() const override ",
        "struct B {\n  B() : a_{1}, b_(2), c_{3} ", "template <class T, class U = int>\nvoid f(T) ",
        "auto f() -> std::vector<int> ", "TEST(Suite, Name) ", "RC_GTEST_PROP(A, B, (int x)) ",
        "bool operator==(const A& a, const B& b) ", "B::B(int x) noexcept : x_(x) ",
        "#define X {\nvoid f() ", "const char* s = \"{\";\nvoid f() ", "char c = '{';\nvoid f() ",
        "// {\nvoid f() ", "int n = 1'000;\nvoid f() ", "A a{1, {2}};\nvoid f(int x = 3) ",
        "constexpr auto t = to_array({1, 2});\nvoid f() ", "[[nodiscard]] int f() ",
        "enum class E : int { kA, kB };\nvoid f() ", "struct alignas(64) S {\n  void f() & ",
        "const char* s = R\"(} \" {)\";\nvoid f() "}) {
    EXPECT_THAT(check_function_length(head + body), testing::SizeIs(1)) << head;
  }
}

TEST(HouseRulesChecker, CountsNoLongThingThatIsNoFunction) {
  std::string rows, members, short_functions;
  for (int i = 0; i < 100; ++i) {
    rows += "  {1, 2},\n";
    members += "  int a;\n";
    short_functions += "void f() {\n}\n";
  }
  EXPECT_THAT(check_function_length("constexpr Row kTable[] = {\n" + rows + "};\n"), IsEmpty());
  EXPECT_THAT(check_function_length("struct A {\n" + members + "};\n"), IsEmpty());
  EXPECT_THAT(check_function_length("namespace a {\n" + short_functions + "}\n"), IsEmpty());
}

TEST(HouseRulesChecker, FindsBadLines) {
  EXPECT_THAT(check_lines(std::string(100, 'x') + "\n"), IsEmpty());
  EXPECT_THAT(check_lines("a\n" + std::string(101, 'x') + "\n"),
              ElementsAre("2: more than 100 columns"));
  EXPECT_THAT(check_lines("a \n"), ElementsAre("1: blanks at the end of the line"));
  EXPECT_THAT(check_lines("a\r\n"), ElementsAre("1: blanks at the end of the line"));
  EXPECT_THAT(check_lines("\ta\n"), ElementsAre("1: a tab"));
  EXPECT_THAT(check_lines("a"), ElementsAre("1: no newline at the end"));
}

TEST(HouseRulesChecker, FindsHeadersWithoutParagraphOrGuard) {
  EXPECT_THAT(check_header("// What.\n//\n// Who.\n#pragma once\nint a;\n"), IsEmpty());
  EXPECT_THAT(check_header("#pragma once\n"), ElementsAre(HasSubstr("opening paragraph")));
  EXPECT_THAT(check_header("// What.\nint a;\n"), ElementsAre(HasSubstr("#pragma once")));
  std::string text = "// What.\n// Who.\n#pragma once\n";
  for (int i = 0; i < 398; ++i) text += "int a;\n";
  EXPECT_THAT(check_header(text), ElementsAre("401: more than 400 lines"));
}

TEST(HouseRulesChecker, FindsNamesOfTheWrongForm) {
  EXPECT_THAT(check_names("struct order_book {};\n"),
              ElementsAre("1: type order_book is not PascalCase"));
  EXPECT_THAT(check_names("\nenum class Some_thing : int { kA };\n"),
              ElementsAre("2: type Some_thing is not PascalCase"));
  EXPECT_THAT(check_names("int applyAll(int x) {\n}\n"),
              ElementsAre("1: function applyAll is not snake_case"));
  EXPECT_THAT(check_names("void Book::Apply() {\n}\n"),
              ElementsAre("1: function Apply is not snake_case"));
  EXPECT_THAT(check_names("struct A {\n  static A Make() { return {}; }\n};\n"),
              ElementsAre("2: function Make is not snake_case"));
}

TEST(HouseRulesChecker, AcceptsNamesOfTheRightForm) {
  EXPECT_THAT(check_names("struct Book final : Base {\n  Book() {}\n  explicit Book(int) {}\n"
                          "  ~Book() {}\n  void apply() {}\n  operator bool() const {}\n"
                          "  Book& operator=(const Book&) {}\n};\n"
                          "template <class T>\nstruct std::hash<Book<T>> {};\n"
                          "Book::Book(int x) : Base(x), y_{x} {}\n"
                          "void SetUp() override {}\nTEST(Suite, Name) {\n}\n"
                          "bool EndArray(int size) {\n}\n"
                          "// struct bad {\nconst char* s = \"struct bad {\";\n"),
              IsEmpty());
}

TEST(HouseRulesChecker, FindsBadFileNames) {
  EXPECT_THAT(check_file_name("engine/core/order_book.h"), IsEmpty());
  EXPECT_THAT(check_file_name("sim/common.h"), testing::SizeIs(1));
  EXPECT_THAT(check_file_name("sim/price_utils.cpp"), testing::SizeIs(1));
  EXPECT_THAT(check_file_name("sim/OrderBook.h"), testing::SizeIs(1));
  EXPECT_THAT(check_file_name("sim/book.hpp"), testing::SizeIs(1));
}

TEST(HouseRulesChecker, FindsFloatingPointInCodeOnly) {
  EXPECT_THAT(check_no_floating_point("int a;\ndouble b;\n"), ElementsAre(HasSubstr("2: double")));
  EXPECT_THAT(check_no_floating_point("std::vector<float> a;\n"), testing::SizeIs(1));
  EXPECT_THAT(check_no_floating_point("#include <cmath>\n"), testing::SizeIs(1));
  EXPECT_THAT(check_no_floating_point("std::normal_distribution<> d;\n"), testing::SizeIs(1));
  EXPECT_THAT(check_no_floating_point("// double\n/* float */\nf(\"double\");\nint doubled;\n"),
              IsEmpty());
}

TEST(HouseRulesChecker, FindsPathsOfOneMachine) {
  EXPECT_THAT(check_machine_paths("cd /hom"
                                  "e/me/x\n"),
              testing::SizeIs(1));
  EXPECT_THAT(check_machine_paths("dir=\"/tm"
                                  "p/x\"\n"),
              testing::SizeIs(1));
  EXPECT_THAT(check_machine_paths("src/home/x ../near/y /dev/shm /proc/cpuinfo a/tmp/b\n"),
              IsEmpty());
}

TEST(HouseRulesChecker, KnowsTheDirectionOfIncludes) {
  EXPECT_TRUE(may_include("engine/core/a.h", "engine/core/b.h"));
  EXPECT_FALSE(may_include("engine/core/a.h", "engine/runtime/b.h"));
  EXPECT_TRUE(may_include("engine/runtime/a.h", "engine/core/b.h"));
  EXPECT_FALSE(may_include("engine/runtime/a.h", "engine/journal/b.h"));
  EXPECT_TRUE(may_include("engine/ledger/a.h", "engine/journal/b.h"));
  EXPECT_TRUE(may_include("engine/report/a.h", "engine/ledger/b.h"));
  EXPECT_FALSE(may_include("engine/ledger/a.h", "engine/report/b.h"));
  EXPECT_FALSE(may_include("engine/report/a.h", "engine/app/b.h"));
  EXPECT_FALSE(may_include("feeds/binance/a.h", "gateway/b.h"));
  EXPECT_FALSE(may_include("engine/core/a.h", "engine/net/b.h"));
  EXPECT_FALSE(may_include("engine/runtime/a.h", "engine/net/b.h"));
  EXPECT_TRUE(may_include("feeds/a.h", "engine/net/b.h"));
  EXPECT_FALSE(may_include("sim/a.h", "engine/runtime/b.h"));
  EXPECT_FALSE(may_include("sim/a.h", "engine/net/b.h"));
  EXPECT_FALSE(may_include("sim/a.h", "sim/server/b.h"));
  EXPECT_TRUE(may_include("sim/server/a.h", "sim/b.h"));
  EXPECT_TRUE(may_include("sim/a.h", "sim/b.h"));
  EXPECT_TRUE(may_include("gateway/a.h", "engine/runtime/b.h"));
  EXPECT_TRUE(may_include("engine/app/a.cpp", "sim/b.h"));
  EXPECT_FALSE(may_include("engine/app/a.cpp", "tests/b.h"));
  EXPECT_TRUE(may_include("engine/app/edges/a.h", "engine/app/config/b.h"));
  EXPECT_TRUE(may_include("engine/app/modes/a.cpp", "engine/app/edges/b.h"));
  EXPECT_FALSE(may_include("engine/app/config/a.h", "engine/app/modes/b.h"));
  EXPECT_FALSE(may_include("engine/app/edges/a.h", "engine/app/a.h"));
  EXPECT_TRUE(may_include("tests/a.cpp", "tests/b.h"));
  EXPECT_FALSE(may_include("elsewhere/a.cpp", "engine/core/b.h"));
  EXPECT_THAT(includes_of("#include \"a/b.h\"\n#include <c.h>\n  #  include \"d.h\"\n"),
              ElementsAre("a/b.h", "d.h"));
}

TEST(HouseRulesChecker, FindsACircleOfIncludes) {
  EXPECT_THAT(find_cycle({{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}}), IsEmpty());
  EXPECT_THAT(find_cycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}), ElementsAre("b", "c", "b"));
  EXPECT_THAT(find_cycle({{"a", {"a"}}}), ElementsAre("a", "a"));
}

// The files of the project: its path below the root, and what is in it.
struct SourceFile {
  std::string path;
  std::string text;

  bool in(std::string_view folder) const { return path.starts_with(folder); }
  bool is_header() const { return path.ends_with(".h"); }
  bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::vector<SourceFile>& project() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> found;
    const fs::path root = MM_SOURCE_DIR;
    for (const char* folder : {"engine", "feeds", "gateway", "sim", "bench", "tests", "scripts"}) {
      if (!fs::exists(root / folder)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (!entry.is_regular_file()) continue;
        found.push_back({fs::relative(entry.path(), root).string(), read(entry.path())});
      }
    }
    for (const char* name : {"CMakeLists.txt", "CMakePresets.json", "config.ini", "README.md",
                             "CHANGELOG.md", ".ci/run"}) {
      found.push_back({name, read(root / name)});
    }
    std::ranges::sort(found, {}, &SourceFile::path);
    return found;
  }();
  return files;
}

// Applies a check to the files that `concerns` selects.
template <class Concerns, class Check>
void enforce(Concerns concerns, Check check) {
  for (const SourceFile& file : project()) {
    if (!concerns(file)) continue;
    for (const std::string& finding : check(file)) ADD_FAILURE() << file.path << ":" << finding;
  }
}

bool is_cpp(const SourceFile& file) {
  return file.is_cpp();
}

TEST(HouseRules, TheProjectIsThere) {
  EXPECT_GT(std::ranges::count_if(project(), is_cpp), 20);
}

// JSON cannot break a text.
TEST(HouseRules, LinesAreShortAndClean) {
  const auto ours = [](const SourceFile& f) {
    if (f.path.ends_with(".json")) return false;
    return f.is_cpp() || f.in("scripts/") || f.in(".ci/") || f.path.ends_with(".ini") ||
           f.path == "CMakeLists.txt";
  };
  enforce(ours, [](const SourceFile& f) { return check_lines(f.text); });
}

TEST(HouseRules, FunctionsAreShort) {
  enforce(is_cpp, [](const SourceFile& f) { return check_function_length(f.text); });
}

TEST(HouseRules, HeadersSayWhatTheyAreFor) {
  enforce([](const SourceFile& f) { return f.is_header(); },
          [](const SourceFile& f) { return check_header(f.text); });
}

TEST(HouseRules, NamesHaveTheirForm) {
  enforce(is_cpp, [](const SourceFile& f) {
    Findings found = check_names(f.text);
    std::ranges::move(check_file_name(f.path), std::back_inserter(found));
    return found;
  });
}

TEST(HouseRules, NoFloatingPointInCoreAndSimulator) {
  enforce([](const SourceFile& f) { return f.is_cpp() && (f.in("engine/core/") || f.in("sim/")); },
          [](const SourceFile& f) { return check_no_floating_point(f.text); });
}

TEST(HouseRules, NoPathOfOneMachine) {
  enforce([](const SourceFile& f) { return !f.in("tests/"); },
          [](const SourceFile& f) { return check_machine_paths(f.text); });
}

TEST(HouseRules, IncludesFollowTheArrows) {
  enforce(is_cpp, [](const SourceFile& f) {
    Findings found;
    for (const std::string& header : includes_of(f.text)) {
      if (!may_include(f.path, header)) found.push_back(" must not include " + header);
    }
    return found;
  });
}

TEST(HouseRules, NoCircleOfIncludes) {
  std::map<std::string, std::vector<std::string>> includes;
  for (const SourceFile& file : project()) {
    if (file.is_cpp()) includes[file.path] = includes_of(file.text);
  }
  EXPECT_THAT(find_cycle(includes), IsEmpty());
}

TEST(HouseRules, TheTopLevelIsFixed) {
  const ProcessResult tree = run_process("git -C " MM_SOURCE_DIR " ls-tree --name-only HEAD");
  if (tree.exit_code != 0) GTEST_SKIP() << "not a git repository";
  const std::set<std::string> allowed{"CMakeLists.txt", "CMakePresets.json",
                                      "engine",         "feeds",
                                      "gateway",        "sim",
                                      "bench",          "tests",
                                      "config.ini",     "scripts",
                                      "README.md",      "LICENSE",
                                      "CHANGELOG.md"};
  std::istringstream names(tree.output);
  for (std::string name; std::getline(names, name);) {
    EXPECT_TRUE(name.starts_with('.') || allowed.contains(name)) << name;
  }
}

}  // namespace
}  // namespace mm::test
