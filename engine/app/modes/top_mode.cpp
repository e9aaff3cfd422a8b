// `mm_logic top`: one engine in the terminal, as it is now, and keys that steer it.
//
// It reads the counters file and the log's end; a key asks the engine's control socket, as `pause`,
// `resume` and `kill` do. Leaving it changes nothing.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "engine/app/control/effect.h"
#include "engine/app/control/steering.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/modes.h"
#include "engine/app/modes/top_screen.h"
#include "engine/app/session/session_report.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/session_folder.h"
#include "engine/monitor/log_tail.h"
#include "engine/monitor/top_page.h"

namespace mm::app {
namespace {

using counters::CountersFile;
using monitor::EngineView;
using monitor::Tab;

constexpr std::chrono::milliseconds kAnswerPatience{3000}, kSample{500};
constexpr int kDrawMs = 200;

// Rates between two looks a second or so apart; of an engine that has ended, over its whole life.
class Rates {
 public:
  void take(const EngineView& view) {
    const Nanos now = view.now();
    const EventCounts counts = monitor::events_of(view);
    if (last_ == Nanos{} || !view.alive())
      rates_ = per_second({}, counts, monitor::elapsed(view.started, now));
    const Nanos since = monitor::elapsed(last_, now);
    if (last_ == Nanos{} || since >= kInterval) {
      if (last_ != Nanos{}) rates_ = per_second(counts_, counts, since);
      counts_ = counts;
      last_ = now;
    }
  }
  const EventCounts& get() const { return rates_; }

 private:
  static constexpr Nanos kInterval{400 * kMillisecond.v};
  EventCounts counts_, rates_;
  Nanos last_{};
};

// The answer in words, for the foot of the page.
std::string tell(const CountersFile& file, const EngineView& view, const std::string& session,
                 const Control& control) {
  const std::string request = control_text(control);
  if (!view.alive()) {
    const std::string why = fmt::format("the engine has {}", name(view.life));
    if (control.code != ControlCode::kKill) return fmt::format("{}: {}", request, why);
    return fmt::format("{}: {}", request,
                       halt_unheard(file.layout().identity.sessions.data(), why));
  }
  const std::string answer = ask_and_wait(session, file, request, kAnswerPatience);
  const std::optional<Obeyed> obeyed = read_obeyed(answer);
  if (!obeyed) return fmt::format("{}: {}", request, answer);
  if (obeyed->rest.empty()) return request + ": the engine has taken it up";
  return fmt::format("{}: done; HALT is not written: {}", request, obeyed->rest);
}

class Top {
 public:
  Top(const CountersFile& file, const std::string& session) : file_(file), session_(session) {
    look();
  }

  int show();
  int print();

 private:
  void look() {
    monitor::look(file_, view_);  // what is half written is shown as it was
    rates_.take(view_);
    log_ = monitor::log_tail(session_.log(), kLogLines);
  }
  monitor::TopInput input() const {
    return {view_, rates_.get(), log_, instrument_, tab_, message_};
  }
  bool on_key(int key);
  void on_confirmation(int key);
  void turn(std::size_t steps) {
    const std::size_t count = view_.instruments.size();
    if (count > 0) instrument_ = (instrument_ + steps) % count;
  }
  void steer(ControlCode code) {
    Control control{};
    control.code = code;
    message_ = " " + tell(file_, view_, session_.path(), control);
  }

  static constexpr std::size_t kLogLines = 200;

  const CountersFile& file_;
  const SessionFolder session_;
  EngineView view_;
  Rates rates_;
  std::vector<std::string> log_;
  std::size_t instrument_ = 0;
  Tab tab_ = Tab::kMarket;
  std::string message_;
  std::optional<ControlCode> asked_;  // and not confirmed
};

void Top::on_confirmation(int key) {
  const ControlCode code = *std::exchange(asked_, std::nullopt);
  message_ = code == ControlCode::kKill ? " kill: not done" : " resume: not done";
  if (key == 'y') steer(code);
}

// False: leave.
bool Top::on_key(int key) {
  if (key == TopScreen::kNone || key == TopScreen::kResized) return true;
  if (asked_) {
    on_confirmation(key);
    return true;
  }
  message_.clear();
  constexpr auto kTabs = static_cast<std::size_t>(Tab::kHelp);
  switch (key) {
    case 'q':
      return false;
    case '1':
    case '2':
    case '3':
    case '4':
      tab_ = static_cast<Tab>(key - '1');
      break;
    case TopScreen::kTab:
      tab_ = static_cast<Tab>((static_cast<std::size_t>(tab_) + 1) % kTabs);
      break;
    case 'h':
    case '?':
      tab_ = tab_ == Tab::kHelp ? Tab::kMarket : Tab::kHelp;
      break;
    case TopScreen::kNext:
      turn(1);
      break;
    case TopScreen::kPrevious:
      turn(view_.instruments.size() - 1);
      break;
    case 'p':
      steer(ControlCode::kPause);
      break;
    case 'r':
      if (!view_.latched && view_.numbers.value("trip") == 0) {
        steer(ControlCode::kResume);
        break;
      }
      asked_ = ControlCode::kResume;
      message_ = " Resume: end the halt and let it quote again? y: do it, any other: no";
      break;
    case 'k':
      asked_ = ControlCode::kKill;
      message_ = " Kill: cancel all orders and stay halted until resume? y: do it, any other: no";
      break;
    default:
      break;
  }
  return true;
}

int Top::show() {
  TopScreen screen;
  if (!screen.ok()) {
    return fail("top needs a terminal that can be drawn on; `top --once` prints what it shows");
  }
  const StopSignal signals;
  do {
    look();
    screen.draw(monitor::top_page(input(), screen.size()));
  } while (!StopSignal::requested() && on_key(screen.key(kDrawMs)));
  return 0;
}

std::size_t columns_of_stdout() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col : 80;
}

int Top::print() {
  if (view_.alive()) {
    std::this_thread::sleep_for(kSample);  // rates need two looks
    look();
  }
  log_ = monitor::log_tail(session_.log(), 10);
  const monitor::Page page = monitor::whole_page(input(), columns_of_stdout());
  fmt::print("{}", monitor::page_text(page, stdout_has_colours()));
  return 0;
}

}  // namespace

int top_mode(const TopOptions& options) {
  std::string session = options.session_dir;
  if (session.empty()) {
    const std::vector<std::string> running = counters::running_sessions(options.sessions_dir);
    session =
        running.empty() ? SessionFolder::newest(options.sessions_dir).path() : running.front();
  }
  if (session.empty()) return fail("no engine runs, and no session is in " + options.sessions_dir);
  std::error_code ignored;
  if (std::filesystem::exists(SessionFolder(session).journal(), ignored) &&
      !std::filesystem::exists(session + "/counters.dat", ignored)) {
    return fail(
        fmt::format("{}: has nothing to watch: a session in virtual time (backtest, --speed "
                    "max) keeps no counters; see its summary.json, and report and explain",
                    session));
  }
  CountersFile file;
  if (std::string error = file.attach(session, CountersFile::Use::kLook); !error.empty()) {
    return fail(error);
  }
  Top top(file, session);
  return options.once ? top.print() : top.show();
}

}  // namespace mm::app
