// What is asked of a running engine on its control socket: one of a few words, printed the same, or
// nothing.
#include "engine/app/control/steering.h"
#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(control_request) {
  using namespace mm;
  const std::optional<Control> control = app::parse_control(input);
  if (!control) return;
  MM_ASSERT(app::control_text(*control) == input, "a request prints as it was read");
  MM_ASSERT(control->code <= ControlCode::kKill, "nobody ends or reloads an engine by a word");
}
