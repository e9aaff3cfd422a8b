#include "engine/net/http_client.h"

#include <charconv>
#include <utility>

#include "engine/net/dial.h"
#include "engine/net/header_text.h"
#include "engine/net/http_exchange.h"

namespace mm::net {
namespace {

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [header_name, value] : headers) {
    if (same_ignoring_case(header_name, name)) return value;
  }
  return {};
}

Nanos HttpResponse::retry_after() const {
  const std::string_view text = header("Retry-After");
  std::uint32_t seconds = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = bad == std::errc() && end == text.data() + text.size();
  return kSecond * (whole ? seconds : 0);
}

HttpClient::HttpClient(Endpoint endpoint, const TlsContext* tls, const HttpOptions& options)
    : endpoint_(std::move(endpoint)), tls_(tls), options_(options) {}

HttpResponse HttpClient::send(const HttpRequest& request) {
  const Deadline deadline({.timeout = options_.timeout, .stop = options_.stop});
  const std::string_view target = request.target.empty() ? endpoint_.target : request.target;
  const std::string where = endpoint_.authority() + ": " + request.method + " " +
                            std::string(target.substr(0, target.find('?'))) + ": ";
  while (true) {
    const bool kept = idle_and_open();
    if (!kept) {
      Dialed dialed = dial(endpoint_, tls_, deadline);
      if (!dialed.stream) {
        HttpResponse failed;
        failed.error = std::move(dialed.error);
        return failed;
      }
      stream_ = std::move(dialed.stream);
      ++connections_;
    }
    if (request.may_go && !request.may_go()) {  // connecting took its time
      HttpResponse unsent;
      unsent.error = where + "no longer wanted";
      return unsent;
    }
    HttpExchange done = exchange(*stream_, endpoint_, request, options_.body_bytes_max, deadline);
    if (!done.keep_alive) stream_.reset();
    const bool failed = !done.response.error.empty();
    const bool again =
        failed && kept && !stream_ && !done.answered && is_safe(request.method) && !deadline.over();
    if (again) continue;
    if (failed) done.response.error.insert(0, where);
    return std::move(done.response);
  }
}

// A server says nothing on an idle connection, unless that it is closed.
bool HttpClient::idle_and_open() {
  if (!stream_) return false;
  char unasked = 0;
  if (stream_->read_some({&unasked, 1}).status != IoStatus::kWouldBlock) stream_.reset();
  return stream_.has_value();
}

}  // namespace mm::net
