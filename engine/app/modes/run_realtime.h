// A run in real time, whatever its edge: simulation, paper or live.
//
// Main thread; starts the threads of the topology and has joined them when it returns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/control/guard_process.h"
#include "engine/app/edges/venue_edge.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_record.h"
#include "engine/app/session/session_report.h"
#include "engine/journal/session_opening.h"

namespace mm::app {

// What a venue's filters have against a configuration's order size, at about that price.
using SizeJudge =
    std::function<std::string(const Config&, const Instrument&, std::optional<Ticks>)>;

struct RunParts {
  Config config;
  std::string mode;  // as summary and journal say it
  std::vector<Instrument> instruments;
  EdgeFactory edge;
  // What a live session goes on from, and what finding that out has shown.
  SessionOpening opening{};
  std::vector<std::string> notes{};
  // Called when the session's journal is there, before anything is sent. Returns the error.
  std::function<std::string(SessionRecord&)> begun{};
  // Asked when it can be steered and before anything is sent: why it is not to begin.
  std::function<std::string()> may_begin{};
  // Called when it has begun.
  std::function<void()> has_begun{};
  // Says why nothing was begun; returns the exit code.
  std::function<int(const std::string&)> refuse = fail;
  // Whether the edge's feed reads rings.feed_requests; a market that loses nothing has no need to.
  bool resynchronises = false;
  // What the venue allows less of than a configuration; none: all that it says.
  std::function<void(Config&)> obey{};
  SizeJudge size_problem{};  // none: there is no venue to say so
  std::shared_ptr<GuardProcess> guard = nullptr;  // to be started beside it; none: no guard
};

// Returns the exit code.
int run_realtime(const RunOptions& options, const RunParts& parts);

}  // namespace mm::app
