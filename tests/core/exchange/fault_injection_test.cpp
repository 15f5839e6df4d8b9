// Every call that can fail, failing: the client's n-th, the upstream's n-th byte, for every n.
// Whatever happens, a request ends, is written down once, and leaves nothing behind.

#include <boost/asio/error.hpp>

#include "core/exchange/client_link.hpp"
#include "core/upstream/connection.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::seconds;

class FaultInjection : public ExchangeTest {
 protected:
  FaultInjection() {
    load(two_groups("{retry: {backoff: 1ms}, health: {eviction: {consecutiveFailures: 1000}}}"));
  }

  void expect_nothing_left(const std::string& what) {
    settle();
    EXPECT_EQ(in_flight(), 0) << what;
    EXPECT_EQ(context->connections, 0u) << what;
    EXPECT_EQ(bodies.held(), 0u) << what;
    const auto lines = records();
    EXPECT_EQ(lines.size(), 1u) << what;
  }

  // Serves `request` with the client's n-th call failing, for every n until all is well.
  void client_fails_everywhere(const std::vector<std::string>& pieces) {
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 100u);
      const std::size_t upstream_requests = a->requests().size() + b->requests().size();
      ScriptedPeer& peer = connect();
      peer.fail_at(n);
      for (const std::string& piece : pieces) peer.send(piece);
      run_until([&] { return peer.closed() || read_answer(peer.received()).complete; });
      const bool all_well = read_answer(peer.received()).complete;
      if (all_well) peer.end();
      run_until([&] { return peer.closed(); });
      settle();
      const std::string what = "call " + std::to_string(n);
      const auto lines = records();
      const bool began = peer.calls() > pieces.size() || all_well;
      EXPECT_LE(lines.size(), 1u) << what;
      EXPECT_EQ(in_flight(), 0) << what;
      EXPECT_EQ(context->connections, 0u) << what;
      EXPECT_EQ(bodies.held(), 0u) << what;
      EXPECT_LE(a->requests().size() + b->requests().size(), upstream_requests + 1) << what;
      if (began) {
        EXPECT_EQ(lines.size(), 1u) << what;
      }
      if (all_well && n > peer.calls()) return;
    }
  }

  // Serves `bytes` cut after every length, and looks at what the client got.
  template <class Check>
  void upstream_is_cut_everywhere(const std::string& request, const std::string& bytes,
                                  std::size_t step, Check check) {
    for (std::size_t cut = 0; cut < bytes.size(); cut += step) {
      a->forget();
      a->says_and_closes(bytes.substr(0, cut));
      ScriptedPeer& peer = connect();
      peer.send(request);
      run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
      peer.end();
      run_until([&] { return peer.closed(); });
      const std::string what = "cut at " + std::to_string(cut);
      expect_nothing_left(what);
      check(read_answer(peer.received()), what);
    }
  }
};

TEST_F(FaultInjection, TheClientFailsAnywhereInAWholeAnswer) {
  a->says(answer(200, "application/json", kWhole));
  const std::string request = post(kChatBody);
  client_fails_everywhere({request.substr(0, 20), request.substr(20, 100), request.substr(120)});
}

TEST_F(FaultInjection, TheClientFailsAnywhereInAStream) {
  a->says(stream_of(sse({kRole, kWord, kStop, "[DONE]"})));
  client_fails_everywhere({post(kStreamBody)});
}

TEST_F(FaultInjection, TheClientFailsAnywhereInAChunkedBody) {
  a->says(answer(200, "application/json", kWhole));
  client_fails_everywhere(
      {"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nexpect: 100-continue\r\n"
       "transfer-encoding: chunked\r\n\r\n",
       chunk(kChatBody.substr(0, 10)), chunk(kChatBody.substr(10)), "0\r\n\r\n"});
}

TEST_F(FaultInjection, TheClientFailsAnywhereInARawAnswer) {
  a->says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk("one") + chunk("two") +
          "0\r\n\r\n");
  client_fails_everywhere({"GET /v1/files HTTP/1.1\r\nhost: g\r\n\r\n"});
}

TEST_F(FaultInjection, TheUpstreamFailsAtAnyByteOfAWholeAnswer) {
  b->says(answer(200, "application/json", kWhole));
  const std::string bytes = answer(200, "application/json", kWhole);
  upstream_is_cut_everywhere(post(kChatBody), bytes, 3, [&](const Got& got, const auto& what) {
    EXPECT_EQ(got.status, 200) << what;
    EXPECT_EQ(got.body, kWhole) << what;
    EXPECT_EQ(got.header("x-headgate-provider"), "two") << what;
  });
}

