#include "feeds/capture/capture_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/decimal.h"
#include "feeds/binance/exchange_info.h"

namespace mm {

using binance::BinanceFeed;
using binance::Venue;

namespace {

constexpr std::size_t kBufferedLevelsAll = std::size_t{1} << 22;  // over all instruments
constexpr std::size_t kBufferedLevelsMax = std::size_t{1} << 18;
constexpr std::size_t kBufferedLevelsMin = std::size_t{1} << 15;  // above twice the largest diff

constexpr std::uint64_t kStrayShare = 1000;

constexpr std::string_view kFromConfig = "from config", kFromExchangeInfo = "from exchangeInfo",
                           kInferred = "inferred from the capture";

constexpr std::size_t index(Venue v) {
  return static_cast<std::size_t>(v);
}

bool is_multiple(Amount value, Amount unit) {
  std::int64_t quotient = 0;
  return ExactDivisor(unit.v).divide(value.v, quotient);
}

// One number is enough to make a unit as fine as it is; that few are is said.
std::string evidence_text(const UnitEvidence& e, std::string_view numbers) {
  std::string text = fmt::format("{} {}", e.total(), numbers);
  if (e.finest_few() != 0)
    text +=
        fmt::format(", only {} with more than {} decimals", e.finest_few(), e.decimals_of_most());
  return text;
}

}  // namespace

CaptureFeed::Opened CaptureFeed::open(const CaptureOptions& options) {
  if (options.files.empty()) return {nullptr, "no capture is named"};
  std::unique_ptr<CaptureFeed> feed(new CaptureFeed(options));
  std::string error = feed->start(options);
  if (!error.empty()) feed.reset();
  return {std::move(feed), std::move(error)};
}

CaptureFeed::CaptureFeed(const CaptureOptions& options)
    : scan_(scan_captures(options.files)),
      merge_(options.files),
      all_symbols_(options.symbol.empty()) {}

std::string CaptureFeed::start(const CaptureOptions& options) {
  if (!scan_.error.empty()) return scan_.error;
  if (!merge_.error().empty()) return merge_.error();
  std::string error = choose_instruments(options);
  if (!error.empty()) return error;
  build_feeds();
  return {};
}

// A line or two of another symbol make no instrument.
bool CaptureFeed::is_stray(const ScannedInstrument& scanned, const CaptureOptions& options) {
  if (!options.named || options.named(scanned.spec.symbol())) return false;
  const auto most = std::ranges::max(scan_.instruments, {}, &ScannedInstrument::messages);
  const bool next_to_nothing = scanned.messages() * kStrayShare < most.messages();
  // A snapshot that names no symbol was taken for the likeliest one's, and may be another's.
  std::uint64_t spare_snapshots = 0;
  for (const ScannedInstrument& i : scan_.instruments) {
    spare_snapshots += i.snapshots - std::min<std::uint64_t>(i.snapshots, i.has_book ? 1 : 0);
  }
  const bool may_have_book = scanned.has_book || (scanned.diffs > 0 && spare_snapshots > 0);
  if (may_have_book ? !next_to_nothing : !scan_.has_book()) return false;
  notes_.push_back(fmt::format(
      "{}: left out, the captures hold {} messages of it{}; name it in "
      "[venue] symbols to have it all the same",
      scanned.spec.symbol(), scanned.messages(), may_have_book ? "" : " and no usable book"));
  return true;
}

std::string CaptureFeed::choose_instruments(const CaptureOptions& options) {
  std::optional<binance::ExchangeInfo> info;
  if (!options.exchange_info_file.empty()) {
    info = binance::read_exchange_info(options.exchange_info_file);
    if (!info->error.empty()) return info->error;
  }
  for (const ScannedInstrument& s : scan_.instruments) {
    if (!all_symbols_ && s.spec.symbol() != options.symbol) {
      notes_.push_back(
          fmt::format("{}: left out, only {} is asked for", s.spec.symbol(), options.symbol));
      continue;
    }
    if (is_stray(s, options)) continue;
    Instrument& i = instruments_.emplace_back(s.spec);
    scanned_.push_back(&s);
    i.tick = i.lot = Amount(0);
    if (options.configure) options.configure(i);
    complete(i, s, info.has_value() ? &*info : nullptr);
  }
  if (instruments_.empty() && !all_symbols_)
    return fmt::format("{}: not in the captures", options.symbol);
  if (instruments_.empty()) return "the captures hold no market data of any instrument";
  if (instruments_.size() > kMaxInstruments)
    return fmt::format("{} instruments; at most {}", instruments_.size(), kMaxInstruments);
  return {};
}

// What exchangeInfo says of it, if that can be true of the capture.
const Instrument* CaptureFeed::fitting(const Instrument& i, const ScannedInstrument& scanned,
                                       const binance::ExchangeInfo* info) {
  const Instrument* const known = info == nullptr ? nullptr : info->find(i.symbol(), i.is_spot);
  if (known == nullptr || known->tick.v <= 0 || known->lot.v <= 0) return nullptr;
  if ((i.tick.v > 0 || is_multiple(scanned.spec.tick, known->tick)) &&
      (i.lot.v > 0 || is_multiple(scanned.spec.lot, known->lot) ||
       scanned.quantities.nearly_fit(known->lot)))
    return known;
  notes_.push_back(fmt::format("{}: exchangeInfo (tick {}, lot {}) does not fit the capture",
                               i.symbol(), decimal_text(known->tick.v),
                               decimal_text(known->lot.v)));
  return nullptr;
}

// Units from config, else from exchangeInfo, else as scanned.
void CaptureFeed::complete(Instrument& i, const ScannedInstrument& scanned,
                           const binance::ExchangeInfo* info) {
  i.book_includes_own = false;
  i.is_spot = scanned.spec.is_spot;  // the venue is the capture's, whatever the config says
  i.rules = scanned.spec.rules;
  const Instrument own = i;
  const bool own_tick = own.tick.v > 0, own_lot = own.lot.v > 0;
  std::string_view source = kFromConfig;
  if (!own_tick || !own_lot) {
    const Instrument* const known = fitting(i, scanned, info);
    source = known != nullptr ? kFromExchangeInfo : kInferred;
    const Instrument& found = known != nullptr ? *known : scanned.spec;
    if (known != nullptr) i = *known;
    i.fees = own.fees;
    i.book_includes_own = false;
    i.tick = own_tick ? own.tick : found.tick;
    i.lot = own_lot ? own.lot : found.lot;
    if (own.notional_min.v > 0) i.notional_min = own.notional_min;
    if (i.base_text[0] == '\0') i.base_text = scanned.spec.base_text;
    if (i.quote_text[0] == '\0') i.quote_text = scanned.spec.quote_text;
  }
  const std::string tick = decimal_text(i.tick.v), lot = decimal_text(i.lot.v);
  std::string line =
      own_tick == own_lot
          ? fmt::format("{}: tick {} and lot {} {}", i.symbol(), tick, lot, source)
          : fmt::format("{}: tick {} {}, lot {} {}", i.symbol(), tick,
                        own_tick ? kFromConfig : source, lot, own_lot ? kFromConfig : source);
  if (source == kInferred)
    line += fmt::format(" ({}; {})", evidence_text(scanned.prices, "prices"),
                        evidence_text(scanned.quantities, "quantities"));
  if (source != kFromConfig) notes_.push_back(line);
  units_.push_back(std::move(line));
}

void CaptureFeed::build_feeds() {
  std::array<std::vector<binance::FeedInstrument>, 3> by_venue;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const Amount price = (scanned_[i]->price_low + scanned_[i]->price_high) / 2;
    by_venue[index(instruments_[i].is_spot ? Venue::kSpot : Venue::kUsdm)].push_back(
        {static_cast<InstrumentId>(i), instruments_[i], price});
  }
  for (const Venue v : {Venue::kSpot, Venue::kUsdm})
    feeds_[index(v)].emplace(
        by_venue[index(v)],
        binance::FeedOptions{.venue = v,
                             .message_bytes_max = CaptureReader::kLineMax,
                             .buffered_levels = std::clamp(kBufferedLevelsAll / instruments_.size(),
                                                           kBufferedLevelsMin, kBufferedLevelsMax),
                             .buffered_diffs = std::size_t{1} << 14});
  for (const ScannedFile& file : scan_.files) {
    Source source{file.venue == Venue::kUsdm ? Venue::kUsdm : Venue::kSpot, binance::kBestFit};
    if (file.instruments.size() == 1) {
      source.nameless = binance::kNotOurs;
      const Instrument& only = scan_.instruments[file.instruments[0]].spec;
      for (std::size_t i = 0; i < instruments_.size(); ++i)
        if (instruments_[i].symbol() == only.symbol() && instruments_[i].is_spot == only.is_spot)
          source.nameless = static_cast<InstrumentId>(i);
    } else if (file.instruments.empty()) {
      source.nameless = binance::kOnlyInstrument;
    }
    sources_.push_back(source);
  }
}

