#include "engine/dashboard/site.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/dashboard/access.h"
#include "engine/dashboard/page_files.h"
#include "engine/monitor/prometheus_text.h"
#include "engine/report/page_files.h"

namespace mm::dashboard {
namespace {

constexpr std::string_view kMetrics = "/metrics", kStream = "/stream", kConfig = "/config/",
                           kControl = "/control/";
constexpr std::string_view kScript = "text/javascript; charset=utf-8",
                           kStyle = "text/css; charset=utf-8";

struct File {
  std::string_view path, type, text;
};
std::array<File, 5> files() {
  return {{{"/", "text/html; charset=utf-8", kDashboardHtml},
           {"/dashboard.css", kStyle, kDashboardCss},
           {"/dashboard.js", kScript, kDashboardJs},
           {"/uplot.css", kStyle, page::kUplotCss},
           {"/uplot.js", kScript, page::kUplot}}};
}

Answer refusal(int status, std::string_view why) {
  return {.status = status, .body = std::string(why) + "\n"};
}

// The engine that a path names behind `prefix`.
const WatchedEngine* engine_of(const Board& board, std::string_view path, std::string_view prefix) {
  std::uint32_t id = 0;
  const std::string_view digits = path.substr(prefix.size());
  const char* const end = digits.data() + digits.size();
  const auto [to, error] = std::from_chars(digits.data(), end, id);
  return error == std::errc() && to == end ? board.engine(id) : nullptr;
}

constexpr std::string_view kOrders[] = {"pause all",      "pause buy",       "pause sell",
                                        "pause increase", "resume all",      "resume buy",
                                        "resume sell",    "resume increase", "kill"};

}  // namespace

bool Site::knows(const Request& request) const {
  return is_bearer_of(token_, request.authorization);
}

Answer Site::admit(const Request& request) const {
  if (request.path != kStream) return refusal(404, "there is no such page");
  if (loopback_ && !is_local_host(request.host)) return refusal(403, "ask by this host's own name");
  if (!offers_token(token_, request.protocols)) return refusal(401, "a wrong token, or none");
  return {};
}

void Site::answer(const Request& request, const std::function<void(Answer)>& answered) {
  if (loopback_ && !is_local_host(request.host)) {
    return answered(refusal(403, "ask by this host's own name"));
  }
  if (request.path.starts_with(kControl)) return steer(request, answered);
  if (request.method != "GET" && request.method != "HEAD") {
    return answered(refusal(405, "only GET"));
  }
  answered(look_up(request));
}

Answer Site::look_up(const Request& request) const {
  for (const File& file : files()) {
    if (file.path == request.path) return {200, net::SentText::lasting(file.text), file.type};
  }
  const bool metrics = request.path == kMetrics, config = request.path.starts_with(kConfig);
  if (!metrics && !config) return refusal(404, "there is no such page");
  if (!(metrics && loopback_) && !knows(request)) return refusal(401, "a wrong token, or none");
  if (metrics) return {200, board_.prometheus(), monitor::kPrometheusContentType};
  const WatchedEngine* engine = engine_of(board_, request.path, kConfig);
  if (engine == nullptr) return refusal(404, "there is no such engine");
  return {.body = engine->config()};
}

void Site::steer(const Request& request, const std::function<void(Answer)>& answered) {
  if (request.method != "POST") return answered(refusal(405, "only POST"));
  if (!knows(request)) return answered(refusal(401, "a wrong token, or none"));
  const WatchedEngine* engine = engine_of(board_, request.path, kControl);
  if (engine == nullptr) return answered(refusal(404, "there is no such engine"));
  if (std::ranges::find(kOrders, request.body) == std::end(kOrders)) {
    return answered(refusal(400, "pause or resume all|buy|sell|increase, or kill"));
  }
  steer_(engine->folder().path(), std::string(request.body), [answered](std::string answer) {
    const bool done = answer.starts_with("ok ");
    answered({.status = done ? 200 : 502, .body = std::move(answer) + "\n"});
  });
}

}  // namespace mm::dashboard
