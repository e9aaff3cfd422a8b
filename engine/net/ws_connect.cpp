#include "engine/net/ws_connect.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/net/header_text.h"
#include "engine/net/http_exchange.h"
#include "engine/net/refusal_words.h"

namespace mm::net {
namespace {

constexpr char kAcceptSuffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 4.2.2

// Never predictable: keys, and the seed of the masks.
template <class T>
bool fill_randomly(T& value) {
  std::array<unsigned char, sizeof value> bytes{};
  const bool filled = RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
  std::memcpy(&value, bytes.data(), sizeof value);
  return filled;
}

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::array<unsigned char, 64> text{};  // for 47 bytes at most
  const int length = EVP_EncodeBlock(text.data(), bytes, static_cast<int>(count));
  return {text.begin(), text.begin() + length};
}

// What the server must answer to `key`.
std::string accept_of(const std::string& key) {
  const std::string text = key + kAcceptSuffix;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha1(), nullptr);
  return base64(digest.data(), bytes);
}

// What is wrong with the server's answer, or empty.
std::string check(const HttpResponse& response, const std::string& key) {
  if (!response.error.empty()) return response.error;
  if (response.status != 101 && response.status != 200) return refusal_words(response, {});
  if (response.status != 101 || !same_ignoring_case(response.header("Upgrade"), "websocket") ||
      !has_token(response.header("Connection"), "upgrade")) {
    return "the answer is no upgrade to a WebSocket";
  }
  if (response.header("Sec-WebSocket-Accept") != accept_of(key)) {
    return "the answer is to another key";
  }
  if (!response.header("Sec-WebSocket-Extensions").empty()) {
    return "the server wants an extension that was not offered";
  }
  return {};
}

}  // namespace

WsOpened open_websocket(const Endpoint& to, const TlsContext* tls, const DialOptions& options,
                        WsBufferStore& buffers, const HttpHeaders& headers) {
  const Deadline deadline(options);
  WsOpened opened;
  Dialed dialed = dial(to, tls, deadline);
  opened.error = std::move(dialed.error);
  if (!dialed.stream) return opened;

  std::array<unsigned char, 16> random{};
  std::uint64_t mask_seed = 0;
  if (!fill_randomly(random) || !fill_randomly(mask_seed)) {
    opened.error = to.authority() + ": no random bytes to be had";
    return opened;
  }
  const std::string key = base64(random.data(), random.size());
  HttpRequest request{.target = to.target, .headers = headers, .body = {}};
  request.headers.insert(request.headers.end(), {{"Connection", "Upgrade"},
                                                 {"Upgrade", "websocket"},
                                                 {"Sec-WebSocket-Version", "13"},
                                                 {"Sec-WebSocket-Key", key}});
  // A refusal is its status and header: a page of any length, or one that never ends, adds nothing.
  HttpExchange done = exchange(*dialed.stream, to, request, kLeaveBody, deadline);
  opened.http_status = done.response.status;
  opened.retry_after = done.response.retry_after();
  opened.error = check(done.response, key);
  if (!opened.error.empty()) {
    opened.error.insert(0, to.authority() + ": websocket upgrade: ");
    return opened;
  }
  opened.socket =
      std::make_unique<WebSocket>(std::move(*dialed.stream), buffers.take(), done.rest, mask_seed);
  return opened;
}

WsOpened open_websocket(const Endpoint& to, const TlsContext* tls, const DialOptions& options,
                        const WsLimits& limits, const HttpHeaders& headers) {
  WsBufferStore own(limits, 0);
  return open_websocket(to, tls, options, own, headers);
}

}  // namespace mm::net
