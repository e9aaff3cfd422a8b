#include "engine/app/run_on_venue.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/app/feed_setup.h"
#include "engine/app/findings.h"
#include "engine/app/id_epoch.h"
#include "engine/app/live_edge.h"
#include "engine/app/paper_edge.h"
#include "engine/app/run_realtime.h"
#include "engine/app/session_report.h"
#include "engine/app/venue_check.h"
#include "engine/app/venue_limits.h"
#include "engine/app/venue_rest.h"
#include "engine/ledger/halt_file.h"
#include "gateway/binance/account_lock.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

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

int run_live(const RunOptions& options, RunParts parts, const orders::Credentials& credentials,
             const std::vector<orders::LimitUsage>& limits) {
  EngineConfig& engine = parts.config.engine;
  const orders::AccountLock lock(credentials.api_key.view(),
                                 static_cast<std::uint8_t>(engine.instance), state_folder());
  if (!lock.held()) return fail(lock.error());
  if (engine.epoch == 0) {
    const auto name = std::filesystem::path(lock.path()).stem().string() + ".epoch";
    const IdEpoch next = next_id_epoch(state_folder() + "/" + name);
    if (!next.error.empty()) return fail(next.error);
    engine.epoch = next.epoch;
  }
  parts.mode = "live";
  parts.edge = [&](const EdgeContext& context) {
    return make_live_edge(context, credentials, limits);
  };
  return run_realtime(options, parts);
}

}  // namespace

int run_on_venue(const RunOptions& options, const Config& config) {
  const bool live = options.mode == VenueMode::kLive;
  if (live) {
    if (const std::string reasons = read_halt(config.session.dir); !reasons.empty()) {
      return fail(halt_text(config.session.dir, reasons));
    }
  }
  const auto guard = options.guard ? std::make_shared<GuardProcess>() : nullptr;
  const orders::Credentials credentials = live ? load_credentials(config) : orders::Credentials{};
  Findings findings(true);
  if (live) {
    check_account(config, credentials, findings);
  } else {
    check_market(config, findings);
  }
  if (findings.failed()) return fail("not started: what is said above has to be mended first");
  VenueInstruments venue = fetch_instruments(config);
  if (!venue.error.empty()) return fail(venue.error);
  RunParts parts{.config = config,
                 .mode = {},
                 .instruments = venue.instruments,
                 .edge = {},
                 .resynchronises = config.feed.source == FeedSource::kWebSocket,
                 .guard = guard};
  obey_limits(venue.info, parts.config);
  return live ? run_live(options, std::move(parts), credentials, order_limits(venue.info))
              : run_paper(options, std::move(parts));
}

}  // namespace mm::app
