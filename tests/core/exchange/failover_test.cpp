// A request whose first attempt fails: what is tried where, what the client gets, and what is told
// of it.

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Failover : public ExchangeTest {
 protected:
  Failover() { load(two_groups("{retry: {backoff: 1ms}}")); }

  // The second one serves, and this is how often the first was asked.
  std::size_t served_elsewhere(const std::string& request, const std::string& what) {
    b->forget();
    b->says(answer(200, "application/json", kWhole));
    const std::size_t before = a->requests().size();
    const Got got = ask_for(request);
    EXPECT_EQ(got.status, 200) << what << got.body;
    EXPECT_EQ(got.header("x-headgate-provider"), "two") << what;
    EXPECT_EQ(in_flight(), 0) << what;
    EXPECT_EQ(records().size(), 1u) << what;
    return a->requests().size() - before;
  }

  // A stream that goes on when the client has had its beginning.
  Got ask_in_two_steps(const std::string& first, const std::string& second) {
    a->says(Reply({stream_head() + chunk(first), chunk(second) + "0\r\n\r\n"}, false));
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody));
    run_until([&] { return !peer.received().empty(); });
    a->go_on();
    run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
    return read_answer(peer.received());
  }
};

std::string error_of(const std::string& code, const std::string& message = "no") {
  return R"({"error":{"message":")" + message + R"(","type":"t","code":")" + code + "\"}}";
}

TEST_F(Failover, TriesElsewhereWhateverFailsBeforeTheAnswer) {
  struct Case {
    std::string what;
    std::string bytes;
    std::size_t times;  // that the first one is asked
  };
  const std::vector<Case> cases{
      {"500", answer(500, "application/json", error_of("x")), 2},
      {"502", answer(502, "text/html", "<html>"), 2},
      {"503", answer(503, "application/json", error_of("x")), 1},
      {"529", answer(529, "application/json", error_of("x")), 1},
      {"429 for long", answer(429, "application/json", error_of("x"), "retry-after: 60\r\n"), 1},
      {"429 for a moment", answer(429, "application/json", error_of("x"), "retry-after: 1\r\n"), 2},
      {"401 of our key", answer(401, "application/json", error_of("invalid_api_key")), 1},
      {"404", answer(404, "application/json", error_of("model_not_found")), 1},
      {"a redirect", answer(302, "text/plain", "", "location: http://x/\r\n"), 1},
      {"too long for the model",
       answer(400, "application/json", error_of("context_length_exceeded")), 1},
      {"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", 1},
      {"two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", 1},
      {"not JSON", answer(200, "application/json", "<html>"), 1},
      {"another JSON", answer(200, "application/json", "{}"), 1},
      {"an empty answer", answer(200, "application/json", ""), 1},
      {"a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 1},
      {"a coding nobody knows",
       answer(200, "application/json", kWhole, "content-encoding: x-odd\r\n"), 1},
      {"a coding that is not there",
       answer(200, "application/json", kWhole, "content-encoding: gzip\r\n"), 1},
  };
  for (const Case& c : cases) {
    a->forget();
    a->says_and_closes(c.bytes);
    EXPECT_EQ(served_elsewhere(post(kChatBody), c.what), c.times) << c.what;
    // It is back before the next one: what was learned from this one is not to decide.
    advance(seconds(100));
    a->forget();
    a->says(answer(200, "application/json", kWhole));
    EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "one") << c.what;
    records();
  }
}

