#include "engine/monitor/top_page.h"

#include <algorithm>

#include "engine/monitor/panels.h"

namespace mm::monitor {
namespace {

constexpr std::size_t kTwoColumnsFrom = 76;  // narrower: the book gives way to the state
constexpr std::size_t kFixedRows = 3;        // head and foot

constexpr std::string_view kKeys =
    " 1 market 2 orders 3 engine 4 log  n next p pause r resume k kill h help q quit";

Line rule(std::string_view text, std::size_t columns) {
  Line line("--" + std::string(text), Style::kDim);
  if (line.width() < columns) line.add(std::string(columns - line.width(), '-'), Style::kDim);
  return line;
}

void append(Page& page, Page more) {
  std::ranges::move(more, std::back_inserter(page));
}

Page log_panel(std::span<const std::string> log, std::size_t rows) {
  Page page;
  for (const std::string& line : log.last(std::min(rows, log.size()))) page.emplace_back(line);
  return page;
}

Page side_by_side(Page left, const Page& right) {
  std::size_t left_columns = 0;
  for (const Line& line : left) left_columns = std::max(left_columns, line.width());
  left.resize(std::max(left.size(), right.size()));
  for (std::size_t i = 0; i < right.size(); ++i) {
    left[i].fit(left_columns).add(" ").append(right[i]);
  }
  return left;
}

Page market_tab(const TopInput& in, PageSize body) {
  const InstrumentView& of = in.view.instruments[in.instrument];
  // A fifth for the log, its rule included.
  const std::size_t log_rows = std::max<std::size_t>(3, body.rows / 5);
  const std::size_t rows = body.rows > log_rows ? body.rows - log_rows : 0;
  Page page = fitted(state_panel(in.view, of, in.rates), rows);
  if (body.columns >= kTwoColumnsFrom) {
    page = side_by_side(book_panel(of, rows), page);
  }
  page.resize(rows);
  page.push_back(rule(" log ", body.columns));
  append(page, log_panel(in.log, log_rows - 1));
  return page;
}

Page orders_tab(const TopInput& in) {
  const InstrumentView& of = in.view.instruments[in.instrument];
  Page page = orders_panel(in.view, of);
  page.emplace_back();
  append(page, levels_panel(of));
  return page;
}

Page help_tab() {
  return {Line("keys", Style::kBold),
          "  1 2 3 4   market, orders, engine, log; also Tab",
          "  n N       next and previous instrument; also arrows right and left",
          "  p         pause: pull all quotes",
          "  r         resume: quote again; asks before it ends a trip or kill",
          "  k         kill: cancel all orders and stay halted; asks first",
          "  h ?       this page",
          "  q         leave; the engine goes on",
          "",
          Line("words", Style::kBold),
          "  ours      what is left of our orders at a price",
          "  ahead <=  at most so much stands before the order in its queue",
          "  :         before a price: levels between it and the next better one are not shown",
          "  command   from the receipt of an event to its commands being on their way",
          "  budget    own: places and amends a second; orders, weight: the venue's windows"};
}

Page tab_page(const TopInput& in, PageSize body) {
  switch (in.tab) {
    case Tab::kMarket:
      return market_tab(in, body);
    case Tab::kOrders:
      return orders_tab(in);
    case Tab::kEngine:
      return engine_panel(in.view, in.rates);
    case Tab::kLog:
      return log_panel(in.log, body.rows);
    default:
      return help_tab();
  }
}

}  // namespace

Page top_page(const TopInput& in, PageSize size) {
  Page page;
  if (in.view.instruments.empty()) {
    page.emplace_back("this engine has no instruments", Style::kBad);
  } else {
    page = head_panel(in.view, in.view.instruments[in.instrument], in.instrument);
    page.front().fit(size.columns, Style::kTitle);
    const std::size_t body = size.rows > kFixedRows ? size.rows - kFixedRows : 0;
    Page tab = cut(tab_page(in, {body, size.columns}), body);
    tab.resize(body);
    append(page, std::move(tab));
  }
  const bool told = !in.message.empty();
  page.resize(std::max<std::size_t>(size.rows, 1) - 1);
  page.emplace_back(std::string(told ? in.message : kKeys), told ? Style::kBold : Style::kDim);
  page.resize(size.rows);
  for (Line& line : page) {
    if (line.width() > size.columns) line.fit(size.columns);
  }
  return page;
}

Page whole_page(const TopInput& in, std::size_t columns) {
  constexpr std::size_t kBookRows = 24;
  Page page;
  for (std::size_t i = 0; i < in.view.instruments.size(); ++i) {
    const InstrumentView& of = in.view.instruments[i];
    append(page, head_panel(in.view, of, i));
    Page state = fitted(state_panel(in.view, of, in.rates), 1000);
    append(page, side_by_side(book_panel(of, kBookRows), state));
    append(page, orders_panel(in.view, of));
    page.emplace_back();
  }
  append(page, engine_panel(in.view, in.rates));
  page.push_back(rule(" log ", columns));
  append(page, log_panel(in.log, in.log.size()));
  return page;
}

}  // namespace mm::monitor
