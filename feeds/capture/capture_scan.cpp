#include "feeds/capture/capture_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <optional>

#include "engine/core/decimal.h"
#include "feeds/binance/book_sync.h"
#include "feeds/binance/parser.h"
#include "feeds/capture/capture_reader.h"

namespace mm {

namespace {

using binance::BookSync;
using binance::Message;
using binance::MessageKind;
using binance::PriceLevel;
using binance::Venue;

// Of a number in 1e-8 units.
int decimals_of(std::int64_t n) {
  if (n % 100'000'000 == 0) return 0;
  int decimals = 8;
  if (n % 10'000 == 0) {
    n /= 10'000;
    decimals = 4;
  }
  if (n % 100 == 0) {
    n /= 100;
    decimals -= 2;
  }
  return n % 10 == 0 ? decimals - 1 : decimals;
}

// The greatest common divisor of the numbers added; nearly all are multiples of it already.
class InferredUnit {
 public:
  void add(std::int64_t n) {
    if (n == 0) return;
    ++evidence_.by_decimals[static_cast<std::size_t>(decimals_of(n))];
    narrow(n);
  }
  void add(const InferredUnit& other) {
    for (std::size_t i = 0; i < evidence_.by_decimals.size(); ++i)
      evidence_.by_decimals[i] += other.evidence_.by_decimals[i];
    narrow(other.value_);
  }
  // One 1e-8 where nothing is known.
  Amount value() const { return Amount(value_ == 0 ? 1 : value_); }
  const UnitEvidence& evidence() const { return evidence_; }

 private:
  void narrow(std::int64_t n) {
    std::int64_t quotient = 0;
    if (n == 0 || by_.divide(n, quotient)) return;
    value_ = std::gcd(value_, n);
    by_ = ExactDivisor(value_);
  }

  std::int64_t value_ = 0;
  ExactDivisor by_;
  UnitEvidence evidence_;
};

struct Units {
  InferredUnit tick, lot;

  void add(const PriceLevel& l) {
    tick.add(l.price);
    lot.add(l.quantity);
  }
  void add(const Message& m) {
    for (const PriceLevel& l : m.bids) add(l);
    for (const PriceLevel& l : m.asks) add(l);
    add({m.price, m.quantity});
    add(m.bid);
    add(m.ask);
  }
};

// Only ids are followed here: which snapshot would start a book.
struct Found {
  ScannedInstrument scanned;
  Units units;
  BookSync sync;
  std::uint64_t last_id = 0;  // update id and price last seen, to place snapshots
  std::int64_t price = 0;
};

// A snapshot that names no symbol, until the file has told whose it is.
struct Nameless {
  std::uint64_t id;
  Units units;
  std::int64_t price;
};

// Of a real unit's multiples most have all its decimals.
constexpr bool is_few(std::uint64_t count, std::uint64_t total) {
  constexpr std::uint64_t kShare = 100;
  return count * kShare < total;
}

// No text has such characters; compressed data have them among the first few.
bool is_binary(std::string_view text) {
  return std::ranges::any_of(text.substr(0, 8), [](char c) {
    return c != '\t' && c != '\r' && (static_cast<unsigned char>(c) < ' ' || c == 0x7f);
  });
}

constexpr std::size_t kSyncLevels = 64, kSyncDiffs = std::size_t{1} << 16;
constexpr std::uint64_t kForeignLinesMax = 100'000;  // without one message of Binance: give up

class Scanner {
 public:
  void scan(const std::string& path);
  CaptureScan finish();

 private:
  void on_message(const Message& m);
  void on_snapshot(Found& f, std::uint64_t id);
  void on_named(Found& f, const Message& m);
  void on_nameless(const Message& m);
  Found* fit(const Nameless& n);
  void end_file();
  Found& find(std::string_view symbol);
  void note(FeedProblem p, const CaptureReader& reader, std::string_view about);

