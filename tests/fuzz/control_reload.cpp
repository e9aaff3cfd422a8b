// A new configuration on the control socket: refused with a reason, or taken over by a core that
// goes on quoting within it; and its answer is read back as it was meant.
#include "engine/app/config/core_setup.h"
#include "engine/app/reload/reloader.h"
#include "tests/core_harness.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace mm;

void judge_answer(const app::ConfigAnswer& answer) {
  const std::vector<app::ConfigChange> changes = app::read_changes(answer.changes);
  MM_ASSERT(app::write_changes(changes) == answer.changes, "what changes reads back");
  MM_ASSERT(
      answer.taken ? answer.error.empty() && app::all_live(changes) && !changes.empty() : true,
      "what is taken over is live");
}

}  // namespace

MM_FUZZ_TARGET(control_reload) {
  static const app::Config config = app::parse_config("", "started with").config;
  static const std::vector<Instrument> instruments = app::simulated_instruments(config);
  static const SessionOpening opening;
  test::CoreHarness core(app::make_core_config(config, instruments));
  core.start_quoting();
  app::Reloader reloader({config, instruments, opening, core.core, nullptr});
  judge_answer(reloader.configure(input, false));
  MM_ASSERT(!core.core.reload_waits(), "a plan changes nothing");
  const app::ConfigAnswer answer = reloader.configure(input, true);
  judge_answer(answer);
  MM_ASSERT(core.core.reload_waits() == answer.taken, "what is taken over waits for the core");
  if (!answer.taken) return;
  MM_ASSERT(reloader.configure(input, true).changes.empty(), "once");
  Event event = test::CoreHarness::event(EventKind::kControl);
  event.control.code = ControlCode::kReload;
  core.deliver(event);
  core.batch_end();
  MM_ASSERT(!core.core.reload_waits(), "the core has it");
  MM_ASSERT(core.core.invariants().total() == 0, "and keeps within it");
}
