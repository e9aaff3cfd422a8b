// Requests over one kept HTTP/1.1 connection.
//
// Cold: blocks until answered, failed, past the deadline or told to stop. One thread. An idle
// connection that the server has closed is replaced before it is used; one that closes just as it
// is used is replaced once, for requests that are safe to repeat (GET, HEAD). For others the
// response says whether the request may have reached the server. Error texts never show a query or
// a header: those carry keys and signatures.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/types.h"
#include "engine/net/endpoint.h"
#include "engine/net/stream.h"
#include "engine/net/tls_context.h"

namespace mm::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target;   // path and query; empty: the endpoint's
  HttpHeaders headers;  // besides Host, User-Agent and Content-Length
  std::string body;
  // Asked when there is a connection, before anything is written; false: nothing is sent.
  std::function<bool()> may_go{};
};

struct HttpResponse {
  int status = 0;  // 0: no (whole) response, and `error` says why
  HttpHeaders headers;
  std::string body;
  std::string error;
  bool maybe_sent = false;  // with an error: the server may have seen the request

  // The first of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  // What a Retry-After header asks for; 0 if there is none or it is a date.
  Nanos retry_after() const;
};

struct HttpOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);  // of a whole request
  std::size_t body_bytes_max = std::size_t{32} << 20;
  const std::atomic<bool>* stop = nullptr;
};

class HttpClient {
 public:
  // `tls` is needed where the endpoint wants TLS; it must outlive the client.
  HttpClient(Endpoint endpoint, const TlsContext* tls, const HttpOptions& options = {});

  HttpResponse send(const HttpRequest& request);
  // Of the next requests.
  void set_timeout(std::chrono::nanoseconds timeout) { options_.timeout = timeout; }

  const Endpoint& endpoint() const { return endpoint_; }
  std::uint64_t connections() const { return connections_; }  // dialled so far

 private:
  bool idle_and_open();

  Endpoint endpoint_;
  const TlsContext* tls_;
  HttpOptions options_;
  std::optional<Stream> stream_;
  std::uint64_t connections_ = 0;
};

}  // namespace mm::net
