// The files of page/, as they were when this was built: constant text in the binary.
#pragma once

#include <string_view>

namespace mm::dashboard {

extern const std::string_view kDashboardHtml, kDashboardCss, kDashboardJs;

}  // namespace mm::dashboard
