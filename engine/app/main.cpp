#include <csignal>

#include "engine/app/cli.h"
#include "engine/net/tls_memory.h"

int main(int argc, char** argv) {
  mm::net::install_tls_memory();  // before anything else can ask OpenSSL for something
  std::signal(SIGXFSZ, SIG_IGN);  // a file too large is an error of its write, and no end
  return mm::app::run_command_line(argc, argv);
}
