// A client's connection: what it may send, what it may not, and what becomes of it afterwards.

#include "tests/core/exchange/exchange_fixture.hpp"
#include "tests/core/net/blackhole.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Client : public ExchangeTest {
 protected:
  Client() { load(two_groups()); }

  void load_with_limits(const std::string& limits) {
    load("frontendPolicies: {http: {" + limits + "}}\n" + two_groups());
  }
  static std::string chunked(const std::string& body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n" +
           chunk(body.substr(0, 7)) + chunk(body.substr(7)) + "0\r\n\r\n";
  }
};

TEST_F(Client, IsServedRequestAfterRequestOnOneConnection) {
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = connect();
  // The second one is there before the first is answered, the third comes in bytes.
  peer.send(post(kChatBody) + chunked(kChatBody));
  for (const char byte : post(kChatBody)) peer.send(std::string(1, byte));
  run_until([&] { return a->requests().size() == 3; });
  peer.end();
  run_until([&] { return peer.closed(); });
  std::string_view left = peer.received();
  int answers = 0;
  for (std::size_t at = left.find(kWhole); at != std::string_view::npos; at = left.find(kWhole)) {
    left.remove_prefix(at + kWhole.size());
    ++answers;
  }
  EXPECT_EQ(answers, 3);
  EXPECT_EQ(left, "");
  EXPECT_EQ(records().size(), 3u);
  EXPECT_EQ(a->connections(), 1u);
}

TEST_F(Client, MaySendItsBodyInChunks) {
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(chunked(kChatBody)).status, 200);
  EXPECT_TRUE(a->requests().at(0).ends_with("\r\n\r\n" + kChatBody));
}

TEST_F(Client, IsToldToGoOnOnlyWhenItWaits) {
  a->says(answer(200, "application/json", kWhole));
  const std::string request = post(kChatBody, "expect: 100-continue\r\n");
  const std::size_t head = request.find("\r\n\r\n") + 4;
  ScriptedPeer& waiting = connect();
  waiting.send(request.substr(0, head));
  run_until([&] { return !waiting.received().empty(); });
  EXPECT_EQ(waiting.received(), "HTTP/1.1 100 Continue\r\n\r\n");
  waiting.send(request.substr(head));
  run_until([&] { return read_answer(waiting.received()).complete; });
  EXPECT_EQ(read_answer(waiting.received()).status, 200);
  EXPECT_EQ(ask(request).find("100 Continue"), std::string::npos);
}

TEST_F(Client, OfHttp10GetsItsAnswerAndTheEnd) {
  a->says(stream_of(sse({kRole, kWord, kStop, "[DONE]"})));
  ScriptedPeer& peer = connect();
  peer.send("POST /v1/chat/completions HTTP/1.0\r\ncontent-length: " +
            std::to_string(kStreamBody.size()) + "\r\n\r\n" + kStreamBody);
  run_until([&] { return peer.ended(); });
  const Got got = read_answer(peer.received());
  EXPECT_EQ(got.header("transfer-encoding"), "");
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
}

