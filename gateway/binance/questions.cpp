#include "gateway/binance/questions.h"

#include <fmt/format.h>

#include "engine/net/refusal_words.h"
#include "engine/net/server_words.h"

namespace mm::binance::orders {

std::string venue_words(std::string_view text, std::string_view key) {
  constexpr std::size_t kWordsMax = 200;
  std::string words(text);
  for (std::size_t at = 0; !key.empty() && (at = words.find(key, at)) != std::string::npos;) {
    words.replace(at, key.size(), "***");
  }
  return net::server_words(words, kWordsMax);
}

std::string refusal_text(std::string_view method, const Response& refusal, std::string_view key) {
  return fmt::format("{} was refused: {} {} (status {})", method, refusal.error.code,
                     venue_words(refusal.error.message, key), refusal.status);
}

std::string rest_refusal(const net::HttpResponse& answer, const ErrorBody& error,
                         std::string_view key) {
  if (error.code == 0) return net::refusal_words(answer, venue_words(answer.body, key));
  return net::refusal_words(answer,
                            fmt::format("{} {}", error.code, venue_words(error.message, key)));
}

}  // namespace mm::binance::orders
