#include "engine/net/endpoint.h"

#include <charconv>

namespace mm::net {
namespace {

ParsedUrl refused(std::string_view url, std::string_view why) {
  // What follows the path may be a key.
  return {{}, "'" + std::string(url.substr(0, url.find('?'))) + "': " + std::string(why)};
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == 0x7F) return false;
  }
  return true;
}

// "host", "host:port", "[v6]" or "[v6]:port"; false if it is none of them.
bool split_host(std::string_view authority, std::string_view& host, std::string_view& port) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return false;
  } else {
    const std::size_t colon = authority.find(':');
    host = authority.substr(0, colon);
    if (colon != std::string_view::npos) rest = authority.substr(colon);
  }
  port = rest.empty() ? rest : rest.substr(1);
  return !host.empty() && host.find_first_of("@/[]\\") == std::string_view::npos &&
         (rest.empty() || !port.empty());
}

bool to_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::string Endpoint::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

ParsedUrl parse_url(std::string_view url) {
  if (!is_plain(url)) return refused(url, "a blank or a control character");
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return refused(url, "no scheme such as wss://");
  const std::string_view scheme = url.substr(0, scheme_end);
  Endpoint to;
  to.tls = scheme == "wss" || scheme == "https";
  if (!to.tls && scheme != "ws" && scheme != "http") {
    return refused(url, "the scheme is none of wss, ws, https, http");
  }
  const std::string_view rest = url.substr(scheme_end + 3);
  const std::size_t path = rest.find_first_of("/?#");
  std::string_view host, port;
  if (!split_host(rest.substr(0, path), host, port)) return refused(url, "no host, or a bad one");
  to.port = to.tls ? 443 : 80;
  if (!port.empty() && !to_port(port, to.port)) return refused(url, "the port is not 1 to 65535");
  to.host = host;
  if (path != std::string_view::npos) to.target = rest.substr(path, rest.find('#') - path);
  if (!to.target.starts_with('/')) to.target.insert(0, 1, '/');
  return {std::move(to), {}};
}

}  // namespace mm::net
