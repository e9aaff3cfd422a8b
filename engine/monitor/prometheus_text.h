// Engines as Prometheus reads them: its text format, names and units by its conventions.
//
// A pure function of looks at engines, cold. Names, types and help are those of the tables of the
// counters file, with mm_ before them; whoever serves it over HTTP adds nothing.
#pragma once

#include <span>
#include <string>

#include "engine/monitor/engine_view.h"

namespace mm::monitor {

inline constexpr const char* kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

// Every metric is there, also if no engine has a value for it. Engines are told apart by the label
// `session`.
std::string prometheus_text(std::span<const EngineView> engines);

}  // namespace mm::monitor
