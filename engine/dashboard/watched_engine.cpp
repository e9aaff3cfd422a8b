#include "engine/dashboard/watched_engine.h"

#include <algorithm>
#include <fstream>

#include "engine/dashboard/engine_json.h"
#include "engine/monitor/log_tail.h"

namespace mm::dashboard {

std::string WatchedEngine::attach() {
  std::string error = file_.attach(folder_.path(), counters::CountersFile::Use::kLook);
  if (!error.empty()) return error;
  if (file_.instruments().empty()) return folder_.path() + ": its engine has no instruments";
  monitor::look(file_, view_);
  if (view_.instruments.empty()) return folder_.path() + ": its counters were cut off";
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

std::shared_ptr<const std::string> WatchedEngine::config() const {
  constexpr std::size_t kBytesMax = 256u << 10;
  std::ifstream file(folder_.config(), std::ios::binary);
  std::string text(kBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  text.shrink_to_fit();
  if (!config_ || *config_ != text) config_ = std::make_shared<const std::string>(std::move(text));
  return config_;
}

}  // namespace mm::dashboard
