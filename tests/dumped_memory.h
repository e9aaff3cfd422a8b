// What a core dump of a process would hold, read while it runs; and what must not be in it.
//
// Needs the right to trace the process; blocks while it reads.
#pragma once

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mm::test {

// The 32 bytes at the end of the line of base64 that a PKCS#8 file of an Ed25519 key has.
inline std::string ed25519_key(const std::string& base64) {
  std::string der(base64.size(), '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                  reinterpret_cast<const unsigned char*>(base64.data()),
                  static_cast<int>(base64.size()));
  return der.substr(16, 32);
}

struct MappedRange {
  std::size_t begin = 0, end = 0;
};

// All that can be read and is not left out of dumps (VmFlags `dd`).
inline std::vector<MappedRange> dumped_ranges(pid_t pid) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/smaps");
  std::vector<MappedRange> found;
  MappedRange range;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    char dash = 0;
    MappedRange next;
    if (words >> std::hex >> next.begin >> dash >> next.end && dash == '-') range = next;
    if (!line.starts_with("VmFlags:")) continue;
    if (line.find(" rd") != line.npos && line.find(" dd") == line.npos) found.push_back(range);
  }
  return found;
}

inline std::size_t times_in_dump(pid_t pid, const std::string& wanted) {
  const int memory = open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::size_t times = 0;
  std::string bytes;
  for (const MappedRange& range : dumped_ranges(pid)) {
    bytes.assign(range.end - range.begin, '\0');
    const ssize_t got = pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(range.begin));
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    for (auto at = bytes.find(wanted); at != bytes.npos; at = bytes.find(wanted, at + 1)) ++times;
  }
  close(memory);
  return times;
}

}  // namespace mm::test
