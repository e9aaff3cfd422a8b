#include "feeds/binance/live_feed.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "feeds/binance/book_head.h"

namespace mm::binance {

namespace {

FeedOptions feed_options(const LiveFeedOptions& o, std::size_t instruments) {
  constexpr std::size_t kLevelsAll = std::size_t{1} << 22;
  return {.venue = Venue::kSpot,
          .message_bytes_max = static_cast<std::size_t>(o.message_bytes_max),
          .buffered_levels = std::clamp(kLevelsAll / std::max<std::size_t>(instruments, 1),
                                        std::size_t{1} << 14, std::size_t{1} << 17),
          .buffered_diffs = std::size_t{1} << 11,
          .tickers_once = true};
}

}  // namespace

LiveFeed::LiveFeed(const LiveFeedOptions& options, const StreamPlan& plan, FeedChannel& channel,
                   const LiveFeedRings& rings, LogWriter* log, RawTap* tap)
    : options_(options),
      plan_(plan),
      channel_(channel),
      rings_(rings),
      log_(log),
      tap_(tap),
      feed_(plan.instruments, feed_options(options, plan.instruments.size())),
      batch_(std::min(EventBatch::kDefaultCapacity, rings.market.capacity())),
      rank_(static_cast<std::size_t>(options.connections), plan.instruments.size()),
      slots_(plan.lines.size() * kSlotsPerLine),
      skip_runs_(plan.instruments.size()),
      books_(plan.instruments.size()) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].line = static_cast<std::uint16_t>(i / kSlotsPerLine);
    slots_[i].met.resize(shard_of(slots_[i]).count);
    slots_[i].owed.resize(shard_of(slots_[i]).count);
  }
  for (std::size_t i = 0; i < plan.instruments.size(); ++i) {
    const std::size_t id = plan.instruments[i].id;
    if (place_by_id_.size() <= id) place_by_id_.resize(id + 1, books_.size());
    place_by_id_[id] = i;
  }
}

LiveFeed::~LiveFeed() {
  for (const Slot& s : slots_) delete s.held;
}

std::size_t LiveFeed::place_of(InstrumentId id) const {
  return id < place_by_id_.size() ? place_by_id_[id] : books_.size();
}

int LiveFeed::do_work(Nanos now) {
  int work = take_sockets(now) + take_snapshot(now) + serve_commands();
  stamped_ = now;
  // Each turn another is first, or news that waits on two sockets would always be one's.
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& s = slots_[first_read_];
    if (++first_read_ == slots_.size()) first_read_ = 0;
    if (s.open) work += read(s);
  }
  if (++first_read_ >= slots_.size()) first_read_ = 0;
  if (any_stale_due_) send_stale(now);
  if (now >= next_look_) look_after(now);
  return work;
}

int LiveFeed::take_sockets(Nanos now) {
  int taken = 0;
  for (std::size_t line = 0; line < plan_.lines.size(); ++line) {
    const auto slots = slots_of(line);
    const auto empty = std::ranges::find(slots, nullptr, &Slot::held);
    if (empty == slots.end()) continue;
    LineSocket* const held = channel_.sockets[line].take();
    if (held == nullptr) continue;
    take(*empty, held, now);
    ++taken;
  }
  return taken;
}

void LiveFeed::take(Slot& s, LineSocket* held, Nanos now) {
  const std::size_t shard = line_of(s).shard;
  s.joining = std::ranges::any_of(
      slots_, [&](const Slot& o) { return o.open && line_of(o).shard == shard; });
  s.held = held;
  s.open = true;
  s.replace = s.replace_asked = false;
  s.met_count = 0;
  std::ranges::fill(s.met, std::uint8_t{0});
  std::ranges::fill(s.owed, kNever);
  s.taken = s.last_traffic = s.last_ping = now;
  s.last_data = Nanos{};
  s.bytes_seen = held->socket->counters().bytes_in;
  ++counters_.sockets_taken;
  count_open();
  log_.print(LogLevel::kInfo, now, "feed: {}: connected", line_of(s).place);
}

