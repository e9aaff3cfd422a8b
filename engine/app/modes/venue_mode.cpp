#include "engine/app/modes/venue_mode.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "engine/app/cli_command.h"
#include "engine/app/config/config.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/reaction_meter.h"
#include "engine/app/session/session_report.h"
#include "engine/runtime/durable_file.h"
#include "feeds/capture/capture_feed.h"
#include "sim/server/server.h"

namespace mm::app {
namespace {

constexpr const char* kEd25519ApiKey =
    "Ed25519TestKeyOfTheLocalVenue000000000000000000000000000000000000";

bool write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  chmod(path.c_str(), mode);  // before there is anything to read
  file << text;
  return static_cast<bool>(file.flush());
}

// A key pair in files, and an account with its public half; one line about what went wrong.
std::string add_ed25519_account(const std::string& dir, server::ServerConfig& config) {
  namespace fs = std::filesystem;
  const server::Ed25519KeyPair pair = server::make_ed25519_key_pair();
  std::error_code error;
  fs::create_directories(dir, error);
  const fs::path private_file = fs::path(dir) / "ed25519_private.pem";
  if (!write_file(private_file, pair.private_pem, S_IRUSR | S_IWUSR) ||
      !write_file(fs::path(dir) / "ed25519_public.pem", pair.public_pem,
                  S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)) {
    return fmt::format("--ed25519-keys {}: cannot be written", dir);
  }
  server::AccountConfig account = server::default_account();
  account.name = "test-ed25519";
  account.api_key = kEd25519ApiKey;
  account.hmac_secret.clear();
  account.kind = server::KeyKind::kEd25519;
  account.public_key = *server::read_ed25519_public_key(pair.public_pem);
  config.accounts.push_back(account);
  fmt::print("account {}  api_key {}  private key in {}\n", account.name, account.api_key,
             private_file.string());
  return {};
}

// The recorded market in place of the generated ones: as fast as it was.
class CapturePlayer {
 public:
  // One line about what was wrong, or empty.
  std::string open(server::ServerConfig& config) {
    auto opened =
        CaptureFeed::open({.files = {config.capture_file}, .symbol = {}, .exchange_info_file = {}});
    if (!opened.feed) return opened.error;
    feed_ = std::move(opened.feed);
    config.symbols.clear();
    for (const Instrument& seen : feed_->instruments()) {
      server::SymbolConfig symbol{make_instrument(Config{}, seen.symbol()), {}};
      symbol.instrument.tick = seen.tick;
      symbol.instrument.lot = seen.lot;
      symbol.instrument.notional_min = seen.notional_min;
      config.symbols.push_back(symbol);
    }
    more_ = feed_->next(at_, batch_);
    begun_ = at_;
    return {};
  }

  bool next(Nanos since_start, Event& out) {
    while (more_ && used_ == batch_.events().size()) {
      used_ = 0;
      more_ = feed_->next(at_, batch_);
    }
    if (!more_ || at_ - begun_ > since_start) return false;
    out = batch_.events()[used_++];
    return true;
  }

 private:
  std::unique_ptr<CaptureFeed> feed_;
  EventBatch batch_;
  std::size_t used_ = 0;
  Nanos at_{}, begun_{};
  bool more_ = false;
};

void introduce(const server::ServerConfig& config, std::uint16_t port, bool with_test_account) {
  if (with_test_account) {
    const server::AccountConfig& account = config.accounts.front();
    fmt::print("account {}  api_key {}  hmac_secret {}\n", account.name, account.api_key,
               account.hmac_secret);
  }
  std::string symbols;
  for (const auto& s : config.symbols) symbols += fmt::format(" {}", s.instrument.symbol());
  fmt::print("serving{} on {} {}:{}\n", symbols, config.tls() ? "https, wss" : "http, ws",
             config.listen_address, port);
  std::fflush(stdout);
}

}  // namespace

int venue_mode(const VenueOptions& options, server::ServerConfig config) {
  const bool with_test_account =
      config.accounts.front().api_key == server::default_account().api_key;
  if (!options.key_dir.empty()) {
    const std::string error = add_ed25519_account(options.key_dir, config);
    if (!error.empty()) return complain(error);
  }
  CapturePlayer player;
  server::MarketSource source;
  if (!config.capture_file.empty()) {
    const std::string error = player.open(config);
    if (!error.empty()) return complain(error);
    source = [&player](Nanos since_start, Event& out) { return player.next(since_start, out); };
  }
  ReactionMeter meter(static_cast<std::uint64_t>(options.measured_updates));
  server::ServerProbe probe;
  if (!options.measure_file.empty()) {
    probe = {.on_publish = [&](Nanos due, Nanos now) { meter.on_publish(due, now); },
             .on_message = [&](Nanos now) { meter.on_message(now); }};
  }
  server::VenueServer venue(config, source, probe);
  const std::string error = venue.open();
  if (!error.empty()) return complain(error);
  StopSignal stop;
  introduce(config, venue.port(), with_test_account);
  venue.run([] { return StopSignal::requested(); },
            options.spin ? server::Pace::kSpin : server::Pace::kWait);
  const server::ServerSummary s = venue.summary();
  fmt::print(
      "served {} WebSocket clients and {} HTTP requests: {} messages in, {} out, {} slow "
      "clients cut off, {} orders, {} trades\n",
      s.clients, s.http_requests, s.messages_in, s.messages_out, s.slow_clients, s.orders,
      s.trades);
  if (!s.faults.empty()) fmt::print("{}\n", s.faults);
  if (s.orphans > 0) {
    fmt::print("{} late requests were carried out when their connection had gone\n", s.orphans);
  }
  if (options.measure_file.empty()) return 0;
  meter.finish(server::steady_now());
  const std::string unwritten = write_durably(options.measure_file, meter.json() + '\n');
  return unwritten.empty() ? 0 : fail(unwritten);
}

}  // namespace mm::app
