#include "engine/report/report_page.h"

#include "engine/report/page_files.h"

namespace mm {
namespace {

// JSON inside a script: a `<` can only be in a text, where it may also be written so.
std::string script_safe(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string_view part(std::string_view name, std::string_view data) {
  if (name == "css") return page::kCss;
  if (name == "js") return page::kJs;
  if (name == "uplot") return page::kUplot;
  if (name == "uplot_css") return page::kUplotCss;
  if (name == "uplot_licence") return page::kUplotLicence;
  return data;
}

}  // namespace

std::string report_page(std::string_view json) {
  const std::string data = script_safe(json);
  std::string text;
  std::string_view rest = page::kHtml;
  for (std::size_t at = 0; (at = rest.find("{{")) != std::string_view::npos;) {
    const std::size_t end = rest.find("}}", at);
    text += rest.substr(0, at);
    text += part(rest.substr(at + 2, end - at - 2), data);
    rest.remove_prefix(end + 2);
  }
  return text += rest;
}

std::string_view report_beginning() {
  return page::kHtml.substr(0, page::kHtml.find('>', page::kHtml.find("<meta name=\"generator\"")));
}

}  // namespace mm
