#include "tests/house_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <regex>
#include <set>

namespace mm::test {
namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

std::string at(std::size_t line, std::string_view message) {
  return std::to_string(line) + ": " + std::string(message);
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Columns of a line: UTF-8 continuation bytes take none.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Blanks out what is not code, one literal or comment at a time.
class Blanker {
 public:
  explicit Blanker(std::string_view source) : text_(source) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_to(find("\n", at_));
      } else if (starts("/*")) {
        blank_to(find("*/", at_ + 2) + 2);
      } else if (starts("R\"") && (at_ == 0 || !is_word(text_[at_ - 1]))) {
        blank_raw_string();
      } else if (text_[at_] == '"' || is_char_literal()) {
        blank_literal(text_[at_]);
      } else {
        ++at_;
      }
    }
    return std::move(text_);
  }

 private:
  bool starts(std::string_view word) const {
    return std::string_view(text_).substr(at_).starts_with(word);
  }
  std::size_t find(std::string_view word, std::size_t from) const {
    return std::min(text_.find(word, from), text_.size());
  }
  // An apostrophe inside a number separates digits.
  bool is_char_literal() const {
    return text_[at_] == '\'' && (at_ == 0 || !is_word(text_[at_ - 1]));
  }
  void blank_to(std::size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_) {
      if (text_[at_] != '\n') text_[at_] = ' ';
    }
  }
  void blank_raw_string() {
    const std::size_t open = find("(", at_);
    const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
    blank_to(find(close, open) + close.size());
  }
  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2u : 1u;
    }
    ++at_;  // the quotes stay
    blank_to(end);
    at_ = std::min(text_.size(), end + 1);
  }

  std::string text_;
  std::size_t at_ = 0;
};

struct Function {
  std::string head;  // everything before the body, since the statement before
  std::size_t first_line;
  std::size_t last_line;
};

// Preprocessor lines blanked: they have neither heads nor braces of ours.
std::string without_directives(std::string code) {
  bool directive = false, line_start = true;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (line_start && code[i] == '#') directive = true;
    if (code[i] == '\n') {
      if (i == 0 || code[i - 1] != '\\') directive = false;
      line_start = true;
    } else {
      if (code[i] != ' ') line_start = false;
      if (directive && code[i] != '\\') code[i] = ' ';
    }
  }
  return code;
}

// `template <...>` and attributes taken off the front.
std::string bare(const std::string& head) {
  static const std::regex kAttribute(R"(\[\[[^\]]*\]\]|\balignas\s*\([^)]*\))");
  std::string text = std::regex_replace(head, kAttribute, " ");
  static const std::regex kTemplate(R"(\btemplate\s*<)");
  for (std::smatch m; std::regex_search(text, m, kTemplate);) {
    auto end = static_cast<std::size_t>(m.position() + m.length());
    for (int depth = 1; end < text.size() && depth > 0; ++end) {
      if (text[end] == '<') ++depth;
      if (text[end] == '>') --depth;
    }
    text.erase(static_cast<std::size_t>(m.position()),
               end - static_cast<std::size_t>(m.position()));
  }
  return text;
}

// What the head before a `{` says about the block.
enum class BlockKind { kScope, kFunction, kValue };

bool is_scope(const std::string& head) {
  static const std::regex kScope(
      R"(^\s*(?:(?:public|private|protected)\s*:\s*)*(?:inline\s+|typedef\s+|static\s+)*)"
      R"((?:namespace|class|struct|union|enum|extern\s*")(?!\w))");
  return std::regex_search(head, kScope);
}

