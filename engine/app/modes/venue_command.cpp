// `mm_logic venue` on the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "engine/app/cli_command.h"
#include "engine/app/config/venue_config.h"
#include "engine/app/modes/venue_mode.h"

namespace mm::app {
namespace {

constexpr const char* kDefaultFile = "venue.ini";

struct State {
  std::string file;
  std::vector<std::string> sets;
  std::string listen, tls_cert, tls_key, scenario;
  std::optional<std::string> publish_hz, seed;
  VenueOptions options;
  bool keys = false;
};

// Options are config keys by another name, so they are checked and complained about alike.
void add_sets(State& state) {
  const auto add = [&state](const char* key, const std::string& value) {
    if (!value.empty()) state.sets.push_back(fmt::format("venue.{}={}", key, value));
  };
  add("listen", state.listen);
  add("tls_cert", state.tls_cert);
  add("tls_key", state.tls_key);
  add("scenario", state.scenario);
  if (state.publish_hz) state.sets.push_back("venue.publish_hz=" + *state.publish_hz);
  if (state.seed) state.sets.push_back("venue.seed=" + *state.seed);
}

int execute(State& state) {
  if (state.keys) {
    fmt::print("{}", venue_config_text());
    return 0;
  }
  if (!state.options.capture_file.empty() && !state.scenario.empty()) {
    return complain("--scenario with --capture: a recorded market is what it is");
  }
  add_sets(state);
  const bool no_file = state.file.empty() && !std::filesystem::exists(kDefaultFile);
  VenueConfigLoad load =
      no_file ? parse_venue_config("", "defaults", state.sets)
              : load_venue_config(state.file.empty() ? kDefaultFile : state.file, state.sets);
  if (!load.ok()) return complain(load.error);
  if (std::string error = find_unwritable("--measure", state.options.measure_file);
      !error.empty()) {
    return complain(error);
  }
  load.config.capture_file = state.options.capture_file;
  return venue_mode(state.options, std::move(load.config));
}

}  // namespace

Command add_venue(CLI::App& app) {
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("venue", "Serve the simulated venue to Binance clients");
  const auto option = [command](const char* name, auto& value, const char* help, const char* type) {
    command->add_option(name, value, help)->type_name(type);
  };
  option("-c,--config", state->file, "Configuration (venue.ini if it is there)", "FILE");
  command->add_option("--set", state->sets, "Override one key: section.key=value; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  option("--listen", state->listen, "Where clients connect (127.0.0.1:9443)", "ADDR:PORT");
  option("--tls-cert", state->tls_cert, "Certificate chain (PEM); without it: plain", "FILE");
  option("--tls-key", state->tls_key, "Its private key (PEM)", "FILE");
  option("--publish-hz", state->publish_hz, "Book updates a second (10)", "N");
  option("--scenario", state->scenario, "The generated markets (lively)", "NAME");
  option("--seed", state->seed, "Seed of all chance (1)", "S");
  option("--capture", state->options.capture_file, "Play this recorded market instead", "FILE");
  option("--ed25519-keys", state->options.key_dir,
         "Make a key pair in this folder, and an account for it", "DIR");
  option("--measure", state->options.measure_file,
         "Write how fast clients answer book updates with a message (JSON)", "FILE");
  command
      ->add_option("--measure-updates", state->options.measured_updates,
                   "For how many of them, after a warm-up (2000)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--spin", state->options.spin, "Never sleep: one CPU, for measurements");
  command->add_flag("--keys", state->keys, "Print every key of venue.ini instead");
  return {command, [state] { return execute(*state); }};
}

}  // namespace mm::app
