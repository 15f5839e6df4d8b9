// What the C++ wrapper does for an author: tables, faults, exceptions, contexts.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

class Wrapper : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(HEADGATE_PROBE)) << host.why(); }

  std::string mode(std::string_view name) { return "{\"mode\":\"" + std::string(name) + "\"}"; }
  FakeHost host;
};

TEST_F(Wrapper, LeavesOutWhatTheAuthorDidNotWrite) {
  const auto& provider = *static_cast<const hg_provider_api*>(host.plugin("probe.provider").api);
  EXPECT_NE(provider.open, nullptr);
  EXPECT_NE(provider.build, nullptr);
  EXPECT_NE(provider.on_event, nullptr);
  EXPECT_NE(provider.classify, nullptr);
  EXPECT_EQ(provider.sign, nullptr);
  EXPECT_EQ(provider.on_head, nullptr);
  EXPECT_EQ(provider.on_body, nullptr);
  EXPECT_EQ(provider.on_end, nullptr);
  EXPECT_EQ(provider.on_async, nullptr);
  EXPECT_EQ(provider.prefills, nullptr);
  EXPECT_EQ(provider.on_tail, nullptr);
  EXPECT_EQ(provider.size, HG_END_OF(hg_provider_api, on_tail));
}

TEST_F(Wrapper, NeedsNoContextWhereTheAuthorHasNone) {
  const auto& policy = *static_cast<const hg_policy_api*>(host.plugin("probe.policy").api);
  EXPECT_EQ(policy.open, nullptr);
  EXPECT_EQ(policy.close, nullptr);
  EXPECT_NE(policy.on_request, nullptr);
  EXPECT_EQ(policy.on_attempt, nullptr);
  EXPECT_EQ(host.plugin("probe.policy").instance->worker_create, nullptr);
  EXPECT_NE(host.plugin("probe.provider").instance->worker_create, nullptr);
}

TEST_F(Wrapper, RefusesAHostThatLacksWhatOneOfItsPluginsNeeds) {
  FakeHost poor;
  poor.missing = {HG_EXT_ENDPOINTS};
  EXPECT_FALSE(poor.load(HEADGATE_PROBE));
  ASSERT_FALSE(poor.log.empty());
  EXPECT_EQ(poor.log.back().text, HG_EXT_ENDPOINTS);
  FakeHost enough;
  enough.missing = {HG_EXT_CREDENTIAL, HG_EXT_CRYPTO};
  EXPECT_TRUE(enough.load(HEADGATE_PROBE));
}

TEST_F(Wrapper, ReportsWhatAConstructorThrows) {
  EXPECT_FALSE(Instance(host, "probe.provider", mode("config-error")).ok());
  EXPECT_FALSE(Instance(host, "probe.provider", mode("exception")).ok());
  EXPECT_FALSE(Instance(host, "probe.provider", mode("not-an-exception")).ok());
  ASSERT_EQ(host.faults.size(), 3u);
  EXPECT_EQ(host.faults[0].pointer, "/mode");
  EXPECT_EQ(host.faults[0].message, "bad mode");
  EXPECT_EQ(host.faults[1].pointer, "");
  EXPECT_EQ(host.faults[1].message, "something else");
}

TEST_F(Wrapper, ReportsAllFaultsAndMakesNothing) {
  EXPECT_FALSE(Instance(host, "probe.provider", mode("faults")).ok());
  ASSERT_EQ(host.faults.size(), 2u);
  EXPECT_EQ(host.faults[0].pointer, "/a");
  EXPECT_EQ(host.faults[1].pointer, "/b/c~1d");
  Instance next(host, "probe.provider");
  hg_call call;
  ProviderRun run(next, call);
  run.build();
  EXPECT_EQ(call.upstream().body, "attempt 1, live 2") << "the refused one is still alive";
}

TEST_F(Wrapper, ReportsAWorkerThatCannotBeMade) {
  EXPECT_FALSE(Instance(host, "probe.provider", mode("worker-fails")).ok());
  ASSERT_FALSE(host.log.empty());
  EXPECT_EQ(host.log.back().text, "no worker");
}

