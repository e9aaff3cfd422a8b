// What the page shows, as JSON: report_page.h.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/decimal_text.h"
#include "engine/ledger/json_writer.h"
#include "engine/report/iso_time.h"
#include "engine/report/report_page.h"

namespace mm {
namespace {

constexpr std::size_t kFillsShownMax = 4000;  // in the plot of one instrument

// An array of numbers on one line.
class NumberList {
 public:
  void add(const DecimalText& number) {
    if (!text_.empty()) text_ += ',';
    text_ += number.view();
  }
  void put(JsonWriter& json, std::string_view key) const {
    json.member_number(key, "[" + text_ + "]");
  }

 private:
  std::string text_;
};

DecimalText seconds(Nanos t) {
  return {t.v / kMillisecond.v, 3};
}
// For plots: 1e-6 of quote is finer than a pixel.
DecimalText plotted(Money m) {
  return {m.v / (kMoneyScale / 1'000'000), 6};
}
// Of the notional, in basis points to a hundredth.
DecimalText bps(Money part, Money notional) {
  return {notional.v == 0 ? 0 : part.v * 1'000'000 / notional.v, 2};
}
DecimalText percent(const QuoteUptime& u) {
  const Int128 quoted = u.quoted().v;
  return {u.measured().v == 0 ? 0 : quoted * 10'000 / u.measured().v, 2};
}

void put_equity(JsonWriter& json, const Instrument& i, InstrumentId id, const EquitySeries& all) {
  NumberList mid, position, total, spread, adverse, inventory, fees;
  for (std::size_t k = 0; k < all.times().size(); ++k) {
    const EquityPoint& p = all.at(k, id);
    mid.add(price_text(i, p.mark));
    position.add(decimal_text(p.position));
    total.add(plotted(p.total()));
    spread.add(plotted(p.parts.spread_capture));
    adverse.add(plotted(p.parts.adverse_selection));
    inventory.add(plotted(p.parts.inventory));
    fees.add(plotted(p.fees));
  }
  json.open_object("equity");
  mid.put(json, "mid");
  position.put(json, "position");
  total.put(json, "total");
  spread.put(json, "spread_capture");
  adverse.put(json, "adverse_selection");
  inventory.put(json, "inventory");
  fees.put(json, "fees");
  json.close_object();
}

// Evenly thinned where a plot could not show them.
void put_fills(JsonWriter& json, const Instrument& i, std::span<const FillRow> fills) {
  const std::size_t step = (fills.size() + kFillsShownMax - 1) / kFillsShownMax;
  NumberList time, price, side;
  for (std::size_t k = 0; k < fills.size(); k += step) {
    time.add(seconds(fills[k].time));
    price.add(price_text(i, fills[k].price));
    side.add({sign(fills[k].side), 0});
  }
  json.open_object("fills");
  json.member("count", fills.size());
  time.put(json, "time");
  price.put(json, "price");
  side.put(json, "side");
  json.close_object();
}

// The best is 1 for people.
void put_level(JsonWriter& json, int level) {
  json.member("level", level < 0 ? "none" : std::to_string(level + 1));
}

void put_markouts(JsonWriter& json, const Instrument& i, std::span<const FillRow> fills) {
  json.open_array("markouts");
  for (const MarkoutRow& row : markouts(i, fills)) {
    json.open_object();
    json.member("side", row.side ? name(*row.side) : "both");
    if (row.level) {
      put_level(json, *row.level);
    } else {
      json.member("level", "all");
    }
    json.member("fills", row.fills);
    json.member("notional", decimal_text(row.notional).view());
    json.open_object("quote");
    json.member("at_fill", decimal_text(row.at_fill).view());
    for (std::size_t h = 0; h < row.later.size(); ++h) {
      json.member(kMarkoutNames[h], decimal_text(row.later[h]).view());
    }
    json.close_object();
    json.open_object("bps");
    json.member_number("at_fill", bps(row.at_fill, row.notional).view());
    for (std::size_t h = 0; h < row.later.size(); ++h) {
      json.member_number(kMarkoutNames[h], bps(row.later[h], row.notional).view());
    }
    json.close_object();
    json.close_object();
  }
  json.close_array();
}

void put_compliance(JsonWriter& json, const InstrumentState& s, const Compliance& c) {
  json.open_object("compliance");
  json.member("max_spread", decimal_text(s.config.strategy.max_spread).view());
  json.member("measured_seconds", seconds(s.uptime.measured()).view());
  json.open_array("within");
  for (std::size_t k = 0; k < Compliance::kDistances.size(); ++k) {
    json.open_object();
    json.member("percent_of_max_spread", Compliance::kDistances[k]);
    json.member_number("both", percent(c.within(k).both).view());
    json.member_number("bid", percent(c.within(k).bid).view());
    json.member_number("ask", percent(c.within(k).ask).view());
    json.close_object();
  }
  json.close_array();
  json.open_array("deep");
  for (std::size_t k = 0; k < Compliance::kDepths.size(); ++k) {
    json.open_object();
    json.member("percent_of_size", Compliance::kDepths[k]);
    json.member_number("both", percent(c.deep(k)).view());
    json.close_object();
  }
  json.close_array();
  json.member("spread_mean", decimal_text(c.spread_mean()).view());
  json.member("depth_mean", DecimalText(c.depth_mean().v / 1'000'000, 2).view());
  json.close_object();
}

using ReasonTime = Nanos (ReasonTimes::*)(QuoteReason) const;
void put_reasons(JsonWriter& json, const InstrumentState& s, const char* list, ReasonTime time) {
  json.open_array(list);
  for (std::size_t k = 0; k < static_cast<std::size_t>(QuoteReason::kCount); ++k) {
    const auto reason = static_cast<QuoteReason>(k);
    const Nanos buy = (s.side(Side::kBuy).times.*time)(reason);
    const Nanos sell = (s.side(Side::kSell).times.*time)(reason);
    if (buy.v == 0 && sell.v == 0) continue;
    json.open_object();
    json.member("reason", name(reason));
    json.member("buy_seconds", seconds(buy).view());
    json.member("sell_seconds", seconds(sell).view());
    json.close_object();
  }
  json.close_array();
}

void put_lives(JsonWriter& json, const Instrument& i, OrderLifeLog& lives) {
  json.open_array("orders");
  for (auto& [key, life] : lives.by_level()) {
    json.open_object();
    json.member("side", name(key.first));
    put_level(json, key.second);
    json.member("joined", life.joined);
    json.member("filled", life.filled);
    json.member("filled_in_part", life.filled_in_part);
    json.member("amended", life.amended);
    json.member("cancelled", life.cancelled);
    json.member("rested_seconds_mean",
                seconds(life.joined == 0 ? Nanos(0) : life.rested / life.joined).view());
    json.member("fill_wait_seconds_p50", seconds(Nanos(life.fill_wait.percentile(50))).view());
    json.member("fill_wait_seconds_p90", seconds(Nanos(life.fill_wait.percentile(90))).view());
    json.member("ahead_p50", quantity_text(i, Lots(life.ahead.percentile(50))).view());
    json.member("ahead_p90", quantity_text(i, Lots(life.ahead.percentile(90))).view());
    json.member("ahead_filled_p50",
                quantity_text(i, Lots(life.ahead_filled.percentile(50))).view());
    json.close_object();
  }
  json.close_array();
}

void put_instrument(JsonWriter& json, const InstrumentState& s, InstrumentModel& m,
                    const EquitySeries& equity) {
  const Instrument& i = s.config.instrument;
  json.open_object();
  json.member("symbol", i.symbol());
  json.member("base", i.base());
  json.member("quote", i.quote());
  json.member("tick", decimal_text(i.tick).view());
  json.member("lot", decimal_text(i.lot).view());
  put_equity(json, i, s.id, equity);
  put_fills(json, i, m.fills.rows());
  put_markouts(json, i, m.fills.rows());
  put_compliance(json, s, m.compliance);
  put_reasons(json, s, "reasons", &ReasonTimes::spent);
  put_reasons(json, s, "shortfalls", &ReasonTimes::fell_short);
  put_lives(json, i, m.lives);
  json.close_object();
}

}  // namespace

std::string report_json(const ReportInput& input, const Core& core, SessionModel& model) {
  JsonWriter json;
  json.open_object();
  json.member("session", input.session);
  json.member("mode", input.mode);
  json.member("build", input.build);
  json.member("begin", iso_time(model.begin()));
  json.member("end", iso_time(core.now()));
  json.open_array("warnings");
  for (const std::string& w : input.warnings) json.element(w);
  json.close_array();
  json.member_number("summary", input.summary_json);
  NumberList times;
  for (const Nanos t : model.equity().times()) times.add(seconds(t));
  times.put(json, "times");
  json.open_array("instruments");
  for (std::size_t k = 0; k < core.instrument_count(); ++k) {
    const auto id = static_cast<InstrumentId>(k);
    put_instrument(json, core.instrument(id), model.instrument(id), model.equity());
  }
  json.close_array();
  json.member("config", input.config);
  json.open_array("reloads");
  for (const std::string& r : input.reloads) json.element(r);
  json.close_array();
  json.close_object();
  return json.take();
}

}  // namespace mm
