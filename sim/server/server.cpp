#include "sim/server/server.h"

#include "engine/net/listener.h"
#include "sim/server/faulty_frontend.h"
#include "sim/server/http_session.h"
#include "sim/server/venue_frontend.h"

namespace mm::server {
namespace {

using asio::ip::tcp;
using Tls = beast::ssl_stream<TcpStream>;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStep{1};  // of the generated markets
constexpr std::chrono::seconds kSlowRhythm{1}, kFarewell{2};
constexpr int kMissedMax = 8;  // book updates made up for
// Ours is the choice, so that whoever is measured here is measured with the same cipher.
constexpr char kCiphers13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// What lasts comes when all else is over.
sim::FaultPlan fault_plan(const ServerConfig& config) {
  if (!config.faults) return config.fault_plan;
  const sim::FaultKinds lasting = config.fault_kinds & sim::lasting_faults();
  sim::FaultPlan plan = sim::random_plan({.seed = config.seed,
                                          .quiet = config.fault_begin,
                                          .end = config.fault_end,
                                          .instruments = 1,
                                          .kinds = config.fault_kinds & ~lasting,
                                          .in_turn = true});
  for (std::size_t k = 0; k < sim::kFaultKinds; ++k) {
    if (!lasting[k]) continue;
    plan.push_back(sim::typical_fault(static_cast<sim::FaultKind>(k), config.fault_end,
                                      config.fault_end + kSecond));
  }
  return plan;
}

Nanos wall_clock() {
  return Nanos(
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

Nanos steady_now() {
  return Nanos(std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count());
}

class VenueServer::Sockets {
 public:
  Sockets(ServerConfig config, MarketSource source, ServerProbe probe)
      : config_(std::move(config)),
        source_(std::move(source)),
        probe_(std::move(probe)),
        frontend_(config_, sessions_, wall_clock) {
    sessions_.ping_interval = std::chrono::seconds(config_.ping_interval_s);
    sessions_.lifetime = std::chrono::seconds(config_.connection_lifetime_s);
    if (sim::FaultPlan plan = fault_plan(config_); !plan.empty() || config_.admin) {
      faulty_.emplace(frontend_, std::move(plan), config_.seed, wall_clock);
    }
    if (probe_.on_message) sessions_.on_message = [this] { probe_.on_message(steady_now()); };
  }

  ~Sockets() {
    if (faulty_) faulty_->drop_late();
  }

  std::string open();
  std::uint16_t port() const { return listener_.port(); }
  void run(const std::function<bool()>& stop, Pace pace);
  ServerSummary summary() const;

 private:
  Frontend& frontend() {
    if (faulty_) return *faulty_;
    return frontend_;
  }
  void serve(tcp::socket socket);
  void step(const std::function<bool()>& stop);
  void observe(steady_clock::time_point until);
  void prepare(steady_clock::time_point now);
  void publish(steady_clock::time_point now);
  void farewell();
  void wait_for_goodbyes();

  const ServerConfig config_;
  MarketSource source_;
  ServerProbe probe_;
  Sessions sessions_;
  VenueFrontend frontend_;
  std::optional<FaultyFrontend> faulty_;  // before it, if wanted
  asio::io_context io_{1};                // goes first of all, and with it the sessions
  net::Listener listener_{io_};
  asio::steady_timer step_timer_{io_};
  steady_clock::time_point started_{}, next_fast_{}, next_slow_{}, next_step_{}, last_moment_{};
  Pace pace_ = Pace::kWait;
  Nanos fast_interval_{};
  bool prepared_ = false;
};

std::string VenueServer::Sockets::open() {
  SSL_CTX* const tls = listener_.tls().native_handle();
  SSL_CTX_set_options(tls, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_ciphersuites(tls, kCiphers13);
  return listener_.open({.address = config_.listen_address,
                         .port = config_.port,
                         .tls_cert_file = config_.tls_cert_file,
                         .tls_key_file = config_.tls_key_file});
}

void VenueServer::Sockets::serve(tcp::socket socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  TcpStream stream(std::move(socket));
  if (config_.tls()) {
    std::make_shared<HttpSession<Tls>>(Tls(std::move(stream), listener_.tls()), frontend(),
                                       sessions_)
        ->start();
  } else {
    std::make_shared<HttpSession<TcpStream>>(std::move(stream), frontend(), sessions_)->start();
  }
}

void VenueServer::Sockets::run(const std::function<bool()>& stop, Pace pace) {
  started_ = next_fast_ = next_slow_ = steady_clock::now();
  fast_interval_ = Nanos(kSecond.v / config_.publish_hz);
  listener_.accept([this](tcp::socket socket) { serve(std::move(socket)); });
  pace_ = pace;
  step(stop);
  // The clock is looked at here: a timer would come some 15 us late.
  while (pace == Pace::kSpin && listener_.is_open()) {
    io_.poll();
    if (steady_clock::now() >= next_step_) step(stop);
  }
  io_.run();
}

void VenueServer::Sockets::step(const std::function<bool()>& stop) {
  if (stop()) return farewell();
  const auto now = steady_clock::now();
  if (probe_.on_publish) {
    prepare(now);
  } else {
    observe(now);
    frontend_.advance();
  }
  if (faulty_) faulty_->advance();
  publish(now);
  // A rhythm faster than the step sets the pace.
  const auto then = steady_clock::now();
  next_step_ = std::min(std::max(next_fast_, then), then + kStep);
  if (pace_ == Pace::kSpin) return;
  step_timer_.expires_at(next_step_);
  step_timer_.async_wait([this, &stop](beast::error_code error) {
    if (!error) step(stop);
  });
}

void VenueServer::Sockets::observe(steady_clock::time_point until) {
  if (!source_) return;
  const Nanos since(std::chrono::nanoseconds(until - started_).count());
  Event event;
  for (int i = 0; i < 10'000 && source_(since, event); ++i) {
    frontend_.host().observe(event, frontend_.now());
  }
}

// Measured, an update is written before it is due: what clients do is not to be confounded with
// what its text takes us.
void VenueServer::Sockets::prepare(steady_clock::time_point now) {
  if (prepared_ || next_fast_ - now > kStep) return;
  observe(next_fast_);
  frontend_.advance();
  frontend_.streams().prepare(Rhythm::kFast);
  prepared_ = true;
}

// A short delay is made up for; what was missed in a long one is left out, but not while somebody
// measures: who is asked nothing in a bad moment looks fast.
void VenueServer::Sockets::publish(steady_clock::time_point now) {
  if (now >= next_fast_) {
    const std::chrono::nanoseconds interval(fast_interval_.v);
    if (prepared_) {
      const Nanos due(std::chrono::nanoseconds(next_fast_.time_since_epoch()).count());
      if (frontend_.streams().holds()) probe_.on_publish(due, steady_now());
      frontend_.streams().release();
      prepared_ = false;
      next_fast_ += interval;
    } else {
      frontend_.publish(Rhythm::kFast);
      next_fast_ = std::max(next_fast_ + interval, now - kMissedMax * interval);
    }
  }
  if (now >= next_slow_) {
    frontend_.publish(Rhythm::kSlow);
    next_slow_ = std::max(next_slow_ + kSlowRhythm, now);
  }
}

void VenueServer::Sockets::farewell() {
  listener_.close();
  for (Session* session : sessions_.all()) session->shut_down();
  last_moment_ = steady_clock::now() + kFarewell;
  wait_for_goodbyes();
}

void VenueServer::Sockets::wait_for_goodbyes() {
  if (sessions_.all().empty() || steady_clock::now() > last_moment_) return io_.stop();
  step_timer_.expires_after(std::chrono::milliseconds(5));
  step_timer_.async_wait([this](beast::error_code) { wait_for_goodbyes(); });
}

ServerSummary VenueServer::Sockets::summary() const {
  const SessionCounters& sessions = sessions_.counters;
  const ExchangeHost::Counters& exchange = frontend_.host().counters();
  const sim::FaultKinds wanted = config_.faults ? config_.fault_kinds : sim::FaultKinds{};
  return {.clients = sessions.clients,
          .http_requests = sessions.http_requests,
          .messages_in = sessions.messages_in,
          .messages_out = sessions.messages_out,
          .slow_clients = sessions.slow_clients,
          .orders = exchange.orders,
          .trades = exchange.trades,
          .faults = faulty_ ? sim::faults_text(faulty_->counts(), wanted) : std::string{},
          .orphans = faulty_ ? faulty_->orphans() : 0};
}

VenueServer::VenueServer(ServerConfig config, MarketSource source, ServerProbe probe)
    : sockets_(std::make_unique<Sockets>(std::move(config), std::move(source), std::move(probe))) {}
VenueServer::~VenueServer() = default;

std::string VenueServer::open() {
  return sockets_->open();
}
std::uint16_t VenueServer::port() const {
  return sockets_->port();
}
void VenueServer::run(const std::function<bool()>& stop, Pace pace) {
  sockets_->run(stop, pace);
}
ServerSummary VenueServer::summary() const {
  return sockets_->summary();
}

}  // namespace mm::server
