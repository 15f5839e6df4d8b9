// HTTP calls that plugins make beside a request, over the ABI: what is sent, what comes of the
// answer, and what ends them early.

#include <string>
#include <vector>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kPermit = answer(200, "text/plain", "permit");

// The connection stays, and that is all.
Reply nothing() {
  return {std::vector<std::string>(), false};
}
// Until the test goes on.
Reply nothing_yet(const std::string& then = kPermit) {
  return {{"", then}, false};
}

class CallsOfPlugins : public ExchangeTest {
 protected:
  CallsOfPlugins() {
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
  }

  // `upstream` is added to the one called guard, `script` to the policy.
  void use(const std::string& script = "", const std::string& upstream = "",
           const std::string& policies = "") {
    const std::string port = std::to_string(guard.port());
    const bool named = script.find("upstreams:") != std::string::npos;
    const std::string upstreams = named ? "" : "upstreams: guard, ";
    load("config: {plugins: {upstreams: {guard: {host: '127.0.0.1:" + port + "'" + upstream +
         "}, nobody: {host: '127.0.0.1:1'}}}}\n" +
         two_groups("{guard: {" + upstreams + script + "}" + policies + "}"));
  }
  void guard_says(const std::string& bytes) {
    guard.forget();
    guard.says(bytes);
  }
  void guard_says(Reply reply) {
    guard.forget();
    guard.says(std::move(reply));
  }
  // What became of the calls of the request that ended last.
  std::string noted() {
    settle();
    const auto lines = records();
    EXPECT_EQ(lines.size(), 1u);
    if (lines.empty()) return "no record";
    const std::string name = R"("guard":")";
    const std::size_t begin = lines.back().find(name);
    if (begin == std::string::npos) return "";
    const std::size_t end = lines.back().find('"', begin + name.size());
    return lines.back().substr(begin + name.size(), end - begin - name.size());
  }
  std::size_t asked() const { return a->requests().size() + b->requests().size(); }
  std::uint64_t counted(const std::string& result) {
    const std::string text = engine.metric_registry.render();
    const std::string name =
        "headgate_plugin_calls_total{plugin=\"test.policy.guard\",upstream=\"guard\",result=\"" +
        result + "\"} ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
  }
  ScriptedPeer& begin() {
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody));
    settle();
    return peer;
  }
  Got end_of(ScriptedPeer& peer) {
    run_until([&] { return read_answer(peer.received()).complete; });
    return read_answer(peer.received());
  }

  FakeUpstream guard{worker->sweep()};
};

TEST_F(CallsOfPlugins, LetAPolicyAskSomebodyElse) {
  use();
  guard_says(answer(200, "text/plain", "permit", "X-Verdict: fine\r\n"));
  EXPECT_EQ(ask_for(post(kChatBody)).body, kWhole);
  EXPECT_EQ(noted(), "200 fine");
  ASSERT_EQ(guard.requests().size(), 1u);
  EXPECT_EQ(guard.requests()[0],
            "POST /check?of=request HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(guard.port()) +
                "\r\ncontent-type: application/json\r\nx-guard: yes\r\nuser-agent: headgate\r\n"
                "accept-encoding: identity\r\ncontent-length: " +
                std::to_string(kChatBody.size()) + "\r\n\r\n" + kChatBody);
  guard_says(answer(200, "text/plain", "never"));
  const Got refused = ask_for(post(kChatBody));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("refused_by_guard"), std::string::npos);
  EXPECT_NE(refused.body.find("never"), std::string::npos) << "the guard's own words";
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(counted("answered"), 2u);
}

TEST_F(CallsOfPlugins, TellAnswersOfAnyStatusAndFollowNoRedirect) {
  use();
  const std::string elsewhere = "location: http://127.0.0.1:" + std::to_string(b->port()) + "/\r\n";
  guard_says(answer(302, "text/plain", "permit", elsewhere));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 403);
  EXPECT_EQ(noted(), "302");
  guard_says(answer(500, "text/plain", "permit"));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 403);
  EXPECT_EQ(noted(), "500");
  EXPECT_EQ(asked(), 0u);
}