TEST_F(Client, IsToldWhatIsWrongWithItsHeadAndThenTheConnectionEnds) {
  struct Case {
    std::string bytes;
    int status;
  };
  std::string headers;
  for (int i = 0; i < 101; ++i) headers += "h" + std::to_string(i) + ": x\r\n";
  for (const Case& c : std::vector<Case>{
           {"GET\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\nhost : g\r\n\r\n", 400},
           {"GET / HTTP/1.1\nhost: g\n\n", 400},
           {"GET / HTTP/1.1\r\nhost: g\r\n folded: x\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\nhost: g\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\nhost: g\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
            400},
           {"GET / HTTP/1.1\r\nhost: g\r\n" + headers + "\r\n", 431},
           {"GET /" + std::string(70'000, 'x') + " HTTP/1.1\r\nhost: g\r\n\r\n", 414},
           {"GET / HTTP/1.1\r\nhost: g\r\nx: " + std::string(70'000, 'x') + "\r\n\r\n", 431},
       }) {
    ScriptedPeer& peer = connect();
    peer.send(c.bytes);
    run_until([&] { return peer.ended(); });
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, c.status) << c.bytes.substr(0, 80);
    EXPECT_EQ(got.header("connection"), "close");
    EXPECT_NE(got.body.find("\"code\""), std::string::npos);
    // Its end is waited for a moment, so that it can read the answer.
    EXPECT_FALSE(peer.closed());
    advance(seconds(3));
    run_until([&] { return peer.closed(); });
    EXPECT_EQ(records().size(), 1u);
  }
  EXPECT_EQ(a->requests().size(), 0u);
}

TEST_F(Client, IsRefusedABodyAboveTheLimitBeforeItIsSent) {
  load_with_limits("maxBufferSize: 1KiB");
  const std::string big(1025, 'x');
  ScriptedPeer& peer = connect();
  peer.send(post(big).substr(0, post(big).size() - big.size()));
  run_until([&] { return peer.ended(); });
  Got got = read_answer(peer.received());
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(got.body.substr(0, 10), "{\"error\":{") << "in the format of the API";
  got = ask_for(chunked(big));
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(a->requests().size(), 0u);
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(Client, MaySendABodyOfExactlyTheLimit) {
  load_with_limits("maxBufferSize: 1KiB");
  a->says(answer(200, "application/json", kWhole));
  const std::string body = kChatBody + std::string(1024 - kChatBody.size(), ' ');
  EXPECT_EQ(ask_for(post(body)).status, 200);
  EXPECT_EQ(ask_for(chunked(body)).status, 200);
}

TEST_F(Client, IsRefusedWhileTooManyBodiesAreHeld) {
  bodies.set_max(kChatBody.size() + 10);
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& holding = connect();
  const std::string request = post(kChatBody);
  holding.send(request.substr(0, request.size() - 1));
  run_until([&] { return bodies.held() > 0; });
  Got got = ask_for(request);
  EXPECT_EQ(got.status, 503);
  EXPECT_NE(got.body.find("too_many_bodies"), std::string::npos);
  holding.send(request.substr(request.size() - 1));
  run_until([&] { return read_answer(holding.received()).complete; });
  EXPECT_EQ(bodies.held(), 0u);
  EXPECT_EQ(ask_for(request).status, 200);
}

TEST_F(Client, IsToldWhereItsHeadOrBodyIsSlow) {
  for (const bool body : {false, true}) {
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody).substr(0, body ? 130 : 30));
    settle();
    advance(body ? seconds(29) : seconds(9));
    settle();
    EXPECT_EQ(peer.received(), "");
    advance(seconds(2));
    run_until([&] { return peer.ended(); });
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, 408);
    EXPECT_EQ(got.header("connection"), "close");
    EXPECT_TRUE(got.complete);
    // In the format of the API once the path is known.
    EXPECT_EQ(got.body.find(R"("type":)") != std::string::npos, body) << got.body;
    EXPECT_NE(got.body.find(body ? "body_timeout" : "head_timeout"), std::string::npos) << got.body;
    peer.send("the rest comes too late");
    settle();
    EXPECT_FALSE(peer.closed()) << "a reset could take the answer from the client";
    peer.end();
    run_until([&] { return peer.closed(); });
    settle();
    const auto lines = records();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("_timeout\""), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find("408"), std::string::npos) << lines[0];
  }
  EXPECT_EQ(context->connections, 0u);
  EXPECT_EQ(bodies.held(), 0u);
}

// A byte now and then keeps each wait short, and would keep the request for ever.
TEST_F(Client, MustSendItsBodyAtTheLeastRate) {
  for (const bool in_chunks : {false, true}) {
    load_with_limits("minBodyRate: 100");
    ScriptedPeer& peer = connect();
    const std::string request = in_chunks ? chunked(std::string(5000, ' ') + kChatBody)
                                          : post(std::string(5000, ' ') + kChatBody);
    const std::size_t begin = request.find("\r\n\r\n") + 10;
    peer.send(request.substr(0, begin));
    settle();
    std::size_t sent = begin;
    // 30 s are given, and one more for each 100 bytes: 20 pieces of 100 bytes each 2 s are 40 s
    // late, against 50 s that they have earned.
    for (int i = 0; i < 20; ++i, sent += 100) {
      peer.send(request.substr(sent, 100));
      advance(seconds(2));
      settle();
    }
    EXPECT_EQ(peer.received(), "");
    for (int i = 0; i < 20 && peer.received().empty(); ++i, sent += 1) {
      peer.send(request.substr(sent, 1));
      advance(seconds(2));
      settle();
    }
    EXPECT_EQ(read_answer(peer.received()).status, 408);
    peer.end();
    run_until([&] { return peer.closed(); });
  }
}