  CaptureScan scan_;
  binance::Parser parser_;
  std::vector<std::unique_ptr<Found>> found_;
  std::vector<Nameless> nameless_;
  ScannedFile file_;
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// Not every message tells its venue: what is not known yet may be any, until one does.
Found& Scanner::find(std::string_view symbol) {
  const auto is_it = [&](const std::unique_ptr<Found>& f) {
    const Venue venue = f->scanned.venue;
    return f->scanned.spec.symbol() == symbol &&
           (venue == file_.venue || venue == Venue::kUnknown || file_.venue == Venue::kUnknown);
  };
  const auto at = std::ranges::find_if(found_, is_it);
  const auto i = static_cast<std::size_t>(at - found_.begin());
  if (at == found_.end()) {
    ScannedInstrument scanned;
    scanned.venue = file_.venue;
    symbol.copy(scanned.spec.symbol_text.data(), scanned.spec.symbol_text.size() - 1);
    found_.push_back(std::make_unique<Found>(
        Found{scanned, {}, BookSync(file_.venue, kSyncLevels, kSyncDiffs), 0, 0}));
  }
  Found& found = *found_[i];
  if (found.scanned.venue == Venue::kUnknown && file_.venue != Venue::kUnknown) {
    found.scanned.venue = file_.venue;
    found.sync = BookSync(file_.venue, kSyncLevels, kSyncDiffs);  // book messages tell: none so far
  }
  if (std::find(file_.instruments.begin(), file_.instruments.end(), i) == file_.instruments.end())
    file_.instruments.push_back(i);
  return found;
}

void Scanner::on_snapshot(Found& f, std::uint64_t id) {
  ++f.scanned.snapshots;
  if (f.sync.on_snapshot(id) == binance::SnapshotVerdict::kApply) f.scanned.has_book = true;
  while (f.sync.has_backlog()) f.sync.take_backlog();
}

// Of the file's instruments the only one, or the one whose price and id are nearest.
Found* Scanner::fit(const Nameless& n) {
  if (file_.instruments.size() == 1) return found_[file_.instruments[0]].get();
  Found* best = nullptr;
  std::uint64_t best_distance = 0;
  for (const std::size_t i : file_.instruments) {
    Found& f = *found_[i];
    if (n.price > f.price + f.price / 8 || n.price < f.price - f.price / 8) continue;
    const std::uint64_t distance = n.id > f.last_id ? n.id - f.last_id : f.last_id - n.id;
    if (best != nullptr && distance >= best_distance) continue;
    best = &f;
    best_distance = distance;
  }
  return best;
}

void Scanner::on_nameless(const Message& m) {
  nameless_.push_back({m.last_id, {}, m.bids.empty() ? 0 : m.bids.front().price});
  nameless_.back().units.add(m);
  if (Found* const f = fit(nameless_.back())) on_snapshot(*f, m.last_id);
}

void Scanner::on_named(Found& f, const Message& m) {
  f.units.add(m);
  if (m.last_id != 0) f.last_id = m.last_id;
  const std::int64_t price = m.kind == MessageKind::kBookTicker ? m.bid.price : m.price;
  if (price > 0) {
    f.price = price;
    Amount& low = f.scanned.price_low;
    low = low.v == 0 ? Amount(price) : std::min(low, Amount(price));
    f.scanned.price_high = std::max(f.scanned.price_high, Amount(price));
  }
  if (f.price == 0)
    for (const PriceLevel& l : m.bids) f.price = std::max(f.price, l.price);
  switch (m.kind) {
    case MessageKind::kDepthDiff: {
      ++f.scanned.diffs;
      binance::BookMessage ids;
      ids.ids = {m.first_id, m.last_id, m.previous_id};
      if (f.sync.synced())
        f.sync.on_diff(ids);
      else
        f.sync.keep(ids);
      break;
    }
    case MessageKind::kPartialDepth:
      ++f.scanned.partials;
      f.scanned.has_book = true;
      break;
    case MessageKind::kSnapshot:
      on_snapshot(f, m.last_id);
      break;
    case MessageKind::kTrade:
    case MessageKind::kAggTrade:
      ++f.scanned.trades;
      break;
    case MessageKind::kBookTicker:
      ++f.scanned.tickers;
      break;
    case MessageKind::kIgnored:
    case MessageKind::kServerShutdown:
      break;
  }
}

void Scanner::on_message(const Message& m) {
  ++file_.messages;
  if (file_.venue == Venue::kUnknown) file_.venue = m.venue;
  if (m.kind == MessageKind::kIgnored || m.kind == MessageKind::kServerShutdown) return;
  if (m.symbol.empty() && m.stream_symbol.empty()) return on_nameless(m);
  const bool first = file_.instruments.empty();
  Found& f = find(m.symbol.empty() ? upper(m.stream_symbol) : std::string(m.symbol));
  on_named(f, m);
  if (!first) return;
  for (const Nameless& n : nameless_) on_snapshot(f, n.id);
}

void Scanner::note(FeedProblem p, const CaptureReader& reader, std::string_view about) {
  scan_.problems.add(p, fmt::format("{}:{}: {}", reader.path(), reader.line_number(), about));
}

void Scanner::scan(const std::string& path) {
  file_ = ScannedFile{};
  file_.path = path;
  nameless_.clear();
  CaptureReader reader(path);
  if (!reader.error().empty() && scan_.error.empty()) scan_.error = reader.error();
  file_.is_gzip = reader.is_gzip();
  CaptureLine line;
  ReadResult result;
  while ((result = reader.next(line)) != ReadResult::kEnd) {
    if (file_.messages == 0 && reader.line_number() > kForeignLinesMax) break;
    ++file_.lines;
    if (file_.first_text.empty())
      file_.first_text =
          result == ReadResult::kLine ? line.text.substr(0, 80) : reader.problem_text();
    if (result == ReadResult::kProblem) {
      note(reader.problem(), reader, reader.problem_text());
      file_.is_corrupt |= reader.problem() == FeedProblem::kBadGzip;
      continue;
    }
    if (line.time_problem != FeedProblem::kNone)
      note(line.time_problem, reader, line.text.substr(0, 80));
    const FeedProblem p = parser_.parse(line.text);
    if (p != FeedProblem::kNone) {
      note(p, reader, parser_.detail());
      continue;
    }
    if (scan_.first == Nanos{} || line.at < scan_.first) scan_.first = line.at;
    scan_.last = std::max(scan_.last, line.at);
    on_message(parser_.message());
  }
  end_file();
}

void Scanner::end_file() {
  for (const Nameless& n : nameless_)
    if (Found* const f = fit(n)) {
      f->units.tick.add(n.units.tick);
      f->units.lot.add(n.units.lot);
    }
  if (file_.messages == 0 && scan_.error.empty() && file_.is_corrupt) {
    scan_.error = file_.path + ": corrupt gzip: nothing of it can be read";
  } else if (file_.messages == 0 && scan_.error.empty() && !file_.is_gzip &&
             file_.path.ends_with(".gz") && is_binary(file_.first_text)) {
    scan_.error = file_.path +
                  ": is not gzip, although its name says so, nor text: its first two bytes must be "
                  "1f 8b, and are damaged if it was gzip";
  } else if (file_.messages == 0 && scan_.error.empty()) {
    const std::string form = recognise_form(file_.first_text);
    scan_.error = fmt::format(
        "{}: not a Binance capture{}; expected lines of `<receive time in ns or us> <Binance "
        "market data JSON>`, plain or gzip",
        file_.path, form.empty() ? "" : " (it looks like " + form + ")");
  }
  scan_.files.push_back(std::move(file_));
}

// The quote asset is the known one the symbol ends with.
void name_assets(Instrument& i) {
  static constexpr std::array<std::string_view, 20> kQuotes{
      "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "BIDR", "IDRT", "DAI", "BTC",
      "ETH",   "BNB",  "TRX",  "XRP",  "EUR",  "GBP",  "TRY",  "BRL",  "JPY", "USD"};
  const std::string_view symbol = i.symbol();
  for (const std::string_view quote : kQuotes) {
    if (symbol.size() <= quote.size() || !symbol.ends_with(quote)) continue;
    quote.copy(i.quote_text.data(), i.quote_text.size() - 1);
    const std::string_view base = symbol.substr(0, symbol.size() - quote.size());
    base.copy(i.base_text.data(), i.base_text.size() - 1);
    return;
  }
}

CaptureScan Scanner::finish() {
  for (const auto& f : found_) {
    Instrument& spec = f->scanned.spec;
    spec.tick = f->units.tick.value();
    spec.lot = f->units.lot.value();
    f->scanned.prices = f->units.tick.evidence();
    f->scanned.quantities = f->units.lot.evidence();
    spec.is_spot = f->scanned.venue != Venue::kUsdm;
    spec.rules = spec.is_spot ? kBinanceSpotRules : kBinanceUsdmRules;
    spec.book_includes_own = false;
    name_assets(spec);
    scan_.instruments.push_back(f->scanned);
  }
  // A file that never told is of the venue that others tell of its instruments.
  for (ScannedFile& file : scan_.files)
    if (file.venue == Venue::kUnknown && !file.instruments.empty())
      file.venue = scan_.instruments[file.instruments[0]].venue;
  return std::move(scan_);
}

}  // namespace

std::uint64_t UnitEvidence::total() const {
  return std::accumulate(by_decimals.begin(), by_decimals.end(), std::uint64_t{0});
}

std::uint64_t UnitEvidence::finest_few() const {
  for (std::size_t i = by_decimals.size(); i-- > 0;)
    if (by_decimals[i] != 0) return is_few(by_decimals[i], total()) ? by_decimals[i] : 0;
  return 0;
}

// Known by their decimals alone, so a unit of 0.005 never does.
bool UnitEvidence::nearly_fit(Amount unit) const {
  std::size_t decimals = by_decimals.size() - 1;
  std::int64_t step = 1;
  while (decimals > 0 && step < unit.v) step *= 10, --decimals;
  std::uint64_t finer = 0;
  for (std::size_t i = decimals + 1; i < by_decimals.size(); ++i) finer += by_decimals[i];
  return step == unit.v && is_few(finer, total());
}

int UnitEvidence::decimals_of_most() const {
  bool skipped = finest_few() == 0;
  for (std::size_t i = by_decimals.size(); i-- > 0;) {
    if (by_decimals[i] == 0) continue;
    if (skipped) return static_cast<int>(i);
    skipped = true;
  }
  return 0;
}

bool CaptureScan::has_book() const {
  return std::any_of(instruments.begin(), instruments.end(),
                     [](const ScannedInstrument& i) { return i.has_book; });
}

CaptureScan scan_captures(const std::vector<std::string>& paths) {
  Scanner scanner;
  for (const std::string& path : paths) scanner.scan(path);
  return scanner.finish();
}

std::string recognise_form(std::string_view line) {
  if (is_binary(line)) return "binary data";
  struct Form {
    std::string_view mark, name;
  };
  static constexpr std::array<Form, 9> kForms{{{"okx.com", "an OKX recording of cryptofeed"},
                                               {"\"instId\"", "OKX"},
                                               {"BYBIT", "a Bybit recording of cryptofeed"},
                                               {"\"topic\"", "Bybit"},
                                               {"{\"t\":\"header\"", "a cryptofeed recording"},
                                               {" <- ", "a cryptofeed recording"},
                                               {"://", "a cryptofeed recording"},
                                               {"{\"rx_ns\"", "JSON lines with the time inside"},
                                               {"{", "JSON lines without a receive time"}}};
  for (const Form& form : kForms)
    if (line.find(form.mark) != std::string_view::npos) return std::string(form.name);
  return {};
}

}  // namespace mm
