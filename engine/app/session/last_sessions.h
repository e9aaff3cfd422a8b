// The sessions that a start goes on from: this engine's last, and earlier ones that died with
// orders which no start has taken over, because all since were refused.
//
// Cold, main thread, under the account's lock: a file beside it, a folder a line, the last first.
#pragma once

#include <string>
#include <vector>

namespace mm::app {

class LastSessions {
 public:
  // As the file has them.
  explicit LastSessions(std::string path);

  // "" if there is none.
  const std::string& last() const { return last_; }
  // The newest that an order may be left of, by what its engine left; the last if none says so.
  const std::string& newest_with_orders() const;
  // Names a new one, durably, for the starts to come. Returns the error, empty if none.
  [[nodiscard]] std::string write_next(const std::string& folder) const;
  // What they left is ours to look after from now on: no guard has to act on it any more.
  void take_over() const;

 private:
  std::string path_, last_;
  std::vector<std::string> with_orders_;  // perhaps; the newest first
};

}  // namespace mm::app