TEST_F(Client, MayBeAsSlowAsItLikesWithoutALeastRate) {
  load_with_limits("minBodyRate: 0");
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = connect();
  const std::string request = post(kChatBody);
  const std::size_t begin = request.find("\r\n\r\n") + 4;
  peer.send(request.substr(0, begin));
  settle();
  for (std::size_t sent = begin; sent < request.size(); ++sent) {
    peer.send(request.substr(sent, 1));
    settle();
    advance(seconds(29));
    settle();
  }
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 200);
}

TEST_F(Client, CannotHoldAnIdleConnectionForEver) {
  ScriptedPeer& peer = connect();
  settle();
  advance(seconds(599));
  settle();
  EXPECT_FALSE(peer.closed());
  advance(seconds(2));
  run_until([&] { return peer.closed(); });
  EXPECT_EQ(records().size(), 0u);
}

TEST_F(Client, IsToldWhatIsWrongWithItsBody) {
  struct Case {
    std::string body;
    std::string word;
  };
  for (const Case& c : std::vector<Case>{
           {"", "invalid_json"},
           {"{", "invalid_json"},
           {"[]", "invalid_json"},
           {R"({"model":1})", "model"},
           {R"({"model":"a","stream":"yes"})", "stream"},
           {R"({"model":"a","model":"b"})", "twice"},
           {R"({"model":"a","m\u006fdel":"b"})", "twice"},
           {R"({"model":"a","stream":true,"stream":false})", "twice"},
       }) {
    const Got got = ask_for(post(c.body));
    EXPECT_EQ(got.status, 400) << c.body;
    EXPECT_NE(got.body.find(c.word), std::string::npos) << c.body << got.body;
    EXPECT_EQ(got.header("connection"), "") << "its end was found: the connection stays";
  }
  EXPECT_EQ(a->requests().size(), 0u);
}

TEST_F(Client, IsToldWhereThereIsNothing) {
  Got got = ask_for("GET /nowhere HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.header("connection"), "") << "there was no body to lose the way in";
  got = ask_for("GET /v1/chat/completions HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.header("allow"), "POST");
  got = ask_for("GET /v1/../etc HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(got.status, 400);
}

TEST_F(Client, CannotHideABodyFromThePluginsInACodingNobodyKnows) {
  const Got got = ask_for(post(kChatBody, "content-encoding: x-odd\r\n"));
  EXPECT_EQ(got.status, 415);
}

TEST_F(Client, SendsOnlyTheHeadersThatProvidersMaySee) {
  a->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody,
           "authorization: Bearer mine\r\nx-api-key: mine\r\ncookie: a=mine\r\n"
           "connection: x-hop\r\nx-hop: 1\r\nkeep-alive: 5\r\nte: trailers\r\nx-other: 1\r\n"
           "openai-beta: b\r\ntraceparent: t\r\nidempotency-key: i\r\naccept-encoding: br\r\n"));
  const std::string& sent = a->requests().at(0);
  const std::string head = sent.substr(0, sent.find("\r\n\r\n") + 2);
  for (const char* absent : {"mine", "x-hop", "keep-alive", "\nte:", "x-other", "br\r", "gateway"})
    EXPECT_EQ(head.find(absent), std::string::npos) << absent << "\n" << head;
  for (const std::string present :
       {"authorization: Bearer key-of-one\r\n", "openai-beta: b\r\n", "traceparent: t\r\n",
        "idempotency-key: i\r\n", "content-type: application/json\r\n",
        "accept-encoding: identity\r\n"})
    EXPECT_NE(head.find(present), std::string::npos) << present << "\n" << head;
  EXPECT_NE(head.find("host: 127.0.0.1:" + std::to_string(a->port()) + "\r\n"), std::string::npos);
}

TEST_F(Client, SendsTheHeadersThatTheConfigurationNames) {
  load("frontendPolicies: {http: {forwardHeaders: [X-Tenant, x-trace]}}\n" + two_groups());
  a->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody, "X-TENANT: t\r\nx-other: 1\r\n"));
  EXPECT_NE(a->requests().at(0).find("X-TENANT: t\r\n"), std::string::npos);
  EXPECT_EQ(a->requests().at(0).find("x-other"), std::string::npos);
}

