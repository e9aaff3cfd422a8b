#include "engine/ledger/ledger.h"

#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/decimal_text.h"

namespace mm {
namespace {

// What a crash loses can be written again from the journal, while that has it: nothing waits for
// the disk, but what is there is whole even where the machine fails.
constexpr const char* kDurability = "PRAGMA synchronous=NORMAL";

constexpr const char* kSchema = R"sql(
CREATE TABLE sessions(
  name TEXT PRIMARY KEY, mode TEXT, build TEXT, start_ns INTEGER, end_ns INTEGER, complete INTEGER,
  records INTEGER, lost INTEGER, output_hash TEXT, config TEXT);
CREATE TABLE instruments(
  id INTEGER PRIMARY KEY, symbol TEXT, base TEXT, quote TEXT,
  tick_e8 INTEGER, tick TEXT, lot_e8 INTEGER, lot TEXT, spot INTEGER);
CREATE TABLE orders(
  client_order_id TEXT PRIMARY KEY, replaces TEXT, venue_order_id INTEGER, instrument INTEGER,
  side TEXT, state TEXT, reason TEXT, why TEXT, ticks INTEGER, price TEXT, lots INTEGER,
  quantity TEXT, filled_lots INTEGER, filled TEXT, amends INTEGER, created_ns INTEGER,
  updated_ns INTEGER) WITHOUT ROWID;
CREATE INDEX orders_by_venue_order_id ON orders(venue_order_id);
CREATE TABLE requests(
  record INTEGER, time_ns INTEGER, kind TEXT, client_order_id TEXT, new_client_order_id TEXT,
  instrument INTEGER, side TEXT, ticks INTEGER, price TEXT, lots INTEGER, quantity TEXT, why TEXT);
CREATE TABLE fills(
  instrument INTEGER, trade_id INTEGER, client_order_id TEXT, record INTEGER, time_ns INTEGER,
  received_ns INTEGER, side TEXT, maker INTEGER, ticks INTEGER, price TEXT, lots INTEGER,
  quantity TEXT, notional TEXT, fee_e8 INTEGER, fee TEXT, fee_asset TEXT,
  PRIMARY KEY(instrument, trade_id)) WITHOUT ROWID;
CREATE TABLE events(
  record INTEGER, time_ns INTEGER, received_ns INTEGER, instrument INTEGER, kind TEXT,
  client_order_id TEXT, new_client_order_id TEXT, reason TEXT, detail TEXT);
CREATE TABLE closing(
  instrument INTEGER PRIMARY KEY, time_ns INTEGER, position_e8 INTEGER, position TEXT,
  realized TEXT, unrealized TEXT, fees TEXT, profit_today_e8 INTEGER, profit_today TEXT,
  mark_half_ticks INTEGER, mark TEXT, spread_capture TEXT, adverse_selection TEXT,
  inventory TEXT, settled_trade INTEGER);
)sql";

std::string id_text(ClientOrderId id) {
  return id.v == 0 ? std::string() : order_id_text(id);
}

std::string_view asset_text(const Instrument& i, Asset asset) {
  switch (asset) {
    case Asset::kBase:
      return i.base_text.data();
    case Asset::kQuote:
      return i.quote_text.data();
    case Asset::kOther:
      break;
  }
  return kThirdFeeAsset;
}

OrderState state_named(std::string_view text) {
  for (int s = 0; s < static_cast<int>(OrderState::kCount); ++s) {
    if (text == name(static_cast<OrderState>(s))) return static_cast<OrderState>(s);
  }
  return OrderState::kUnknown;
}

bool is_order_report(EventKind k) {
  return k == EventKind::kAccepted || k == EventKind::kReplaced || k == EventKind::kAmended ||
         k == EventKind::kCanceled || k == EventKind::kExpired || k == EventKind::kOrderStatus;
}
bool is_failure(EventKind k) {
  return k == EventKind::kRejected || k == EventKind::kReplaceRejected ||
         k == EventKind::kAmendRejected || k == EventKind::kCancelRejected ||
         k == EventKind::kDenied || k == EventKind::kOutcomeUnknown;
}

const char* session_text(SessionState state) {
  switch (state) {
    case SessionState::kDown:
      return "down";
    case SessionState::kUp:
      return "up";
    case SessionState::kReconciling:
      return "reconciling";
  }
  return "?";
}

// In 1e-8, rounded down: never less of a loss than it was.
std::int64_t amount_below(Money m) {
  constexpr Int128 kUnit = kMoneyScale / kAmountScale;
  return static_cast<std::int64_t>(m.v >= 0 ? m.v / kUnit : -((-m.v + kUnit - 1) / kUnit));
}

// What an event that is no order's says, in words.
std::string detail_of(const Event& e, const Instrument& i) {
  switch (e.kind) {
    case EventKind::kBalance:
      return fmt::format("{} free {} locked {}", asset_text(i, e.balance.asset),
                         decimal_text(e.balance.free).view(),
                         decimal_text(e.balance.locked).view());
    case EventKind::kRateUsage:
      return fmt::format("orders {} of {}, weight {} of {}", e.rate.orders_used,
                         e.rate.orders_limit, e.rate.weight_used, e.rate.weight_limit);
    case EventKind::kSessionStatus:
      return fmt::format("session {}, symbol {}", session_text(e.session.state),
                         e.session.symbol_trading != 0 ? "trading" : "halted");
    case EventKind::kControl:
      return fmt::format("code {} scope {}", static_cast<int>(e.control.code),
                         static_cast<int>(e.control.scope));
    case EventKind::kFilled:
      return fmt::format("trade {}", e.fill.trade_id.v);
    case EventKind::kOffGridFill:
      return fmt::format("trade {}: {} {} @ {}, not in the position", e.off_grid.trade_id.v,
                         name(e.side()), decimal_text(e.off_grid.quantity).view(),
                         decimal_text(e.off_grid.price).view());
    case EventKind::kOrderStatus:
      return fmt::format("status {}", static_cast<int>(e.report.status));
    case EventKind::kAdopted:
      return fmt::format("{} {} @ {}, {} executed", name(e.side()),
                         quantity_text(i, e.adoption.lots).view(),
                         price_text(i, Ticks(e.adoption.ticks)).view(),
                         quantity_text(i, e.adoption.executed).view());
    default:
      return {};
  }
}

}  // namespace

