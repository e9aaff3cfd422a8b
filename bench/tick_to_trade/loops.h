// The least that can trade, to hold the engine against: a loop that answers every book at once.
//
// Each runs on the calling thread until `stop`, and never sleeps. Throws when it cannot connect.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace mm::bench {

struct LoopOptions {
  std::uint16_t port = 0;  // of the venue on this machine
  bool tls = true;
  std::string ca_file;
};

void run_raw_loop(const LoopOptions& options, const std::function<bool()>& stop);
void run_beast_loop(const LoopOptions& options, const std::function<bool()>& stop);

}  // namespace mm::bench
