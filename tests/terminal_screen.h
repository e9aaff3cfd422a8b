// A terminal that a program draws on, as a person sees it: libvterm behind a wall.
//
// Fed with what the program writes; the screen is read back as lines of text.
#pragma once

#include <vterm.h>

#include <string>
#include <string_view>

namespace mm::test {

class TerminalScreen {
 public:
  TerminalScreen(int rows, int columns)
      : terminal_(vterm_new(rows, columns)),
        screen_(vterm_obtain_screen(terminal_)),
        rows_(rows),
        columns_(columns) {
    vterm_screen_enable_altscreen(screen_, 1);
    vterm_screen_reset(screen_, 1);
  }
  ~TerminalScreen() { vterm_free(terminal_); }
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  void write(std::string_view bytes) { vterm_input_write(terminal_, bytes.data(), bytes.size()); }
  void resize(int rows, int columns) {
    vterm_set_size(terminal_, rows, columns);
    rows_ = rows;
    columns_ = columns;
  }
  // A line each, without the blanks at their ends.
  std::string text() const {
    std::string all;
    for (int row = 0; row < rows_; ++row) {
      std::string line;
      for (int column = 0; column < columns_; ++column) {
        VTermScreenCell cell;
        const bool drawn = vterm_screen_get_cell(screen_, {row, column}, &cell) != 0;
        line += drawn && cell.chars[0] != 0 ? static_cast<char>(cell.chars[0]) : ' ';
      }
      line.erase(line.find_last_not_of(' ') + 1);
      all += line + '\n';
    }
    return all;
  }

 private:
  VTerm* terminal_;
  VTermScreen* screen_;
  int rows_, columns_;
};

}  // namespace mm::test
