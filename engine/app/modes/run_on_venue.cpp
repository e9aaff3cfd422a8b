#include "engine/app/modes/run_on_venue.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/app/edges/live_edge.h"
#include "engine/app/edges/paper_edge.h"
#include "engine/app/modes/run_realtime.h"
#include "engine/app/session/id_epoch.h"
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

int run_paper(const RunOptions& options, RunParts parts) {
  parts.mode = "paper";
  for (Instrument& i : parts.instruments) {
    i.book_includes_own = false;
    i.own_wallet = true;
  }
  parts.edge = make_paper_edge;
  return run_realtime(options, parts);
}

// The folder of this engine's last session, kept beside its lock: "" if there is none.
std::string last_session(const std::string& path) {
  std::ifstream file(path);
  std::string folder;
  std::getline(file, folder);
  return folder;
}

std::string remember_session(const std::string& path, SessionRecord& record) {
  record.journal().sync();  // what this session goes on from, before the file leads to it
  if (!record.journal().error().empty()) return record.journal().error();
  if (!sync_folder_of(record.path() + "/journal.bin") || !sync_folder_of(record.path())) {
    return record.path() + ": cannot be made durable";
  }
  return write_durably(path, std::filesystem::absolute(record.path()).string() + "\n");
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
    if (!lock_ || !lock_->held()) return 1;
    const std::string left = clear_left_orders(config_, credentials_,
                                               last_session(beside(*lock_, ".session")), canceled);
    return left.empty() ? 1 : fail(left);
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

int run_live(const RunOptions& options, RunParts parts, const orders::Credentials& credentials,
             const std::vector<orders::LimitUsage>& limits, const Refusal& refusal) {
  EngineConfig& engine = parts.config.engine;
  const orders::AccountLock& lock = *refusal.lock();
  const std::string previous = last_session(beside(lock, ".session"));
  if (engine.epoch == 0) {
    const std::string file = beside(lock, ".epoch");
    const IdEpoch next = take_epoch(parts, credentials, file);
    if (!next.error.empty()) return refusal.refuse(next.error);
    engine.epoch = next.epoch;
    const bool goes_on = parts.config.session.goes_on && !previous.empty();
    if (next.behind) parts.notes.push_back(lost_state(file, next, goes_on ? previous : ""));
  }
  if (engine.id_nonce == 0) engine.id_nonce = draw_id_nonce();
  StartRecovery recovery(
      parts.config, credentials, parts.instruments,
      {static_cast<std::uint8_t>(engine.instance), static_cast<std::uint16_t>(engine.epoch)},
      RecoveryProgress(say_progress));
  std::string error = recovery.run(previous);
  if (!error.empty()) return refusal.refuse(error, recovery.canceled());
  // The guard of an engine that died a moment ago may have written it meanwhile.
  if (const std::string reasons = read_halt(parts.config.session.dir); !reasons.empty()) {
    return refusal.refuse(halt_text(parts.config.session.dir, reasons), recovery.canceled());
  }
  parts.opening = recovery.opening();
  parts.notes.insert(parts.notes.end(), recovery.lines().begin(), recovery.lines().end());
  parts.begun = [&](SessionRecord& record) {
    return remember_session(beside(lock, ".session"), record);
  };
  parts.refuse = [&](const std::string& why) { return refusal.refuse(why, recovery.canceled()); };
  parts.mode = "live";
  std::vector<std::uint64_t> last_trades;
  for (const Instrument& i : parts.instruments) {
    last_trades.push_back(parts.opening.find(i.symbol())->trade_id);
  }
  parts.edge = [&](const EdgeContext& context) {
    return make_live_edge(context, credentials, limits, last_trades);
  };
  return run_realtime(options, parts);
}

}  // namespace

int run_on_venue(const RunOptions& options, const Config& config) {
  const bool live = options.mode == VenueMode::kLive;
  const auto guard = options.guard ? std::make_shared<GuardProcess>() : nullptr;
  const orders::Credentials credentials = live ? load_credentials(config) : orders::Credentials{};
  std::optional<Refusal> refusal;
  if (live) refusal.emplace(config, credentials);
  const auto refuse = [&](const std::string& why) {
    return refusal ? refusal->refuse(why) : fail(why);
  };
  if (live) {
    if (const std::string reasons = read_halt(config.session.dir); !reasons.empty()) {
      return refuse(halt_text(config.session.dir, reasons));
    }
    if (refusal->lock() && !refusal->lock()->held()) return fail(refusal->lock()->error());
  }
  Findings findings(true);
  const std::size_t tried =
      live ? check_account(config, credentials, findings) : check_market(config, findings);
  if (findings.failed()) return refuse("not started: what is said above has to be mended first");
  net::SharedRequestPause pause;  // over when the trading begins
  VenueInstruments venue = fetch_instruments(config, pause);
  if (!venue.error.empty()) return refuse(venue.error);
  RunParts parts{.config = config,
                 .mode = {},
                 .instruments = venue.instruments,
                 .edge = {},
                 .opening = {},
                 .notes = {},
                 .begun = {},
                 .refuse = fail,
                 .resynchronises = config.feed.source == FeedSource::kWebSocket,
                 .obey = [info = venue.info](Config& c) { obey_limits(info, c); },
                 .size_problem = size_problem,
                 .guard = guard};
  parts.obey(parts.config);
  parts.config.feed.options.attempts_made = static_cast<std::int32_t>(tried);
  if (!live) return run_paper(options, std::move(parts));
  return run_live(options, std::move(parts), credentials, order_limits(venue.info), *refusal);
}

}  // namespace mm::app