TEST_F(Wrapper, GivesEachAttemptItsOwnContextAndEachWorkerItsState) {
  Instance probe(host, "probe.provider");
  for (const std::string expected : {"attempt 1, live 2", "attempt 2, live 2"}) {
    hg_call call;
    ProviderRun run(probe, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(call.upstream().body, expected);
  }
}

TEST_F(Wrapper, PoisonsAnAttemptThatThrew) {
  Instance probe(host, "probe.provider", mode("build-throws"));
  hg_call call;
  ProviderRun run(probe, call);
  EXPECT_EQ(run.build(), HG_ABORT);
  EXPECT_EQ(host.log.back().text, "build");
  const auto event = run.on_event("{}");
  EXPECT_EQ(event.action, HG_ABORT);
  EXPECT_TRUE(event.emitted.empty()) << "no code of the author runs after it threw";
}

TEST_F(Wrapper, EndsAnAttemptThatCannotBegin) {
  Instance probe(host, "probe.provider", mode("open-throws"));
  hg_call call;
  EXPECT_EQ(ProviderRun(probe, call).opened, HG_ABORT);
  hg_call small;
  small.memory_left = 0;
  Instance other(host, "probe.provider");
  EXPECT_EQ(ProviderRun(other, small).opened, HG_ABORT);
}

TEST_F(Wrapper, KeepsTheGatewaysVerdictWhenClassifyThrows) {
  Instance probe(host, "probe.provider", mode("classify-throws"));
  hg_call call;
  ProviderRun run(probe, call);
  EXPECT_EQ(run.classify(HG_FAILURE_STATUS, 500, "").next,
            static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  Instance good(host, "probe.provider");
  ProviderRun other(good, call);
  EXPECT_EQ(other.classify(HG_FAILURE_STATUS, 500, "").next,
            static_cast<std::uint32_t>(HG_NEXT_NEVER));
}

TEST_F(Wrapper, FailsClosedOnWhatThePhaseForbids) {
  Instance probe(host, "probe.provider", mode("denied"));
  hg_call call;
  ProviderRun run(probe, call);
  EXPECT_EQ(run.build(), HG_ABORT);
}

TEST_F(Wrapper, TellsTheAuthorOfABadArgumentAndGoesOn) {
  Instance probe(host, "probe.provider", mode("invalid"));
  hg_call call;
  ProviderRun run(probe, call);
  EXPECT_EQ(run.build(), HG_CONTINUE);
}

// A gateway of before HTTP calls serves everybody else.
TEST_F(Wrapper, RefusesAHostWithoutHttpCallsOnlyToWhoMakesThem) {
  FakeHost older;
  older.without_http = true;
  EXPECT_FALSE(older.load(HEADGATE_PROBE));
  ASSERT_FALSE(older.log.empty());
  EXPECT_EQ(older.log.back().text, HG_EXT_ASYNC);
  hg::Host tables;
  EXPECT_TRUE(tables.load(older.raw(), hg::kAsync));
  EXPECT_NE(tables.async, nullptr);
  EXPECT_FALSE(tables.load(older.raw(), hg::kHttp));
}

TEST_F(Wrapper, MakesHttpCalls) {
  Instance probe(host, "probe.caller");
  hg_call call("text");
  hg::testing::PolicyRun run(probe, call);
  EXPECT_EQ(run.on_request(), HG_PAUSE);
  ASSERT_EQ(call.http_requests.size(), 1u);
  const hg::testing::FakeHttpRequest& made = call.http_requests[0];
  EXPECT_EQ(made.upstream, "guard");
  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.target, "/check");
  ASSERT_EQ(made.headers.size(), 1u);
  EXPECT_EQ(made.headers[0].first, "x-a");
  EXPECT_EQ(made.headers[0].second, "b");
  EXPECT_EQ(made.body, "text");
  EXPECT_EQ(made.timeout, 250u);
  EXPECT_EQ(made.answer_bytes_max, 4096u);
}

TEST_F(Wrapper, TellsAnUnknownUpstreamFromABoundOfTheGateway) {
  Instance probe(host, "probe.caller");
  hg_call unknown;
  unknown.http_code = HG_NOT_FOUND;
  EXPECT_EQ(hg::testing::PolicyRun(probe, unknown).on_request(), HG_STOP);
  EXPECT_EQ(unknown.answer->code, "no_guard");
  hg_call full;
  full.http_code = HG_LIMIT;
  EXPECT_EQ(hg::testing::PolicyRun(probe, full).on_request(), HG_ABORT) << "cannot get lost";
  hg_call late;
  EXPECT_EQ(hg::testing::PolicyRun(probe, late).on_response(), HG_ABORT)
      << "nothing can wait there";
}

TEST_F(Wrapper, ReadsHttpAnswers) {
  Instance probe(host, "probe.caller");
  const auto resumed = [&](const hg::testing::FakeHttpAnswer& answer, hg_call& call) {
    call.http_answer = answer;
    hg::testing::PolicyRun run(probe, call);
    run.on_request();
    return run.on_async(HG_ASYNC_HTTP);
  };
  hg::testing::FakeHttpAnswer answer;
  answer.headers = {{"x-other", "1"}, {"x-verdict", "permit"}};
  hg_call permitted;
  EXPECT_EQ(resumed(answer, permitted), HG_CONTINUE);
  answer.status = 403;
  answer.body = "no";
  hg_call refused;
  EXPECT_EQ(resumed(answer, refused), HG_STOP);
  EXPECT_EQ(refused.answer->status, 403u);
  EXPECT_EQ(refused.answer->body, "no");
  hg::testing::FakeHttpAnswer nothing;
  nothing.result = HG_HTTP_TIMEOUT;
  nothing.status = 0;
  nothing.error = "too slow";
  hg_call slow;
  EXPECT_EQ(resumed(nothing, slow), HG_STOP);
  EXPECT_EQ(slow.answer->code, "not_answered");
  EXPECT_EQ(slow.answer->message, "too slow");
  hg_call other;
  EXPECT_EQ(hg::testing::PolicyRun(probe, other).on_async(HG_ASYNC_TIMER), HG_STOP);
  EXPECT_EQ(other.answer->code, "no_answer");
}

TEST_F(Wrapper, PausesForATimer) {
  Instance probe(host, "probe.policy");
  hg_call call;
  EXPECT_EQ(hg::testing::PolicyRun(probe, call).on_request(), HG_PAUSE);
  EXPECT_EQ(call.timer_ms, 1000u);
}

TEST_F(Wrapper, CountsInTheSeriesThatThePluginNamed) {
  Instance probe(host, "probe.meter");
  hg_call call("12345");
  hg::testing::PolicyRun run(probe, call);
  EXPECT_EQ(run.on_request(), HG_CONTINUE);
  EXPECT_EQ(run.on_request(), HG_CONTINUE);
  ASSERT_EQ(host.series.size(), 2u);
  EXPECT_EQ(host.series[0].metric, 0u);
  EXPECT_EQ(host.series[0].values, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(host.series[0].added, 4);
  EXPECT_EQ(host.series[1].metric, 1u);
  EXPECT_EQ(host.series[1].observed, (std::vector<double>{5, 5}));
}

TEST_F(Wrapper, LetsAWorkerDoThingsWithoutARequest) {
  EXPECT_EQ(host.plugin("probe.policy").instance->on_background, nullptr) << "who wrote none";
  Instance probe(host, "probe.caller");
  ASSERT_TRUE(probe.ok());
  hg_call call;
  EXPECT_EQ(probe.on_background(call, HG_ASYNC_BEGIN), HG_PAUSE);
  ASSERT_EQ(call.http_requests.size(), 1u);
  EXPECT_EQ(call.http_requests[0].target, "/news");
  call.http_answer.emplace().status = 503;
  EXPECT_EQ(probe.on_background(call, HG_ASYNC_HTTP), HG_PAUSE);
  call.http_answer.emplace().status = 200;
  EXPECT_EQ(probe.on_background(call, HG_ASYNC_HTTP), HG_CONTINUE);
}

TEST_F(Wrapper, EndsWorkWithoutARequestThatFails) {
  Instance probe(host, "probe.caller");
  hg_call call;
  EXPECT_EQ(probe.on_background(call, HG_ASYNC_DEADLINE), HG_ABORT) << "it throws";
  ASSERT_FALSE(host.log.empty());
  EXPECT_EQ(host.log.back().text, "too late");
  EXPECT_EQ(probe.on_background(call, HG_ASYNC_WAKE), HG_ABORT) << "there is no body to write";
  EXPECT_EQ(host.log.back().text, "on_background asked for what only a request has");
}

TEST_F(Wrapper, SharesCountersAndTokenBuckets) {
  Instance probe(host, "probe.limiter");
  ASSERT_TRUE(probe.ok());
  const auto asked = [&](const std::string& body) {
    hg_call call(body);
    hg::testing::PolicyRun run(probe, call);
    return run.on_request() == HG_CONTINUE ? "passed" : call.answer->message;
  };
  EXPECT_EQ(asked("1234567"), "passed");
  EXPECT_EQ(asked("12345"), "2 1000") << "two tokens are missing, of which two come back a second";
  EXPECT_EQ(asked("123"), "passed");
  EXPECT_EQ(asked("12345678901"), "4 never");
  ASSERT_EQ(host.shared.size(), 2u);
  EXPECT_EQ(host.shared[0].name, "seen");
  EXPECT_EQ(host.shared[0].value, 4);
  EXPECT_EQ(host.shared[1].name, "bytes");
  EXPECT_EQ(host.shared[1].value, 0);
}

TEST_F(Wrapper, SaysWhereWhatIsSharedCannotBeMade) {
  Instance empty(host, "probe.limiter", R"({"capacity":0})");
  EXPECT_FALSE(empty.ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/capacity");
  EXPECT_EQ(host.faults[0].message,
            "a token bucket cannot be kept: its name or its bounds are out of range");
  host.shared_max = 1;
  Instance too_many(host, "probe.limiter");
  EXPECT_FALSE(too_many.ok());
  EXPECT_EQ(host.faults.at(1).message, "a token bucket cannot be kept: there are too many of them");
}

}  // namespace
