#include "engine/report/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "engine/core/decimal_text.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/sqlite.h"
#include "engine/report/iso_time.h"

namespace mm {
namespace {

struct Table {
  std::string_view name, header;
};
constexpr std::array kTables = {
    Table{"fills",
          "time,symbol,side,level,price,quantity,notional,fee,fee_asset,maker,order_id,trade_id,"
          "mid,mid_10ms,mid_100ms,mid_1s,mid_10s,mid_60s,position,total"},
    Table{"orders",
          "created,updated,symbol,order_id,replaces,venue_order_id,side,price,quantity,filled,"
          "state,reason,why,amends"},
    Table{"quotes", "time,symbol,side,level,price,quantity,order_id,reason,shortfall,bid,ask"},
    Table{"equity",
          "time,symbol,mid,position,realized,unrealized,fees,total,spread_capture,"
          "adverse_selection,inventory"}};

std::string_view header_of(std::string_view table) {
  for (const Table& t : kTables) {
    if (t.name == table) return t.header;
  }
  return {};
}

std::string_view asset_of(const Instrument& i, Asset asset) {
  if (asset == Asset::kBase) return i.base();
  return asset == Asset::kQuote ? i.quote() : std::string_view("other");
}

std::string mid_text(const Instrument& i, HalfTicks mid) {
  return mid.v == 0 ? std::string() : price_text(i, mid).str();
}

}  // namespace

CsvFolder::~CsvFolder() {
  if (quotes_.is_open()) std::remove((path("quotes") + ".part").c_str());
}

std::string CsvFolder::path(std::string_view table) const {
  return fmt::format("{}/{}.csv", folder_, table);
}

std::string CsvFolder::open(const std::string& folder, std::size_t instruments) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return folder + ": cannot be created: " + error.message();
  folder_ = folder;
  for (const Table& t : kTables) {
    std::string first;
    std::ifstream there(path(t.name));
    if (there && std::getline(there, first) && first != t.header) {
      return path(t.name) + ": is there and is no table of ours; name another folder";
    }
  }
  shown_.resize(instruments);
  quotes_ = begin("quotes");
  return error_;
}

std::ofstream CsvFolder::begin(std::string_view table) {
  std::ofstream file(path(table) + ".part", std::ios::binary | std::ios::trunc);
  file << header_of(table) << '\n';
  if (!file && error_.empty()) error_ = path(table) + ": cannot be written";
  return file;
}

void CsvFolder::end(std::string_view table, std::ofstream& file) {
  file.close();
  const std::string whole = path(table), part = whole + ".part";
  if (!error_.empty() || !file || std::rename(part.c_str(), whole.c_str()) != 0) {
    std::remove(part.c_str());
    if (error_.empty()) error_ = whole + ": cannot be written";
  }
}

void CsvFolder::on_decided(const Core& core, InstrumentId id) {
  for (const Side side : kSides) write_side(core, core.instrument(id), side);
}

// The orders that rest, nearest first; a row for each place whose order is another than before, and
// for a new reason one row at least.
void CsvFolder::write_side(const Core& core, const InstrumentState& s, Side side) {
  std::vector<Shown> now;
  for (const std::uint16_t slot : core.orders().live(s.id, side)) {
    const Order& o = core.orders().row(slot);
    if (o.acknowledged) now.push_back({o.id, o.price, o.leaves()});
  }
  ShownSide& shown = shown_[s.id][index(side)];
  const QuoteReason reason = s.side(side).bare(), shortfall = s.side(side).shortfall();
  const bool told = reason == shown.reason && shortfall == shown.shortfall;
  if (now == shown.levels && told) return;
  const Instrument& i = s.config.instrument;
  const std::size_t places = std::max({now.size(), shown.levels.size(), std::size_t{1}});
  const std::string time = iso_time(core.now());
  for (std::size_t k = 0; k < places; ++k) {
    const Shown none, &is = k < now.size() ? now[k] : none;
    const Shown& was = k < shown.levels.size() ? shown.levels[k] : none;
    if (is == was && (told || k > 0)) continue;
    const bool there = is.id.v != 0;
    quotes_ << fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", time, i.symbol(), name(side),
                           k + 1, there ? price_text(i, is.price).str() : "",
                           quantity_text(i, is.lots).view(), there ? order_id_text(is.id) : "",
                           name(reason), name(shortfall),
                           s.touch.has_bid ? price_text(i, s.touch.bid).str() : "",
                           s.touch.has_ask ? price_text(i, s.touch.ask).str() : "");
  }
  shown.levels = std::move(now);
  shown.reason = reason;
  shown.shortfall = shortfall;
}