std::string order_id_text(ClientOrderId id) {
  return fmt::format("mm{:016x}", id.v);
}

ClientOrderId order_id_of(const std::string& text) {
  return ClientOrderId(text.size() < 3 ? 0 : std::strtoull(text.c_str() + 2, nullptr, 16));
}

LedgerWriter::~LedgerWriter() {
  if (open_) static_cast<void>(database_.execute("COMMIT"));
}

std::string LedgerWriter::open(const std::string& path, std::string_view session_name,
                               const JournalHeader& header,
                               std::span<const Instrument> instruments) {
  if (::access(path.c_str(), F_OK) == 0) return path + ": exists already";
  instruments_.assign(instruments.begin(), instruments.end());
  error_ = database_.open(path, Database::Mode::kCreate);
  if (error_.empty()) error_ = create(header, session_name);
  open_ = error_.empty();
  return error_.empty() ? std::string() : path + ": " + error_;
}

std::string LedgerWriter::go_on(const std::string& path, std::span<const Instrument> instruments) {
  instruments_.assign(instruments.begin(), instruments.end());
  error_ = database_.open(path, Database::Mode::kGoOn);
  Statement kept;
  if (error_.empty()) error_ = database_.prepare("SELECT records FROM sessions", kept);
  if (error_.empty() && kept.step()) record_ = kept.integer(0);
  if (error_.empty()) error_ = database_.error();
  if (error_.empty() && record_ == 0) error_ = "nothing was kept in it";
  kept.reset();
  if (error_.empty()) error_ = database_.execute(kDurability);
  if (error_.empty()) error_ = add_columns();
  if (error_.empty()) error_ = prepare();
  if (error_.empty()) error_ = database_.execute("BEGIN");
  open_ = error_.empty();
  return error_.empty() ? std::string() : path + ": " + error_;
}

