#include "engine/dashboard/watched_engine.h"

#include "engine/dashboard/engine_json.h"
#include "engine/monitor/log_tail.h"

namespace mm::dashboard {

std::string WatchedEngine::attach() {
  std::string error = file_.attach(folder_.path(), counters::CountersFile::Use::kLook);
  if (!error.empty()) return error;
  if (file_.instruments().empty()) return folder_.path() + ": its engine has no instruments";
  monitor::look(file_, view_);
  rows_of_.assign(view_.instruments.size(), RowLog(kRowsMax));
  fills_ = std::make_unique<FillTail>(folder_.journal(), view_.instruments.size());
  return {};
}

void WatchedEngine::look(bool keeps) {
  constexpr std::size_t kLogLines = 40;
  monitor::look(file_, view_);  // what is half written is shown as it was
  if (!keeps) return;
  fills_->look(view_.instruments);
  log_ = monitor::log_tail(folder_.log(), kLogLines);
  if (!view_.whole || view_.now() <= kept_) return;  // it has ended, or stands still
  kept_ = view_.now();
  rows_.add(engine_row(view_));
  for (std::size_t i = 0; i < rows_of_.size(); ++i) rows_of_[i].add(instrument_row(view_, i));
}

}  // namespace mm::dashboard
