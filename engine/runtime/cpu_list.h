// Sets of CPUs as the kernel writes them: lists ("0-3,6") and masks ("ff,ffffffff").
//
// Cold; the numbers come back in order and without doubles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mm {

// What is no such list ends it; "(null)", which older kernels say for none, is none.
std::vector<int> parse_cpu_list(std::string_view text);
std::string cpu_list(const std::vector<int>& cpus);

// Hexadecimal, groups of 32 CPUs between commas, the first CPUs last.
std::vector<int> parse_cpu_mask(std::string_view text);
std::string cpu_mask(const std::vector<int>& cpus);

// Of two lists in order: what only `all` has, what both have, what either has.
std::vector<int> cpus_without(const std::vector<int>& all, const std::vector<int>& some);
std::vector<int> cpus_of_both(const std::vector<int>& some, const std::vector<int>& others);
std::vector<int> cpus_of_either(const std::vector<int>& some, const std::vector<int>& others);

}  // namespace mm
