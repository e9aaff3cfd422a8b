// Which of our symbols trade, and whether their tick and lot are still those we started with: the
// venue is asked once a minute, and when it refuses an order. A symbol whose grid has changed
// counts as halted until a restart.
//
// Cold, on the connector's thread: one REST request (weight 20), blocking up to its time limit. The
// session reads the result from the link. Without an answer what was known stays.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/net/http_client.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/session_link.h"

namespace mm::binance::orders {

class SymbolStatus {
 public:
  static constexpr Nanos kInterval{60 * kSecond.v};
  static constexpr Nanos kIntervalMin{5 * kSecond.v};  // however often orders are refused

  SymbolStatus(const net::Endpoint& endpoint, const net::TlsContext* tls,
               const net::HttpOptions& options, const InstrumentMap& instruments,
               SessionLink& link);

  // Asks if it is time to. True if it has asked.
  bool do_work(Nanos now);
  // Empty, or why the last question has no answer.
  const std::string& problem() const { return problem_; }
  // What somebody should know, a line each; once.
  std::vector<std::string> take_news() { return std::exchange(news_, {}); }

 private:
  struct Grid {
    std::int64_t tick = 0, lot = 0;  // 0: not told
    bool changed = false;
  };
  struct Told;
  void read(std::string_view body);
  void judge(const Told& told);
  void judge_grid(InstrumentId i, const Grid& told);

  const InstrumentMap& instruments_;
  SessionLink& link_;
  net::HttpClient http_;
  std::string target_, problem_;
  Nanos due_{}, due_min_{};
  std::vector<Grid> grids_;  // as first told, by instrument
  std::vector<std::string> news_;
};

}  // namespace mm::binance::orders