BlockKind kind_of(const std::string& head) {
  if (is_scope(head)) return BlockKind::kScope;
  const bool is_operator = head.find("operator") != std::string::npos;
  bool parameters = false;  // a parameter list was closed
  bool initialisers = false;
  int depth = 0;
  std::size_t tail = 0;  // after the last closed parenthesis
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i], next = i + 1 < head.size() ? head[i + 1] : ' ';
    const char previous = i > 0 ? head[i - 1] : ' ';
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ')' && depth == 0) {
      parameters = true;
      tail = i + 1;
    }
    if (depth > 0) continue;
    if (c == ':' && parameters && next != ':' && previous != ':') initialisers = true;
    // An assignment: what is in braces is a value, be it a list or a lambda.
    if (c == '=' && !is_operator && !initialisers) return BlockKind::kValue;
  }
  if (depth != 0 || !parameters) return BlockKind::kValue;
  const std::size_t last = head.find_last_not_of(" \n");
  if (initialisers) {
    return head[last] == ')' || head[last] == '}' ? BlockKind::kFunction : BlockKind::kValue;
  }
  static const std::regex kTail(
      R"(^\s*(?:$|const\b|noexcept\b|override\b|final\b|&|->|requires\b))");
  return std::regex_search(head.substr(tail), kTail) ? BlockKind::kFunction : BlockKind::kValue;
}

// Follows the braces and collects the bodies of functions outside of functions.
class FunctionFinder {
 public:
  explicit FunctionFinder(std::string_view source) : code_(without_directives(code_only(source))) {}

  std::vector<Function> run() {
    for (const char c : code_) {
      if (c == '{') {
        open();
      } else if (c == '}') {
        close();
      } else {
        other(c);
      }
    }
    return std::move(functions_);
  }

 private:
  using Kind = BlockKind;
  struct Block {
    Kind kind;
    std::string head;
    std::size_t first_line;
  };

  bool in_scope() const { return blocks_.empty() || blocks_.back().kind == Kind::kScope; }

  void open() {
    Kind kind = Kind::kValue;
    if (in_scope()) kind = kind_of(bare(head_));
    blocks_.push_back({kind, head_, first_line_});
    if (kind != Kind::kValue) clear();
  }

  void close() {
    if (blocks_.empty()) return;  // unbalanced: not for us to judge
    Block block = std::move(blocks_.back());
    blocks_.pop_back();
    if (block.kind == Kind::kValue) {
      if (in_scope()) head_ += "{}";  // a member initialiser or a value: the statement goes on
      return;
    }
    if (block.kind == Kind::kFunction) {
      functions_.push_back({std::move(block.head), block.first_line, line_});
    }
    clear();
  }

  void other(char c) {
    if (c == '\n') ++line_;
    if (!in_scope()) return;
    if (c == ';' && open_parentheses_ == 0) {
      clear();
      return;
    }
    if (c == '(') ++open_parentheses_;
    if (c == ')') --open_parentheses_;
    if (head_.empty() && std::isspace(static_cast<unsigned char>(c)) != 0) return;
    if (head_.empty()) first_line_ = line_;
    head_ += c;
  }

  void clear() {
    head_.clear();
    open_parentheses_ = 0;
  }

  std::string code_;
  std::string head_;
  std::size_t line_ = 1, first_line_ = 1;
  int open_parentheses_ = 0;
  std::vector<Block> blocks_;
  std::vector<Function> functions_;
};

bool is_snake_case(std::string_view name) {
  return std::ranges::none_of(name,
                              [](char c) { return std::isupper(static_cast<unsigned char>(c)); });
}

}  // namespace

std::string code_only(std::string_view source) {
  return Blanker(source).run();
}

Findings check_lines(std::string_view text) {
  Findings found;
  std::size_t number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    if (columns(line) > kLineLengthMax) found.push_back(at(number, "more than 100 columns"));
    if (line.find('\t') != std::string::npos) found.push_back(at(number, "a tab"));
    if (line.ends_with(' ') || line.ends_with('\r')) {
      found.push_back(at(number, "blanks at the end of the line"));
    }
  }
  if (!text.empty() && !text.ends_with('\n')) found.push_back(at(number, "no newline at the end"));
  return found;
}

Findings check_function_length(std::string_view source) {
  Findings found;
  for (const Function& f : FunctionFinder(source).run()) {
    const std::size_t lines = f.last_line - f.first_line + 1;
    if (lines <= kFunctionLinesMax) continue;
    found.push_back(at(f.first_line, "a function of " + std::to_string(lines) + " lines"));
  }
  return found;
}

