// Lines of styled text, whatever draws them: a terminal, a pipe, a test.
//
// Pure values, cold. All text is ASCII: a character is a column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mm::monitor {

enum class Style : std::uint8_t { kPlain, kDim, kBold, kGood, kBad, kTitle };

struct Piece {
  std::string text;
  Style style = Style::kPlain;
};

class Line {
 public:
  Line() = default;
  Line(const char* text) : Line(std::string(text)) {}  // NOLINT: meant to be implicit
  explicit Line(std::string text, Style style = Style::kPlain) { add(std::move(text), style); }

  // Bytes that are no printable ASCII become `?`.
  Line& add(std::string text, Style style = Style::kPlain);
  Line& append(const Line& other);
  // Cut, or filled with blanks, to that many columns. A word or number that is cut ends in kCut, so
  // that none is taken for a shorter one.
  static constexpr char kCut = '~';
  Line& fit(std::size_t columns, Style fill = Style::kPlain);

  const std::vector<Piece>& pieces() const { return pieces_; }
  std::size_t width() const { return width_; }

 private:
  char at(std::size_t column) const;

  std::vector<Piece> pieces_;
  std::size_t width_ = 0;
};

using Page = std::vector<Line>;

// A line each, without blanks at the end; with `colours` as terminals take them.
std::string page_text(const Page& page, bool colours);

}  // namespace mm::monitor
