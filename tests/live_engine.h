// A live engine as a process, against a venue of the test's own: with a person's orders or without.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/local_venue.h"

namespace mm::test {

class LiveEngine : public testing::Test {
 protected:
  // The looks of a test at the venue weigh much, and are of the engine's address: neither of them
  // is to be kept waiting by that.
  void open(LocalVenue::Wish wish = {}) {
    wish.keys = "weight_per_minute = 10000000\n" + wish.keys;
    venue_ = std::make_unique<LocalVenue>(here_, wish);
    ASSERT_NE(venue_->port(), "");
  }
  // The next engine, in place of the one before.
  void start_engine(const std::string& session, const std::vector<std::string>& more = {}) {
    session_ = session;
    std::vector<std::string> all{"--session", session, "--json",
                                 "out.json",  "--set", "feed.weight_per_minute=1000000"};
    all.insert(all.end(), more.begin(), more.end());
    engine_ = std::make_unique<Process>(here_, venue_->engine({"run", "--mode", "live"}, all),
                                        "engine.out");
  }
  int stop(int number = SIGTERM) {
    engine_->signal(number);
    return engine_->wait();
  }
  std::size_t ours() const { return count_of(venue_->open_orders(), "\"mm"); }
  bool until_quoting() const {
    return wait_until([this] { return ours() >= 2; });
  }
  // Its, as far as it has come.
  std::string log() const { return read_file(here_.path(session_ + "/log.txt")); }
  std::string said() const { return engine_->output() + log(); }
  // By its summary.
  void expect_no_violation() const {
    const JsonFile json(here_.path("out.json"));
    for (const std::string& name : json.keys("/invariants")) {
      EXPECT_EQ(json.integer("/invariants/" + name), 0) << name;
    }
  }

  const Scratch here_;
  std::unique_ptr<LocalVenue> venue_;
  std::unique_ptr<Process> engine_;
  std::string session_;
};

}  // namespace mm::test
