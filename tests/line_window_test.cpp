#include "feeds/capture/line_window.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

namespace mm {
namespace {

CaptureLine line_of(const std::string& text, std::int64_t at = 1) {
  return {.at = Nanos(at), .text = text};
}

TEST(LineWindow, GivesLinesBackInOrderWithTheirTimes) {
  LineWindow window(1'000);
  for (int i = 0; i < 5; ++i) window.push(line_of("text " + std::to_string(i), 10 + i));
  ASSERT_EQ(window.times().size(), 5u);
  EXPECT_EQ(window.times()[4], Nanos(14));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(window.pop().text, "text " + std::to_string(i));
  EXPECT_TRUE(window.empty());
}

TEST(LineWindow, IsFullOfLinesOrOfText) {
  LineWindow of_lines(1'000'000);
  for (std::size_t i = 0; i < ReceiveTimes::kWindow; ++i) {
    EXPECT_FALSE(of_lines.full());
    of_lines.push(line_of(std::to_string(i)));
  }
  EXPECT_TRUE(of_lines.full());
  EXPECT_EQ(of_lines.pop().text, "0");
  EXPECT_FALSE(of_lines.full());

  LineWindow of_text(1'000);
  of_text.push(line_of(std::string(999, 'a')));
  EXPECT_FALSE(of_text.full());
  of_text.push(line_of("b"));
  EXPECT_TRUE(of_text.full());
  of_text.pop();
  EXPECT_FALSE(of_text.full());
}

TEST(LineWindow, ALineThatWentIsReadWhileAWholeWindowWaits) {
  LineWindow window(1'000'000);
  for (std::size_t i = 0; i < ReceiveTimes::kWindow; ++i) window.push(line_of(std::to_string(i)));
  const CaptureLine first = window.pop();
  window.push(line_of("another"));
  EXPECT_TRUE(window.full());
  EXPECT_EQ(first.text, "0");
  for (std::size_t i = 1; i < ReceiveTimes::kWindow; ++i) {
    EXPECT_EQ(window.pop().text, std::to_string(i));
  }
  EXPECT_EQ(window.pop().text, "another");
}

// Long lines come by in each of its places, and it is never empty. (Under a sanitizer glibc's heap
// is not used, and nothing is seen.)
TEST(LineWindow, KeepsNothingOfTheLinesThatWent) {
  const auto heap = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::string text(1'000'000, 'x');
  LineWindow window(4 * text.size());
  window.push(line_of("first"));
  const std::size_t before = heap();
  for (int i = 0; i < 300; ++i) {
    window.push(line_of(text));
    window.push(line_of("short"));
    window.pop();
    window.pop();
    ASSERT_LT(heap(), before + 3 * text.size()) << i;
  }
}

}  // namespace
}  // namespace mm
