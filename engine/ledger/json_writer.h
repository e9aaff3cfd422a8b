// Writes JSON: pretty, two spaces, members in the order they are given, texts escaped.
//
// One thread, cold, appends to one string. The caller opens and closes objects and arrays in pairs;
// everything else (commas, new lines, indentation) is done here.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace mm {

// In quotes, whatever bytes it has.
void append_json_text(std::string& out, std::string_view text);

class JsonWriter {
 public:
  void open_object() { open('{'); }
  void open_object(std::string_view key) { open_named(key, '{'); }
  void open_array(std::string_view key) { open_named(key, '['); }
  void close_object() { close('}'); }
  void close_array() { close(']'); }

  void member(std::string_view key, std::string_view text) {
    start(key);
    put_text(text);
  }
  void member(std::string_view key, const char* text) { member(key, std::string_view(text)); }
  template <std::integral T>
  void member(std::string_view key, T number) {
    start(key);
    text_ += std::to_string(number);
  }
  // A number already written as one.
  void member_number(std::string_view key, std::string_view digits) {
    start(key);
    text_ += digits;
  }
  void member_null(std::string_view key) { member_number(key, "null"); }
  void element(std::string_view text) {
    next_line();
    put_text(text);
  }

  // The whole, with a new line at its end.
  std::string take() { return std::move(text_ += '\n'); }

 private:
  void start(std::string_view key) {
    next_line();
    put_text(key);
    text_ += ": ";
  }
  void open_named(std::string_view key, char bracket) {
    start(key);
    text_ += bracket;
    ++depth_;
    empty_ = true;
  }
  void open(char bracket) {
    if (depth_ > 0) next_line();
    text_ += bracket;
    ++depth_;
    empty_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!empty_) indent();
    text_ += bracket;
    empty_ = false;
  }
  void next_line() {
    if (!empty_) text_ += ',';
    indent();
    empty_ = false;
  }
  void indent() {
    text_ += '\n';
    text_.append(2 * depth_, ' ');
  }
  void put_text(std::string_view text) { append_json_text(text_, text); }

  std::string text_;
  std::size_t depth_ = 0;
  bool empty_ = true;  // nothing yet in the innermost object or array
};

}  // namespace mm
