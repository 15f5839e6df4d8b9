// Endpoints that come back by a probe: when they are asked, how, and what follows.

#include "core/exchange/prober.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kDown = answer(503, "application/json", "{}");
const std::string kUp = answer(200, "application/json", "{}");
const std::string kHealth =
    "{health: {eviction: {duration: 5s, consecutiveFailures: 1}, "
    "probe: {path: /health, interval: 2s, timeout: 1s}}}";

class Probes : public ExchangeTest {
 protected:
  Probes() { use(kHealth); }

  void use(const std::string& policies) {
    load(two_groups(policies));
    b->forget();
    b->says(answer(200, "application/json", kWhole));
  }
  std::string served_by() {
    const Got got = ask_for(post(kChatBody));
    EXPECT_EQ(got.status, 200) << got.body;
    return got.header("x-headgate-provider");
  }
  void put_out() {
    a->forget();
    a->says(kDown);
    EXPECT_EQ(served_by(), "two");
    settle();
  }
  // Time passes in small steps, with all that happens in it.
  void pass(milliseconds time) {
    for (milliseconds gone{0}; gone < time; gone += milliseconds(50)) {
      advance(milliseconds(50));
      settle();
    }
  }
  std::size_t probes() const {
    std::size_t count = 0;
    for (const std::string& request : a->requests()) {
      if (request.starts_with("GET /health ")) ++count;
    }
    return count;
  }
  select::ServiceState state() const {
    return context->snapshot->plans[0].backends[0].set->endpoint(0).base_cell().state(clock.now());
  }
};

TEST_F(Probes, NothingIsAskedWhileNothingIsOut) {
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(served_by(), "one");
  pass(seconds(12));
  EXPECT_EQ(probes(), 0u);
  EXPECT_EQ(context->prober->watched(), 0u);
}

