#include "engine/app/config/config_codec.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/dashboard/access.h"
#include "engine/net/endpoint.h"

namespace mm::app {
namespace {

constexpr std::size_t kFileNameMax = 160;  // a line of an ini file holds 200
constexpr std::size_t kListLineMax = 90;

bool is_upper(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_word(std::string_view text, std::size_t length_max) {
  return !text.empty() && text.size() <= length_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}
// What an ini file can carry unchanged: no comment sign, no control character, no outer blanks.
bool is_plain_text(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  if (text.starts_with('#') || text.find(" #") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c != '\x7f' && c != ';'; });
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  for (const char c : text) {
    if (c == ',' || c == ' ' || c == '\n') {
      if (!item.empty()) items.push_back(std::exchange(item, {}));
    } else {
      item.push_back(c);
    }
  }
  if (!item.empty()) items.push_back(item);
  return items;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string text;
  std::size_t line = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ',';
    if (i > 0 && line + items[i].size() > kListLineMax) {
      text += "\n  ";
      line = 0;
    } else if (i > 0) {
      text += ' ';
    }
    text += items[i];
    line += items[i].size() + 2;
  }
  return text;
}

template <class Check>
Codec<std::string> text_codec(std::string allowed, Check check) {
  return {std::move(allowed),
          [check](std::string_view text, std::string& out) {
            if (!check(text)) return false;
            out = text;
            return true;
          },
          [](const std::string& value) { return value; }};
}

}  // namespace

bool is_symbol(std::string_view text) {
  return !text.empty() && text.size() <= 23 &&
         std::ranges::all_of(text, [](char c) { return is_upper(c) || c == '_'; });
}

Codec<std::int32_t> power_of_two(std::int32_t min, std::int32_t max) {
  Codec<std::int32_t> codec = whole<std::int32_t>(std::to_string(min), std::to_string(max));
  codec.allowed = fmt::format("a power of two from {} to {}", min, max);
  codec.read = [inner = codec.read](std::string_view text, std::int32_t& out) {
    std::int32_t value = 0;
    if (!inner(text, value) || (value & (value - 1)) != 0) return false;
    out = value;
    return true;
  };
  return codec;
}

Codec<std::string> file_name() {
  return text_codec(
      fmt::format("empty, or a file name of at most {} bytes without ';' or ' #'", kFileNameMax),
      [](std::string_view text) { return text.size() <= kFileNameMax && is_plain_text(text); });
}

Codec<std::string> listen_address() {
  return text_codec("ADDRESS:PORT, such as 127.0.0.1:8080; port 0 is any free one",
                    [](std::string_view text) {
                      dashboard::ListenAddress parsed;
                      return dashboard::parse_listen_address(text, parsed);
                    });
}

Codec<std::string> folder_name() {
  return text_codec(
      fmt::format("the name of a folder, of at most {} bytes without ';' or ' #'", kFileNameMax),
      [](std::string_view text) {
        return !text.empty() && text.size() <= kFileNameMax && is_plain_text(text);
      });
}

Codec<std::string> url(const std::string& scheme, const std::string& or_scheme) {
  return text_codec(
      fmt::format("empty, or a URL of {}:// or {}://", scheme, or_scheme),
      [=](std::string_view text) {
        if (text.empty()) return true;
        return text.size() <= kFileNameMax && is_plain_text(text) &&
               (text.starts_with(scheme + "://") || text.starts_with(or_scheme + "://")) &&
               net::parse_url(text).error.empty();
      });
}

Codec<std::string> asset_name() {
  return text_codec("empty, or up to 11 of A-Z 0-9", [](std::string_view text) {
    return text.size() <= 11 && std::ranges::all_of(text, is_upper);
  });
}

Codec<std::string> plain_word() {
  return text_codec("a word of up to 40 of a-z 0-9 _",
                    [](std::string_view text) { return is_word(text, 40); });
}

Codec<std::array<char, 24>> strategy_name() {
  return {"the name of a strategy: up to 23 of a-z 0-9 _",
          [](std::string_view text, std::array<char, 24>& out) {
            if (!is_word(text, 23)) return false;
            out.fill('\0');
            std::ranges::copy(text, out.begin());
            return true;
          },
          [](const std::array<char, 24>& value) { return std::string(value.data()); }};
}

Codec<std::vector<std::string>> symbol_list() {
  return {
      fmt::format("1 to {} different symbols of A-Z 0-9 _, separated by commas", kMaxInstruments),
      [](std::string_view text, std::vector<std::string>& out) {
        std::vector<std::string> items = split_list(text);
        std::vector<std::string> sorted = items;
        std::ranges::sort(sorted);
        if (items.empty() || items.size() > kMaxInstruments) return false;
        if (!std::ranges::all_of(items, is_symbol)) return false;
        if (std::ranges::adjacent_find(sorted) != sorted.end()) return false;
        out = std::move(items);
        return true;
      },
      join_list,
      {},
      true};
}

Codec<RiskParams> start_position() {
  const Codec<Amount> number = amount("-1000000000", "1000000000");
  return {"account, or " + number.allowed,
          [number](std::string_view text, RiskParams& out) {
            const bool account = text == "account";
            Amount position{0};
            if (!account && !number.read(text, position)) return false;
            out.start_position = position;
            out.start_position_from_account = account;
            return true;
          },
          [number](const RiskParams& risk) {
            if (risk.start_position_from_account) return std::string("account");
            return number.write(risk.start_position);
          },
          number.precision};
}

Codec<Nanos> time_of_day() {
  return {"a time of day as HH:MM from 00:00 to 23:59",
          [](std::string_view text, Nanos& out) {
            if (text.size() != 5 || text[2] != ':') return false;
            const auto hours = parse_decimal(text.substr(0, 2), 0);
            const auto minutes = parse_decimal(text.substr(3), 0);
            if (!hours || !minutes || *hours < 0 || *hours > 23) return false;
            if (*minutes < 0 || *minutes > 59) return false;
            out = static_cast<std::int64_t>(*hours * 60 + *minutes) * 60 * kSecond;
            return true;
          },
          [](const Nanos& value) {
            const std::int64_t minutes = value.v / (60 * kSecond.v);
            return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
          }};
}

}  // namespace mm::app
