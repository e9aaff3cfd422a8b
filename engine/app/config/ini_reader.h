// Reads ini text into entries that remember their line.
//
// Cold, main thread. inih does the reading; around it stands what it does not do: line numbers,
// comments behind a value that begin with #, sections without keys, and an error for a key set
// twice, an indented key or a line that is cut.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mm::app {

struct IniEntry {
  std::string where;  // "config.ini:12", or "--set"
  std::string section, key, value;
};

struct IniText {
  std::vector<IniEntry> entries;
  std::vector<IniEntry> sections;  // of their headers, with or without a key: no key, no value
  std::string error;               // one line; empty: all was read
};

// An indented line continues the value before it, as inih has it: for [venue] symbols only.
IniText read_ini(std::string_view text, std::string_view source);

// "section.key=value" of the command line; the key has no dot and the section no equals sign.
std::optional<IniEntry> parse_set(std::string_view text);

std::string_view trimmed(std::string_view text);

}  // namespace mm::app