int LiveFeed::take_snapshot(Nanos now) {
  SnapshotBody* const body = channel_.snapshot.take();
  if (body == nullptr) return 0;
  const std::size_t place = place_of(body->instrument);
  MM_ASSERT(place < books_.size(), "a snapshot is of an instrument that was asked for");
  books_[place].asked = false;
  if (tap_ != nullptr) tap_->on_raw(now, body->text());
  batch_.clear();
  feed_.set_joining(false);
  const FeedProblem p = feed_.on_message(now, body->text(), batch_, body->instrument);
  if (p == FeedProblem::kStaleSnapshot) {
    ++counters_.snapshots_stale;
  } else if (p != FeedProblem::kNone) {
    note(p, "REST snapshot", body->text(), now);
  }
  publish(now);
  const bool given = channel_.snapshot.give_back(body);
  MM_ASSERT(given, "the cold side offers the next snapshot only when it has the last one back");
  return 1;
}

int LiveFeed::serve_commands() {
  if (rings_.commands == nullptr) return 0;
  int work = 0;
  Command c{};
  while (rings_.commands->try_pop(c)) {
    ++work;
    const std::size_t place = place_of(c.instrument);
    if (c.kind != CommandKind::kResyncFeed || place >= books_.size()) continue;
    feed_.resync(c.instrument);
    books_[place].diff_seen = false;
  }
  return work;
}

// Without a clock the turn's time is that of all its messages.
Nanos LiveFeed::stamp() {
  return stamped_ = clock_ != nullptr ? clock_->now() : stamped_;
}

int LiveFeed::read(Slot& s) {
  int work = 0, skipped = 0;
  bool ahead = options_.skip_superseded;  // for as long as something comes of it
  while (work < kMessagesPerTurn && skipped < kSkipsPerTurn && s.open) {
    net::WebSocket& socket = *s.held->socket;
    // What came with the last read was all there was, most likely: the order comes first.
    if (work + skipped > 0 && !socket.has_buffered()) break;
    if (ahead && work + skipped >= kBehind) ahead = socket.read_ahead();
    const net::WsMessage m = socket.poll();
    if (m.event == net::WsEvent::kNone) break;
    const Nanos now = stamped_;
    if (m.event == net::WsEvent::kText && is_superseded(s, m.payload)) {
      if (tap_ != nullptr) tap_->on_raw(now, m.payload);
      ++counters_.books_superseded;
      ++skipped;
      continue;
    }
    ++work;
    switch (m.event) {
      case net::WsEvent::kText: {
        // One reading of the clock a text, but for some that tell its two parts.
        const bool sampled = clock_ != nullptr && texts_++ % kTextsPerSample == 0;
        const Nanos received = sampled ? stamp() : now;
        on_text(s, now, m.payload);
        stamp();
        if (sampled) times_.record(now, received, stamped_);
        break;
      }
      case net::WsEvent::kBinary:
        note(FeedProblem::kUnknownMessage, line_of(s).place, "a binary message", now);
        break;
      case net::WsEvent::kClosed: {
        std::array<char, 48> why;
        const auto end_of = fmt::format_to_n(why.data(), why.size(), "closed by the venue ({})",
                                             s.held->socket->close_code());
        end(s, now, {why.data(), std::min(why.size(), end_of.size)});
        break;
      }
      case net::WsEvent::kFailed:
        end(s, now, s.held->socket->problem());
        break;
      default:
        break;
    }
  }
  return work + skipped;
}

// A newer one of its stream waits behind it.
bool LiveFeed::is_superseded(const Slot& s, std::string_view text) {
  std::size_t at = 0;
  std::string_view next = s.held->socket->peek_text(at);
  if (next.empty() || !options_.skip_superseded) return false;
  const BookHead head = book_head(text);
  for (int i = 0; i < kLookAhead && !head.stream.empty() && !next.empty(); ++i) {
    if (book_head(next).is_newer_than(head)) return skip_runs_.skip(head.stream);
    next = s.held->socket->peek_text(at);
  }
  return false;
}

void LiveFeed::on_text(Slot& s, Nanos now, std::string_view text) {
  if (tap_ != nullptr) tap_->on_raw(now, text);
  s.last_data = last_data_ = now;
  batch_.clear();
  feed_.set_joining(s.joining);
  const FeedProblem p = feed_.on_message(now, text, batch_);
  publish(now);
  if (p != FeedProblem::kNone) note(p, line_of(s).place, text, now);
  while (feed_.has_backlog()) {
    batch_.clear();
    feed_.drain(batch_);
    publish(now);
  }
  on_arrival(s, feed_.arrival(), now);
}