std::string LedgerWriter::create(const JournalHeader& header, std::string_view session_name) {
  std::string error = database_.execute("PRAGMA journal_mode=WAL");
  if (error.empty()) error = database_.execute(kDurability);
  if (error.empty()) error = database_.execute(kSchema);
  if (error.empty()) error = database_.execute("BEGIN");
  if (error.empty()) error = prepare();
  Statement session, instrument;
  const auto insert = [&](const char* sql, Statement& statement) {
    if (error.empty()) error = database_.prepare(sql, statement);
  };
  insert("INSERT INTO sessions VALUES(?,?,?,?,NULL,0,NULL,NULL,NULL,?)", session);
  insert("INSERT INTO instruments VALUES(?,?,?,?,?,?,?,?,?)", instrument);
  if (!error.empty()) return error;
  session.bind(session_name).bind(header.mode).bind(header.build).bind(header.start_time.v);
  session.bind(header.config).run();
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    const Instrument& i = instruments_[n];
    const DecimalText tick = decimal_text(i.tick), lot = decimal_text(i.lot);
    instrument.bind(static_cast<std::int64_t>(n)).bind(i.symbol()).bind(i.base_text.data());
    instrument.bind(i.quote_text.data()).bind(i.tick.v).bind(tick.view()).bind(i.lot.v);
    instrument.bind(lot.view()).bind(i.is_spot ? 1 : 0).run();
  }
  return database_.error();
}

// Which an older program has not made.
std::string LedgerWriter::add_columns() {
  Statement column;
  std::string error = database_.prepare(kHasSettledTrade, column);
  if (!error.empty() || column.step()) return error;
  column.reset();
  return database_.execute("ALTER TABLE closing ADD COLUMN settled_trade INTEGER");
}

std::string LedgerWriter::prepare() {
  std::string error;
  const auto make = [&](const char* sql, Statement& statement) {
    if (error.empty()) error = database_.prepare(sql, statement);
  };
  make("INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?)", insert_event_);
  make("INSERT INTO requests VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", insert_request_);
  make("INSERT OR IGNORE INTO fills VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", insert_fill_);
  make("SELECT * FROM orders WHERE client_order_id=?", load_order_);
  make("INSERT OR REPLACE INTO orders VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", store_order_);
  return error;
}

const Instrument& LedgerWriter::instrument(InstrumentId id) const {
  static const Instrument kUnknown;  // no tick and no lot: amounts read 0
  return id < instruments_.size() ? instruments_[id] : kUnknown;
}

bool LedgerWriter::on_record(const Event& event, std::span<const Command> commands, bool repeats) {
  ++record_;
  if (!open_ || !error_.empty()) return false;
  const EventKind kind = event.kind;
  const bool new_fill = is_execution(kind) && !repeats && on_order_event(event);
  if (is_execution(kind) || kind == EventKind::kControl || kind == EventKind::kBookStale) {
    write_event(event);
    write_modify_failure(event);
  }
  for (const Command& c : commands) on_command(c);
  return new_fill;
}

void LedgerWriter::on_change(Nanos time, InstrumentId instrument, std::string_view what,
                             std::string_view detail) {
  if (!open_ || !error_.empty()) return;
  insert_event_.bind(record_).bind(time.v).bind(time.v).bind(instrument).bind(what);
  insert_event_.bind("").bind("").bind("").bind(detail).run();
  wrote();
}

void LedgerWriter::on_denial(Nanos time, const Denial& d) {
  if (!open_ || !error_.empty()) return;
  const Instrument& i = instrument(d.instrument);
  const std::string id = id_text(d.id);
  const std::string detail = fmt::format(
      "{} {} @ {}", name(d.side), quantity_text(i, d.lots).view(), price_text(i, d.price).view());
  insert_event_.bind(record_).bind(time.v).bind(time.v).bind(d.instrument).bind("order_denied");
  insert_event_.bind(id).bind("").bind(d.reason).bind(detail).run();
  wrote();
}

void LedgerWriter::wrote() {
  error_ = database_.error();
}

void LedgerWriter::keep(std::uint64_t place) {
  if (!open_ || !error_.empty()) return;
  Statement update;
  error_ = database_.prepare("UPDATE sessions SET records=?", update);
  if (!error_.empty()) return;
  update.bind(static_cast<std::int64_t>(place)).run();
  error_ = database_.error();
  if (error_.empty()) error_ = database_.execute("COMMIT; BEGIN");
}

void LedgerWriter::settle(const std::function<OrderState(ClientOrderId)>& believed, Nanos now) {
  if (!open_ || !error_.empty()) return;
  Statement orders;
  error_ = database_.prepare("SELECT client_order_id, state FROM orders", orders);
  if (!error_.empty()) return;
  std::vector<ClientOrderId> left;
  while (orders.step()) {
    if (!is_terminal(state_named(orders.text(1)))) left.push_back(order_id_of(orders.text(0)));
  }
  orders.reset();
  for (const ClientOrderId id : left) {
    const OrderState state = believed(id);
    if (may_be_live(state)) continue;
    set_state(id, state == OrderState::kFree ? OrderState::kCanceled : state, now, "presumed");
  }
}

