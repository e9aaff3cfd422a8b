// The report of a session as one HTML file: data, code and plots in it, nothing from elsewhere.
//
// Pure, cold: some megabytes of text. The page's own files lie in page/ and are part of the binary.
// Amounts are the exact decimal text that summary.json has; only what is plotted is a double, in
// the browser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/session_model.h"

namespace mm {

struct ReportInput {
  std::string session, mode, build;  // its folder's name; of the engine that ran it
  std::string summary_json;          // all that summary.json has
  std::string config;                // as started
  std::vector<std::string> reloads{};  // when, and what each has changed of it
  std::vector<std::string> warnings;
};

// What the page shows, as JSON; `model` has finished.
std::string report_json(const ReportInput& input, const Core& core, SessionModel& model);
std::string report_page(std::string_view json);
// How every such page begins: what tells a report from a file of somebody else's.
std::string_view report_beginning();

}  // namespace mm
