// Connecting, against real servers on loopback: certificates, versions, refusals, deadlines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <thread>

#include "engine/net/dial.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"
#include "tests/net_client.h"
#include "tests/net_server.h"

namespace mm::test {
namespace {

using net::dial;
using net::Dialed;
using net::DialOptions;
using net::Endpoint;
using net::IoStatus;
using net::TlsContext;
using testing::HasSubstr;

constexpr DialOptions kPatient{.timeout = std::chrono::seconds(10), .stop = nullptr};
constexpr DialOptions kImpatient{.timeout = std::chrono::milliseconds(150), .stop = nullptr};

void greet(Peer& peer) {
  peer.write("hello");
  peer.wait_for_end();
}

std::string first_words(net::Stream& stream) {
  std::array<char, 64> text{};
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < give_up) {
    const net::IoResult io = stream.read_some(text);
    if (io.status == IoStatus::kOk) return {text.data(), io.bytes};
    if (io.status != IoStatus::kWouldBlock) return std::string(stream.problem());
    wait_readable(stream.fd());
  }
  return "nothing";
}

TEST(Dial, ConnectsAPlainStream) {
  NetServer server(greet);
  Dialed dialed = dial(server.endpoint(), nullptr, kPatient);
  ASSERT_TRUE(dialed.stream) << dialed.error;
  EXPECT_FALSE(dialed.stream->is_tls());
  EXPECT_EQ(first_words(*dialed.stream), "hello");
}

TEST(Dial, TriesEveryAddressOfAName) {
  NetServer server(greet);  // on IPv4 only; the name stands for both
  Endpoint to = server.endpoint();
  to.host = "localhost";
  Dialed dialed = dial(to, nullptr, kPatient);
  ASSERT_TRUE(dialed.stream) << dialed.error;
  EXPECT_EQ(first_words(*dialed.stream), "hello");
}

TEST(Dial, ARefusedConnectionIsAnError) {
  Endpoint nobody;
  {
    NetServer server(greet);
    nobody = server.endpoint();
  }
  const Dialed dialed = dial(nobody, nullptr, kPatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_EQ(dialed.error, nobody.authority() + ": connect: Connection refused");
}

TEST(Dial, AnUnknownNameIsAnError) {
  const Dialed dialed = dial(
      {.host = "no-such-host.invalid", .port = 1, .tls = false, .target = "/"}, nullptr, kPatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("no-such-host.invalid:1: name lookup: "));
}

TEST(Dial, AStreamTellsOrderlyAndBrokenEndsApart) {
  NetServer orderly([](Peer& peer) { peer.close(); });
  Dialed closed = dial(orderly.endpoint(), nullptr, kPatient);
  ASSERT_TRUE(closed.stream) << closed.error;
  wait_readable(closed.stream->fd(), 20'000);
  std::array<char, 8> bytes{};
  EXPECT_EQ(closed.stream->read_some(bytes).status, IoStatus::kClosed);
  EXPECT_EQ(closed.stream->problem(), "");

  NetServer broken([](Peer& peer) {
    peer.read_exactly(1);
    peer.reset();
  });
  Dialed reset = dial(broken.endpoint(), nullptr, kPatient);
  ASSERT_TRUE(reset.stream) << reset.error;
  EXPECT_EQ(reset.stream->write_some(std::string_view("x")).bytes, 1U);
  wait_readable(reset.stream->fd(), 20'000);
  EXPECT_EQ(reset.stream->read_some(bytes).status, IoStatus::kFailed);
  EXPECT_EQ(reset.stream->problem(), "socket: Connection reset by peer");
  EXPECT_EQ(reset.stream->write_some(std::string_view("x")).status, IoStatus::kFailed);
}

class DialTls : public testing::Test {
 protected:
  // Dials a server that presents `certificate`, trusting the authority, by `host`.
  Dialed dial_tls(const Certificate& certificate, const std::string& host, int version_max = 0) {
    server_.emplace(greet, NetServer::Tls{certificate, version_max});
    Endpoint to = server_->endpoint();
    to.host = host;
    return dial(to, &trusting_, kPatient);
  }
  void expect_refused(const Certificate& certificate, const std::string& host,
                      const std::string& reason) {
    const Dialed dialed = dial_tls(certificate, host);
    EXPECT_FALSE(dialed.stream);
    EXPECT_THAT(dialed.error, HasSubstr("tls: certificate verify failed: " + reason));
  }

  Scratch scratch_;
  CertificateAuthority authority_;
  TlsContext trusting_ = TlsContext::client(scratch_.write("ca.pem", authority_.pem()));
  std::optional<NetServer> server_;
};

TEST_F(DialTls, AGoodCertificateConnects) {
  Dialed dialed = dial_tls(authority_.issue(), "localhost");
  ASSERT_TRUE(dialed.stream) << dialed.error;
  EXPECT_TRUE(dialed.stream->is_tls());
  EXPECT_EQ(first_words(*dialed.stream), "hello");
}

TEST_F(DialTls, AnAddressInFiguresIsVerifiedToo) {
  Dialed good = dial_tls(authority_.issue(), "127.0.0.1");
  ASSERT_TRUE(good.stream) << good.error;
  EXPECT_EQ(first_words(*good.stream), "hello");
  expect_refused(authority_.issue({.addresses = {"127.0.0.2"}}), "127.0.0.1",
                 "IP address mismatch");
}

TEST_F(DialTls, AnotherHostsCertificateIsRefused) {
  expect_refused(authority_.issue({.names = {"elsewhere.example"}}), "localhost",
                 "hostname mismatch");
}

TEST_F(DialTls, AnExpiredCertificateIsRefused) {
  expect_refused(authority_.issue({.valid_from = -std::chrono::hours(48),
                                   .valid_until = -std::chrono::hours(24)}),
                 "localhost", "certificate has expired");
}

TEST_F(DialTls, ACertificateNotYetValidIsRefused) {
  expect_refused(authority_.issue(
                     {.valid_from = std::chrono::hours(24), .valid_until = std::chrono::hours(48)}),
                 "localhost", "certificate is not yet valid");
}

TEST_F(DialTls, ASelfSignedCertificateIsRefused) {
  expect_refused(self_signed(), "localhost", "self-signed certificate");
}

TEST_F(DialTls, AnUnknownAuthorityIsRefused) {
  expect_refused(CertificateAuthority("another").issue(), "localhost",
                 "unable to get local issuer certificate");
}

TEST_F(DialTls, TheSystemsAuthoritiesDoNotKnowOurs) {
  const TlsContext system = TlsContext::client("");
  ASSERT_TRUE(system.ok()) << system.error();
  NetServer server(greet, {authority_.issue()});
  const Dialed dialed = dial(server.endpoint(), &system, kPatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("certificate verify failed"));
}

TEST_F(DialTls, Version12IsGoodEnoughAnd11IsNot) {
  Dialed good = dial_tls(authority_.issue(), "localhost", TLS1_2_VERSION);
  ASSERT_TRUE(good.stream) << good.error;
  EXPECT_EQ(first_words(*good.stream), "hello");
  const Dialed old = dial_tls(authority_.issue(), "localhost", TLS1_1_VERSION);
  EXPECT_FALSE(old.stream);
  EXPECT_THAT(old.error, HasSubstr("protocol version"));
}

TEST_F(DialTls, AServerWithoutTlsIsAnError) {
  NetServer server([](Peer& peer) {
    peer.read_some();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_end();
  });
  Endpoint to = server.endpoint();
  to.tls = true;
  const Dialed dialed = dial(to, &trusting_, kPatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("tls: wrong version number"));
}

TEST_F(DialTls, AServerThatClosesInTheHandshakeIsAnError) {
  NetServer server([](Peer& peer) { peer.read_some(); });
  Endpoint to = server.endpoint();
  to.tls = true;
  const Dialed dialed = dial(to, &trusting_, kPatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("tls: unexpected eof"));
}

TEST_F(DialTls, ASilentServerMeetsTheDeadline) {
  NetServer server([](Peer& peer) { peer.wait_for_end(); });
  Endpoint to = server.endpoint();
  to.tls = true;
  const Dialed dialed = dial(to, &trusting_, kImpatient);
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("tls handshake: no answer within 150 ms"));
}

TEST_F(DialTls, StopEndsAHandshakeBeforeItsDeadline) {
  std::atomic<bool> stop{false};
  NetServer server([&](Peer& peer) {
    peer.read_some();  // the client is in its handshake now
    stop = true;
    peer.wait_for_end();
  });
  Endpoint to = server.endpoint();
  to.tls = true;
  const Dialed dialed = dial(to, &trusting_, {.timeout = std::chrono::minutes(5), .stop = &stop});
  EXPECT_FALSE(dialed.stream);
  EXPECT_THAT(dialed.error, HasSubstr("tls handshake: stopped"));
}

TEST_F(DialTls, AnEndWithoutFarewellIsNoOrderlyEnd) {
  server_.emplace([](Peer& peer) { peer.reset(); }, NetServer::Tls{authority_.issue()});
  Dialed dialed = dial(server_->endpoint(), &trusting_, kPatient);
  ASSERT_TRUE(dialed.stream) << dialed.error;
  std::array<char, 8> bytes{};
  net::IoResult io;
  while ((io = dialed.stream->read_some(bytes)).status == IoStatus::kWouldBlock) {
    wait_readable(dialed.stream->fd());
  }
  EXPECT_EQ(io.status, IoStatus::kFailed);
  EXPECT_NE(dialed.stream->problem(), "");
}

TEST(TlsContextFile, AMissingOrBrokenFileIsNamed) {
  Scratch scratch;
  const TlsContext missing = TlsContext::client(scratch.path("none.pem"));
  EXPECT_FALSE(missing.ok());
  EXPECT_THAT(missing.error(), HasSubstr("none.pem"));
  const TlsContext broken = TlsContext::client(scratch.write("bad.pem", "not a certificate"));
  EXPECT_THAT(broken.error(), HasSubstr("bad.pem"));
}

TEST(TlsContextFile, AServersKeyMustBeItsCertificates) {
  Scratch scratch;
  const Certificate one = self_signed(), other = self_signed();
  const std::string certificate = scratch.write("cert.pem", one.certificate_pem);
  EXPECT_EQ(TlsContext::server(certificate, scratch.write("key.pem", one.key_pem)).error(), "");
  const TlsContext mixed = TlsContext::server(certificate, scratch.write("no.pem", other.key_pem));
  EXPECT_THAT(mixed.error(), HasSubstr("no.pem"));
}

}  // namespace
}  // namespace mm::test