void LedgerWriter::write_closing(InstrumentId id, const SymbolClosing& c) {
  if (!open_ || !error_.empty()) return;
  Statement insert;
  error_ = database_.prepare("INSERT OR REPLACE INTO closing VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                             insert);
  if (!error_.empty()) return;
  const DecimalText position = decimal_text(c.position), realized = decimal_text(c.realized);
  const DecimalText unrealized = decimal_text(c.unrealized), fees = decimal_text(c.fees);
  const DecimalText today = decimal_text(c.today), mark = price_text(instrument(id), c.mark);
  insert.bind(id).bind(c.time.v).bind(c.position.v).bind(position.view()).bind(realized.view());
  insert.bind(unrealized.view()).bind(fees.view()).bind(amount_below(c.today)).bind(today.view());
  const DecimalText spread = decimal_text(c.parts.spread_capture);
  const DecimalText adverse = decimal_text(c.parts.adverse_selection);
  const DecimalText inventory = decimal_text(c.parts.inventory);
  insert.bind(c.mark.v).bind(mark.view()).bind(spread.view()).bind(adverse.view());
  insert.bind(inventory.view()).bind(static_cast<std::int64_t>(c.settled_trade)).run();
  wrote();
}

// A number, 0 where there is none.
std::int64_t LedgerWriter::look_up(const char* sql, InstrumentId i, std::int64_t bound) {
  if (!open_ || !error_.empty()) return 0;
  Statement row;
  error_ = database_.prepare(sql, row);
  if (!error_.empty()) return 0;
  row.bind(i).bind(bound);
  const std::int64_t number = row.step() ? row.integer(0) : 0;
  wrote();
  return number;
}

std::uint64_t LedgerWriter::last_trade_before(InstrumentId i, Nanos time) {
  constexpr const char* kLast = "SELECT MAX(trade_id) FROM fills WHERE instrument=? AND time_ns<?";
  return static_cast<std::uint64_t>(look_up(kLast, i, time.v));
}

bool LedgerWriter::has_rowless_fill(InstrumentId i, std::uint64_t above) {
  constexpr const char* kRowless =
      "SELECT EXISTS(SELECT 1 FROM fills WHERE instrument=? AND trade_id>? AND client_order_id "
      "NOT IN (SELECT client_order_id FROM orders))";
  return look_up(kRowless, i, static_cast<std::int64_t>(above)) != 0;
}

std::string LedgerWriter::close(const JournalEnd* end) {
  if (!open_ || !error_.empty()) return error_;
  if (end != nullptr) {
    Statement update;
    error_ = database_.prepare(
        "UPDATE sessions SET end_ns=?, complete=1, records=?, lost=?, output_hash=?", update);
    if (!error_.empty()) return error_;
    const std::string hash = fmt::format("{:016x}", end->output_hash);
    update.bind(end->end_time.v).bind(static_cast<std::int64_t>(end->records));
    update.bind(static_cast<std::int64_t>(end->lost)).bind(hash).run();
    error_ = database_.error();
  }
  if (error_.empty()) error_ = database_.execute("COMMIT");
  // One file from now on: who only reads it could not clear away what a log needs beside it.
  if (error_.empty()) error_ = database_.into_one_file();
  open_ = false;
  return error_;
}

void LedgerWriter::write_event(const Event& e) {
  ClientOrderId id, new_id;
  std::string_view reason;
  if (is_order_report(e.kind)) {
    id = e.report.id;
    new_id = e.report.new_id;
    reason = name(e.report.reason);
  } else if (is_failure(e.kind)) {
    id = e.failure.id;
    new_id = e.failure.new_id;
    reason = name(e.failure.reason);
  } else if (e.kind == EventKind::kFilled) {
    id = e.fill.id;
  } else if (e.kind == EventKind::kOffGridFill) {
    id = e.off_grid.id;
  } else if (e.kind == EventKind::kAdopted) {
    id = e.adoption.id;
  }
  const std::string id_string = id_text(id), new_id_string = id_text(new_id);
  const std::string detail = is_failure(e.kind) ? name(static_cast<CommandKind>(e.failure.command))
                                                : detail_of(e, instrument(e.instrument));
  insert_event_.bind(record_).bind(e.time.v).bind(e.received.v).bind(e.instrument);
  insert_event_.bind(name(e.kind)).bind(id_string).bind(new_id_string);
  insert_event_.bind(reason == "none" ? "" : reason).bind(detail).run();
  wrote();
}

void LedgerWriter::write_request(const Command& c) {
  const Instrument& i = instrument(c.instrument);
  const std::string id = id_text(c.id), new_id = id_text(c.new_id);
  const DecimalText price = price_text(i, Ticks(c.ticks)), quantity = quantity_text(i, c.lots);
  insert_request_.bind(record_).bind(c.time.v).bind(name(c.kind)).bind(id).bind(new_id);
  insert_request_.bind(c.instrument).bind(name(c.side)).bind(c.ticks).bind(price.view());
  insert_request_.bind(c.lots.v).bind(quantity.view());
  insert_request_.bind(name(static_cast<DecisionReason>(c.why))).run();
  wrote();
}

// The words of SEMANTICS.md for it, beside the report's own.
void LedgerWriter::write_modify_failure(const Event& e) {
  const bool denied =
      e.kind == EventKind::kDenied && is_amend(static_cast<CommandKind>(e.failure.command));
  const bool failed =
      denied || e.kind == EventKind::kReplaceRejected || e.kind == EventKind::kAmendRejected;
  if (!failed) return;
  const std::string id = id_text(e.failure.id), new_id = id_text(e.failure.new_id);
  insert_event_.bind(record_).bind(e.time.v).bind(e.received.v).bind(e.instrument);
  insert_event_.bind("order_modify_failure").bind(id).bind(new_id);
  insert_event_.bind(name(e.failure.reason)).bind("").run();
  wrote();
}

void LedgerWriter::on_amend(const Event& e) {
  const bool tells_terms = e.kind == EventKind::kReplaced || e.kind == EventKind::kAmended;
  const ClientOrderId lives = e.kind == EventKind::kFilled     ? e.fill.id
                              : e.kind == EventKind::kReplaced ? e.report.new_id
                                                               : e.report.id;
  OrderRow row;
  if (!open_ || !error_.empty() || !load(lives, row)) return;
  ++row.amends;
  store(row, e.time);
  const bool replaces = row.replaces.v != 0 && row.amends == 1;
  const Instrument& i = instrument(row.instrument);
  const DecimalText price = price_text(i, tells_terms ? Ticks(e.report.ticks) : row.ticks);
  const DecimalText quantity = quantity_text(i, tells_terms ? e.report.lots : row.lots);
  const std::string id = id_text(replaces ? row.replaces : row.id);
  const std::string new_id = id_text(replaces ? row.id : ClientOrderId());
  insert_event_.bind(record_).bind(e.time.v).bind(e.received.v).bind(row.instrument);
  insert_event_.bind("order_modify_success").bind(id).bind(new_id).bind("");
  insert_event_.bind(fmt::format("to {} @ {}", quantity.view(), price.view())).run();
  wrote();
}

void LedgerWriter::write_modify(const Command& c) {
  if (!is_amend(c.kind)) return;
  const std::string id = id_text(c.id), new_id = id_text(c.new_id);
  const DecimalText price = price_text(instrument(c.instrument), Ticks(c.ticks));
  const DecimalText quantity = quantity_text(instrument(c.instrument), c.lots);
  const std::string detail = fmt::format("to {} @ {}", quantity.view(), price.view());
  insert_event_.bind(record_).bind(c.time.v).bind(c.time.v).bind(c.instrument);
  insert_event_.bind("order_modify").bind(id).bind(new_id);
  insert_event_.bind(name(static_cast<DecisionReason>(c.why))).bind(detail).run();
  wrote();
}

void LedgerWriter::on_command(const Command& c) {
  write_request(c);
  write_modify(c);
  switch (c.kind) {
    case CommandKind::kPlace:
      return place(c, c.id, ClientOrderId());
    case CommandKind::kReplace:
      set_state(c.id, OrderState::kPendingModify, c.time, {});
      return place(c, c.new_id, c.id);
    case CommandKind::kModify:
    case CommandKind::kReduce:
      return set_state(c.id, OrderState::kPendingModify, c.time, {});
    case CommandKind::kCancel:
      return set_state(c.id, OrderState::kPendingCancel, c.time, {});
    default:
      return;
  }
}

void LedgerWriter::place(const Command& c, ClientOrderId id, ClientOrderId replaces) {
  OrderRow row;
  row.id = id;
  row.replaces = replaces;
  row.instrument = c.instrument;
  row.side = c.side;
  row.ticks = Ticks(c.ticks);
  row.lots = c.lots;
  row.why = name(static_cast<DecisionReason>(c.why));
  row.created = c.time;
  store(row, c.time);
}

bool LedgerWriter::on_order_event(const Event& e) {
  if (is_order_report(e.kind)) on_report(e);
  if (is_failure(e.kind)) on_failure(e);
  if (e.kind == EventKind::kAdopted) on_adopted(e);
  return e.kind == EventKind::kFilled && on_fill(e);
}

// As the earlier session's ledger has it too; told again it is known already.
void LedgerWriter::on_adopted(const Event& e) {
  const Adoption& a = e.adoption;
  OrderRow row;
  if (load(a.id, row)) return;
  row.id = a.id;
  row.venue_id = a.venue_id;
  row.instrument = e.instrument;
  row.side = e.side();
  row.ticks = Ticks(a.ticks);
  row.lots = a.lots;
  row.filled = a.executed;
  row.why = name(DecisionReason::kAdopted);
  row.created = e.time;
  row.rest();
  store(row, e.time);
}

void LedgerWriter::on_report(const Event& e) {
  const OrderReport& r = e.report;
  OrderRow row;
  // A replacement is told of by its new id; the old order ends.
  if (e.kind == EventKind::kReplaced) set_state(r.id, OrderState::kCanceled, e.time, {});
  if (!load(e.kind == EventKind::kReplaced ? r.new_id : r.id, row)) return;
  if (r.venue_id.v != 0) row.venue_id = r.venue_id;
  if (is_terminal(row.state)) return store(row, e.time);
  switch (e.kind) {
    case EventKind::kAccepted:
    case EventKind::kReplaced:
      // Told again, it tells of terms that may be no more.
      if (row.state != OrderState::kPendingNew && row.state != OrderState::kUnknown) break;
      [[fallthrough]];
    case EventKind::kAmended:
      row.ticks = Ticks(r.ticks);
      row.lots = r.lots;
      row.rest();
      break;
    case EventKind::kCanceled:
      row.state = OrderState::kCanceled;
      break;
    case EventKind::kExpired:
      row.state = OrderState::kExpired;
      row.reason = name(r.reason);
      break;
    case EventKind::kOrderStatus:
      take_status(row, static_cast<OrderStatusCode>(r.status));
      break;
    default:
      break;
  }
  store(row, e.time);
}

void LedgerWriter::take_status(OrderRow& row, OrderStatusCode status) {
  switch (status) {
    case OrderStatusCode::kNotFound:
      return;
    case OrderStatusCode::kOpen:
      return row.rest();
    case OrderStatusCode::kFilled:
      row.state = OrderState::kFilled;
      return;
    case OrderStatusCode::kCanceled:
      row.state = OrderState::kCanceled;
      return;
    case OrderStatusCode::kExpired:
      row.state = OrderState::kExpired;
      return;
    case OrderStatusCode::kRejected:
      row.state = OrderState::kRejected;
      return;
  }
}

void LedgerWriter::on_failure(const Event& e) {
  const RequestFailure& f = e.failure;
  const std::string_view reason = name(f.reason);
  const auto command = static_cast<CommandKind>(f.command);
  const ClientOrderId placed = command == CommandKind::kReplace ? f.new_id : f.id;
  const bool places = command == CommandKind::kPlace || command == CommandKind::kReplace;
  switch (e.kind) {
    case EventKind::kRejected:
      return set_state(f.id, OrderState::kRejected, e.time, reason);
    case EventKind::kReplaceRejected:
      set_state(f.new_id, OrderState::kRejected, e.time, reason);
      if (f.old_canceled != 0) return set_state(f.id, OrderState::kCanceled, e.time, {});
      return set_resting(f.id, e.time);
    case EventKind::kDenied:
      if (places) set_state(placed, OrderState::kDenied, e.time, reason);
      if (command != CommandKind::kPlace) set_resting(f.id, e.time);
      return;
    case EventKind::kOutcomeUnknown:
      set_state(f.id, OrderState::kUnknown, e.time, reason);
      if (f.new_id.v != 0) set_state(f.new_id, OrderState::kUnknown, e.time, reason);
      return;
    default:  // an amend or a cancel was refused: the order is as it was
      return set_resting(f.id, e.time);
  }
}

bool LedgerWriter::on_fill(const Event& e) {
  const Fill& f = e.fill;
  const Instrument& i = instrument(e.instrument);
  const std::string id = id_text(f.id);
  const DecimalText price = price_text(i, Ticks(f.ticks)), quantity = quantity_text(i, f.lots);
  const DecimalText worth = decimal_text(notional(i, Ticks(f.ticks), f.lots));
  const DecimalText fee = decimal_text(f.fee);
  insert_fill_.bind(e.instrument).bind(static_cast<std::int64_t>(f.trade_id.v)).bind(id);
  insert_fill_.bind(record_).bind(e.time.v).bind(e.received.v).bind(name(e.side()));
  insert_fill_.bind((e.flags & kFlagMaker) != 0 ? 1 : 0).bind(f.ticks).bind(price.view());
  insert_fill_.bind(f.lots.v).bind(quantity.view()).bind(worth.view()).bind(f.fee.v);
  insert_fill_.bind(fee.view()).bind(asset_text(i, f.fee_asset)).run();
  const bool first_report = database_.changes() > 0;
  wrote();
  OrderRow row;
  if (!first_report || !load(f.id, row)) return first_report;
  row.filled += f.lots;
  if (row.filled >= row.lots) {
    row.state = OrderState::kFilled;
  } else if (is_resting(row.state) || row.state == OrderState::kPendingNew) {
    row.state = OrderState::kPartiallyFilled;
  }
  store(row, e.time);
  return true;
}

void LedgerWriter::set_state(ClientOrderId id, OrderState state, Nanos now,
                             std::string_view reason) {
  OrderRow row;
  if (!load(id, row) || is_terminal(row.state)) return;
  row.state = state;
  row.reason = reason;
  store(row, now);
}

void LedgerWriter::set_resting(ClientOrderId id, Nanos now) {
  OrderRow row;
  if (!load(id, row) || is_terminal(row.state)) return;
  row.rest();
  store(row, now);
}

bool LedgerWriter::load(ClientOrderId id, OrderRow& row) {
  const std::string text = id_text(id);
  load_order_.bind(text);
  const bool found = load_order_.step();
  if (found) {
    row.id = id;
    row.replaces = order_id_of(load_order_.text(1));
    row.venue_id = VenueOrderId(static_cast<std::uint64_t>(load_order_.integer(2)));
    row.instrument = static_cast<InstrumentId>(load_order_.integer(3));
    row.side = load_order_.text(4) == name(Side::kBuy) ? Side::kBuy : Side::kSell;
    row.state = state_named(load_order_.text(5));
    row.reason = load_order_.text(6);
    row.why = load_order_.text(7);
    row.ticks = Ticks(load_order_.integer(8));
    row.lots = Lots(load_order_.integer(10));
    row.filled = Lots(load_order_.integer(12));
    row.amends = load_order_.integer(14);
    row.created = Nanos(load_order_.integer(15));
  }
  load_order_.reset();
  return found;
}

void LedgerWriter::store(OrderRow& row, Nanos now) {
  row.updated = now;
  const Instrument& i = instrument(row.instrument);
  const std::string id = id_text(row.id), replaces = id_text(row.replaces);
  const DecimalText price = price_text(i, row.ticks), quantity = quantity_text(i, row.lots);
  const DecimalText filled = quantity_text(i, row.filled);
  store_order_.bind(id).bind(replaces).bind(static_cast<std::int64_t>(row.venue_id.v));
  store_order_.bind(row.instrument).bind(name(row.side)).bind(name(row.state)).bind(row.reason);
  store_order_.bind(row.why).bind(row.ticks.v).bind(price.view()).bind(row.lots.v);
  store_order_.bind(quantity.view()).bind(row.filled.v).bind(filled.view()).bind(row.amends);
  store_order_.bind(row.created.v).bind(row.updated.v).run();
  wrote();
}

}  // namespace mm
