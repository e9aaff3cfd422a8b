// What is in a set of captures, found by walking them once: instruments, venue, units, times.
//
// Cold: used at start, allocates freely, costs about what reading the captures costs. Tick and lot
// are inferred as the greatest common divisor of all prices and quantities seen, so that every
// number in the capture is a whole number of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "feeds/binance/sync_rule.h"
#include "feeds/feed_problem.h"

namespace mm {

// What a unit was inferred from: prices or quantities, by their decimals; zeros do not count.
struct UnitEvidence {
  std::array<std::uint64_t, 9> by_decimals{};

  std::uint64_t total() const;
  // How many have the most decimals, where these are so few that they may be strays; else 0.
  std::uint64_t finest_few() const;
  int decimals_of_most() const;  // the most decimals of all but those
  // Whether all are multiples of the unit, but for a few.
  bool nearly_fit(Amount unit) const;
};

struct ScannedInstrument {
  Instrument spec;  // inferred: units, assets, rules of the venue
  UnitEvidence prices, quantities;
  binance::Venue venue{binance::Venue::kUnknown};
  std::uint64_t diffs = 0, partials = 0, snapshots = 0, trades = 0, tickers = 0;
  Amount price_low{}, price_high{};  // of trades and tickers; 0 if there were none
  bool has_book = false;             // partial books, or a snapshot that starts one

  std::uint64_t messages() const { return diffs + partials + snapshots + trades + tickers; }
};

struct ScannedFile {
  std::string path;
  binance::Venue venue{binance::Venue::kUnknown};
  std::vector<std::size_t> instruments;   // indices into CaptureScan::instruments
  std::uint64_t lines = 0, messages = 0;  // all; those of Binance
  std::string first_text;                 // of the file, to say what else it may be
  bool is_corrupt = false;                // compressed data that does not inflate
  bool is_gzip = false;
};

struct CaptureScan {
  std::string error;  // a file that cannot be opened or is no Binance capture; else empty
  std::vector<ScannedInstrument> instruments;  // in order of appearance
  std::vector<ScannedFile> files;
  Nanos first{}, last{};
  FeedProblems problems;

  bool has_book() const;
};

CaptureScan scan_captures(const std::vector<std::string>& paths);

// What a line that is not ours looks like: "Bybit", "OKX", ...; empty if nothing known.
std::string recognise_form(std::string_view line);

}  // namespace mm
