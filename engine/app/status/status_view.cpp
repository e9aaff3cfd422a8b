#include "engine/app/status/status_view.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "engine/core/decimal_text.h"

namespace mm::app {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kDim = "2";
constexpr const char* kBold = "1";

// No cursor and no wrapped lines while the page stands.
constexpr const char* kOpenPage = "\x1b[?25l\x1b[?7l\x1b[2J";
constexpr const char* kClosePage = "\x1b[?25h\x1b[?7h\n";

std::size_t terminal_rows() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
  return known ? size.ws_row : 24;
}

// From the top left: as many lines as fit, each cleared to its end, and all below cleared.
std::string on_screen(const std::string& page, std::size_t rows) {
  std::string out = "\x1b[H";
  std::size_t lines = 1;
  for (const char c : page) {
    if (c == '\n') {
      out += "\x1b[K";
      if (++lines > rows) break;
    }
    out += c;
  }
  return out + "\x1b[J";
}

std::string clock_text(Nanos t) {
  const std::int64_t s = t.v / kSecond.v;
  return fmt::format("{:02}:{:02}:{:02}", s / 3600 % 24, s / 60 % 60, s % 60);
}

// Two decimals are enough to watch; exact numbers stand in the summary.
std::string money_text(Money m) {
  const Int128 cents = m.v / (kMoneyScale / 100);
  return DecimalText(cents, 2).str();
}

std::string percent(Ratio r) {
  return fmt::format("{:+.3f} %", static_cast<double>(r.v) / 1e7);
}

std::string change_text(const std::optional<Ratio>& change) {
  return change ? percent(*change) : std::string("-");
}

std::string reason_text(const std::array<QuoteReason, 2>& reasons) {
  const auto& [buy, sell] = reasons;
  if (buy == sell) return name(buy);
  return fmt::format("buy {}, sell {}", name(buy), name(sell));
}

}  // namespace

std::string market_lines(const Instrument& instrument, const InstrumentView& v) {
  std::string best = "no book";
  if (v.bid_levels > 0 && v.ask_levels > 0) {
    best = fmt::format("{} x {}  |  {} x {}", quantity_text(instrument, v.bids[0].lots).view(),
                       price_text(instrument, v.bids[0].price).view(),
                       price_text(instrument, v.asks[0].price).view(),
                       quantity_text(instrument, v.asks[0].lots).view());
  }
  const MarketSummary& m = v.market;
  return fmt::format(
      "  market    {}\n"
      "  moved     1 min {}, 5 min {}, 15 min {}   trend {}   volatility {}\n"
      "  flow      buy {} / sell {} {} in 1 min ({} and {} trades)\n",
      best, change_text(m.change_1min), change_text(m.change_5min), change_text(m.change_15min),
      name(m.trend), percent(m.volatility.ratio), quantity_text(instrument, m.buy_1min.lots).view(),
      quantity_text(instrument, m.sell_1min.lots).view(), instrument.base_text.data(),
      m.buy_1min.trades, m.sell_1min.trades);
}

StatusView::StatusView(ViewKind kind, Screen screen, std::vector<Instrument> instruments)
    : kind_(kind), screen_(screen), instruments_(std::move(instruments)) {}

void StatusView::log(Nanos at, std::string_view line) {
  log_.push_back(fmt::format("{}  {}", clock_text(at), line));
  if (log_.size() > kLogLines) log_.pop_front();
}

