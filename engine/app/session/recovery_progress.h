// What a start says of itself while it reads the session before and asks the venue: nothing in its
// first second, then a line a second.
//
// Cold, main thread. Nobody should have to guess whether a start with hours to make up for hangs.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

#include "engine/runtime/clock.h"

namespace mm::app {

class RecoveryProgress {
 public:
  using Say = std::function<void(std::string_view)>;

  // Without anybody to say it to, nothing.
  explicit RecoveryProgress(Say say = {}, Nanos interval = kSecond)
      : say_(std::move(say)), interval_(interval), due_(clock_.now() + interval) {}

  template <class... Values>
  void at(fmt::format_string<Values...> format, Values&&... values) {
    if (!say_) return;
    const Nanos now = clock_.now();
    if (now < due_) return;
    due_ = now + interval_;
    say_(fmt::format(format, std::forward<Values>(values)...));
  }

 private:
  Clock clock_;
  Say say_;
  Nanos interval_, due_;
};

}  // namespace mm::app
