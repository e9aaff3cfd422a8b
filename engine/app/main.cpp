#include "engine/app/cli.h"

int main(int argc, char** argv) {
  return mm::app::run_command_line(argc, argv);
}
