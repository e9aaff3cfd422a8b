// What every loop here does with a book: takes the best bid out of the text and sends an order of
// fixed text with it.
//
// No JSON is read, nothing is decided: the least that can be called an answer.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace mm::bench {

inline constexpr std::string_view kPriceBegins = R"("bids":[[")";
inline constexpr std::size_t kPriceWidth = 14;
inline constexpr std::string_view kStreamTarget = "/ws/btcusdt@depth20@100ms";
inline constexpr std::string_view kApiTarget = "/ws-api/v3";

// The best bid as digits; empty: this is no book.
inline std::string_view best_bid(std::string_view text) {
  const std::size_t begin = text.find(kPriceBegins);
  if (begin == std::string_view::npos) return {};
  const std::string_view price = text.substr(begin + kPriceBegins.size());
  return price.substr(0, std::min(price.find('"'), kPriceWidth));
}

// The request; the price has a place of its own in it. Not signed and so refused by the venue:
// what is measured has ended by then.
class FixedOrder {
 public:
  const std::string& with(std::string_view price) {
    std::fill_n(text_.data() + price_at_, kPriceWidth, '0');
    std::memcpy(text_.data() + price_at_, price.data(), std::min(price.size(), kPriceWidth));
    return text_;
  }
  const std::string& text() const { return text_; }

 private:
  static constexpr std::string_view kHead =
      R"({"id":"1","method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY",)"
      R"("type":"LIMIT_MAKER","quantity":"0.00100","newClientOrderId":"bench1","price":")";
  std::string text_ = std::string(kHead) + std::string(kPriceWidth, '0') + R"("}})";
  std::size_t price_at_ = kHead.size();
};

}  // namespace mm::bench
