#include "engine/runtime/cpu_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace mm {
namespace {

constexpr int kCpuMax = 4095;

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    int first = 0, last = 0;
    const auto from = std::from_chars(part.begin(), part.end(), first);
    if (from.ec != std::errc() || first < 0 || first > kCpuMax) break;
    last = first;
    if (from.ptr != part.end()) {
      if (*from.ptr != '-') break;
      if (std::from_chars(from.ptr + 1, part.end(), last).ec != std::errc()) break;
    }
    for (int cpu = first; cpu <= std::min(last, kCpuMax); ++cpu) cpus.push_back(cpu);
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

std::vector<int> parse_cpu_mask(std::string_view text) {
  std::vector<int> cpus;
  int cpu = 0;
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    if (*digit == ',') continue;
    int bits = 0;
    if (std::from_chars(&*digit, &*digit + 1, bits, 16).ec != std::errc()) return {};
    for (int bit = 0; bit < 4; ++bit, ++cpu) {
      if ((bits >> bit & 1) != 0) cpus.push_back(cpu);
    }
  }
  return cpus;
}

std::string cpu_mask(const std::vector<int>& cpus) {
  std::string digits(cpus.empty() ? 1 : static_cast<std::size_t>(cpus.back()) / 4 + 1, '0');
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int bits = 0;
    for (const int cpu : cpus) {
      if (static_cast<std::size_t>(cpu) / 4 == i) bits |= 1 << cpu % 4;
    }
    digits[digits.size() - 1 - i] = fmt::format("{:x}", bits)[0];
  }
  constexpr std::size_t kGroup = 8;
  for (std::size_t end = digits.size(); end > kGroup; end -= kGroup) {
    digits.insert(end - kGroup, 1, ',');
  }
  return digits;
}

std::vector<int> cpus_without(const std::vector<int>& all, const std::vector<int>& some) {
  std::vector<int> rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  return rest;
}

std::vector<int> cpus_of_both(const std::vector<int>& some, const std::vector<int>& others) {
  std::vector<int> common;
  std::ranges::set_intersection(some, others, std::back_inserter(common));
  return common;
}

std::vector<int> cpus_of_either(const std::vector<int>& some, const std::vector<int>& others) {
  std::vector<int> all;
  std::ranges::set_union(some, others, std::back_inserter(all));
  return all;
}

}  // namespace mm