TEST_F(Failover, TriesElsewhereWhereAStreamSaysAnErrorBeforeItsFirstWord) {
  a->says(stream_of(sse({kRole, error_of("server_error")})));
  b->says(stream_of(sse({kRole, kWord, kStop, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
}

TEST_F(Failover, TriesElsewhereWhereAStreamEndsBeforeItsFirstWord) {
  a->says(stream_of(sse({kRole})));
  b->says(stream_of(sse({kWord, kStop, "[DONE]"})));
  EXPECT_EQ(ask_for(post(kStreamBody)).body, sse({kWord, kStop, "[DONE]"}));
}

TEST_F(Failover, PassesAnErrorInTheMiddleOfAStreamOnAndStops) {
  const std::string error = error_of("server_error");
  const Got got = ask_in_two_steps(sse({kRole, kWord}), sse({error, "[DONE]"}));
  EXPECT_EQ(got.body, sse({kRole, kWord, error}));
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(b->requests().size(), 0u);
}

TEST_F(Failover, NeverRepeatsAKeyThatAStreamsErrorMentions) {
  const Got got = ask_in_two_steps(sse({kRole, kWord}), sse({error_of("x", "bad key key-of-one")}));
  EXPECT_EQ(got.body.find("key-of-one"), std::string::npos) << got.body;
  EXPECT_NE(got.body.find("\"error\""), std::string::npos);
}

TEST_F(Failover, NeverRepeatsAKeyThatAnErrorMentions) {
  for (const int status : {400, 401, 422, 500}) {
    load(two_groups("{retry: {attempts: 1}}"));
    a->forget();
    a->says(answer(status, "application/json", error_of("x", "you sent key-of-one")));
    const std::string bytes = ask(post(kChatBody));
    EXPECT_EQ(bytes.find("key-of-one"), std::string::npos) << bytes;
    EXPECT_EQ(records().at(0).find("key-of-one"), std::string::npos);
  }
}

TEST_F(Failover, WaitsForTheFirstWordAndThenAsksSomebodyElse) {
  load(two_groups("{timeout: {firstTokenSoft: off}}"));
  a->says(stream_head() + chunk(sse({kRole})));
  b->says(stream_of(sse({kWord, kStop, "[DONE]"})));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  advance(seconds(119));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(seconds(2));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).header("x-headgate-provider"), "two");
  EXPECT_EQ(a->requests().size(), 1u) << "the silent one is not asked again";
  EXPECT_EQ(a->ended(), 1u) << "and is not waited for";
}

TEST_F(Failover, TellsTheClientWhatIsItsOwnFault) {
  const std::string body = error_of("content_policy_violation");
  a->says(answer(400, "application/json", body));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, body);
  EXPECT_EQ(got.header("x-should-retry"), "false");
  EXPECT_EQ(a->requests().size(), 1u);
  EXPECT_EQ(b->requests().size(), 0u);
}

// A proxy between may answer in its own words: those are no error that clients could read.
TEST_F(Failover, TellsTheClientInItsOwnFormatWhatIsNoErrorOfTheApi) {
  for (const std::string& request : {post(kChatBody), post(kStreamBody)}) {
    for (const int status : {400, 413, 422}) {
      for (const std::string said :
           {"<html>too large</html>", R"({"error":"flat"})", R"({"detail":"other"})", "[]",
            R"({"error":{"message":"cut)", R"({"error":{},"error":{}})"}) {
        a->forget();
        a->says(answer(status, "text/html", said));
        const Got got = ask_for(request);
        EXPECT_EQ(got.status, status) << said;
        EXPECT_EQ(got.header("content-type"), "application/json") << said;
        EXPECT_EQ(got.body.find(R"({"error":{"message":)"), 0u) << got.body;
        EXPECT_NE(got.body.find(R"("type":"invalid_request_error","param":null,)"),
                  std::string::npos)
            << got.body;
        EXPECT_EQ(got.body.find("html"), std::string::npos) << got.body;
      }
    }
  }
  a->forget();
  a->says(answer(400, "text/plain", error_of("x")));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.body, error_of("x"));
  EXPECT_EQ(got.header("content-type"), "application/json");
}

TEST_F(Failover, TellsTheLastFailureWhenNobodyIsLeft) {
  a->says(answer(503, "application/json", error_of("x", "first")));
  b->says(answer(429, "application/json", error_of("x", "second"), "retry-after: 17\r\n"));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.header("retry-after"), "17");
  EXPECT_EQ(got.header("x-should-retry"), "false");
  EXPECT_EQ(got.header("x-headgate-attempts").substr(0, 8), "one:503/");
  EXPECT_EQ(a->requests().size() + b->requests().size(), 2u);
}

