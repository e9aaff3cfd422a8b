// What the dashboard answers to a request: pages, numbers, and orders to an engine.
//
// One thread, cold; no socket here. Paths are looked up in a table of what there is: no name from a
// request ever reaches the file system. The page itself is free to all, it holds nothing; all else
// wants the token, but /metrics on loopback.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/dashboard/board.h"
#include "engine/net/sent_text.h"

namespace mm::dashboard {

struct Request {
  std::string_view method, path, host, authorization, protocols, body;
};

struct Answer {
  int status = 200;
  net::SentText body;
  std::string_view type = "text/plain; charset=utf-8";
};

class Site {
 public:
  // Asks an engine, off this thread, and answers on it.
  using Told = std::function<void(std::string answer)>;
  using Steer =
      std::function<void(const std::string& session, const std::string& request, Told told)>;

  Site(Board& board, std::string token, bool loopback, Steer steer)
      : board_(board), token_(std::move(token)), loopback_(loopback), steer_(std::move(steer)) {}

  // `answered` is called once, now or later.
  void answer(const Request& request, const std::function<void(Answer)>& answered);
  // Of a WebSocket: 200 if it is let in.
  Answer admit(const Request& request) const;
  Board& board() { return board_; }

 private:
  bool knows(const Request& request) const;
  Answer look_up(const Request& request) const;
  void steer(const Request& request, const std::function<void(Answer)>& answered);

  Board& board_;
  std::string token_;
  bool loopback_;
  Steer steer_;
};

}  // namespace mm::dashboard
