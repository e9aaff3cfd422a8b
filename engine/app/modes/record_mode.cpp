// `mm_logic record`: the venue's market data to a file, as it came; inspect and backtest read it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <thread>

#include "engine/app/control/stop_signal.h"
#include "engine/app/edges/live_market.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/venue/feed_setup.h"
#include "feeds/capture/capture_writer.h"

namespace mm::app {
namespace {

// Writes on the thread that receives; what it counts is read by the main one.
class Recorder final : public binance::RawTap {
 public:
  explicit Recorder(const std::string& path) : writer_(path) {}

  void on_raw(Nanos received, std::string_view text) override {
    writer_.write(received, text);
    lines_.store(writer_.lines(), std::memory_order_relaxed);
    if (received - flushed_ < kSecond) return;
    flushed_ = received;
    writer_.flush();
    if (!writer_.error().empty()) failed_.store(true, std::memory_order_release);
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::uint64_t lines() const { return lines_.load(std::memory_order_relaxed); }
  CaptureWriter& writer() { return writer_; }  // when nobody records

 private:
  CaptureWriter writer_;
  Nanos flushed_{};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace

int record_mode(const RecordOptions& options, const Config& config) {
  net::AddressLimits limits = make_address_limits(config);
  const VenueInstruments venue = fetch_instruments(config, limits.requests);
  if (!venue.error.empty()) return fail(venue.error);
  Recorder recorder(options.out_file);
  if (!recorder.writer().error().empty()) return fail(recorder.writer().error());
  Log log("");
  log.echo_to(stderr);
  const Clock clock;
  SpscRing<Event> market(static_cast<std::size_t>(config.engine.market_ring_slots));
  LiveMarket source({config, venue.instruments, market, nullptr, clock, log, limits, &recorder});
  if (!source.error().empty()) return fail(source.error());
  const StopSignal signals;
  fmt::print("recording {} from {}\n", fmt::join(config.venue.symbols, ", "), source.describe());
  const Nanos until = options.seconds > 0 ? clock.now() + kSecond * options.seconds : kNever;
  source.start();
  while (!StopSignal::requested() && !recorder.failed() && clock.now() < until) {
    const int work = source.feed().do_work();
    market.consume(market.peek().size());
    if (work > 0) continue;
    log.drain(clock.now());
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  source.stop();
  log.flush();
  if (!recorder.writer().close()) return fail(recorder.writer().error());
  fmt::print("{}: {} lines; {}\n", options.out_file, recorder.lines(), source.report());
  return recorder.lines() > 0 ? 0 : fail("nothing was received");
}

}  // namespace mm::app