TEST_F(Failover, AsksAgainWhereTheConfigurationSaysSo) {
  load(two_groups("{retry: {codes: [422], backoff: 1ms, attempts: 2}}"));
  a->says(answer(422, "application/json", error_of("x")));
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(a->requests().size(), 2u);
}

// What the provider's plugin would give up at.
TEST_F(Failover, AsksAgainWhereAnExpressionSaysSo) {
  load(
      two_groups("{retry: {condition: 'response.code == 422 && response.headers[\"x-again\"] == "
                 "\"1\" && request.path.endsWith(\"/completions\") && llm.requestModel == \"m\"', "
                 "backoff: 1ms, attempts: 2}}"));
  a->says(answer(422, "application/json", error_of("x"), "x-again: 1\r\n"));
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(a->requests().size(), 2u);
  a->forget();
  a->says(answer(422, "application/json", error_of("x"), "x-again: 0\r\n"));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 422);
  EXPECT_EQ(a->requests().size() + b->requests().size(), 3u);
}

TEST_F(Failover, SendsOnceWhatTheConfigurationSaysIsSentOnce) {
  load(two_groups("{retry: {precondition: 'request.headers[\"x-once\"] != \"1\"', backoff: 1ms}}"));
  a->says(answer(503, "application/json", error_of("x")));
  EXPECT_EQ(ask_for(post(kChatBody, "x-once: 1\r\n")).status, 503);
  EXPECT_EQ(b->requests().size(), 0u);
  b->says(answer(200, "application/json", kWhole));
  a->says(answer(503, "application/json", error_of("x")));
  EXPECT_EQ(ask_for(post(kChatBody, "x-once: 0\r\n")).status, 200);
  EXPECT_EQ(b->requests().size(), 1u);
  // Without the header the expression comes to an error, which is not true.
  a->says(answer(503, "application/json", error_of("x")));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_EQ(b->requests().size(), 1u);
}

TEST_F(Failover, AsksAPlainUpstreamAgainWhereAnExpressionSaysSo) {
  const auto plain = [](std::string_view retry) {
    return "binds: [{port: 3000, listeners: [{routes: [{policies: {retry: {" + std::string(retry) +
           ", backoff: 1ms, attempts: 2}}, backends: [{host: \"127.0.0.1:$A\"}]}]}]}]";
  };
  const std::string get = "GET /x HTTP/1.1\r\nhost: g\r\n\r\n";
  load(
      plain("condition: 'response.code == 200 && response.headers[\"x-own\"] == \"1\" && "
            "!has(llm)'"));
  a->says(answer(200, "text/plain", "stale", "x-own: 1\r\n"));
  a->says(answer(200, "text/plain", "fine"));
  EXPECT_EQ(ask_for(get).body, "fine");
  EXPECT_EQ(a->requests().size(), 2u);
  // The answer passes whole where the request may not be sent again.
  load(plain("codes: [503], precondition: 'request.method != \"GET\"'"));
  a->forget();
  a->says(answer(503, "text/plain", "busy"));
  const Got got = ask_for(get);
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, "busy");
  EXPECT_EQ(a->requests().size(), 3u);
}

// The health of an endpoint is what the expression makes of its answers.
TEST_F(Failover, EvictsForAnswersThatAnExpressionCallsUnhealthy) {
  const auto health = [](std::string_view expression) {
    return "{retry: {attempts: 1}, health: {unhealthyExpression: '" + std::string(expression) +
           "', eviction: {consecutiveFailures: 2, duration: 30s}}}";
  };
  // A good status and a bad header.
  load(two_groups(health("response.headers[\"x-degraded\"] == \"true\"")));
  for (int i = 0; i < 2; ++i) {
    a->says(answer(200, "application/json", kWhole, "x-degraded: true\r\n"));
    EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "one");
  }
  b->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "two");
}