TEST_F(Probes, OneThatIsOutIsAskedWhenItsTimeHasComeAndThenAtTheInterval) {
  put_out();
  pass(milliseconds(4'800));
  EXPECT_EQ(probes(), 0u);
  pass(milliseconds(400));
  EXPECT_EQ(probes(), 1u);
  pass(milliseconds(1'400));  // at least 80 % of the interval
  EXPECT_EQ(probes(), 1u);
  pass(milliseconds(700));
  EXPECT_EQ(probes(), 2u);
  pass(seconds(20));  // it does not grow
  EXPECT_GE(probes(), 11u);
  EXPECT_LE(probes(), 15u);
}

TEST_F(Probes, IsAskedWithTheEndpointsOwnKeyAndNothingOfAClient) {
  put_out();
  pass(milliseconds(5'200));
  ASSERT_EQ(probes(), 1u);
  const std::string& asked = a->requests().back();
  EXPECT_NE(asked.find("authorization: Bearer key-of-one\r\n"), std::string::npos) << asked;
  EXPECT_EQ(asked.find("content-length"), std::string::npos) << asked;
  EXPECT_NE(asked.find("host: 127.0.0.1:" + std::to_string(a->port())), std::string::npos);
}

TEST_F(Probes, NoClientsRequestIsTheProbe) {
  put_out();
  const std::size_t before = a->requests().size();
  for (int i = 0; i < 40; ++i) {
    pass(milliseconds(250));
    EXPECT_EQ(served_by(), "two");
  }
  EXPECT_EQ(a->requests().size() - before, probes());
  EXPECT_GT(probes(), 0u);
}

TEST_F(Probes, AnAnswerBringsItBack) {
  put_out();
  a->forget();
  a->says(kUp);
  pass(milliseconds(5'200));
  EXPECT_EQ(probes(), 1u);
  EXPECT_EQ(state(), select::ServiceState::in_service);
  EXPECT_EQ(context->prober->watched(), 0u);
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(served_by(), "one");
  pass(seconds(10));
  EXPECT_EQ(probes(), 1u);
}

TEST_F(Probes, ItIsBackWithinTheIntervalOfComingBack) {
  put_out();
  pass(seconds(30));
  a->forget();
  a->says(kUp);
  pass(milliseconds(2'100));
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

TEST_F(Probes, ProbesAreNoAttemptsAndNoRequests) {
  put_out();
  const auto metrics = [&](const std::string& name) {
    std::size_t lines = 0;
    const std::string text = engine.metric_registry.render();
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
      ++lines;
    return lines;
  };
  const auto& cell = context->snapshot->plans[0].backends[0].set->endpoint(0).base_cell();
  const std::uint32_t failures = cell.consecutive_failures;
  records();
  pass(seconds(10));
  EXPECT_GT(probes(), 1u);
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(cell.consecutive_failures, failures);
  EXPECT_EQ(in_flight(), 0);
  EXPECT_GT(metrics("headgate_probe_total{"), 0u);
}

TEST_F(Probes, SilenceIsNoAnswerAndIsNotWaitedForLongerThanTheTimeout) {
  put_out();
  a->forget();
  a->says(Reply({"", kUp}, false));
  pass(milliseconds(5'200));
  EXPECT_EQ(probes(), 1u);
  pass(milliseconds(1'200));
  EXPECT_EQ(state(), select::ServiceState::out);
  EXPECT_EQ(probes(), 1u);  // one at a time
  a->go_on();               // too late for anybody to hear
  pass(milliseconds(2'200));
  EXPECT_EQ(probes(), 2u);
  EXPECT_NE(state(), select::ServiceState::in_service);
}

TEST_F(Probes, AnotherStatusThanExpectedIsNoAnswer) {
  use("{health: {eviction: {duration: 1s, consecutiveFailures: 1}, "
      "probe: {path: /health, interval: 1s, expect: [204, 401]}}}");
  put_out();
  a->forget();
  a->says(kUp);
  pass(milliseconds(1'500));
  EXPECT_GT(probes(), 0u);
  EXPECT_NE(state(), select::ServiceState::in_service);
  a->forget();
  a->says(answer(401, "text/plain", "who?"));
  pass(milliseconds(1'200));
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

TEST_F(Probes, AnAnswerWithoutEndIsBounded) {
  put_out();
  a->forget();
  a->says(Reply({stream_head() + chunk(std::string(200'000, 'x')), "0\r\n\r\n"}, false));
  pass(milliseconds(5'300));
  EXPECT_EQ(state(), select::ServiceState::in_service);  // its head was good; the rest is dropped
  a->go_on();
  settle();
  EXPECT_EQ(a->ended(), a->connections());
}

TEST_F(Probes, AReloadGoesOnWithWhatIsOut) {
  put_out();
  use(kHealth);
  EXPECT_EQ(context->prober->watched(), 1u);
  pass(milliseconds(5'200));
  EXPECT_EQ(probes(), 1u);
}

TEST_F(Probes, AReloadDuringAProbeCancelsItAndAsksAnew) {
  put_out();
  a->forget();
  a->says(Reply({"", kUp}, false));
  pass(milliseconds(5'200));
  EXPECT_EQ(probes(), 1u);
  use(kHealth);
  a->forget();
  a->says(kUp);
  a->go_on();
  pass(milliseconds(400));
  EXPECT_EQ(probes(), 2u);
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

TEST_F(Probes, WithoutAProbeAfterAReloadAClientsRequestTriesAgain) {
  put_out();
  use("{health: {eviction: {duration: 5s, consecutiveFailures: 1}}}");
  EXPECT_EQ(context->prober->watched(), 0u);
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  pass(milliseconds(5'200));
  EXPECT_EQ(probes(), 0u);
  EXPECT_EQ(served_by(), "one");
}

TEST_F(Probes, NothingIsAskedWhileTheGatewayEnds) {
  put_out();
  context->drain();
  pass(seconds(10));
  EXPECT_EQ(probes(), 0u);
}

TEST_F(Probes, WithEverybodyOutTheLastResortStillGetsRequests) {
  put_out();
  pass(seconds(1));  // so that its return is the nearer one
  b->forget();
  b->says(kDown);
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 503);
  const std::size_t before = a->requests().size();
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(served_by(), "one");
  EXPECT_EQ(a->requests().size(), before + 1);
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

const std::string kAsk =
    "{health: {eviction: {duration: 1s, consecutiveFailures: 1}, probe: {path: "
    "/v1/chat/completions, interval: 1s, body: {model: tiny, max_tokens: 1, messages: [{role: "
    "user, content: ping}]}}}}";

TEST_F(Probes, ARequestIsAskedAsAClientWouldAskIt) {
  use(kAsk);
  put_out();
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  pass(milliseconds(1'300));
  const std::string& asked = a->requests().back();
  EXPECT_TRUE(asked.starts_with("POST /v1/chat/completions ")) << asked;
  EXPECT_NE(asked.find("authorization: Bearer key-of-one\r\n"), std::string::npos) << asked;
  EXPECT_NE(asked.find("\"ping\""), std::string::npos) << asked;
  EXPECT_NE(asked.find("\"tiny\""), std::string::npos) << asked;
  EXPECT_EQ(state(), select::ServiceState::in_service);
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(records().size(), 1u);  // of the client's one request
}

TEST_F(Probes, ARequestIsJudgedByTheProvidersPlugin) {
  use(kAsk);
  put_out();
  a->forget();
  a->says(answer(200, "application/json", "<html>"));  // is no answer of a model
  pass(milliseconds(1'300));
  EXPECT_NE(state(), select::ServiceState::in_service);
  a->forget();
  a->says(answer(400, "application/json", R"({"error":{"message":"no","type":"t","code":"c"}})"));
  pass(milliseconds(1'300));
  EXPECT_NE(state(), select::ServiceState::in_service);
}

TEST_F(Probes, ARequestMayBeAStream) {
  std::string streamed = kAsk;
  streamed.replace(streamed.find("max_tokens: 1"), 13, "max_tokens: 1, stream: true");
  use(streamed);
  put_out();
  a->forget();
  a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
  pass(milliseconds(1'300));
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

TEST_F(Probes, ARequestThatNoProviderCouldGetIsAFault) {
  const auto faults = [&](const std::string& probe) {
    return faults_of(two_groups("{health: {probe: " + probe + "}}"));
  };
  EXPECT_NE(faults("{path: /nowhere, body: {model: m}}").find("/nowhere"), std::string::npos);
  EXPECT_NE(faults("{path: /v1/chat/completions, body: {messages: []}}").find("names no model"),
            std::string::npos);
  EXPECT_NE(faults("{path: health}").find("path"), std::string::npos);
  EXPECT_NE(faults("{interval: 5s}").find("path"), std::string::npos);
  EXPECT_NE(faults("{path: /h, interval: 1ms}").find("100ms"), std::string::npos);
  EXPECT_NE(faults("{path: /v1/chat/completions, body: {model: m}, expect: [200]}").find("judged"),
            std::string::npos);
  EXPECT_EQ(faults("{path: /h}"), "");
}

TEST_F(Probes, APlainUpstreamIsAskedForAPathToo) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {retry: {attempts: 1}, health: {eviction: {duration: 1s, consecutiveFailures: 1}, probe: {path: /health, interval: 1s}}}
      backends:
      - host: 127.0.0.1:$A
)");
  a->says(Reply({""}, true));  // closes without an answer
  EXPECT_GE(ask_for(post(kChatBody)).status, 500);
  a->forget();
  a->says(kUp);
  pass(milliseconds(1'300));
  EXPECT_EQ(probes(), 1u);
  EXPECT_EQ(state(), select::ServiceState::in_service);
}

}  // namespace
}  // namespace headgate::exchange
