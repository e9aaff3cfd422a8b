// Opens a WebSocket: dials, upgrades, and checks that the server understood.
//
// Cold: blocks like dial(), with one deadline for everything.
#pragma once

#include <memory>
#include <string>

#include "engine/net/dial.h"
#include "engine/net/http_client.h"
#include "engine/net/websocket.h"

namespace mm::net {

struct WsOpened {
  std::unique_ptr<WebSocket> socket;
  std::string error;    // one line, where there is no socket
  int http_status = 0;  // of the server's answer, if it came so far
  Nanos retry_after{};  // what a refusing server asked for
};

WsOpened open_websocket(const Endpoint& to, const TlsContext* tls, const DialOptions& options,
                        WsBufferStore& buffers, const HttpHeaders& headers = {});
// With buffers of its own.
WsOpened open_websocket(const Endpoint& to, const TlsContext* tls, const DialOptions& options,
                        const WsLimits& limits, const HttpHeaders& headers = {});

}  // namespace mm::net