void LiveFeed::on_arrival(Slot& s, const Arrival& a, Nanos now) {
  if (a.kind == MessageKind::kServerShutdown) {
    log_.print(LogLevel::kWarning, now, "feed: {}: the venue is shutting down", line_of(s).place);
    s.replace = true;
    return;
  }
  const std::size_t place = place_of(a.instrument);
  if (place >= books_.size()) return;
  if (a.kind == MessageKind::kDepthDiff) books_[place].diff_seen = true;
  rank_.on_arrival(line_of(s).connection, place, a.kind, a.id, now);
  if (a.kind == MessageKind::kDepthDiff || a.kind == MessageKind::kPartialDepth) {
    owe(s, a, now);
    if (s.joining) meet(s, a);
  }
  if (s.joining && s.met_count == s.met.size()) joined(s, now);
}

// Sockets that join have to bring this too.
void LiveFeed::owe(const Slot& from, const Arrival& a, Nanos now) {
  for (Slot& o : slots_) {
    if (!o.joining || &o == &from || line_of(o).shard != line_of(from).shard) continue;
    const std::size_t place = place_of(a.instrument) - shard_of(o).first;
    if (place < o.owed.size()) o.owed[place] = std::min(o.owed[place], now);
  }
}

// The book has got as far as what this socket brought: from here on it misses nothing.
void LiveFeed::meet(Slot& s, const Arrival& a) {
  if (!feed_.needs_snapshot(a.instrument) && feed_.book_id(a.instrument) < a.id) return;
  const std::size_t place = place_of(a.instrument) - shard_of(s).first;
  if (place >= s.met.size() || s.met[place] != 0) return;
  s.met[place] = 1;
  ++s.met_count;
}

// Both have been read for long enough. Where nothing happened nothing can be missed; a book that
// waits for its snapshot says nothing of either; but what others brought long ago is missing.
void LiveFeed::judge_overlap(Slot& s, Nanos now) {
  const std::size_t first = shard_of(s).first;
  for (std::size_t place = 0; place < s.met.size(); ++place) {
    if (s.met[place] != 0 || s.owed[place] == kNever) continue;
    if (feed_.needs_snapshot(plan_.instruments[first + place].id)) return;
    if (now - s.owed[place] < options_.stuck_timeout) return;
    return end(s, now, "has not caught up within overlap_s; the old connection stays");
  }
  joined(s, now);
}

// An older socket of the same line has done its duty.
void LiveFeed::joined(Slot& s, Nanos now) {
  s.joining = false;
  for (Slot& old : slots_of(s.line)) {
    if (&old == &s || !old.open) continue;
    ++counters_.roll_overs;
    old.held->socket->close();
    end(old, now, "replaced by a new connection");
  }
}

void LiveFeed::end(Slot& s, Nanos now, std::string_view why) {
  const bool replaced =
      std::ranges::any_of(slots_of(s.line), [&](const Slot& o) { return &o != &s && o.open; });
  log_.print(replaced ? LogLevel::kInfo : LogLevel::kWarning, now, "feed: {}: {}", line_of(s).place,
             why);
  s.open = false;
  ++counters_.sockets_ended;
  count_open();
  give_back(s);
}

void LiveFeed::give_back(Slot& s) {
  if (channel_.sockets[s.line].give_back(s.held)) s.held = nullptr;
}

// Who is left, shard by shard: without any socket the books are lost; one alone has nobody to wait
// for.
void LiveFeed::count_open() {
  bool twins = false;
  open_ = 0;
  for (std::size_t shard = 0; shard < plan_.shards.size(); ++shard) {
    std::size_t open = 0, joining = 0;
    for (const Slot& s : slots_)
      if (s.open && line_of(s).shard == shard) {
        ++open;
        joining += s.joining ? 1 : 0;
      }
    open_ += open;
    twins = twins || open > 1;
    if (open != 0 && open == joining)
      for (Slot& s : slots_)
        if (line_of(s).shard == shard) s.joining = false;
    if (open != 0) continue;
    const StreamShard& lost = plan_.shards[shard];
    for (std::size_t i = lost.first; i < lost.first + lost.count; ++i) lose(i);
  }
  feed_.set_gap_patience(twins ? options_.gap_patience : Nanos{});
  if (open_ == 0) feed_.forget_ids();
}

void LiveFeed::publish(Nanos now) {
  if (batch_.empty()) return;
  if (rings_.market.try_push_all(batch_.events())) {
    last_sent_ = now;
    return;
  }
  ++counters_.messages_dropped;
  for (const Event& e : batch_.events())
    if (e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookStale)
      lose(place_of(e.instrument));
}

void LiveFeed::lose(std::size_t place) {
  feed_.resync(plan_.instruments[place].id);
  books_[place].diff_seen = false;
  books_[place].stale_due = true;
  any_stale_due_ = true;
}