TEST_F(FaultInjection, TheUpstreamFailsAtAnyByteOfAStream) {
  const std::string whole_text = sse({kRole, kWord, kWord2, kStop, "[DONE]"});
  b->says(stream_of(whole_text));
  std::string bytes = stream_head();
  for (const std::string& event : {kRole, kWord, kWord2, kStop, std::string("[DONE]")})
    bytes += chunk(sse({event}));
  bytes += "0\r\n\r\n";
  upstream_is_cut_everywhere(post(kStreamBody), bytes, 5, [&](const Got& got, const auto& what) {
    EXPECT_EQ(got.status, 200) << what;
    const bool done = got.body.ends_with("data: [DONE]\n\n");
    const bool error = got.body.find("\"error\"") != std::string::npos;
    EXPECT_NE(done, error) << what << got.body;
    // Complete means all of it, once; broken means a beginning of it.
    if (done) {
      EXPECT_EQ(got.body, whole_text) << what;
    }
    if (error) {
      EXPECT_EQ(got.header("x-headgate-provider"), "one") << what;
    }
    if (error) {
      EXPECT_TRUE(got.body.starts_with(sse({kRole, kWord}))) << what;
    }
  });
}

TEST_F(FaultInjection, TheUpstreamFailsAtAnyByteOfARawAnswer) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk("one") + "0\r\n\r\n";
  b->says(bytes);
  upstream_is_cut_everywhere("GET /v1/images/x HTTP/1.1\r\nhost: g\r\n\r\n", bytes, 1,
                             [&](const Got& got, const auto& what) {
                               EXPECT_EQ(got.status, 200) << what;
                               if (got.complete) {
                                 EXPECT_EQ(got.body, "one") << what;
                               }
                             });
}

// A connection of the pool that fails at its n-th call: nothing of an answer was seen, so the
// request goes out again on a fresh one.
TEST_F(FaultInjection, AnIdleConnectionFailsAtAnyCall) {
  a->says(answer(200, "application/json", kWhole));
  const upstream::Target& target = *context->snapshot->plans[0].backends[0].endpoints[0].target;
  for (std::uint64_t n = 1; n <= 2; ++n) {
    pool->close_idle();
    ScriptedPeer& dead = peers.emplace_back(worker->io());
    dead.fail_at(n);
    pool->give_back(std::make_unique<upstream::Connection>(dead.stream(), target.index()));
    const std::size_t before = a->requests().size();
    const Got got = ask_for(post(kChatBody));
    EXPECT_EQ(got.status, 200) << n;
    EXPECT_EQ(got.header("x-headgate-provider"), "one") << n;
    EXPECT_EQ(a->requests().size(), before + 1) << n;
    EXPECT_GE(dead.calls(), n);
    expect_nothing_left(std::to_string(n));
  }
}

TEST_F(FaultInjection, AnIdleConnectionThatFailsInsideTheAnswerIsNotAskedAgainUnseen) {
  a->says(answer(503, "application/json", "{}"));
  b->says(answer(200, "application/json", kWhole));
  const upstream::Target& target = *context->snapshot->plans[0].backends[0].endpoints[0].target;
  ScriptedPeer& dead = peers.emplace_back(worker->io());
  dead.send("HTTP/1.1 200 OK\r\n");
  dead.fail_at(3);
  pool->give_back(std::make_unique<upstream::Connection>(dead.stream(), target.index()));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  EXPECT_NE(got.header("x-headgate-attempts").find("one:upstream_closed/"), std::string::npos)
      << got.head;
}

TEST_F(FaultInjection, TheClientLeavesWhileTheUpstreamIsSilent) {
  for (const std::string& said : {std::string(), stream_head() + chunk(sse({kRole, kWord}))}) {
    a->forget();
    a->says(Reply({said, ""}, false));
    const std::size_t ended = a->ended();
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody));
    run_until([&] { return a->requests().size() == a->connections(); });
    settle();
    advance(ClientLink::kWatchAfter + net::DeadlineSweep::kGranularity);
    EXPECT_TRUE(peer.watched());
    peer.leave();
    run_until([&] { return peer.closed(); });
    a->go_on();
    run_until([&] { return a->ended() == ended + 1; });
    EXPECT_EQ(b->requests().size(), 0u);
    settle();
    EXPECT_EQ(in_flight(), 0);
    const auto lines = records();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("client_gone"), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find(R"("http.status":0)"), std::string::npos) << lines[0];
  }
}

TEST_F(FaultInjection, TheClientLeavesWhileARetryIsWaitedFor) {
  load(two_groups("{retry: {backoff: 30s}}"));
  a->says(answer(500, "application/json", "{}"));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  advance(ClientLink::kWatchAfter + net::DeadlineSweep::kGranularity);
  peer.leave();
  run_until([&] { return peer.closed(); });
  expect_nothing_left("left in a pause");
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(FaultInjection, TheGatewayIsTakenDownInTheMiddle) {
  a->says(Reply({stream_head() + chunk(sse({kRole, kWord})), ""}, false));
  ScriptedPeer& streaming = connect();
  streaming.send(post(kStreamBody));
  ScriptedPeer& uploading = connect();
  uploading.send(post(kStreamBody).substr(0, 120));
  run_until([&] { return !streaming.received().empty(); });
  EXPECT_EQ(in_flight(), 1);
  const std::shared_ptr<const select::EndpointSet> set =
      context->snapshot->plans[0].backends[0].set;
  worker->destroy_tasks();
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(context->connections, 0u);
  EXPECT_EQ(bodies.held(), 0u);
}

}  // namespace
}  // namespace headgate::exchange
