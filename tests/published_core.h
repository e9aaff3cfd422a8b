// A core driven by hand whose numbers are published, and what others see of it.
#pragma once

#include <gtest/gtest.h>

#include "engine/counters/core_publisher.h"
#include "engine/counters/counters_file.h"
#include "engine/monitor/engine_view.h"
#include "tests/core_harness.h"
#include "tests/e2e_support.h"

namespace mm::test {

class PublishedCore {
 public:
  explicit PublishedCore(const CoreConfig& config = one_instrument()) : harness(config) {
    std::filesystem::create_directories(here.path("tmpfs"));
    std::filesystem::create_directories(here.path("session"));
    std::vector<Instrument> instruments;
    for (const auto& i : config.instruments) instruments.push_back(i.instrument);
    EXPECT_EQ(ours.create({.session_folder = here.path("session"),
                           .sessions_folder = here.path("sessions"),
                           .mode = "live",
                           .id_prefix = "mm010007",
                           .venue = "testnet",
                           .build = "mm_logic 1.2.3",
                           .config_hash = 0xabcdef,
                           .instance = 1,
                           .epoch = 7,
                           .started = harness.now,
                           .instruments = instruments},
                          here.path("tmpfs")),
              "");
    ours.layout().phase = counters::Phase::kRunning;
    publisher.publish_to(ours);
  }

  // What another process sees of it now.
  monitor::EngineView look() {
    publisher.publish_all();
    counters::CountersFile theirs;
    monitor::EngineView view;
    EXPECT_EQ(theirs.attach(here.path("session"), counters::CountersFile::Use::kLook), "");
    EXPECT_TRUE(monitor::look(theirs, view));
    return view;
  }
  void connect(const std::string& name, bool up) {
    counters::Layout& l = ours.layout();
    counters::Connection& c = l.connections[l.connection_count];
    name.copy(c.name.data(), c.name.size() - 1);
    c.up = up;
    c.opened = 3;
    ++l.connection_count;
  }

  const Scratch here;
  CoreHarness harness;
  EventCounter events;
  Histogram event_to_command, turn;
  const Clock clock;
  counters::CountersFile ours;
  counters::CorePublisher publisher{harness.core, events, {event_to_command, turn}, clock};
};

}  // namespace mm::test