void LiveFeed::send_stale(Nanos now) {
  any_stale_due_ = false;
  for (std::size_t i = 0; i < books_.size(); ++i) {
    if (!books_[i].stale_due) continue;
    if (rings_.market.free_slots() == 0) {
      any_stale_due_ = true;
      return;
    }
    books_[i].stale_due = false;
    batch_.clear();
    feed_.lose(plan_.instruments[i].id, now, batch_);
    rings_.market.try_push_all(batch_.events());
  }
}

void LiveFeed::look_after(Nanos now) {
  next_look_ = now + kLookInterval;
  for (Slot& s : slots_) {
    if (s.open)
      look_after(s, now);
    else if (s.held != nullptr)
      give_back(s);
  }
  if (options_.depth == DepthKind::kDiff) ask_snapshots();
  report_status(now);
}

void LiveFeed::look_after(Slot& s, Nanos now) {
  net::WebSocket& socket = *s.held->socket;
  if (socket.counters().bytes_in != s.bytes_seen) {
    s.bytes_seen = socket.counters().bytes_in;
    s.last_traffic = now;
  }
  const auto ahead = [&](const Slot& o) {
    return o.open && line_of(o).shard == line_of(s).shard &&
           o.last_data - std::max(s.last_data, s.taken) >= options_.stuck_timeout;
  };
  if (now - s.last_traffic >= options_.silence_timeout)
    return end(s, now, "silent: no traffic within silence_timeout");
  if (std::ranges::any_of(slots_, ahead))
    return end(s, now, "stuck: no data while a twin connection has some");
  // Nothing tells a frozen stream from a quiet market: a new connection will.
  if (now - std::max(s.last_data, s.taken) >= options_.data_timeout) s.replace = true;
  if (s.replace && !s.replace_asked)
    s.replace_asked = channel_.requests.try_push({.serial = s.held->serial,
                                                  .instrument = {},
                                                  .line = s.line,
                                                  .kind = FeedRequestKind::kRollOver});
  if (s.joining && now - s.taken >= options_.overlap_max) judge_overlap(s, now);
  const bool ask = options_.ping_interval > Nanos{} &&
                   now - std::max(s.last_traffic, s.last_ping) >= options_.ping_interval;
  if (ask && socket.send_ping()) s.last_ping = now;
}

void LiveFeed::ask_snapshots() {
  for (std::size_t i = 0; i < books_.size(); ++i) {
    Book& b = books_[i];
    const InstrumentId id = plan_.instruments[i].id;
    if (b.asked || !b.diff_seen || !feed_.needs_snapshot(id)) continue;
    b.asked = channel_.requests.try_push(
        {.serial = 0, .instrument = id, .line = 0, .kind = FeedRequestKind::kSnapshot});
    if (b.asked) ++counters_.snapshots_asked;
  }
}

void LiveFeed::report_status(Nanos now) {
  const auto proven = [&](const FeedInstrument& i) { return feed_.is_proven(i.id); };
  // Once up, a book alone that is lost is the core's own affair: it sees kBookStale.
  const bool up = open_ > 0 && (up_ || std::ranges::any_of(plan_.instruments, proven));
  if (up != up_ || !status_told_) {
    if (!send_status(now, up)) return;
    if (up != up_) ++(up ? counters_.went_up : counters_.went_down);
    up_ = up;
    status_told_ = true;
  } else if (up_ && last_data_ > last_sent_ && now - last_sent_ >= options_.alive_interval) {
    send_status(now, true);
  }
}

bool LiveFeed::send_status(Nanos now, bool up) {
  if (plan_.instruments.empty()) return true;
  Event e;
  e.received = now;
  e.instrument = plan_.instruments.front().id;
  e.kind = EventKind::kFeedStatus;
  e.feed.up = up ? 1 : 0;
  if (!rings_.market.try_push(e)) return false;
  last_sent_ = now;
  return true;
}

void LiveFeed::note(FeedProblem p, std::string_view place, std::string_view text, Nanos now) {
  if (log_.is_quiet(p, now)) return log_.count(p);
  std::array<char, 128> about;
  const auto end_of = fmt::format_to_n(about.data(), about.size(), "{}{}{}", feed_.detail(),
                                       feed_.detail().empty() ? "" : " in ", text.substr(0, 80));
  log_.problem(p, place, {about.data(), std::min(about.size(), end_of.size)}, now);
}

}  // namespace mm::binance
