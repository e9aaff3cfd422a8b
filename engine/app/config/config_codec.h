// Codecs of the configuration: how each kind of value is read, checked and written back.
//
// Cold, stateless after construction. A codec carries the words that say what it allows, so that a
// check and its message cannot drift apart; read leaves the value alone when it answers false.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/app/config/decimal.h"
#include "engine/core/decimal_text.h"
#include "engine/core/instrument.h"
#include "engine/core/params.h"
#include "engine/core/types.h"

namespace mm::app {

template <class T>
struct Codec {
  std::string allowed;
  std::function<bool(std::string_view, T&)> read;
  std::function<std::string(const T&)> write;
  std::string precision{};  // ", at most 9 decimals"
  bool is_list = false;
};

// The integer inside a unit, or the plain integer itself.
template <class T>
constexpr auto& raw(T& value) {
  if constexpr (std::is_integral_v<std::remove_const_t<T>>) {
    return value;
  } else {
    return value.v;
  }
}

// A decimal number of `digits` decimals in [min, max], times `factor`, kept as an integer.
template <class T>
Codec<T> decimal_codec(std::string_view what, int digits, std::string_view min,
                       std::string_view max, std::int64_t factor = 1) {
  const Int128 low = parse_decimal(min, digits).value(), high = parse_decimal(max, digits).value();
  std::string allowed = std::string(what) + " from " + std::string(min) + " to " + std::string(max);
  std::string precision = digits > 0 ? ", at most " + std::to_string(digits) + " decimals" : "";
  return {std::move(allowed),
          [=](std::string_view text, T& out) {
            const auto value = parse_decimal(text, digits);
            if (!value || *value < low || *value > high) return false;
            using Raw = std::remove_reference_t<decltype(raw(out))>;
            raw(out) = static_cast<Raw>(*value * factor);
            return true;
          },
          [=](const T& value) { return DecimalText(Int128{raw(value)} / factor, digits).str(); },
          std::move(precision)};
}

inline Codec<Ratio> fraction(std::string_view min, std::string_view max) {
  return decimal_codec<Ratio>("a fraction", 9, min, max);
}
inline Codec<Amount> amount(std::string_view min, std::string_view max) {
  return decimal_codec<Amount>("a number", 8, min, max);
}
inline Codec<Money> money(std::string_view min, std::string_view max) {
  return decimal_codec<Money>("a number", 18, min, max);
}
inline Codec<Nanos> seconds(std::string_view min, std::string_view max) {
  return decimal_codec<Nanos>("seconds", 9, min, max);
}
// How often something is done, 0: never. A shorter one would leave no time for anything else.
inline Codec<Nanos> interval(std::string_view max) {
  Codec<Nanos> codec = seconds("0", max);
  codec.allowed = "0, or seconds from 0.1 to " + std::string(max);
  codec.read = [any = codec.read](std::string_view text, Nanos& out) {
    Nanos value{};
    if (!any(text, value) || (value.v != 0 && value < kMillisecond * 100)) return false;
    out = value;
    return true;
  };
  return codec;
}
inline Codec<Nanos> milliseconds(std::string_view min, std::string_view max) {
  return decimal_codec<Nanos>("milliseconds", 6, min, max);
}
inline Codec<Nanos> microseconds(std::string_view min, std::string_view max) {
  return decimal_codec<Nanos>("microseconds", 3, min, max);
}
template <class T>
Codec<T> whole(std::string_view min, std::string_view max) {
  return decimal_codec<T>("a whole number", 0, min, max);
}

// One of several words.
template <class E>
Codec<E> choice(std::vector<std::pair<std::string, E>> words) {
  std::string allowed;
  for (const auto& [word, value] : words) allowed += (allowed.empty() ? "" : " | ") + word;
  return {std::move(allowed),
          [words](std::string_view text, E& out) {
            for (const auto& [word, value] : words) {
              if (word == text) {
                out = value;
                return true;
              }
            }
            return false;
          },
          [words](const E& value) {
            for (const auto& [word, candidate] : words) {
              if (candidate == value) return word;
            }
            return std::string{};
          }};
}

inline Codec<bool> yes_no() {
  return choice<bool>({{"yes", true}, {"no", false}});
}

// A word that stands for one value, beside another codec's values: `auto | 0..1023`.
template <class T>
Codec<T> word_or(std::string word, T meaning, Codec<T> other) {
  std::string allowed = word + ", or " + other.allowed;
  return {std::move(allowed),
          [word, meaning, other](std::string_view text, T& out) {
            if (text != word) return other.read(text, out);
            out = meaning;
            return true;
          },
          [word, meaning, other](const T& value) {
            return value == meaning ? word : other.write(value);
          },
          other.precision};
}

Codec<std::int32_t> power_of_two(std::int32_t min, std::int32_t max);
Codec<std::string> file_name();  // or empty
Codec<std::string> folder_name();
Codec<std::string> listen_address();
Codec<std::string> url(const std::string& scheme, const std::string& or_scheme);  // or empty
Codec<std::string> asset_name();              // or empty: up to 11 of A-Z 0-9
Codec<std::string> plain_word();              // a-z 0-9 _, not empty
Codec<std::array<char, 24>> strategy_name();  // the same, up to 23
Codec<std::vector<std::string>> symbol_list();
Codec<RiskParams> start_position();  // a number, or `account`
Codec<Nanos> time_of_day();          // HH:MM, UTC

// Upper case as the venue writes it: 1 to 23 of A-Z 0-9 _.
bool is_symbol(std::string_view text);

}  // namespace mm::app
