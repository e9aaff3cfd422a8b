#include "gateway/binance/questions.h"

#include <fmt/format.h>

namespace mm::binance::orders {

std::string refusal_text(std::string_view method, const Response& refusal, std::string_view key) {
  constexpr std::size_t kWordsMax = 200;
  std::string words(refusal.error.message.substr(0, kWordsMax));
  for (std::size_t at = 0; !key.empty() && (at = words.find(key, at)) != std::string::npos;) {
    words.replace(at, key.size(), "***");
  }
  return fmt::format("{} was refused: {} {} (status {})", method, refusal.error.code, words,
                     refusal.status);
}

}  // namespace mm::binance::orders
