// The memory that WebSockets receive into and send from, kept beyond each of them.
//
// Cold side: the thread that makes and destroys the sockets. Allocated and touched when the store
// is made, for as many as there are at once as a rule, and kept: a connection that comes anew takes
// what one that has gone gave back, so that memory does not depend on how often the peer cuts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mm::net {

struct WsLimits {
  std::size_t message_bytes_max = std::size_t{4} << 20;
  std::size_t receive_bytes = std::size_t{256} << 10;  // at least; a longest message always fits
  std::size_t send_bytes = std::size_t{64} << 10;      // frames waiting for the socket
};

struct WsBuffers {
  explicit WsBuffers(const WsLimits& limits);

  std::size_t message_bytes_max;
  std::vector<char> receive, send;
};

class WsBufferStore {
 public:
  // `sets`: of the sockets that there are at once, as a rule.
  WsBufferStore(const WsLimits& limits, std::size_t sets);

  // Nobody's for as long as somebody has the pointer. Where all are taken, of a new one, which is
  // kept as well.
  std::shared_ptr<WsBuffers> take();
  std::size_t sets() const { return sets_.size(); }
  std::uint64_t taken() const { return taken_; }  // how often

 private:
  WsLimits limits_;
  std::vector<std::shared_ptr<WsBuffers>> sets_;
  std::uint64_t taken_ = 0;
};

}  // namespace mm::net
