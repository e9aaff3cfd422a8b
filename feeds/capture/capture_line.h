// One line of a capture. A value; its text is owned by the reader it comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/types.h"
#include "feeds/feed_problem.h"

namespace mm {

struct CaptureLine {
  static constexpr std::size_t kPadding = 64;

  Nanos at{};
  std::string_view text;  // the JSON; kPadding bytes behind it may be read
  std::uint64_t number = 0;
  FeedProblem time_problem{FeedProblem::kNone};  // kWrongTime, kTimeBack: used all the same
};

}  // namespace mm
