#include "engine/core/command.h"

#include <cstddef>
#include <cstring>

namespace mm {
namespace {

// Both halves of the 128-bit product, folded: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = Product{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t hash(const Command& c, std::uint64_t seed) {
  constexpr std::size_t kStamps = offsetof(Command, id);  // the two times come first
  constexpr std::uint64_t kOdd[] = {0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu};
  std::uint64_t words[(sizeof(Command) - kStamps) / sizeof(std::uint64_t)];
  std::memcpy(words, reinterpret_cast<const char*>(&c) + kStamps, sizeof(words));
  std::uint64_t h = mix(seed ^ kOdd[0], kOdd[1]);  // or a seed could undo the first word
  for (const std::uint64_t word : words) h = mix(h ^ word, kOdd[1]) + kOdd[0];
  h = mix(h, kOdd[0] ^ kOdd[1]);
  return h != 0 ? h : 1;
}

}  // namespace mm
