#include "engine/app/modes/top_screen.h"

#include <curses.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace mm::app {
namespace {

using monitor::Style;

constexpr short kGood = 1, kBad = 2;

attr_t attributes_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return A_NORMAL;
    case Style::kDim:
      return A_DIM;
    case Style::kBold:
      return A_BOLD;
    case Style::kGood:
      return static_cast<attr_t>(COLOR_PAIR(kGood));
    case Style::kBad:
      return static_cast<attr_t>(COLOR_PAIR(kBad)) | A_BOLD;
    case Style::kTitle:
      return A_REVERSE;
  }
  return A_NORMAL;
}

bool wants_colours() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

}  // namespace

// newterm, unlike initscr, does not end the process where the terminal is unknown.
TopScreen::TopScreen() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) return;
  screen_ = newterm(nullptr, stdout, stdin);
  if (screen_ == nullptr) return;
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(25);
  curs_set(0);
  if (has_colors() && wants_colours()) {
    start_color();
    use_default_colors();
    init_pair(kGood, COLOR_GREEN, -1);
    init_pair(kBad, COLOR_RED, -1);
  }
}

TopScreen::~TopScreen() {
  if (screen_ == nullptr) return;
  endwin();
  delscreen(static_cast<SCREEN*>(screen_));
}

monitor::PageSize TopScreen::size() const {
  int rows = 0, columns = 0;
  getmaxyx(stdscr, rows, columns);
  return {static_cast<std::size_t>(std::max(rows, 1)),
          static_cast<std::size_t>(std::max(columns, 1))};
}

// Only what has changed is sent: the library compares.
void TopScreen::draw(const monitor::Page& page) {
  erase();
  int row = 0;
  for (const monitor::Line& line : page) {
    move(row++, 0);
    for (const monitor::Piece& piece : line.pieces()) {
      attrset(static_cast<int>(attributes_of(piece.style)));
      addnstr(piece.text.c_str(), static_cast<int>(piece.text.size()));
    }
  }
  attrset(A_NORMAL);
  refresh();
}

int TopScreen::key(int wait_ms) {
  timeout(wait_ms);
  const int key = getch();
  switch (key) {
    case ERR:
      return kNone;
    case KEY_RIGHT:
      return kNext;
    case KEY_LEFT:
      return kPrevious;
    case KEY_RESIZE:
      return kResized;
    default:
      return key;
  }
}

}  // namespace mm::app