void CaptureFeed::note(FeedProblem p, std::string_view about) {
  if (p == FeedProblem::kUnknownSymbol && !all_symbols_) return;
  const CaptureReader& reader = merge_.reader();
  std::array<char, FeedProblems::kTextMax> text;
  const auto written = fmt::format_to_n(text.data(), text.size(), "{}:{}{}{}", reader.path(),
                                        reader.line_number(), about.empty() ? "" : ": ", about);
  problems_.add(p, {text.data(), std::min(text.size(), written.size)});
}

bool CaptureFeed::next(Nanos& at, EventBatch& out) {
  out.clear();
  if (draining_ != nullptr) draining_->drain(out);
  while (out.empty()) {
    CaptureLine line;
    const ReadResult result = merge_.next(line);
    if (result == ReadResult::kEnd) return false;
    ++lines_;
    if (result == ReadResult::kProblem) {
      note(merge_.reader().problem(), merge_.reader().problem_text());
      continue;
    }
    if (line.time_problem != FeedProblem::kNone) note(line.time_problem, {});
    at_ = line.at;
    const Source& source = sources_[merge_.source()];
    BinanceFeed& feed = *feeds_[index(source.venue)];
    const FeedProblem p = feed.on_message(line.at, line.text, out, source.nameless);
    if (p != FeedProblem::kNone) note(p, feed.detail());
    draining_ = &feed;
  }
  if (!draining_->has_backlog()) draining_ = nullptr;
  if (!told_up_ && out.room() > 0) {  // a capture is a connection that was up
    told_up_ = true;
    Event& up = out.push();
    up.kind = EventKind::kFeedStatus;
    up.received = at_;
    up.feed = {.connection = 0, .up = 1, .pad = {}};
  }
  at = at_;
  return true;
}

binance::FeedCounters CaptureFeed::counters() const {
  binance::FeedCounters total;
  for (const auto& feed : feeds_)
    if (feed.has_value()) total += feed->counters();
  return total;
}

std::uint64_t CaptureFeed::partials_applied() const {
  return feeds_[index(Venue::kSpot)]->counters().partials_applied +
         feeds_[index(Venue::kUsdm)]->counters().partials_applied;
}

bool CaptureFeed::had_book() const {
  const binance::FeedCounters c = counters();
  return c.snapshots_applied + c.partials_applied != 0;
}

}  // namespace mm