// Once it has served again, it is as good as the configuration says that it returns.
TEST_F(Failover, ReturnsWithTheHealthOfTheConfiguration) {
  const auto health_after_return = [this](const std::string& restored) {
    load(
        two_groups("{retry: {attempts: 2, backoff: 1ms}, health: {eviction: {duration: 5s, "
                   "consecutiveFailures: 1" +
                   restored + "}}}"));
    const select::Cell& cell = context->snapshot->plans[0].backends[0].set->endpoint(0).base_cell();
    a->forget();
    a->says(answer(503, "application/json", error_of("x")));
    b->says(answer(200, "application/json", kWhole));
    EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "two");
    EXPECT_EQ(cell.state(clock.now()), select::ServiceState::out);
    advance(std::chrono::minutes(2));  // evictions in a row grow
    a->forget();
    a->says(answer(200, "application/json", kWhole));
    EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "one");
    settle();
    EXPECT_EQ(cell.state(clock.now()), select::ServiceState::in_service);
    return cell.health_at(select::to_stamp(clock.now()));
  };
  EXPECT_EQ(health_after_return(""), 1);
  // The success that brought it back counts for its model.
  EXPECT_NEAR(health_after_return(", restoreHealth: 0.2"), 0.2, 1e-3);
  EXPECT_EQ(health_after_return(", restoreHealth: 1"), 1);
}

TEST_F(Failover, EvictsNobodyForAnswersThatAnExpressionCallsHealthy) {
  load(
      two_groups("{retry: {attempts: 1}, health: {unhealthyExpression: 'response.code == 500', "
                 "eviction: {consecutiveFailures: 2, duration: 30s}}}"));
  for (int i = 0; i < 4; ++i) {
    a->says(answer(503, "application/json", error_of("x")));
    EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  }
  EXPECT_EQ(a->requests().size(), 4u);
  // Where there is no answer, there is nothing to ask about: that is a failure.
  a->forget();
  a->says_and_closes("");
  for (int i = 0; i < 2; ++i) {
    EXPECT_GE(ask_for(post(kChatBody)).status, 500);
  }
  b->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "two");
}

TEST_F(Failover, AsksAPlainUpstreamAgainWhereTheConfigurationSaysSo) {
  const std::string plain =
      "binds: [{port: 3000, listeners: [{routes: [{policies: {retry: {codes: [503, 422], backoff: "
      "1ms,"
      " attempts: 2}}, backends: [{host: \"127.0.0.1:$A\"}]}]}]}]";
  const std::string get = "GET /x HTTP/1.1\r\nhost: g\r\n\r\n";
  for (const int status : {503, 422}) {
    load(plain);
    a->forget();
    a->says(answer(status, "text/plain", "busy"));
    a->says(answer(200, "text/plain", "fine"));
    const std::size_t before = a->requests().size();
    EXPECT_EQ(ask_for(get).body, "fine") << status;
    EXPECT_EQ(a->requests().size(), before + 2);
  }
  // What no attempt is left for passes as it came, and so does what nobody wants tried again.
  for (const int status : {503, 500}) {
    load(plain);
    a->forget();
    a->says(answer(status, "text/plain", "busy", "x-own: 1\r\n"));
    const std::size_t before = a->requests().size();
    const Got got = ask_for(get);
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.body, "busy");
    EXPECT_EQ(got.header("x-own"), "1");
    EXPECT_EQ(a->requests().size(), before + (status == 503 ? 2 : 1));
  }
  EXPECT_EQ(in_flight(), 0);
}

// The answer that was to be tried again is all there is to say, then.
TEST_F(Failover, PassesAPlainUpstreamsAnswerWhereNothingIsLeftToTryWith) {
  load(
      "binds: [{port: 3000, listeners: [{routes: [{policies: {retry: {codes: [503], attempts: 2},"
      " timeout: {requestTimeout: 5s}}, backends: [{host: \"127.0.0.1:$A\"}]}]}]}]");
  a->says(Reply({"", answer(503, "text/plain", "busy")}, false));
  ScriptedPeer& peer = connect();
  peer.send("GET /x HTTP/1.1\r\nhost: g\r\n\r\n");
  run_until([&] { return a->requests().size() == 1; });
  advance(milliseconds(4990));  // less is left than the backoff
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  const Got got = read_answer(peer.received());
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, "busy");
  EXPECT_EQ(got.header("content-type"), "text/plain");
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(Failover, MakesNoMoreAttemptsThanAllowed) {
  load(two_groups("{retry: {attempts: 1}}"));
  a->says(answer(503, "application/json", error_of("x")));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_EQ(b->requests().size(), 0u);
}

