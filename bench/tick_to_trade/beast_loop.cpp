// The same with Boost.Beast as its documentation shows it: asynchronous reads, polled.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "bench/tick_to_trade/loops.h"
#include "bench/tick_to_trade/price_order.h"

namespace mm::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Plain = websocket::stream<beast::tcp_stream>;
using Secure = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

void connect(Plain& ws, const LoopOptions& options, std::string_view target) {
  auto& tcp = beast::get_lowest_layer(ws);
  tcp.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  tcp.socket().set_option(asio::ip::tcp::no_delay(true));
  ws.handshake("127.0.0.1", {target.data(), target.size()});
}
void connect(Secure& ws, const LoopOptions& options, std::string_view target) {
  auto& tcp = beast::get_lowest_layer(ws);
  tcp.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  tcp.socket().set_option(asio::ip::tcp::no_delay(true));
  ws.next_layer().handshake(asio::ssl::stream_base::client);
  ws.handshake("127.0.0.1", {target.data(), target.size()});
}

template <class Ws>
class Loop {
 public:
  Loop(Ws market, Ws orders) : market_(std::move(market)), orders_(std::move(orders)) {
    orders_.text(true);
    read_market();
    read_answers();
  }

 private:
  void read_market() {
    market_.async_read(book_, [this](beast::error_code error, std::size_t) {
      if (error) throw beast::system_error(error);
      const auto data = book_.cdata();
      const std::string_view price = best_bid({static_cast<const char*>(data.data()), data.size()});
      if (!price.empty()) orders_.write(asio::buffer(order_.with(price)));
      book_.clear();
      read_market();
    });
  }
  void read_answers() {
    orders_.async_read(answer_, [this](beast::error_code error, std::size_t) {
      if (error) throw beast::system_error(error);
      answer_.clear();
      read_answers();
    });
  }

  Ws market_, orders_;
  beast::flat_buffer book_, answer_;
  FixedOrder order_;
};

template <class Ws, class... Context>
void run(const LoopOptions& options, const std::function<bool()>& stop, Context&... context) {
  asio::io_context io{1};
  Ws market(io, context...), orders(io, context...);
  connect(market, options, kStreamTarget);
  connect(orders, options, kApiTarget);
  const Loop<Ws> loop(std::move(market), std::move(orders));
  while (!stop()) io.poll();
}

}  // namespace

void run_beast_loop(const LoopOptions& options, const std::function<bool()>& stop) {
  if (!options.tls) return run<Plain>(options, stop);
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(options.ca_file);
  run<Secure>(options, stop, context);
}

}  // namespace mm::bench