TEST_F(CallsOfPlugins, ReadAnswersInEveryFraming) {
  use();
  const std::string head = "HTTP/1.1 200 OK\r\nx-verdict: x\r\n";
  for (const Reply& reply : {
           Reply(head + "content-length: 6\r\n\r\npermit"),
           Reply(head + "transfer-encoding: chunked\r\n\r\n" + chunk("per") + chunk("mit") +
                 "0\r\n\r\n"),
           Reply({head + "\r\npermit"}, true),
           Reply("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 100 Go\r\n\r\n" + head +
                 "content-length: 6\r\n\r\npermit"),
       }) {
    guard_says(reply);
    EXPECT_EQ(ask_for(post(kChatBody)).status, 200) << reply.pieces[0];
    EXPECT_EQ(noted(), "200 x") << reply.pieces[0];
  }
  // In pieces.
  guard_says(Reply({"HTTP/1.1 200 O", "K\r\ncontent-length: 6\r\n\r", "\nper", "mit"}, false));
  ScriptedPeer& peer = begin();
  for (int piece = 0; piece < 3; ++piece) {
    EXPECT_EQ(peer.received(), "");
    guard.go_on();
    settle();
  }
  EXPECT_EQ(end_of(peer).status, 200);
}

TEST_F(CallsOfPlugins, KnowAnswersThatHaveNoBody) {
  use("asks: without a body");
  guard_says("HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 403);
  EXPECT_EQ(noted(), "204");
  EXPECT_NE(guard.requests()[0].find("content-length: 0\r\n"), std::string::npos);
  use("method: HEAD, asks: without a body");
  guard_says("HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 403);
  EXPECT_EQ(noted(), "200");
  EXPECT_EQ(guard.requests().back().find("content-length"), std::string::npos);
  EXPECT_EQ(guard.connections(), 1u) << "no body was waited for";
}

TEST_F(CallsOfPlugins, KeepTheirConnections) {
  use();
  guard_says(kPermit);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(guard.connections(), 1u);
  guard_says(answer(200, "text/plain", "permit", "connection: close\r\n"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(guard.connections(), 2u);
}

// A connection that waited may be closed in the very moment in which it is used again.
TEST_F(CallsOfPlugins, AreSentAgainOnAFreshConnectionWhenTheKeptOneIsDead) {
  use();
  guard.says(kPermit);
  guard.says(Reply({""}, true));
  guard.says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(guard.connections(), 2u);
  EXPECT_EQ(guard.requests().size(), 3u);
  // A fresh one is not tried again.
  use();
  pool->close_idle();
  guard_says(Reply({""}, true));
  records();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), "broken");
  EXPECT_EQ(guard.connections(), 3u);
}

TEST_F(CallsOfPlugins, SayThatNobodyIsThere) {
  use("upstreams: nobody");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), "connect");
  EXPECT_EQ(asked(), 0u);
  use("upstreams: nobody, onError: permit");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200) << "it is the policy's choice";
  EXPECT_EQ(asked(), 1u);
}

TEST_F(CallsOfPlugins, EndAfterTheTimeThatThePluginGives) {
  use("timeout: 500");
  guard_says(nothing());
  ScriptedPeer& peer = begin();
  advance(milliseconds(450));
  settle();
  EXPECT_EQ(peer.received(), "");
  advance(milliseconds(100));
  EXPECT_EQ(end_of(peer).status, 502);
  EXPECT_EQ(noted(), "timeout");
  EXPECT_EQ(counted("timeout"), 1u);
  run_until([&] { return guard.ended() == 1; });
}

TEST_F(CallsOfPlugins, TakeNoLongerThanTheUpstreamsOwnLimit) {
  for (const std::string& script : std::vector<std::string>{"timeout: 60000", ""}) {
    use(script, ", timeout: 300ms");
    guard_says(nothing());
    ScriptedPeer& peer = begin();
    const TimePoint before = clock.now();
    EXPECT_EQ(end_of(peer).status, 502);
    EXPECT_EQ(noted(), "timeout");
    EXPECT_GE(clock.now() - before, milliseconds(280));
    EXPECT_LT(clock.now() - before, milliseconds(400));
  }
}

// The time is for the whole answer, not for its beginning.
TEST_F(CallsOfPlugins, EndInTheMiddleOfAnAnswerThatTakesTooLong) {
  use("timeout: 500");
  guard_says(Reply({"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nper", "mit"}, false));
  ScriptedPeer& peer = begin();
  EXPECT_EQ(peer.received(), "");
  advance(milliseconds(550));
  EXPECT_EQ(end_of(peer).status, 502);
  EXPECT_EQ(noted(), "timeout");
}