void CsvFolder::write_fills(const Core& core, SessionModel& model) {
  std::ofstream file = begin("fills");
  // By time over all instruments, like every other table.
  std::vector<std::pair<const FillRow*, InstrumentId>> all;
  for (std::size_t k = 0; k < model.instrument_count(); ++k) {
    const auto id = static_cast<InstrumentId>(k);
    for (const FillRow& f : model.instrument(id).fills.rows()) all.emplace_back(&f, id);
  }
  std::ranges::stable_sort(all, {}, [](const auto& row) { return row.first->time; });
  for (const auto& [f, id] : all) {
    const Instrument& i = core.instrument(id).config.instrument;
    file << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}", iso_time(f->time), i.symbol(),
                        name(f->side), f->level < 0 ? "" : std::to_string(f->level + 1),
                        price_text(i, f->price).view(), quantity_text(i, f->lots).view(),
                        decimal_text(notional(i, f->price, f->lots)).view(),
                        decimal_text(f->fee).view(), asset_of(i, f->fee_asset), f->maker ? 1 : 0,
                        order_id_text(f->order), f->trade.v, mid_text(i, f->mark));
    for (const HalfTicks later : f->later) file << ',' << mid_text(i, later);
    file << ',' << decimal_text(f->position).view() << ',' << decimal_text(f->total).view() << '\n';
  }
  end("fills", file);
}

void CsvFolder::write_equity(const Core& core, const SessionModel& model) {
  std::ofstream file = begin("equity");
  const EquitySeries& equity = model.equity();
  for (std::size_t k = 0; k < equity.times().size(); ++k) {
    const std::string time = iso_time(equity.times()[k]);
    for (std::size_t n = 0; n < core.instrument_count(); ++n) {
      const auto id = static_cast<InstrumentId>(n);
      const Instrument& i = core.instrument(id).config.instrument;
      const EquityPoint& p = equity.at(k, id);
      file << fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{}\n", time, i.symbol(), mid_text(i, p.mark),
          decimal_text(p.position).view(), decimal_text(p.realized).view(),
          decimal_text(p.unrealized).view(), decimal_text(p.fees).view(),
          decimal_text(p.total()).view(), decimal_text(p.parts.spread_capture).view(),
          decimal_text(p.parts.adverse_selection).view(), decimal_text(p.parts.inventory).view());
    }
  }
  end("equity", file);
}

void CsvFolder::write_orders(const std::string& ledger) {
  Database database;
  Statement rows;
  std::string error = database.open(ledger, Database::Mode::kReadOnly);
  if (error.empty()) {
    error = database.prepare(
        "SELECT created_ns, updated_ns, symbol, client_order_id, replaces, venue_order_id, side, "
        "price, quantity, filled, state, reason, why, amends FROM orders "
        "JOIN instruments ON instrument = id ORDER BY created_ns, client_order_id",
        rows);
  }
  std::ofstream file = begin("orders");
  while (error.empty() && rows.step()) {
    file << iso_time(Nanos(rows.integer(0))) << ',' << iso_time(Nanos(rows.integer(1)));
    for (int column = 2; column < 14; ++column) file << ',' << rows.text(column);
    file << '\n';
  }
  if (error.empty()) error = database.error();
  if (!error.empty() && error_.empty()) error_ = ledger + ": " + error;
  end("orders", file);
}

std::string CsvFolder::finish(const Core& core, SessionModel& model, const std::string& ledger) {
  end("quotes", quotes_);
  write_fills(core, model);
  write_equity(core, model);
  write_orders(ledger);
  return error_;
}

}  // namespace mm
