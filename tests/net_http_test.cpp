// Requests against real HTTP servers on loopback: kept connections, bodies, and what goes wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engine/net/header_text.h"
#include "engine/net/http_client.h"
#include "tests/e2e_support.h"
#include "tests/net_server.h"

namespace mm::test {
namespace {

using net::HttpClient;
using net::HttpOptions;
using net::HttpRequest;
using net::HttpResponse;
using testing::HasSubstr;

HttpRequest get(std::string target) {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
}
HttpRequest post(std::string target, std::string body) {
  return {.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
}

// Answers every request with these very bytes, then keeps the connection until the client ends it.
NetServer::Handler always(std::string bytes) {
  return [bytes](Peer& peer) {
    while (!peer.read_until("\r\n\r\n").empty()) peer.write(bytes);
  };
}
// The same, but closes after the first.
NetServer::Handler once(std::string bytes) {
  return [bytes](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write(bytes);
  };
}

TEST(HttpClient, WhatIsNoLongerWantedOnceThereIsAConnectionIsNotSent) {
  std::atomic<int> served{0};
  NetServer server(serve_http([&](const ServedRequest&) {
    ++served;
    return ServedResponse{};
  }));
  HttpClient client(server.endpoint("/"), nullptr);
  HttpRequest request = get("/order");
  request.method = "POST";
  int connected_before = 0;
  request.may_go = [&] {
    connected_before = static_cast<int>(client.connections());
    return false;
  };
  const HttpResponse refused = client.send(request);
  EXPECT_EQ(connected_before, 1) << "it is asked after the connection was made";
  EXPECT_THAT(refused.error, HasSubstr("no longer wanted"));
  EXPECT_FALSE(refused.maybe_sent);
  request.may_go = [] { return true; };
  EXPECT_EQ(client.send(request).status, 200);
  EXPECT_EQ(served, 1);
  EXPECT_EQ(client.connections(), 1u) << "kept";
}

TEST(HttpClient, SendsWhatItWasGivenAndReturnsWhatCame) {
  ServedRequest seen;
  NetServer server(serve_http([&](const ServedRequest& request) {
    seen = request;
    return ServedResponse{.status = 201, .body = "made", .headers = {{"X-Weight", "7"}}};
  }));
  HttpClient client(server.endpoint("/base"), nullptr);
  HttpRequest request = post("/order?symbol=BTCUSDT", "quantity=1");
  request.headers = {{"X-MBX-APIKEY", "key"}};
  const HttpResponse response = client.send(request);

  EXPECT_EQ(response.error, "");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "made");
  EXPECT_EQ(response.header("x-weight"), "7");
  EXPECT_EQ(response.header("absent"), "");
  EXPECT_FALSE(response.maybe_sent);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/order?symbol=BTCUSDT");
  EXPECT_EQ(seen.body, "quantity=1");
  EXPECT_EQ(seen.header("x-mbx-apikey"), "key");
  EXPECT_EQ(seen.header("Host"), server.endpoint().authority());
}

TEST(HttpClient, KeepsItsConnection) {
  NetServer server(
      serve_http([](const ServedRequest& r) { return ServedResponse{.body = r.target}; }));
  HttpClient client(server.endpoint("/default"), nullptr);
  EXPECT_EQ(client.send(get("/1")).body, "/1");
  EXPECT_EQ(client.send(get("")).body, "/default");
  EXPECT_EQ(client.send(post("/3", "x")).body, "/3");
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(client.connections(), 1U);
}

TEST(HttpClient, SpeaksTls) {
  Scratch scratch;
  const CertificateAuthority authority;
  const auto tls = net::TlsContext::client(scratch.write("ca.pem", authority.pem()));
  NetServer server(serve_http([](const ServedRequest&) {
                     return ServedResponse{.body = std::string(100'000, 'a')};
                   }),
                   {authority.issue()});
  HttpClient client(server.endpoint(), &tls);
  EXPECT_EQ(client.send(get("/")).body, std::string(100'000, 'a'));
  EXPECT_EQ(client.send(get("/")).body, std::string(100'000, 'a'));
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, ReadsChunkedBodiesOfAnySize) {
  NetServer server(serve_http([](const ServedRequest& r) {
    return ServedResponse{.body = std::string(std::stoul(r.target.substr(1)), 'x'),
                          .chunked = true};
  }));
  HttpClient client(server.endpoint(), nullptr);
  for (const std::size_t bytes : {0U, 1U, 999U, 1000U, 1001U, 3'000'000U}) {
    const HttpResponse response = client.send(get("/" + std::to_string(bytes)));
    EXPECT_EQ(response.error, "");
    EXPECT_EQ(response.body.size(), bytes);
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, ReadsABodyThatEndsWithTheConnection) {
  NetServer server(once("HTTP/1.1 200 OK\r\n\r\nall there is"));
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(get("/")).body, "all there is");
  EXPECT_EQ(client.send(get("/")).body, "all there is");
  EXPECT_EQ(client.connections(), 2U);
}

TEST(HttpClient, SkipsInterimAnswers) {
  NetServer server(
      always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(get("/")).body, "ok");
}

TEST(HttpClient, AnswersToHeadHaveNoBody) {
  NetServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"));
  HttpClient client(server.endpoint(), nullptr);
  HttpRequest head = get("/");
  head.method = "HEAD";
  EXPECT_EQ(client.send(head).status, 200);
  EXPECT_EQ(client.send(head).body, "");
}

TEST(HttpClient, AnErrorPageIsAnAnswerLikeAnyOther) {
  NetServer server(serve_http([](const ServedRequest&) {
    return ServedResponse{.status = 502,
                          .body = "<html><body>Bad Gateway</body></html>",
                          .headers = {{"Content-Type", "text/html"}}};
  }));
  HttpClient client(server.endpoint(), nullptr);
  const HttpResponse response = client.send(get("/"));
  EXPECT_EQ(response.error, "");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.header("Content-Type"), "text/html");
}

TEST(HttpClient, TellsHowLongToWait) {
  std::string value = "120";
  NetServer server(serve_http([&](const ServedRequest&) {
    return ServedResponse{.status = 429, .body = "{}", .headers = {{"Retry-After", value}}};
  }));
  HttpClient client(server.endpoint(), nullptr);
  const HttpResponse response = client.send(get("/"));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after(), 120 * kSecond);
  value = "Wed, 21 Oct 2026 07:28:00 GMT";
  EXPECT_EQ(client.send(get("/")).retry_after(), 0 * kSecond);
  value = "-5";
  EXPECT_EQ(client.send(get("/")).retry_after(), 0 * kSecond);
}

TEST(HttpClient, ABodyOverTheLimitIsAnError) {
  NetServer server(serve_http([](const ServedRequest& r) {
    return ServedResponse{.body = std::string(r.target == "/fits" ? 1000 : 1001, 'x'),
                          .chunked = r.target == "/chunked"};
  }));
  HttpClient client(server.endpoint(), nullptr, HttpOptions{.body_bytes_max = 1000});
  EXPECT_EQ(client.send(get("/fits")).body.size(), 1000U);
  for (const char* target : {"/length", "/chunked"}) {
    const HttpResponse response = client.send(get(target));
    EXPECT_EQ(response.status, 0);
    EXPECT_THAT(response.error, HasSubstr(std::string(target) + ": the body is over the limit"));
  }
  EXPECT_EQ(client.send(get("/fits")).status, 200) << "on a new connection";
}

TEST(HttpClient, AnUnendingHeaderIsAnError) {
  NetServer server([](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n");
    while (peer.write("X-Line: " + std::string(1000, 'x') + "\r\n")) continue;
  });
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_THAT(client.send(get("/")).error, HasSubstr("the header is over the limit"));
}

TEST(HttpClient, AnUnendingChunkLineIsAnError) {
  NetServer server([](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
    while (peer.write(std::string(1000, 'x'))) continue;
  });
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_THAT(client.send(get("/")).error, HasSubstr("without end"));
}

TEST(HttpClient, WhatIsNotHttpIsAnError) {
  for (const char* bytes : {"220 mail.example ESMTP\r\n", "\x15\x03\x01", "HTTP/9.9 200 OK\r\n\r\n",
                            "HTTP/1.1 banana\r\n\r\n", "{\"code\":-1}"}) {
    NetServer server(once(bytes));
    HttpClient client(server.endpoint(), nullptr);
    const HttpResponse response = client.send(post("/", "x"));
    EXPECT_EQ(response.status, 0) << bytes;
    EXPECT_NE(response.error, "") << bytes;
    EXPECT_TRUE(response.maybe_sent) << bytes;
  }
}

TEST(HttpClient, AConnectionThatEndsInTheBodyIsAnError) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nonly"}) {
    NetServer server(once(bytes));
    HttpClient client(server.endpoint(), nullptr);
    const HttpResponse response = client.send(get("/"));
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.body, "");
    EXPECT_THAT(response.error, HasSubstr("closed by the server"));
    EXPECT_EQ(server.accepted(), 1) << "an answer had begun: not repeated";
  }
}

TEST(HttpClient, WhatComesUnaskedEndsTheKeptConnection) {
  NetServer server(
      always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlies"));
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(get("/")).body, "ok");
  EXPECT_EQ(client.send(get("/")).body, "ok");
  EXPECT_EQ(client.connections(), 2U);
}

TEST(HttpClient, ReplacesAConnectionThatWasClosedWhileIdle) {
  std::atomic<int> ended{0};
  NetServer server([&](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.close();
    ++ended;
    ended.notify_all();
  });
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(post("/1", "x")).body, "ok");
  ended.wait(0);
  const HttpResponse second = client.send(post("/2", "x"));
  EXPECT_EQ(second.body, "ok") << second.error;
  EXPECT_EQ(client.connections(), 2U);
}

// The kept connection closes just as the second request arrives.
NetServer::Handler close_at_second(std::atomic<int>& requests) {
  return [&requests](Peer& peer) {
    while (!peer.read_until("\r\n\r\n").empty()) {
      if (++requests == 2) return;
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  };
}

TEST(HttpClient, RepeatsASafeRequestOnceWhenTheKeptConnectionCloses) {
  std::atomic<int> requests{0};
  NetServer server(close_at_second(requests));
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(get("/1")).body, "ok");
  EXPECT_EQ(client.send(get("/2")).body, "ok");
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(client.connections(), 2U);
}

TEST(HttpClient, NeverRepeatsAnOrderButSaysThatItMayHaveArrived) {
  std::atomic<int> requests{0};
  NetServer server(close_at_second(requests));
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_EQ(client.send(post("/1", "")).body, "ok");
  const HttpResponse response = client.send(post("/2?signature=secret", ""));
  EXPECT_EQ(response.status, 0);
  EXPECT_TRUE(response.maybe_sent);
  EXPECT_EQ(response.error, server.endpoint().authority() + ": POST /2: closed by the server");
  EXPECT_EQ(requests, 2);
}

TEST(HttpClient, AFreshConnectionThatClosesIsNotTriedAgain) {
  NetServer server([](Peer& peer) { peer.read_until("\r\n\r\n"); });
  HttpClient client(server.endpoint(), nullptr);
  EXPECT_THAT(client.send(get("/")).error, HasSubstr("closed by the server"));
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, WithoutAServerNothingWasSent) {
  net::Endpoint nobody;
  {
    NetServer server(once(""));
    nobody = server.endpoint();
  }
  HttpClient client(nobody, nullptr);
  const HttpResponse response = client.send(post("/", "x"));
  EXPECT_FALSE(response.maybe_sent);
  EXPECT_THAT(response.error, HasSubstr("Connection refused"));
}

TEST(HttpClient, ASilentServerMeetsTheDeadline) {
  NetServer server([](Peer& peer) { peer.wait_for_end(); });
  HttpClient client(server.endpoint(), nullptr,
                    HttpOptions{.timeout = std::chrono::milliseconds(100)});
  const HttpResponse response = client.send(post("/", "x"));
  EXPECT_THAT(response.error, HasSubstr("no answer within 100 ms"));
  EXPECT_TRUE(response.maybe_sent);
}

TEST(HttpClient, AServerThatDripsMeetsTheDeadlineToo) {
  NetServer server([](Peer& peer) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    while (peer.write("x")) continue;
  });
  HttpClient client(
      server.endpoint(), nullptr,
      HttpOptions{.timeout = std::chrono::milliseconds(100), .body_bytes_max = 1'000'000'000});
  EXPECT_THAT(client.send(get("/")).error, HasSubstr("no answer within 100 ms"));
}

TEST(HttpClient, StopEndsARequestBeforeItsDeadline) {
  std::atomic<bool> stop{false};
  NetServer server([&](Peer& peer) {
    peer.read_some();
    stop = true;
    peer.wait_for_end();
  });
  HttpClient client(server.endpoint(), nullptr,
                    HttpOptions{.timeout = std::chrono::minutes(5), .stop = &stop});
  EXPECT_THAT(client.send(get("/")).error, HasSubstr("stopped"));
}

TEST(HttpClient, ARequestThatWouldSmuggleAHeaderIsNotSent) {
  NetServer server(serve_http([](const ServedRequest&) { return ServedResponse{}; }));
  HttpClient client(server.endpoint(), nullptr);
  HttpRequest in_value = get("/");
  in_value.headers = {{"X-Key", "a\r\nX-Other: b"}};
  for (const HttpRequest& request : {in_value, get("/a b"), get("/a\r\nX: b")}) {
    const HttpResponse response = client.send(request);
    EXPECT_EQ(response.status, 0);
    EXPECT_THAT(response.error, HasSubstr("must not have one"));
    EXPECT_FALSE(response.maybe_sent);
  }
}

TEST(HeaderText, ComparesAndFindsTokensWhateverTheirCase) {
  EXPECT_TRUE(net::same_ignoring_case("Upgrade", "uPGRADE"));
  EXPECT_FALSE(net::same_ignoring_case("Upgrade", "Upgrad"));
  EXPECT_TRUE(net::has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(net::has_token("\tUPGRADE ,", "upgrade"));
  EXPECT_FALSE(net::has_token("upgrades, keep-alive", "upgrade"));
  EXPECT_FALSE(net::has_token("", "upgrade"));
}

}  // namespace
}  // namespace mm::test
