// The venue as a server: WebSocket streams, WS API and REST on one port, TLS or plain.
//
// Everything runs on the thread that calls run(): sockets, dialect and exchange. Memory is bounded
// by the number of connections and each one's queue. No socket library in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/core/event.h"
#include "sim/server/server_config.h"

namespace mm::server {

struct ServerSummary {
  std::uint64_t clients = 0, http_requests = 0;
  std::uint64_t messages_in = 0, messages_out = 0;
  std::uint64_t slow_clients = 0;
  std::uint64_t orders = 0, trades = 0;
  std::string faults;         // of each kind how many; empty: there were to be none
  std::uint64_t orphans = 0;  // late requests carried out when their connection had gone
};

// Market data from elsewhere: gives the next event that is due this long after the start, if any.
using MarketSource = std::function<bool(Nanos since_start, Event& out)>;

Nanos steady_now();

// What a measurement wants to know, told at the moment it happens, by steady_now().
struct ServerProbe {
  std::function<void(Nanos due, Nanos now)> on_publish;  // a fast book update is about to leave
  std::function<void(Nanos now)> on_message;             // a WebSocket message has been read
};

enum class Pace : std::uint8_t {
  kWait,  // sleeps until something happens
  kSpin,  // never sleeps: for measurements of what is at the other end
};

class VenueServer {
 public:
  explicit VenueServer(ServerConfig config, MarketSource source = {}, ServerProbe probe = {});
  ~VenueServer();
  VenueServer(const VenueServer&) = delete;
  VenueServer& operator=(const VenueServer&) = delete;

  // Reads the certificate and binds; one line about what was wrong, or empty.
  std::string open();
  // After open(): the port in force, also when the config said 0.
  std::uint16_t port() const;

  // Serves until `stop` says so (asked many times a second); then tells every client and closes.
  void run(const std::function<bool()>& stop, Pace pace = Pace::kWait);
  ServerSummary summary() const;

 private:
  class Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace mm::server