TEST_F(CallsOfPlugins, RefuseAnswersThatAreTooLarge) {
  use("answerBytes: 6");
  guard_says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200) << "as large as it may be";
  EXPECT_EQ(noted(), "200");
  const std::string chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const Reply& reply : {
           Reply(answer(200, "text/plain", "permit!")),
           Reply("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n"),  // it need not even come
           Reply(chunked + chunk("permit") + chunk("!") + "0\r\n\r\n"),
           Reply({"HTTP/1.1 200 OK\r\n\r\npermit!"}, true),
       }) {
    guard_says(reply);
    EXPECT_EQ(ask_for(post(kChatBody)).status, 502) << reply.pieces[0];
    EXPECT_EQ(noted(), "too_large") << reply.pieces[0];
  }
  use();
  guard_says(answer(200, "text/plain", "permit" + std::string(1024 * 1024 - 6, 'x')));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200) << "a mebibyte where nothing is said";
  EXPECT_EQ(noted(), "200");
  guard_says(answer(200, "text/plain", "permit" + std::string(1024 * 1024 - 5, 'x')));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), "too_large");
}

TEST_F(CallsOfPlugins, CountInTheBoundOfAllBodies) {
  use();
  bodies.set_max(500);
  guard_says(answer(200, "text/plain", "permit" + std::string(200, 'x')));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(noted(), "200");
  guard_says(answer(200, "text/plain", "permit" + std::string(500, 'x')));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), "too_large");
  bodies.set_max(kChatBody.size() + 10);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 500) << "no room for a copy of the request";
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(CallsOfPlugins, SayWhatIsNoAnswer) {
  use();
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n";
  for (const Reply& reply : {
           Reply({head + "perm"}, true),
           Reply("SSH-2.0-x\r\n\r\n"),
           Reply("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
           Reply("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"),
           Reply({"HTTP/1.1 200 OK\r\ncontent-"}, true),
           Reply({""}, true),
       }) {
    guard_says(reply);
    pool->close_idle();
    EXPECT_EQ(ask_for(post(kChatBody)).status, 502) << reply.pieces[0];
    EXPECT_EQ(noted(), "broken") << reply.pieces[0];
  }
  Reply cut({head + "perm"}, false);
  cut.reset = true;
  guard_says(cut);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), "broken");
}

TEST_F(CallsOfPlugins, ReachOnlyWhatTheConfigurationNames) {
  use("upstreams: gard");
  guard_says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  EXPECT_EQ(noted(), std::to_string(HG_NOT_FOUND));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 502);
  ASSERT_EQ(context->unknown_upstreams.size(), 1u) << "said once";
  EXPECT_NE(context->unknown_upstreams[0].find("plugin 'test.policy.guard' calls the upstream "
                                               "'gard', which config.plugins.upstreams"),
            std::string::npos)
      << context->unknown_upstreams[0];
  EXPECT_EQ(guard.connections(), 0u);
}

TEST_F(CallsOfPlugins, SendNothingThatCouldBeReadAsSomethingElse) {
  guard_says(kPermit);
  for (const std::string& bad : std::vector<std::string>{"with a bad name", "with a bad value",
                                                         "at no path", "at a path with spaces"}) {
    use("asks: " + bad);
    EXPECT_EQ(ask_for(post(kChatBody)).status, 502) << bad;
    EXPECT_EQ(noted(), std::to_string(HG_INVALID)) << bad;
  }
  for (const std::string& method : std::vector<std::string>{"CONNECT", "A B", "''"}) {
    use("method: " + method);
    EXPECT_EQ(ask_for(post(kChatBody)).status, 502) << method;
    EXPECT_EQ(noted(), std::to_string(HG_INVALID)) << method;
  }
  for (const std::string& ours :
       std::vector<std::string>{"as somebody else", "with a length", "hop by hop"}) {
    use("asks: " + ours);
    EXPECT_EQ(ask_for(post(kChatBody)).status, 500) << ours << ": that cannot get lost";
    noted();
  }
  EXPECT_EQ(guard.connections(), 0u);
}

TEST_F(CallsOfPlugins, AreToldOneAfterTheOther) {
  use("upstreams: 'guard,guard,guard,guard,guard,guard,guard,guard'");
  guard_says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(noted(), "200 200 200 200 200 200 200 200");
  EXPECT_EQ(counted("answered"), 8u);
  // The ninth; and those that were begun before it are not waited for.
  use("upstreams: 'guard,guard,guard,guard,guard,guard,guard,guard,guard'");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 500);
  settle();
  EXPECT_EQ(counted("cancelled"), 8u);
}

