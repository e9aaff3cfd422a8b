#include "engine/app/modes/run_on_venue.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "engine/app/control/interruptible.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/edges/live_edge.h"
#include "engine/app/edges/paper_edge.h"
#include "engine/app/modes/run_realtime.h"
#include "engine/app/session/id_epoch.h"
#include "engine/app/session/last_sessions.h"
#include "engine/app/session/left_orders.h"
#include "engine/app/session/session_record.h"
#include "engine/app/session/session_report.h"
#include "engine/app/session/start_recovery.h"
#include "engine/app/venue/feed_setup.h"
#include "engine/app/venue/findings.h"
#include "engine/app/venue/venue_account.h"
#include "engine/app/venue/venue_check.h"
#include "engine/app/venue/venue_fit.h"
#include "engine/app/venue/venue_limits.h"
#include "engine/app/venue/venue_rest.h"
#include "engine/ledger/halt_file.h"
#include "engine/runtime/durable_file.h"
#include "gateway/binance/account_lock.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

// Pauses that the venue wants at a start are kept up to here.
constexpr Nanos kPatience{300 * kSecond.v};

std::string halt_text(const std::string& sessions, const std::string& reasons) {
  return fmt::format("not started: {} halts live runs until `mm_logic resume`:\n{}",
                     halt_path(sessions), std::string_view(reasons).substr(0, reasons.size() - 1));
}

std::string remember_session(const LastSessions& before, SessionRecord& record) {
  record.journal().sync();  // what this session goes on from, before the file leads to it
  if (!record.journal().error().empty()) return record.journal().error();
  if (!sync_folder_of(record.path() + "/journal.bin") || !sync_folder_of(record.path())) {
    return record.path() + ": cannot be made durable";
  }
  return before.write_next(record.path());
}

// All that this engine remembers from one start to the next is beside its lock.
std::string beside(const orders::AccountLock& lock, const char* extension) {
  return std::filesystem::path(lock.path()).replace_extension(extension).string();
}

// Whatever it is that refuses a live start: nobody looks after the orders of an earlier one.
class Refusal {
 public:
  Refusal(const Config& config, const orders::Credentials& credentials)
      : config_(config), credentials_(credentials) {
    if (!credentials.error.empty()) return;
    lock_.emplace(credentials.api_key.view(), static_cast<std::uint8_t>(config.engine.instance),
                  state_folder());
  }

  // None without a key. Not held: those orders may well be another engine's.
  const std::optional<orders::AccountLock>& lock() const { return lock_; }
  int refuse(const std::string& error, int canceled = 0) const {
    fail(error);
    const std::string left = clear(canceled, StopSignal::insisted);
    return left.empty() ? 1 : fail(left);
  }
  // As clear_left_orders().
  std::string clear(int canceled, const std::function<bool()>& hurried) const {
    if (!lock_ || !lock_->held()) return {};
    const LastSessions before(beside(*lock_, ".session"));
    return clear_left_orders(config_, credentials_, before.newest_with_orders(), canceled, hurried);
  }

 private:
  const Config& config_;
  const orders::Credentials& credentials_;
  std::optional<orders::AccountLock> lock_;
};

// Higher than all that the venue has orders of, whatever has become of the file.
IdEpoch take_epoch(const RunParts& parts, const orders::Credentials& credentials,
                   const std::string& path) {
  net::SharedRequestPause pause;
  VenueAccount account(parts.config.venue, credentials, parts.instruments, pause);
  account.give_up_at(Clock().now() + kPatience);
  std::optional<std::uint16_t> seen;
  const auto instance = static_cast<std::uint8_t>(parts.config.engine.instance);
  if (std::string error = account.find_latest_start(instance, seen); !error.empty()) {
    return {.epoch = 0, .behind = false, .error = error};
  }
  return next_id_epoch(path, seen);
}

std::string lost_state(const std::string& path, const IdEpoch& next, const std::string& previous) {
  return fmt::format(
      "the venue has orders of later starts than our state folder knows: it was lost, or another "
      "host ran this engine. This is start {}; {} ({})",
      next.epoch,
      previous.empty() ? "position and daily loss begin anew"
                       : fmt::format("position and daily loss go on from {}", previous),
      path);
}

void say_progress(std::string_view line) {
  std::fprintf(stderr, "mm_logic: recovering: %.*s\n", static_cast<int>(line.size()), line.data());
}

// All that a run on a venue needs to know before it begins.
class VenueStart {
 public:
  // Paper has no refusal: it leaves nothing behind.
  VenueStart(const RunOptions& options, const Config& config,
             const orders::Credentials& credentials, const std::optional<Refusal>& refusal)
      : options_(options), config_(config), credentials_(credentials), refusal_(refusal) {}

  // Asks the venue, for minutes if need be, and may be killed at any moment. Returns why nothing is
  // begun.
  std::string prepare();
  int run(std::shared_ptr<GuardProcess> guard);
  int refuse(const std::string& why) const {
    return refusal_ ? refusal_->refuse(why, recovery_ ? recovery_->canceled() : 0) : fail(why);
  }
  // Meanwhile, on another thread, again and again: cancels what rests for too long.
  void watch_rest();
  // And why it is not to go on, by a person or the guard.
  std::string told_off() const;

 private:
  std::string choose_epoch();
  std::string recover();
  void trade_live();

  const RunOptions& options_;
  const Config& config_;
  const orders::Credentials& credentials_;
  const std::optional<Refusal>& refusal_;
  RunParts parts_;
  std::vector<orders::LimitUsage> limits_;
  std::optional<LastSessions> before_;
  std::optional<StartRecovery> recovery_;
  Nanos rest_until_ = Clock().now() + config_.execution.adopt_within;
};