std::string StatusView::colour(const char* code, std::string text) const {
  return screen_.colours ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string StatusView::head(const ViewInput& in) const {
  const StatusSnapshot& s = in.snapshot;
  std::string left;
  if (in.until != kNever) {
    left = fmt::format(", {} s left", std::max<std::int64_t>(0, (in.until - s.time).v) / kSecond.v);
  }
  std::string text = fmt::format("{} {} UTC, running {} s{}\n", colour(kBold, "MM_Logic"),
                                 clock_text(s.time), (s.time - in.started).v / kSecond.v, left);
  text += colour(kDim, std::string(in.where)) + "\n";
  text += fmt::format(
      "events {} ({}/s)   requests {}, by cancel and place {} (saved {} %)   {}\n", in.events.total,
      in.rates.total, s.requests_sent, s.requests_equivalent,
      DecimalText(s.saved_pct_hundredths, 2).view(),
      s.violations == 0 ? colour(kGreen, "invariants clean") : colour(kRed, "INVARIANT BROKEN"));
  if (s.trip != QuoteReason::kQuoting) {
    text += colour(kRed, fmt::format("stopped: {}\n", name(s.trip)));
  }
  if (!in.warning.empty()) text += colour(kRed, std::string(in.warning)) + "\n";
  return text;
}

std::string StatusView::instrument_block(const ViewInput& in, std::size_t i) const {
  const InstrumentView& v = in.snapshot.instruments[i];
  const bool quoting = v.reasons[0] == QuoteReason::kQuoting && v.reasons[1] == v.reasons[0];
  std::string text = fmt::format("\n{}  {}\n", colour(kBold, std::string(instruments_[i].symbol())),
                                 colour(quoting ? kGreen : kRed, reason_text(v.reasons)));
  text += market_lines(instruments_[i], v);
  text += fmt::format("  position  {} {}   profit {} (realised {}, open {}, fees {})\n",
                      decimal_text(v.position).view(), instruments_[i].base_text.data(),
                      colour(v.total.v < 0 ? kRed : kGreen, money_text(v.total)),
                      money_text(v.realized), money_text(v.unrealized), money_text(v.fees));
  text += fmt::format(
      "  orders    {} live   placed {}, amended {}, cancelled {}, filled {}, rejected {}, "
      "denied {}; {} fills\n",
      v.live_orders, v.counts.placed, v.counts.amended, v.counts.cancelled, v.counts.filled,
      v.counts.rejected, v.counts.denied, v.fills);
  return text;
}

std::string StatusView::orders_block(const ViewInput& in, std::size_t i) const {
  const InstrumentView& v = in.snapshot.instruments[i];
  const Instrument& instrument = instruments_[i];
  std::string reset = "off";
  if (v.next_reset != kNever) {
    const std::int64_t left = std::max<std::int64_t>(0, (v.next_reset - in.snapshot.time).v);
    reset = fmt::format("in {} s", (left + kSecond.v - 1) / kSecond.v);
  }
  // Its orders scroll by; that it was stays.
  const std::string last =
      v.resets == 0
          ? ""
          : fmt::format(", the last {} s ago", (in.snapshot.time - v.last_reset).v / kSecond.v);
  std::string text = fmt::format("  next reset {} ({} so far{})   amends under way {}\n\n", reset,
                                 v.resets, last, v.pending_amends);
  text += colour(kDim, fmt::format("  {:<5} {:>12} {:>12} {:>12} {:<17} {:>7}\n", "side", "price",
                                   "size", "filled", "state", "age"));
  // As they stand in the book: prices fall from line to line.
  std::vector<OrderView> orders(v.orders.begin(), v.orders.begin() + v.order_count);
  std::ranges::stable_sort(orders, std::ranges::greater{}, &OrderView::price);
  for (const OrderView& o : orders) {
    const std::string side = fmt::format("{:<5}", name(o.side));
    text += fmt::format(
        "  {} {:>12} {:>12} {:>12} {:<17} {:>6}s\n",
        colour(o.side == Side::kBuy ? kGreen : kRed, side), price_text(instrument, o.price).view(),
        quantity_text(instrument, o.lots).view(), quantity_text(instrument, o.filled).view(),
        name(o.state), std::max<std::int64_t>(0, (in.snapshot.time - o.created).v) / kSecond.v);
  }
  return text;
}

std::string StatusView::page(const ViewInput& in) const {
  std::string text = head(in);
  const std::size_t shown = std::min(in.snapshot.instrument_count, in.snapshot.instruments.size());
  for (std::size_t i = 0; i < shown; ++i) {
    text += instrument_block(in, i);
    if (kind_ == ViewKind::kOrders) text += orders_block(in, i);
  }
  if (shown < in.snapshot.instrument_count) {
    text += fmt::format("\n... and {} more instruments\n", in.snapshot.instrument_count - shown);
    text += total_line(in.snapshot) + "\n";
  }
  text += colour(kDim, "\nlog\n");
  for (const std::string& line : log_) text += "  " + line + "\n";
  return text;
}

std::string StatusView::idle_text(const StatusSnapshot& s) const {
  const std::size_t idle = s.instrument_count - s.total.quoting;
  if (idle == 0) return {};
  std::string text = "; not quoting:";
  for (std::size_t i = 0; i < std::min(idle, s.idle.size()); ++i) {
    const auto& [instrument, reasons] = s.idle[i];
    text += fmt::format("{} {} ({})", i == 0 ? "" : ",", instruments_[instrument].symbol(),
                        reason_text(reasons));
  }
  return idle > s.idle.size() ? fmt::format("{} and {} more", text, idle - s.idle.size()) : text;
}

// Profits add up only in one asset.
std::string StatusView::total_line(const StatusSnapshot& s) const {
  const auto& quote = instruments_[0].quote_text;
  const bool adds_up = std::ranges::all_of(
      instruments_, [&quote](const Instrument& i) { return i.quote_text == quote; });
  const std::string profit =
      adds_up ? fmt::format("profit {} {}, ", money_text(s.total.profit), quote.data()) : "";
  return fmt::format(
      "{} of {} instruments quoting: {}{} live orders, {} fills, {} amends, {} resets{}",
      s.total.quoting, s.instrument_count, profit, s.total.live_orders, s.total.fills,
      s.total.amended, s.total.resets, idle_text(s));
}

std::string StatusView::line(const ViewInput& in) const {
  const StatusSnapshot& s = in.snapshot;
  if (s.instrument_count > 1) {
    return fmt::format("{} {} events/s, {}", clock_text(s.time), in.rates.total, total_line(s));
  }
  const InstrumentView& v = s.instruments[0];
  return fmt::format(
      "{} {} {}: position {}, profit {}, {} live orders, {} fills, {} amends, {} resets, "
      "{} events/s",
      clock_text(s.time), instruments_[0].symbol(), reason_text(v.reasons),
      decimal_text(v.position).view(), money_text(v.total), v.live_orders, v.fills,
      v.counts.amended, v.resets, in.rates.total);
}

void StatusView::show(const ViewInput& in) {
  if (!screen_.redraws) {
    std::string text = line(in) + "\n";
    if (!in.warning.empty())
      text += fmt::format("{} {}\n", clock_text(in.snapshot.time), in.warning);
    if (kind_ == ViewKind::kOrders) {
      const std::size_t count = in.snapshot.instrument_count;
      for (std::size_t i = 0; i < std::min(count, in.snapshot.instruments.size()); ++i) {
        if (count > 1) text += fmt::format("{}\n", instruments_[i].symbol());
        text += orders_block(in, i);
      }
      for (const std::string& l : log_) text += "  " + l + "\n";
      log_.clear();
    }
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    return;
  }
  std::string out = opened_ ? "" : kOpenPage;
  opened_ = true;
  out += on_screen(page(in), terminal_rows());
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

void StatusView::close() {
  if (!opened_) return;
  std::fputs(kClosePage, stdout);
  std::fflush(stdout);
  opened_ = false;
}

}  // namespace mm::app
