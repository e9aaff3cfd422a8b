// The folder of one session: sessions/20261123T081500.123Z with its journal, ledger, summary, log.
//
// Any thread, cold. A folder that holds anything is never written into; the summary appears whole
// or not at all. Errors are values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace mm {

class SessionFolder {
 public:
  SessionFolder() = default;
  // An existing folder, as it is.
  explicit SessionFolder(std::string path) : path_(std::move(path)) {}

  // `folder` itself if given, else a new one named after the start time in `sessions`. The error
  // (empty if none) is returned, the folder is in `created`.
  [[nodiscard]] static std::string create(const std::string& sessions, const std::string& folder,
                                          Nanos start_time, SessionFolder& created);
  // The sessions in `sessions` that have a journal, the last first.
  static std::vector<SessionFolder> all(const std::string& sessions);
  // The first of them that is `wanted` (none: any); empty path if there is none.
  using Predicate = std::function<bool(const SessionFolder&)>;
  static SessionFolder newest(const std::string& sessions, const Predicate& wanted = {});

  // The folder `named`, or the newest if that is empty.
  static SessionFolder choose(const std::string& named, const std::string& sessions) {
    return named.empty() ? newest(sessions) : SessionFolder(named);
  }

  const std::string& path() const { return path_; }
  std::string name() const;
  std::string journal() const { return path_ + "/journal.bin"; }
  std::string ledger() const { return path_ + "/ledger.sqlite"; }
  std::string summary() const { return path_ + "/summary.json"; }
  std::string log() const { return path_ + "/log.txt"; }
  std::string config() const { return path_ + "/config.ini"; }
  std::string report() const { return path_ + "/report.html"; }

  // config.ini as used, without its secrets.
  [[nodiscard]] std::string write_config(std::string_view text) const;
  [[nodiscard]] std::string write_summary(std::string_view json) const;
  // A stage's distribution of latencies as latency_STAGE.hgrm, which HdrHistogram's plotter reads.
  [[nodiscard]] std::string write_latency(std::string_view stage, std::string_view hgrm) const;
  // With all that is in it: of a session that create() began and that came to nothing.
  void remove() const;

 private:
  std::string path_;
};

// UTC with milliseconds, as a name that sorts by time: 20261123T081500.123Z.
std::string utc_name(Nanos time);
// The text of an INI file with the values of keys named like secrets (key, secret, password, token)
// replaced. Journals, sessions and logs carry configs only in this form.
std::string redacted(std::string_view ini_text);

}  // namespace mm