std::string VenueStart::prepare() {
  Findings findings(true);
  const std::size_t tried =
      refusal_ ? check_account(config_, credentials_, findings) : check_market(config_, findings);
  if (findings.failed()) return "not started: what is said above has to be mended first";
  net::SharedRequestPause pause;  // over when the trading begins
  VenueInstruments venue = fetch_instruments(config_, pause);
  if (!venue.error.empty()) return venue.error;
  parts_.config = config_;
  parts_.mode = refusal_ ? "live" : "paper";
  parts_.instruments = venue.instruments;
  parts_.resynchronises = config_.feed.source == FeedSource::kWebSocket;
  parts_.obey = [info = venue.info](Config& c) { obey_limits(info, c); };
  parts_.size_problem = size_problem;
  parts_.obey(parts_.config);
  parts_.config.feed.options.attempts_made = static_cast<std::int32_t>(tried);
  limits_ = order_limits(venue.info);
  return refusal_ ? recover() : std::string();
}

std::string VenueStart::choose_epoch() {
  EngineConfig& engine = parts_.config.engine;
  if (engine.id_nonce == 0) engine.id_nonce = draw_id_nonce();
  if (engine.epoch != 0) return {};
  const std::string file = beside(*refusal_->lock(), ".epoch");
  const IdEpoch next = take_epoch(parts_, credentials_, file);
  if (!next.error.empty()) return next.error;
  engine.epoch = next.epoch;
  const std::string previous = parts_.config.session.goes_on ? before_->last() : std::string();
  if (next.behind) parts_.notes.push_back(lost_state(file, next, previous));
  return {};
}

std::string VenueStart::recover() {
  before_.emplace(beside(*refusal_->lock(), ".session"));
  if (std::string error = choose_epoch(); !error.empty()) return error;
  const EngineConfig& engine = parts_.config.engine;
  recovery_.emplace(parts_.config, credentials_, parts_.instruments,
                    orders::Identity{static_cast<std::uint8_t>(engine.instance),
                                     static_cast<std::uint16_t>(engine.epoch)},
                    RecoveryProgress(say_progress));
  return recovery_->run(before_->last());
}

// To the recovery they are orders that somebody has cancelled; what they execute it still finds.
void VenueStart::watch_rest() {
  if (config_.execution.own_orders_at_start != OwnOrdersAtStart::kAdopt) return;
  if (!refusal_ || Clock().now() < rest_until_) return;
  const Nanos rest_max = config_.execution.adopt_within;
  rest_until_ = Clock().now() + rest_max;
  const std::string left = refusal_->clear(0, StopSignal::requested);
  if (left.empty()) return;
  fail(fmt::format("the start takes longer than {} s, no order goes on: {}", rest_max.v / kSecond.v,
                   left));
}

std::string VenueStart::told_off() const {
  if (StopSignal::requested()) return "not started: told to end";
  const std::string reasons = refusal_ ? read_halt(config_.session.dir) : std::string();
  return reasons.empty() ? reasons : halt_text(config_.session.dir, reasons);
}

void VenueStart::trade_live() {
  parts_.opening = recovery_->opening();
  parts_.notes.insert(parts_.notes.end(), recovery_->lines().begin(), recovery_->lines().end());
  parts_.begun = [this](SessionRecord& record) { return remember_session(*before_, record); };
  parts_.refuse = [this](const std::string& why) { return refuse(why); };
  // A kill that found no control socket has written HALT.
  parts_.may_begin = [this] { return told_off(); };
  parts_.has_begun = [this] { before_->take_over(); };
  std::vector<std::uint64_t> last_trades;
  for (const Instrument& i : parts_.instruments) {
    last_trades.push_back(parts_.opening.find(i.symbol())->trade_id);
  }
  parts_.edge = [this, last_trades](const EdgeContext& context) {
    return make_live_edge(context, credentials_, limits_, last_trades);
  };
}

int VenueStart::run(std::shared_ptr<GuardProcess> guard) {
  parts_.guard = std::move(guard);
  if (refusal_) {
    trade_live();
    return run_realtime(options_, parts_);
  }
  for (Instrument& i : parts_.instruments) {
    i.book_includes_own = false;
    i.own_wallet = true;
  }
  parts_.edge = make_paper_edge;
  return run_realtime(options_, parts_);
}

}  // namespace

int run_on_venue(const RunOptions& options, const Config& config) {
  const StopSignal signals;  // from here on an end is orderly, however long the start takes
  const bool live = options.mode == VenueMode::kLive;
  const auto guard = options.guard ? std::make_shared<GuardProcess>() : nullptr;
  const orders::Credentials credentials = live ? load_credentials(config) : orders::Credentials{};
  std::optional<Refusal> refusal;
  if (live) refusal.emplace(config, credentials);
  VenueStart start(options, config, credentials, refusal);
  if (live) {
    if (const std::string why = start.told_off(); !why.empty()) return start.refuse(why);
    if (refusal->lock() && !refusal->lock()->held()) return fail(refusal->lock()->error());
  }
  std::string error;
  const auto look = [&start] {
    start.watch_rest();
    return start.told_off();
  };
  const std::string told_off = run_interruptibly([&] { error = start.prepare(); }, look);
  if (!told_off.empty()) {
    end_process(refusal ? refusal->refuse(told_off) : fail(told_off));
  }
  if (error.empty()) error = start.told_off();
  return error.empty() ? start.run(guard) : start.refuse(error);
}

}  // namespace mm::app