Findings check_header(std::string_view source) {
  Findings found;
  const std::vector<std::string> lines = split_lines(source);
  std::size_t comment = 0;
  while (comment < lines.size() && lines[comment].starts_with("//")) ++comment;
  if (comment < 1) found.push_back(at(1, "no opening paragraph: purpose, thread, cost"));
  if (comment >= lines.size() || lines[comment] != "#pragma once") {
    found.push_back(at(comment + 1, "no #pragma once below the opening paragraph"));
  }
  if (lines.size() > kHeaderLinesMax) found.push_back(at(lines.size(), "more than 400 lines"));
  return found;
}

Findings check_names(std::string_view source) {
  Findings found;
  const std::string code = code_only(source);
  static const std::regex kType(
      R"(\b(?:class|struct|union|enum|enum class)\s+(\w+)\s*(?:final\s*)?(?::(?!:)|\{))");
  static const std::regex kPascal(R"([A-Z][A-Za-z0-9]*)");
  for (auto it = std::sregex_iterator(code.begin(), code.end(), kType);
       it != std::sregex_iterator(); ++it) {
    const std::string name = (*it)[1];
    if (std::regex_match(name, kPascal)) continue;
    const auto line = 1 + std::count(code.begin(), code.begin() + it->position(), '\n');
    found.push_back(at(static_cast<std::size_t>(line), "type " + name + " is not PascalCase"));
  }
  // A name after a return type; a constructor has none, a macro like TEST neither.
  static const std::regex kNamed(R"([\w>&*\]]\s+[&*]*(?:\w+(?:<[^()]*>)?::)*(\w+)\s*\()");
  static const std::regex kConstructor(
      R"(^\s*(?:explicit|constexpr|consteval|inline|public:|private:|protected:|\s)*\w+\s*\()");
  for (const Function& f : FunctionFinder(source).run()) {
    const std::string head = bare(f.head);
    std::smatch m;
    if (std::regex_search(head, kConstructor)) continue;
    if (!std::regex_search(head, m, kNamed) || is_snake_case(m[1].str())) continue;
    // Names from elsewhere: of what is overridden, and what GoogleTest, rapidcheck and RapidJSON
    // call.
    static const std::set<std::string> kCalled{"PrintTo",    "showValue", "Key",
                                               "StartArray", "EndArray",  "String"};
    if (head.find(" override") != std::string::npos || kCalled.contains(m[1])) continue;
    found.push_back(at(f.first_line, "function " + m[1].str() + " is not snake_case"));
  }
  return found;
}

Findings check_file_name(std::string_view path) {
  const std::string name(path.substr(path.rfind('/') + 1));
  const std::string stem = name.substr(0, name.find('.'));
  if (!std::regex_match(name, std::regex("[a-z0-9_]+\\.(h|cpp)"))) {
    return {at(1, "the file name is not snake_case")};
  }
  for (const char* vague : {"util", "utils", "common", "misc", "helper", "helpers"}) {
    if (stem == vague || stem.ends_with(std::string("_") + vague)) {
      return {at(1, "a file is named after its concept, not " + stem)};
    }
  }
  return {};
}

Findings check_no_floating_point(std::string_view source) {
  static const std::regex kFloating(
      R"(\b(?:double|float|long double)\b|<cmath>|<math\.h>|\bstd::\w+_distribution\b)");
  Findings found;
  std::size_t number = 0;
  for (const std::string& line : split_lines(code_only(source))) {
    ++number;
    if (std::smatch m; std::regex_search(line, m, kFloating)) {
      found.push_back(at(number, m.str() + " where state and decisions are integers"));
    }
  }
  return found;
}

Findings check_machine_paths(std::string_view text) {
  // Put together from pieces, so that this file passes its own rule.
  static const std::regex kPath(std::string("(?:^|[\\s\"'=(:])/(?:wor") + "k|hom" + "e|far" +
                                "m|roo" + "t|tm" + "p)(?:/|\\b)");
  Findings found;
  std::size_t number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    if (std::regex_search(line, kPath)) found.push_back(at(number, "a path of one machine"));
  }
  return found;
}

std::vector<std::string> includes_of(std::string_view source) {
  static const std::regex kInclude("^\\s*#\\s*include\\s+\"([^\"]+)\"");
  std::vector<std::string> headers;
  for (const std::string& line : split_lines(source)) {
    if (std::smatch m; std::regex_search(line, m, kInclude)) headers.push_back(m[1]);
  }
  return headers;
}

