// `mm_logic monitor` and `run --monitor` as a person uses them: in a browser, beside a simulation.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

#include "engine/counters/counters_file.h"
#include "tests/local_venue.h"

namespace mm {
namespace {

using test::JsonFile;
using test::kConfig;
using test::Process;
using test::Ran;
using test::Running;
using test::Scratch;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

bool is_installed(const std::string& program) {
  return test::run_process("command -v " + program).exit_code == 0;
}

class DashboardOfARun : public testing::Test {
 protected:
  // Quoting soon, with a dashboard where there is room for it.
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> all{"run",
                                 "-c",
                                 kConfig,
                                 "--session",
                                 "s",
                                 "--quiet",
                                 "--monitor",
                                 "--set",
                                 "strategy.warmup_s=0.2",
                                 "--set",
                                 "monitor.listen=127.0.0.1:0",
                                 "--set",
                                 "execution.modify_rate_limit=50"};
    all.insert(all.end(), more.begin(), more.end());
    engine_ = std::make_unique<Process>(here_, all, "engine.out");
  }
  // With the token, as the run prints it.
  std::string url(Process& of) {
    std::smatch found;
    std::string text;
    const std::regex address("dashboard (https?://\\S+)");
    wait_until([&] {
      text = of.output();
      return std::regex_search(text, found, address);
    });
    return found.empty() ? "" : found[1].str();
  }
  static std::string host(const std::string& url) { return url.substr(0, url.find("/#")); }
  std::string fetch(const std::string& url) {
    const net::Endpoint to = net::parse_url(url).endpoint;
    net::HttpResponse response = net::HttpClient(to, nullptr).send({});
    return response.status == 200 ? response.body : response.error;
  }
  bool answers(const std::string& url) {
    net::HttpClient client(net::parse_url(url).endpoint, nullptr);
    return client.send({}).status == 200;
  }
  std::int64_t live_orders() {
    counters::CountersFile file;
    counters::EngineBlock::Copy numbers;
    if (!file.attach(here_.path("s"), counters::CountersFile::Use::kLook).empty()) return -1;
    return file.layout().numbers.read(numbers) ? numbers.value("live_orders") : -1;
  }
  // The children of the engine: its monitor.
  std::vector<pid_t> children() {
    std::ifstream file("/proc/" + std::to_string(engine_->pid()) + "/task/" +
                       std::to_string(engine_->pid()) + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
  }

  const Scratch here_;
  std::unique_ptr<Process> engine_;
};

TEST_F(DashboardOfARun, IsThereWhileItRunsAndGoesWithIt) {
  start();
  const std::string address = url(*engine_);
  ASSERT_THAT(address, HasSubstr("/#token=")) << engine_->output();
  EXPECT_TRUE(answers(host(address) + "/"));
  EXPECT_THAT(fetch(host(address) + "/metrics"), HasSubstr("mm_engine_up{session=\"s\"} 1"));
  const std::string token = address.substr(address.find('=') + 1);
  engine_->signal(SIGINT);
  EXPECT_EQ(engine_->wait(), 0) << engine_->output();
  EXPECT_FALSE(answers(host(address) + "/"));
  for (const auto& file : std::filesystem::recursive_directory_iterator(here_.path("s"))) {
    EXPECT_THAT(test::read_file(file.path()), Not(HasSubstr(token))) << file.path();
  }
}

TEST_F(DashboardOfARun, GoesWithAnEngineThatIsKilled) {
  start();
  const std::string address = url(*engine_);
  ASSERT_TRUE(answers(host(address) + "/"));
  engine_->signal(SIGKILL);
  engine_->wait();
  EXPECT_TRUE(wait_until([&] { return !answers(host(address) + "/"); }));
}

TEST_F(DashboardOfARun, KilledStuckOrRestartedTheEngineDoesNotNotice) {
  start();
  ASSERT_NE(url(*engine_), "");
  ASSERT_TRUE(wait_until([&] { return live_orders() == 6; }));
  ASSERT_EQ(children().size(), 1u);
  kill(children()[0], SIGSTOP);
  Process second(here_, {"monitor", "s", "--listen", "127.0.0.1:0"}, "second.out");
  EXPECT_TRUE(answers(host(url(second)) + "/"));
  second.signal(SIGKILL);
  second.wait();
  Process third(here_, {"monitor", "s", "--listen", "127.0.0.1:0"}, "third.out");
  EXPECT_TRUE(answers(host(url(third)) + "/"));
  EXPECT_TRUE(wait_until([&] { return live_orders() == 6; })) << "it quotes as before";
  third.signal(SIGTERM);
  EXPECT_EQ(third.wait(), 0);
  engine_->signal(SIGINT);
  EXPECT_EQ(engine_->wait(), 0) << engine_->output();
  JsonFile summary(here_.path("s/summary.json"));
  for (const std::string& name : summary.keys("/invariants")) {
    EXPECT_EQ(summary.integer("/invariants/" + name), 0) << name;
  }
}

TEST_F(DashboardOfARun, IsSaidToHaveEndedWhenItDies) {
  start();
  ASSERT_NE(url(*engine_), "");
  ASSERT_EQ(children().size(), 1u);
  kill(children()[0], SIGKILL);
  EXPECT_TRUE(wait_until(
      [&] { return engine_->output().find("the dashboard has ended") != std::string::npos; }));
  EXPECT_TRUE(children().empty()) << "nothing of it is left";
  EXPECT_TRUE(wait_until([&] {
    return test::count_of(test::read_file(here_.path("s/log.txt")), "the dashboard has ended") == 1;
  }));
}

TEST_F(DashboardOfARun, ASecondOneFindsRoom) {
  start();
  const std::string first = host(url(*engine_));
  const std::string port = first.substr(first.rfind(':') + 1);
  Process other(here_,
                {"run", "-c", kConfig, "--session", "t", "--quiet", "--monitor", "--set",
                 "monitor.listen=127.0.0.1:" + port},
                "other.out");
  const std::string second = host(url(other));
  EXPECT_NE(second, first);
  EXPECT_TRUE(answers(second + "/"));
}

TEST_F(DashboardOfARun, OneOfAllShowsEnginesAsTheyCome) {
  Process monitor(here_, {"monitor", "-c", kConfig, "--listen", "127.0.0.1:0"}, "monitor.out");
  const std::string metrics = host(url(monitor)) + "/metrics";
  EXPECT_THAT(fetch(metrics), Not(HasSubstr("mm_engine_up{")));
  const std::string names[] = {"20260101T000000.000Z", "20260102T000000.000Z"};
  Process first(here_, {"run", "-c", kConfig, "--session", "sessions/" + names[0], "--quiet"},
                "a.out");
  Process second(here_, {"run", "-c", kConfig, "--session", "sessions/" + names[1], "--quiet"},
                 "b.out");
  const auto up = [&](const std::string& name, int value) {
    const std::string line = fmt::format("mm_engine_up{{session=\"{}\"}} {}", name, value);
    return wait_until([&] { return fetch(metrics).find(line) != std::string::npos; });
  };
  for (const std::string& name : names) EXPECT_TRUE(up(name, 1)) << name;
  first.signal(SIGINT);
  EXPECT_EQ(first.wait(), 0) << first.output();
  EXPECT_TRUE(up(names[0], 0));
}

TEST_F(DashboardOfARun, IsShownOnTheTerminalPage) {
  Running run(
      here_,
      {"run", "-c", kConfig, "--monitor", "--seconds", "30", "--set", "monitor.listen=127.0.0.1:0"},
      "xterm");
  EXPECT_TRUE(run.read_until("dashboard http://127.0.0.1:")) << run.output();
  run.type("\x03");
  EXPECT_TRUE(run.read_to_end());
  EXPECT_EQ(run.exit_code(), 0);
}

TEST_F(DashboardOfARun, PromtoolFindsNothingWrong) {
  if (!is_installed("promtool")) GTEST_SKIP() << "promtool is not there: scripts/promtool gets it";
  start();
  here_.write("metrics", fetch(host(url(*engine_)) + "/metrics"));
  const auto checked = test::run_process("promtool check metrics <" + here_.path("metrics"));
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
  EXPECT_EQ(checked.output, "");
}

TEST_F(DashboardOfARun, WhatCannotBeDoneIsSaid) {
  const auto told = [this](const std::string& arguments, int exit_code, const char* words) {
    const Ran ran = here_.run("monitor " + arguments);
    EXPECT_EQ(ran.exit_code, exit_code) << arguments;
    EXPECT_THAT(ran.err, HasSubstr(words)) << arguments;
    EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
  };
  told("missing", 1, "missing/counters.dat: cannot be opened");
  told("--listen 0.0.0.0:8080", 2, "must be on loopback, or have a tls_cert_file");
  told("--listen nowhere", 2, "ADDRESS:PORT");
  told("--tls-cert c.pem", 2, "a certificate and its key come together");
  told("--listen 127.0.0.1:0 --tls-cert c.pem --tls-key k.pem", 1, "c.pem: no certificate");
  told("--listen 127.0.0.1:0 --token-file none", 1, "none: cannot be read");
  const Ran ran = here_.run("run --monitor --speed max --seconds 1");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--monitor is for --speed realtime"));
}

// What can be done after its end, and what is not offered.
TEST_F(DashboardOfARun, OfOneThatIsOverOffersWhatMakesSense) {
  if (!is_installed("chromium")) GTEST_SKIP() << "chromium is not installed";
  for (const std::string over : {"ended", "died"}) {
    Process engine(here_, {"run", "-c", kConfig, "--session", over, "--quiet"}, over + ".out");
    ASSERT_TRUE(wait_until([&] {
      return here_.run("counters " + over).out.find("feed_up 1\n") != std::string::npos;
    }));
    engine.signal(over == "died" ? SIGKILL : SIGINT);
    engine.wait();
    Process monitor(here_, {"monitor", over, "--listen", "127.0.0.1:0"}, over + "_monitor.out");
    const auto seen = test::run_process("timeout 200 python3 " + test::kRoot +
                                        "/tests/dashboard_in_browser.py '" + url(monitor) + "' " +
                                        here_.path("over.png") + " --over " + over);
    ASSERT_EQ(seen.exit_code, 0) << seen.output;
    const JsonFile json(here_.write("seen.json", seen.output));
    for (const std::string& step : json.keys("")) {
      if (step == "hosts") continue;
      EXPECT_EQ(bool(json.at("/" + step)), true) << step << seen.output;
    }
    EXPECT_EQ(here_.has("sessions/HALT"), over == "died");
  }
}

// How it is looked at.
struct Look {
  const char* name;
  const char* options;
  int symbols = 1;
};

class DashboardInABrowser : public DashboardOfARun, public testing::WithParamInterface<Look> {};

TEST_P(DashboardInABrowser, ShowsTheEngineAndSteersIt) {
  if (!is_installed("chromium")) GTEST_SKIP() << "chromium is not installed";
  std::string symbols = "venue.symbols=ETHUSDT";
  for (int i = 1; i < GetParam().symbols; ++i) symbols += fmt::format(",S{}USDT", i);
  start({"--set", symbols, "--set", "risk.max_order_count=1000"});
  const std::string address = url(*engine_);
  ASSERT_NE(address, "");
  const auto seen =
      test::run_process("timeout 200 python3 " + test::kRoot + "/tests/dashboard_in_browser.py '" +
                        address + "' " + here_.path("dashboard.png") + " " + GetParam().options +
                        " --monitor " + std::to_string(children().at(0)));
  ASSERT_EQ(seen.exit_code, 0) << seen.output;
  here_.write("seen.json", seen.output);
  JsonFile json(here_.path("seen.json"));
  for (const std::string& step : json.keys("")) {
    if (step == "wrong" || step == "hosts") continue;
    EXPECT_EQ(bool(json.at("/" + step)), true) << step << '\n' << seen.output;
  }
  EXPECT_THAT(seen.output, HasSubstr("\"wrong\": [],")) << "nothing in the browser's console";
  const std::string here = host(address).substr(host(address).rfind('/') + 1);
  EXPECT_THAT(seen.output, HasSubstr("\"hosts\": [\"" + here + "\"]")) << "nothing from elsewhere";
  EXPECT_GT(std::filesystem::file_size(here_.path("dashboard.png")), 20'000u);
  EXPECT_FALSE(engine_->ended());
}

INSTANTIATE_TEST_SUITE_P(All, DashboardInABrowser,
                         testing::Values(Look{"desk", ""}, Look{"light", "--light --look"},
                                         Look{"phone", "--look --width 390 --height 844", 30}),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace mm
