// The files of page/, as they were when this was built.
//
// Constant text in the binary. uplot.js and uplot.css are uPlot 1.6.32 as npm has it
// (uPlot.iife.min.js, uPlot.min.css), under the MIT licence in uplot.LICENSE: one small file
// without dependencies, kept here so that a build needs no npm and a report no network.
#pragma once

#include <string_view>

namespace mm::page {

extern const std::string_view kHtml;  // with {{names}} of the rest and {{data}}
extern const std::string_view kCss, kJs, kUplot, kUplotCss, kUplotLicence;

}  // namespace mm::page
