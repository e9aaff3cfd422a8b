#include "engine/monitor/text_page.h"

#include <fmt/format.h>

#include <algorithm>

namespace mm::monitor {
namespace {

const char* colour_code(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kDim:
      return "2";
    case Style::kBold:
      return "1";
    case Style::kGood:
      return "32";
    case Style::kBad:
      return "31";
    case Style::kTitle:
      return "7";
  }
  return "";
}

}  // namespace

Line& Line::add(std::string text, Style style) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  width_ += text.size();
  if (!pieces_.empty() && pieces_.back().style == style) {
    pieces_.back().text += text;
  } else if (!text.empty()) {
    pieces_.push_back({std::move(text), style});
  }
  return *this;
}

Line& Line::append(const Line& other) {
  for (const Piece& piece : other.pieces_) add(piece.text, piece.style);
  return *this;
}

Line& Line::fit(std::size_t columns, Style fill) {
  if (width_ < columns) return add(std::string(columns - width_, ' '), fill);
  const bool mark = columns > 0 && at(columns - 1) != ' ' && width_ > columns && at(columns) != ' ';
  while (width_ > columns) {
    std::string& last = pieces_.back().text;
    const std::size_t cut = std::min(width_ - columns, last.size());
    last.resize(last.size() - cut);
    width_ -= cut;
    if (last.empty()) pieces_.pop_back();
  }
  if (mark) pieces_.back().text.back() = kCut;
  return *this;
}

char Line::at(std::size_t column) const {
  for (const Piece& piece : pieces_) {
    if (column < piece.text.size()) return piece.text[column];
    column -= piece.text.size();
  }
  return ' ';
}

std::string page_text(const Page& page, bool colours) {
  std::string text;
  for (const Line& line : page) {
    std::string out;
    for (const Piece& piece : line.pieces()) {
      const std::string_view code = colour_code(piece.style);
      out += colours && !code.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, piece.text)
                                      : piece.text;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  }
  return text;
}

}  // namespace mm::monitor
