#include "engine/app/config/ini_reader.h"

#include <fmt/format.h>
#include <ini.h>

#include <algorithm>

#include "engine/app/config/config_schema.h"

namespace mm::app {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The stream inih reads from and the user it calls back.
struct Reader {
  std::string_view rest;
  std::string_view source;
  int line = 0;
  bool continues = false;  // the current line is indented
  IniText out;

  std::string place() const { return fmt::format("{}:{}", source, line); }
  void fail(std::string message) {
    if (out.error.empty()) out.error = std::move(message);
  }
};

// As inih has it for ';': behind a blank.
std::size_t find_comment(std::string_view line) {
  std::size_t at = line.find('#');
  while (at != std::string_view::npos && at > 0 && kBlanks.find(line[at - 1]) == kBlanks.npos) {
    at = line.find('#', at + 1);
  }
  return at;
}

void note_section(Reader& r, std::string_view line) {
  if (!line.starts_with('[')) return;
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return;
  r.out.sections.push_back({r.place(), std::string(line.substr(1, end - 1)), {}, {}});
}

// Like fgets, and counts lines.
char* next_line(char* buffer, int size, void* stream) {
  Reader& r = *static_cast<Reader*>(stream);
  if (r.rest.empty() || !r.out.error.empty()) return nullptr;
  ++r.line;
  const std::string_view line = r.rest.substr(0, r.rest.find('\n'));
  r.rest.remove_prefix(std::min(r.rest.size(), line.size() + 1));
  if (line.size() + 3 > static_cast<std::size_t>(size)) {
    r.fail(fmt::format("{}: the line is too long: at most {} bytes", r.place(), size - 3));
    return nullptr;
  }
  if (line.find('\0') != std::string_view::npos) {
    r.fail(fmt::format("{}: not a text file", r.place()));
    return nullptr;
  }
  r.continues = line.starts_with(' ') || line.starts_with('\t');
  const std::string_view said = line.substr(0, find_comment(line));
  note_section(r, trimmed(said));
  std::ranges::copy(said, buffer);
  buffer[said.size()] = '\0';
  return buffer;
}

int on_entry(void* user, const char* section, const char* name, const char* value) {
  Reader& r = *static_cast<Reader*>(user);
  auto& entries = r.out.entries;
  const auto same = [&](const IniEntry& e) { return e.section == section && e.key == name; };
  const auto earlier = std::ranges::find_if(entries, same);
  if (earlier == entries.end()) {
    entries.push_back({r.place(), section, name, value});
    return 1;
  }
  const ConfigKey* key = find_key(section, name);
  if (r.continues && key != nullptr && key->is_list) {
    earlier->value += fmt::format(" {}", value);
  } else if (r.continues) {
    r.fail(
        fmt::format("{}: [{}] {}: an indented line continues the value of {}: start it in the "
                    "first column",
                    r.place(), section, trimmed(value), name));
  } else {
    r.fail(fmt::format("{}: [{}] {} = {}: set twice, first at {}", r.place(), section, name, value,
                       earlier->where));
  }
  return 1;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<IniEntry> parse_set(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {};
  const std::size_t dot = text.substr(0, equals).rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == equals) return {};
  return IniEntry{"--set", std::string(trimmed(text.substr(0, dot))),
                  std::string(trimmed(text.substr(dot + 1, equals - dot - 1))),
                  std::string(trimmed(text.substr(equals + 1)))};
}

IniText read_ini(std::string_view text, std::string_view source) {
  Reader reader{.rest = text, .source = source, .out = {}};
  const int bad_line = ini_parse_stream(next_line, &reader, on_entry, &reader);
  if (bad_line > 0) {
    reader.fail(fmt::format("{}:{}: neither `[section]` nor `key = value` nor a comment", source,
                            bad_line));
  }
  return std::move(reader.out);
}

}  // namespace mm::app