TEST_F(Failover, EndsWithTheRequestsOwnDeadline) {
  load(two_groups("{timeout: {requestTimeout: 5s}}"));
  a->says(Reply({"", ""}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  advance(milliseconds(5100));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 504);
  EXPECT_EQ(b->requests().size(), 0u) << "there is no time left";
}

TEST_F(Failover, TakesAnAnswerThatCameBeforeTheRequestWasSent) {
  // Larger than what the sockets take, and an upstream that reads none of it.
  const std::string big = R"({"model":"m","messages":[")" + std::string(16u << 20, 'x') + "\"]}";
  load(two_groups("{retry: {attempts: 1}}"));
  auto sockets = net::open_listen_sockets("127.0.0.1", 0, 1);
  std::unique_ptr<net::ByteStream> held;
  net::Listener refusing(
      worker->sweep(), std::move((*sockets)[0]), net::ListenerOptions(),
      [&](std::unique_ptr<net::ByteStream> stream) { held = std::move(stream); });
  refusing.start();
  std::string yaml = two_groups("{retry: {attempts: 1}}");
  yaml.replace(yaml.find("$A"), 2, std::to_string(refusing.port()));
  load(yaml);
  ScriptedPeer& peer = connect();
  peer.send(post(big));
  run_until([&] { return held != nullptr; });
  settle();
  bool written = false;
  net::spawn(worker->io(), [](net::ByteStream& stream, bool& done) -> net::Task<void> {
    const std::string body = error_of("too_large");
    const std::string bytes = answer(413, "application/json", body);
    co_await net::write(stream, bytes);
    stream.close();
    done = true;
  }(*held, written));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_TRUE(written);
  EXPECT_EQ(read_answer(peer.received()).status, 413) << peer.received();
}

TEST_F(Failover, SaysThatEverybodyIsFull) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A", maxConcurrency: 1}
)");
  a->says(Reply({"", answer(200, "application/json", kWhole)}, false));
  ScriptedPeer& first = connect();
  first.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  EXPECT_EQ(in_flight(), 1);
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "1");
  EXPECT_NE(got.body.find("\"overloaded\""), std::string::npos) << got.body;
  a->go_on();
  run_until([&] { return read_answer(first.received()).complete; });
  EXPECT_EQ(in_flight(), 0);
}

TEST_F(Failover, SpendsNoMoreRetriesThanItsBudgetHas) {
  load(
      two_groups("{retry: {backoff: 1ms, attempts: 2}, "
                 "health: {eviction: {consecutiveFailures: 1000}}}"));
  a->says(answer(500, "application/json", error_of("x")));
  b->says(answer(500, "application/json", error_of("x")));
  for (int i = 0; i < 30; ++i) ask(post(kChatBody));
  // Each goes to the other once, free of charge; to the same one only while the budget lasts.
  EXPECT_LT(a->requests().size(), 45u);
  EXPECT_GT(b->requests().size(), 15u);
}

TEST_F(Failover, FindsTheSoundEndpointThoughTheBudgetIsSpent) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {retry: {attempts: 4}, health: {eviction: {consecutiveFailures: 1000}}}
      backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A", backendAuth: {key: k}}
            - {name: two, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A", backendAuth: {key: l}}
          - providers:
            - {name: sound, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B", backendAuth: {key: m}}
)");
  while (budgets.retries.try_spend(clock.now())) {
  }
  a->says(answer(503, "application/json", error_of("x")));
  b->says(answer(200, "application/json", kWhole));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.header("x-headgate-provider"), "sound");
  EXPECT_EQ(a->requests().size(), 2u);
  // Once it has failed, too, it is spared like the others.
  b->forget();
  b->says(answer(503, "application/json", error_of("x")));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_EQ(b->requests().size(), 2u);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_EQ(b->requests().size(), 2u);
}

}  // namespace
}  // namespace headgate::exchange
