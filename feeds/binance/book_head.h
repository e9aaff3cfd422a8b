// Which whole book a message is, told from its first bytes, without reading the book.
//
// A partial book says all of the top anew, so one that a newer one of its stream already follows
// need not be read. Only the form that Binance sends is known; whatever looks different is read.
// Pure, for any thread, some ten nanoseconds.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace mm::binance {

struct BookHead {
  std::string_view stream;  // in the message's text; empty: this is no whole book
  std::uint64_t id = 0;

  bool is_newer_than(const BookHead& o) const { return stream == o.stream && id > o.id; }
};

inline BookHead book_head(std::string_view text) {
  constexpr std::string_view kStream = R"({"stream":")", kBook = R"(","data":{"lastUpdateId":)";
  if (!text.starts_with(kStream)) return {};
  const std::size_t end = text.find('"', kStream.size());
  if (end == std::string_view::npos || !text.substr(end).starts_with(kBook)) return {};
  BookHead head{text.substr(0, end)};
  const char* const digits = text.data() + end + kBook.size();
  const auto read = std::from_chars(digits, text.data() + text.size(), head.id);
  return read.ec == std::errc() && read.ptr != text.data() + text.size() ? head : BookHead{};
}

}  // namespace mm::binance
