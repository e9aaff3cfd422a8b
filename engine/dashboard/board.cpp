#include "engine/dashboard/board.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/dashboard/engine_json.h"
#include "engine/ledger/json_writer.h"
#include "engine/monitor/prometheus_text.h"

namespace mm::dashboard {
namespace {

constexpr std::uint64_t kTurnsPerRow = 4, kTurnsPerFind = 20;
constexpr std::size_t kRowsPerMessage = 150, kFillsPerMessage = 300;

}  // namespace

std::string Board::add(const std::string& session) {
  const auto same = [&](const auto& e) { return e->folder().path() == session; };
  if (std::ranges::any_of(engines_, same)) return {};
  if (engines_.size() == kEnginesMax) {
    const auto over = std::find_if(engines_.rbegin(), engines_.rend(),
                                   [](const auto& e) { return !e->view().alive(); });
    if (over == engines_.rend()) return session + ": so many engines cannot be shown";
    engines_.erase(std::next(over).base());
  }
  auto engine = std::make_unique<WatchedEngine>(last_id_ + 1, session);
  if (std::string error = engine->attach(); !error.empty()) return error;
  // By whatever way it was named.
  const std::string& path = engine->view().session;
  if (std::ranges::any_of(engines_, [&](const auto& e) { return e->view().session == path; })) {
    return {};
  }
  ++last_id_;
  engine->look(true);
  engines_.insert(engines_.begin(), std::move(engine));
  name_apart();
  return {};
}

// Of one name each has its whole path.
void Board::name_apart() {
  for (const auto& e : engines_) e->call({});
  std::vector<WatchedEngine*> twins;
  for (const auto& e : engines_) {
    const auto same = [&](const auto& other) {
      return other->view().session_name() == e->view().session_name();
    };
    if (std::ranges::count_if(engines_, same) > 1) twins.push_back(e.get());
  }
  for (WatchedEngine* twin : twins) twin->call(twin->view().session);
}

void Board::find() {
  std::vector<std::string> found = find_();
  // What cannot be attached yet is found again.
  for (auto at = found.rbegin(); at != found.rend(); ++at) static_cast<void>(add(*at));
}

void Board::turn() {
  if (find_ && turns_ % kTurnsPerFind == 0) find();
  for (const auto& engine : engines_) engine->look(turns_ % kTurnsPerRow == 0);
  ++turns_;
  told_.clear();
  prometheus_.reset();
}

const WatchedEngine* Board::engine(std::uint32_t id) const {
  const auto at = std::ranges::find(engines_, id, [](const auto& e) { return e->id(); });
  return at == engines_.end() ? nullptr : at->get();
}

std::shared_ptr<const std::string> Board::prometheus() {
  if (prometheus_) return prometheus_;
  std::vector<monitor::EngineView> views;
  for (const auto& engine : engines_) views.push_back(engine->view());
  return prometheus_ = std::make_shared<const std::string>(monitor::prometheus_text(views));
}

std::shared_ptr<const std::string> Board::message(Watch& watch) {
  const auto same = std::ranges::find(told_, watch, &Told::before);
  if (same != told_.end()) {
    watch = same->after;
    return same->text;
  }
  Told told{watch, watch, nullptr};
  told.text = std::make_shared<const std::string>(write(told.after));
  watch = told.after;
  told_.push_back(told);
  return told.text;
}

std::string Board::write(Watch& watch) const {
  std::string out = "{\"engines\":[";
  for (const auto& e : engines_) {
    out += (e == engines_.front() ? "" : ",") + brief_json(e->view(), e->id());
  }
  out += ']';
  watch.behind = false;
  const WatchedEngine* of = engine(watch.engine);
  if (of == nullptr && !engines_.empty()) {
    const auto lives =
        std::ranges::find_if(engines_, [](const auto& e) { return e->view().alive(); });
    of = lives != engines_.end() ? lives->get() : engines_.front().get();
  }
  if (of == nullptr) return out + "}";
  const bool same = of->id() == watch.engine;
  if (!same || watch.instrument >= of->view().instruments.size()) {
    watch = {.engine = of->id()};  // another one than was thought
  }
  const std::size_t i = watch.instrument;
  out += fmt::format(",\"engine\":{},\"instrument\":{},\"now\":{}", of->id(), i,
                     now_json(of->view(), i));
  if (!watch.told) out += ",\"about\":" + about_json(of->view(), i);
  watch.told = true;
  const std::uint64_t from = watch.rows;
  out += ",\"rows\":";
  watch.rows = of->rows().put(from, kRowsPerMessage, out);
  out += ",\"instrument_rows\":";
  of->rows_of(i).put(from, kRowsPerMessage, out);
  out += ",\"fills\":";
  const RowLog& fills = of->fills().fills(i);
  watch.fills = fills.put(watch.fills, kFillsPerMessage, out);
  watch.behind = watch.rows < of->rows().end() || watch.fills < fills.end();
  out += ",\"log\":[";
  for (const std::string& line : of->log()) {
    if (out.back() != '[') out += ',';
    append_json_text(out, line);
  }
  out += "],\"fills_error\":";
  append_json_text(out, of->fills().error());
  return out + "}";
}

}  // namespace mm::dashboard
