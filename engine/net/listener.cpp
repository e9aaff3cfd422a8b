#include "engine/net/listener.h"

#include <fmt/format.h>

namespace mm::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kRetry{50};

}  // namespace

std::string Listener::read_certificate(const ListenOptions& options) {
  boost::system::error_code error;
  tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  tls_.use_certificate_chain_file(options.tls_cert_file, error);
  if (error) return fmt::format("{}: no certificate: {}", options.tls_cert_file, error.message());
  tls_.use_private_key_file(options.tls_key_file, asio::ssl::context::pem, error);
  if (!error) return {};
  return fmt::format("{}: no private key of the certificate: {}", options.tls_key_file,
                     error.message());
}

std::string Listener::open(const ListenOptions& options) {
  if (!options.tls_cert_file.empty()) {
    if (std::string problem = read_certificate(options); !problem.empty()) return problem;
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  tcp::endpoint endpoint(address, options.port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (error == asio::error::address_in_use && options.takes_any_port) {
    endpoint.port(0);
    acceptor_.bind(endpoint, error);
  }
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message());
}

void Listener::accept(std::function<void(Socket)> serve) {
  serve_ = std::move(serve);
  accept_next();
}

void Listener::accept_next() {
  if (!is_open()) return;
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      serve_(std::move(socket));
      return accept_next();
    }
    // Out of descriptors, most likely: not at once again.
    retry_timer_.expires_after(kRetry);
    retry_timer_.async_wait([this](boost::system::error_code stopped) {
      if (!stopped) accept_next();
    });
  });
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  retry_timer_.cancel();
}

}  // namespace mm::net
