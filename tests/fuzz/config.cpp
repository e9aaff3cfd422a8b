// config.ini: refused with one line that says where, or complete and read back the same.
#include "engine/app/config/config.h"

#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(config) {
  using namespace mm::app;
  const ConfigLoad load = parse_config(input, "fuzz.ini");
  if (!load.ok()) {
    MM_ASSERT(load.error.starts_with("fuzz.ini"), "an error says where");
    return;
  }
  const std::string text = effective_text(load.config);
  const ConfigLoad again = parse_config(text, "effective.ini");
  MM_ASSERT(again.ok(), "what is in force can be read");
  MM_ASSERT(effective_text(again.config) == text, "and reads back the same");
}