TEST_F(Client, GetsAnswersThatPassInTheCodingThatItTakes) {
  a->says(answer(200, "image/png", "as it came", "content-encoding: br\r\n"));
  const Got got =
      ask_for("GET /v1/images/x HTTP/1.1\r\nhost: g\r\naccept-encoding: zstd, br\r\n\r\n");
  EXPECT_NE(a->requests().at(0).find("accept-encoding: br\r\n"), std::string::npos);
  EXPECT_EQ(got.header("content-encoding"), "br");
  EXPECT_EQ(got.body, "as it came");
  ask("GET /v1/images/x HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_NE(a->requests().at(1).find("accept-encoding: identity\r\n"), std::string::npos);
}

TEST_F(Client, SpeaksOfCodingsWithAPlainUpstreamItself) {
  load("binds: [{port: 3000, listeners: [{routes: [{backends: [{host: '127.0.0.1:$A'}]}]}]}]\n");
  a->says(answer(200, "text/plain", "as it came", "content-encoding: zstd\r\n"));
  const Got got = ask_for("GET /x HTTP/1.1\r\nhost: g\r\naccept-encoding: zstd;q=1, br\r\n\r\n");
  EXPECT_NE(a->requests().at(0).find("accept-encoding: zstd;q=1, br\r\n"), std::string::npos);
  EXPECT_EQ(got.header("content-encoding"), "zstd");
  EXPECT_EQ(got.body, "as it came");
  ask("GET /x HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(a->requests().at(1).find("accept-encoding"), std::string::npos);
}

TEST_F(Client, GetsOnlyTheHeadersThatAreAboutTheAnswer) {
  a->says(
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: x-hop\r\nx-hop: 1\r\n"
      "set-cookie: a=b\r\nserver: up\r\nx-request-id: r\r\ncontent-length: " +
      std::to_string(kWhole.size()) + "\r\n\r\n" + kWhole);
  const Got got = ask_for(post(kChatBody));
  for (const char* absent : {"x-hop", "set-cookie", "server"}) EXPECT_EQ(got.header(absent), "");
  EXPECT_EQ(got.header("x-request-id"), "r");
  EXPECT_NE(got.header("date"), "");
}

TEST_F(Client, PassesItsOwnKeyWhereNoneIsConfigured) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
)");
  a->says(
      answer(401, "application/json", R"({"error":{"message":"bad","code":"invalid_api_key"}})"));
  const Got got = ask_for(post(kChatBody, "authorization: Bearer mine\r\n"));
  EXPECT_NE(a->requests().at(0).find("authorization: Bearer mine\r\n"), std::string::npos);
  EXPECT_EQ(got.status, 401);
  // Its bad key says nothing of the provider.
  for (int i = 0; i < 5; ++i) ask(post(kChatBody, "authorization: Bearer mine\r\n"));
  EXPECT_EQ(a->requests().size(), 6u);
  for (const std::string& line : records()) EXPECT_EQ(line.find("mine"), std::string::npos);
}

class PlainUpstream : public ExchangeTest {
 protected:
  void load_plain(const std::string& policies) {
    load("binds: [{port: 3000, listeners: [{routes: [{policies: " + policies +
         ", backends: [{host: \"127.0.0.1:$A\"}]}]}]}]");
    a->says(answer(404, "text/plain", "none"));
  }
};

