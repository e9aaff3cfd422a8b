// As in the engine: TLS takes its memory from pools.
#include <benchmark/benchmark.h>

#include "engine/net/tls_memory.h"

int main(int argc, char** argv) {
  mm::net::install_tls_memory();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
