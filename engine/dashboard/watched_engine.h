// One engine as the dashboard keeps it: its last look, and the past minutes of what is plotted.
//
// One thread, cold. Reads the counters file, the journal and the log's end, nothing else of the
// engine's. Memory is bounded: kRowsMax rows of the engine and of each of its instruments.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/counters/counters_file.h"
#include "engine/dashboard/fill_tail.h"
#include "engine/dashboard/row_log.h"
#include "engine/ledger/session_folder.h"
#include "engine/monitor/engine_view.h"

namespace mm::dashboard {

class WatchedEngine {
 public:
  static constexpr std::size_t kRowsMax = 1800;  // one a second

  WatchedEngine(std::uint32_t id, const std::string& session) : id_(id), folder_(session) {}
  // Returns the error, empty if none.
  [[nodiscard]] std::string attach();

  // As it is now. With `keeps`, a row of what is plotted too.
  void look(bool keeps);

  std::uint32_t id() const { return id_; }
  const SessionFolder& folder() const { return folder_; }
  const monitor::EngineView& view() const { return view_; }
  void call(std::string alias) { view_.alias = std::move(alias); }
  // Rows of one number are of one moment.
  const RowLog& rows() const { return rows_; }
  const RowLog& rows_of(std::size_t instrument) const { return rows_of_[instrument]; }
  const FillTail& fills() const { return *fills_; }
  const std::vector<std::string>& log() const { return log_; }
  // As used, without secrets; no more than a page can show. One text as long as the file stays as
  // it is, for all who have it.
  std::shared_ptr<const std::string> config() const;

 private:
  std::uint32_t id_;
  SessionFolder folder_;
  counters::CountersFile file_;
  monitor::EngineView view_;
  Nanos kept_{};
  RowLog rows_{kRowsMax};
  std::vector<RowLog> rows_of_;
  std::unique_ptr<FillTail> fills_;
  std::vector<std::string> log_;
  mutable std::shared_ptr<const std::string> config_;  // as last asked for
};

}  // namespace mm::dashboard