TEST_F(CallsOfPlugins, OfWhichOneRefusesEndTheOthers) {
  use("upstreams: 'guard,guard'");
  guard.says(answer(403, "text/plain", "no"));
  guard.says(nothing());
  EXPECT_EQ(ask_for(post(kChatBody)).status, 403);
  EXPECT_EQ(noted(), "403");
  EXPECT_EQ(counted("cancelled"), 1u);
  EXPECT_EQ(counted("answered"), 1u);
}

TEST_F(CallsOfPlugins, CanFollowEachOther) {
  use("asks: twice");
  guard_says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(noted(), "200 200");
  EXPECT_EQ(guard.requests().size(), 2u);
}

TEST_F(CallsOfPlugins, AreCancelledWhereNobodyWaits) {
  guard_says(nothing());
  use("asks: and goes on");
  const TimePoint before = clock.now();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  use("asks: and stops");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 418);
  settle();
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(counted("cancelled"), 2u);
  use("phase: response");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 500) << "an answer cannot be held";
}

TEST_F(CallsOfPlugins, AreCancelledWhenTheClientLeaves) {
  for (const std::string phase : {"request", "attempt"}) {
    use("phase: " + phase);
    guard_says(nothing());
    const std::uint64_t before = counted("cancelled");
    const std::size_t ended = guard.ended();
    const std::size_t connections = guard.connections();
    ScriptedPeer& peer = begin();
    advance(milliseconds(100));
    settle();
    EXPECT_EQ(guard.connections(), connections + 1);
    peer.leave();
    run_until([&] { return peer.closed(); });
    settle();
    EXPECT_EQ(counted("cancelled"), before + 1) << phase;
    EXPECT_EQ(in_flight(), 0) << phase;
    run_until([&] { return guard.ended() == ended + 1; });
  }
  EXPECT_EQ(asked(), 0u);
}

TEST_F(CallsOfPlugins, EndWithTheRequestsOwnDeadline) {
  use("timeout: 60000", ", timeout: 1m", ", timeout: {requestTimeout: 2s}");
  guard_says(nothing());
  ScriptedPeer& peer = begin();
  advance(milliseconds(1900));
  settle();
  EXPECT_EQ(peer.received(), "");
  advance(milliseconds(200));
  EXPECT_EQ(end_of(peer).status, 502);
  EXPECT_EQ(noted(), "deadline");
  EXPECT_EQ(counted("cancelled"), 1u);
}

TEST_F(CallsOfPlugins, GoOnBesideATimer) {
  use("wait: 100, asks: after the timer");
  guard_says(nothing_yet());
  ScriptedPeer& peer = begin();
  advance(milliseconds(150));
  settle();
  EXPECT_EQ(peer.received(), "");
  guard.go_on();
  EXPECT_EQ(end_of(peer).status, 200);
  EXPECT_EQ(noted(), "timer 200");
  // Whoever does not wait on ends them.
  use("wait: 100");
  guard_says(nothing());
  ScriptedPeer& other = begin();
  advance(milliseconds(150));
  EXPECT_EQ(end_of(other).status, 502);
  EXPECT_EQ(noted(), "timer");
  EXPECT_EQ(counted("cancelled"), 1u);
}

// An answer is for the callback that it was told to.
TEST_F(CallsOfPlugins, AreForgottenOnceTheyWereTold) {
  use("asks: and waits then, onError: permit");
  guard_says(kPermit);
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_EQ(noted(), "200 timer");
}

TEST_F(CallsOfPlugins, HoldAnAttempt) {
  use("phase: attempt");
  guard_says(nothing_yet());
  ScriptedPeer& peer = begin();
  EXPECT_EQ(guard.requests().size(), 1u);
  EXPECT_EQ(asked(), 0u);
  guard.go_on();
  EXPECT_EQ(end_of(peer).status, 200);
  EXPECT_EQ(noted(), "200");
}

// The fixture ends with all of it under way.
TEST_F(CallsOfPlugins, EndWithTheWorker) {
  use("upstreams: 'guard,nobody,guard'");
  guard_says(nothing());
  begin();
  connect().send(post(kChatBody));
  EXPECT_EQ(asked(), 0u);
}

TEST_F(CallsOfPlugins, OfAnUpstreamWithBadCertificatesAreAFaultOfTheConfiguration) {
  const std::string faults = faults_of(
      "config:\n  plugins:\n    upstreams:\n      guard: {host: 'a:1', backendTLS: "
      "{root: /none.pem}}\n" +
      two_groups());
  EXPECT_NE(faults.find("test.yaml:4:"), std::string::npos) << faults;
}

}  // namespace
}  // namespace headgate::exchange
