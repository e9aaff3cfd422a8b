#include "engine/net/refusal_words.h"

#include <fmt/format.h>

#include "engine/net/server_words.h"

namespace mm::net {
namespace {

const char* meaning(int status) {
  switch (status) {
    case 403:
      return "refused by the venue's firewall";
    case 418:
      return "this address is banned for too many requests";
    case 429:
      return "too many requests";
    case 451:
      return "the venue does not serve this location";
    default:
      return status >= 500 ? "the venue has a problem" : "not accepted";
  }
}

}  // namespace

bool is_json(std::string_view body) {
  const std::size_t at = body.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && (body[at] == '{' || body[at] == '[');
}

std::string refusal_words(const HttpResponse& response, std::string_view words) {
  if (response.status == 0) return response.error;
  if (response.status == 200) return fmt::format("not JSON: {}", words);
  std::string text = fmt::format("HTTP {}: {}", response.status, meaning(response.status));
  if (const Nanos wait = response.retry_after(); wait.v > 0) {
    text += fmt::format(", nothing more for {} s", wait.v / kSecond.v);
  }
  return words.empty() ? text : fmt::format("{}: {}", text, words);
}

std::string refusal_words(const HttpResponse& response) {
  constexpr std::size_t kWordsMax = 120;
  return refusal_words(response, server_words(response.body, kWordsMax));
}

}  // namespace mm::net
