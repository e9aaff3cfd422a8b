#include <gtest/gtest.h>

#include "engine/core/order.h"

TEST(Names, EveryEventKindHasAName) {
  for (int k = 0; k < static_cast<int>(mm::EventKind::kCount); ++k) {
    EXPECT_STRNE(mm::name(static_cast<mm::EventKind>(k)), "?");
  }
}
