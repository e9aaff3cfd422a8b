// The terminal that `mm_logic top` draws on and hears keys from: ncurses behind a wall.
//
// Main thread, one at a time; the terminal is as before when it is gone.
#pragma once

#include "engine/monitor/text_page.h"
#include "engine/monitor/top_page.h"

namespace mm::app {

class TopScreen {
 public:
  TopScreen();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  // False: this is no terminal that can be drawn on.
  bool ok() const { return screen_ != nullptr; }
  monitor::PageSize size() const;
  void draw(const monitor::Page& page);

  static constexpr int kNone = 0, kNext = 'n', kPrevious = 'N', kTab = '\t', kResized = -1;
  // The key that is pressed within that many milliseconds; arrows are kNext and kPrevious.
  int key(int wait_ms);

 private:
  void* screen_ = nullptr;
};

}  // namespace mm::app