TEST_F(PlainUpstream, GetsTheRequestAsItIsWithoutTheClientsKeys) {
  load_plain("{}");
  const Got got = ask_for(
      "POST /v1/models?a=1&key=mine&b=2 HTTP/1.1\r\nhost: g\r\nx-other: 1\r\n"
      "authorization: Bearer mine\r\ncontent-length: 2\r\n\r\n{]");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "none") << "also an error is its own answer";
  const std::string& sent = a->requests().at(0);
  EXPECT_EQ(sent.find("mine"), std::string::npos) << sent;
  EXPECT_TRUE(sent.starts_with("POST /v1/models?a=1&b=2 HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("x-other: 1\r\n"), std::string::npos);
  EXPECT_TRUE(sent.ends_with("\r\n\r\n{]"));
}

TEST_F(PlainUpstream, AnswersForItselfWhateverThePathLooksLike) {
  load_plain("{}");
  EXPECT_EQ(ask_for("GET /v1/models HTTP/1.1\r\nhost: g\r\n\r\n").body, "none");
  EXPECT_EQ(ask_for(post("not json")).body, "none");
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(PlainUpstream, GetsTheCredentialOfTheConfiguration) {
  load_plain("{backendAuth: {key: ours}}");
  ask("GET /x HTTP/1.1\r\nhost: g\r\nauthorization: Bearer mine\r\n\r\n");
  EXPECT_NE(a->requests().at(0).find("authorization: Bearer ours\r\n"), std::string::npos);
  load_plain("{backendAuth: {key: {value: ours, location: {queryParameter: {name: k}}}}}");
  ask("GET /x?a=1 HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_TRUE(a->requests().at(1).starts_with("GET /x?a=1&k=ours HTTP/1.1\r\n"))
      << a->requests().at(1);
}

TEST_F(PlainUpstream, NeverGetsTheKeyThatWasMeantForTheGateway) {
  load_plain("{apiKey: {keys: [{key: gate}], location: {header: {name: x-gate}}}}");
  ask("GET /x HTTP/1.1\r\nhost: g\r\nX-Gate: gate\r\n\r\n");
  load_plain("{apiKey: {keys: [{key: gate}], location: {queryParameter: {name: team}}}}");
  ask("GET /x?team=gate&a=1 HTTP/1.1\r\nhost: g\r\n\r\n");
  ask("GET /x?team=wrongsecret&a=1 HTTP/1.1\r\nhost: g\r\n\r\n");
  ASSERT_EQ(a->requests().size(), 2u);
  for (const std::string& sent : a->requests())
    EXPECT_EQ(sent.find("gate"), std::string::npos) << sent;
  for (const std::string& line : records()) {
    EXPECT_EQ(line.find("=gate"), std::string::npos) << line;
    EXPECT_EQ(line.find("wrongsecret"), std::string::npos) << line;
  }
}

TEST_F(Client, ThatLeavesEndsTheConnectingToo) {
  const net::Blackhole hole("127.0.0.1", 0);
  load("binds: [{port: 3000, listeners: [{routes: [{backends: [{ai: {hostOverride: \"127.0.0.1:" +
       std::to_string(hole.port()) + "\", provider: {openAI: {}}}}]}]}]}]");
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return peer.watched(); });
  EXPECT_EQ(in_flight(), 1);
  const TimePoint before = clock.now();
  peer.leave();
  run_until([&] { return peer.closed(); });
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(in_flight(), 0);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("client_gone"), std::string::npos) << lines[0];
}

TEST_F(Client, ThatIsIdleLeavesWhenTheGatewayEndsAndOneThatJustCameMayAsk) {
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& idle = connect();
  idle.send(post(kChatBody));
  run_until([&] { return read_answer(idle.received()).complete; });
  ScriptedPeer& fresh = connect();
  settle();
  context->draining = true;
  context->idle.end_all();
  run_until([&] { return idle.closed(); });
  EXPECT_FALSE(fresh.closed());
  fresh.send(post(kChatBody));
  run_until([&] { return fresh.ended(); });
  EXPECT_EQ(read_answer(fresh.received()).status, 200);
  EXPECT_EQ(read_answer(fresh.received()).header("connection"), "close");
}

TEST_F(Client, ThatIsCutOffEndsItsRequestEverywhere) {
  a->says(Reply({"", ""}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  context->open.end_all();
  run_until([&] { return context->connections == 0; });
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(Client, KeepsTheConfigurationThatItsRequestBeganWith) {
  a->says(Reply({"", answer(200, "application/json", kWhole)}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  std::weak_ptr<const Snapshot> old = context->snapshot;
  b->says(answer(200, "application/json", kWhole));
  std::shared_ptr<const Snapshot> kept = old.lock();
  load(
      "binds: [{port: 3000, listeners: [{routes: [{backends: [{ai: {provider: {openAI: {}}, "
      "name: new, hostOverride: \"127.0.0.1:$B\"}}]}]}]}]");
  kept.reset();
  EXPECT_FALSE(old.expired());
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  settle();
  EXPECT_TRUE(old.expired()) << "nobody else holds it";
  EXPECT_EQ(read_answer(peer.received()).header("x-headgate-provider"), "one");
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "new");
}

}  // namespace
}  // namespace headgate::exchange