// What a folder of engine/app may include: everything outside, and those beside it.
std::vector<std::string> below_app(const std::vector<std::string>& beside) {
  std::vector<std::string> allowed{"engine/core/",    "engine/runtime/",   "engine/counters/",
                                   "engine/journal/", "engine/ledger/",    "engine/report/",
                                   "engine/monitor/", "engine/dashboard/", "engine/net/",
                                   "feeds/",          "gateway/",          "sim/"};
  for (const std::string& folder : beside) allowed.push_back("engine/app/" + folder);
  return allowed;
}

bool may_include(std::string_view file, std::string_view header) {
  struct Rule {
    std::string_view folder;
    std::vector<std::string> allowed;
  };
  static const std::vector<Rule> kRules{
      {"engine/core/", {}},
      {"engine/runtime/", {"engine/core/"}},
      {"engine/counters/", {"engine/core/", "engine/runtime/"}},
      {"engine/journal/", {"engine/core/", "engine/runtime/"}},
      {"engine/ledger/", {"engine/core/", "engine/runtime/", "engine/journal/"}},
      {"engine/report/", {"engine/core/", "engine/runtime/", "engine/journal/", "engine/ledger/"}},
      {"engine/monitor/", {"engine/core/", "engine/runtime/", "engine/counters/"}},
      {"engine/dashboard/",
       {"engine/core/", "engine/runtime/", "engine/counters/", "engine/journal/", "engine/ledger/",
        "engine/net/", "engine/report/page_files.h", "engine/monitor/"}},
      {"engine/net/", {"engine/core/", "engine/runtime/"}},
      {"engine/app/config/", below_app({})},
      {"engine/app/control/", below_app({})},
      {"engine/app/status/", below_app({})},
      {"engine/app/venue/", below_app({"config/"})},
      {"engine/app/session/", below_app({"config/", "venue/", "version.h"})},
      {"engine/app/edges/", below_app({"config/", "venue/"})},
      {"engine/app/explain/", below_app({"config/", "session/"})},
      {"engine/app/soak/", below_app({"config/", "reload/", "session/"})},
      {"engine/app/reload/", below_app({"config/", "control/", "session/"})},
      {"engine/app/", {"engine/", "feeds/", "gateway/", "sim/"}},
      {"feeds/", {"engine/core/", "engine/runtime/", "engine/net/"}},
      {"gateway/", {"engine/core/", "engine/runtime/", "engine/net/", "engine/counters/"}},
      {"sim/server/", {"engine/core/", "engine/net/", "sim/"}},
      {"sim/", {"engine/core/"}},
      {"tests/", {"engine/", "feeds/", "gateway/", "sim/"}},
      {"bench/", {"engine/", "feeds/", "gateway/", "sim/", "tests/core_harness.h"}},
  };
  // The first folder that fits is a file's own: one inside another comes before it.
  const auto rule_of = [](std::string_view path) {
    return std::ranges::find_if(kRules,
                                [&](const Rule& rule) { return path.starts_with(rule.folder); });
  };
  const auto rule = rule_of(file);
  if (rule == kRules.end()) return false;
  return rule == rule_of(header) ||
         std::ranges::any_of(rule->allowed,
                             [&](const std::string& folder) { return header.starts_with(folder); });
}

std::vector<std::string> find_cycle(
    const std::map<std::string, std::vector<std::string>>& includes) {
  std::set<std::string> done;
  std::vector<std::string> path;
  const std::function<bool(const std::string&)> visit = [&](const std::string& file) {
    if (const auto it = std::ranges::find(path, file); it != path.end()) {
      path.erase(path.begin(), it);
      path.push_back(file);
      return true;
    }
    if (!done.insert(file).second) return false;
    path.push_back(file);
    if (const auto it = includes.find(file); it != includes.end()) {
      if (std::ranges::any_of(it->second, visit)) return true;
    }
    path.pop_back();
    return false;
  };
  for (const auto& [file, headers] : includes) {
    if (visit(file)) return path;
  }
  return {};
}

}  // namespace mm::test
