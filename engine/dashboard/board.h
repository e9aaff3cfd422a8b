// The engines that the dashboard shows, and what a page is told of them.
//
// One thread, cold. A page says what it watches and gets one message a turn: how things are, and
// the rows and fills that are new to it, a bounded number at a time. So a page that is slow or
// comes anew costs nothing but a longer way: there is no queue. A message is made once for all who
// want the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/dashboard/watched_engine.h"

namespace mm::dashboard {

// What a page watches, and how much of it it has.
struct Watch {
  std::uint32_t engine = 0;  // its id; 0, or one that is gone: the first that lives, or the first
  std::size_t instrument = 0;
  std::uint64_t rows = 0, fills = 0;
  bool told = false;    // what stays as it is
  bool behind = false;  // there is more than the last message could hold
  bool operator==(const Watch&) const = default;
};

class Board {
 public:
  static constexpr std::size_t kEnginesMax = 16;
  // Folders of sessions to be shown, asked for now and then; may be empty.
  using Find = std::function<std::vector<std::string>()>;

  // Engines are numbered from the one behind `last_id` on.
  explicit Board(Find find, std::uint32_t last_id = 0)
      : find_(std::move(find)), last_id_(last_id) {}
  // Shown from now on. Returns the error, empty if none.
  [[nodiscard]] std::string add(const std::string& session);

  // A quarter of a second has passed.
  void turn();

  // The next message of a page, whose watch goes on.
  std::shared_ptr<const std::string> message(Watch& watch);
  // Of this turn, one text for all who ask in it.
  std::shared_ptr<const std::string> prometheus();
  const WatchedEngine* engine(std::uint32_t id) const;

 private:
  struct Told {
    Watch before, after;
    std::shared_ptr<const std::string> text;
  };
  void find();
  void name_apart();
  std::string write(Watch& watch) const;

  Find find_;
  std::uint32_t last_id_;
  std::uint64_t turns_ = 0;
  std::vector<std::unique_ptr<WatchedEngine>> engines_;  // the newest first
  std::vector<Told> told_;                               // this turn
  std::shared_ptr<const std::string> prometheus_;        // this turn; none: nobody has asked
};

}  // namespace mm::dashboard
