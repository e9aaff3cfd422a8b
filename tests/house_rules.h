// The checker of the house rules: works on text alone, so that the rules can be tested on snippets.
//
// Each check returns what it found, one "line: message" each. It reads C++ as far as these rules
// need: comments, literals and braces are understood, everything else is pattern matching.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mm::test {

using Findings = std::vector<std::string>;

inline constexpr std::size_t kLineLengthMax = 100;
inline constexpr std::size_t kFunctionLinesMax = 70;
inline constexpr std::size_t kHeaderLinesMax = 400;

// The code with comments and the insides of literals blanked out; lines and columns stay.
std::string code_only(std::string_view source);

Findings check_lines(std::string_view text);  // length, blanks, tabs
Findings check_function_length(std::string_view source);
Findings check_header(std::string_view source);  // paragraph, pragma, size
Findings check_names(std::string_view source);   // types and functions
Findings check_file_name(std::string_view path);
Findings check_no_floating_point(std::string_view source);  // for core and sim
Findings check_machine_paths(std::string_view text);

// Paths of our own headers that a source includes.
std::vector<std::string> includes_of(std::string_view source);

// Whether a file may include a header: the direction of the arrows between folders.
bool may_include(std::string_view file, std::string_view header);

// One include circle, as a list of files, or nothing.
std::vector<std::string> find_cycle(
    const std::map<std::string, std::vector<std::string>>& includes);

}  // namespace mm::test
