#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/passing_rate_limit.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::EventResult;
using hg::testing::FakeCredential;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.openai";

FakeCredential key_of(std::uint32_t kind) {
  FakeCredential credential;
  credential.kind = kind;
  credential.value = "sk-1";
  return credential;
}

class OpenAi : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why(); }

  struct Asked {
    std::string config = "{}";
    std::string body = R"({"model":"gpt-4o","messages":[]})";
    std::uint32_t credential = HG_CREDENTIAL_KEY;
  };
  ProviderRun::Verdict verdict(std::uint32_t kind, std::uint32_t status, std::string_view body,
                               const Asked& asked, std::optional<std::uint64_t> retry_after = {}) {
    Instance openai(host, kId, asked.config);
    hg_call call(asked.body);
    call.response().headers = response_headers;
    ProviderRun run(openai, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.sign(key_of(asked.credential)), HG_CONTINUE);
    return run.classify(kind, status, body, retry_after);
  }
  ProviderRun::Verdict status_verdict(std::uint32_t status, std::string_view body = "{}") {
    return verdict(HG_FAILURE_STATUS, status, body, {});
  }
  std::string upstream_body(const std::string& config, const std::string& body) {
    Instance openai(host, kId, config);
    hg_call call(body);
    ProviderRun run(openai, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    return call.upstream().body;
  }

  FakeHost host;
  std::vector<std::pair<std::string, std::string>> response_headers;
};

TEST_F(OpenAi, AsksItsOwnHostUnlessToldOtherwise) {
  Instance openai(host, kId, R"({"model":"gpt-4o"})");
  hg_call call;
  const hg_target target = ProviderRun(openai, call).target();
  EXPECT_EQ(hg::view(target.host), "api.openai.com");
  EXPECT_EQ(target.tls, 1u);
  EXPECT_EQ(target.port, 0u);
  EXPECT_EQ(target.host_required, 0u);
  EXPECT_EQ(hg::view(target.base_path), "/v1");
  EXPECT_EQ(hg::view(target.model), "gpt-4o");
}

TEST_F(OpenAi, SaysThatModerationIsNotSupportedYet) {
  EXPECT_FALSE(Instance(host, kId, R"({"moderation":{"model":"x"}})").ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/moderation");
}

TEST_F(OpenAi, LeavesABodyThatNeedsNoEditAsItIs) {
  const std::string body = "{ \"model\" : \"gpt-4o\",\n \"messages\": [ ] }";
  EXPECT_EQ(upstream_body("{}", body), body);
  EXPECT_EQ(upstream_body(R"({"model":"gpt-4o"})", body), body);
}

TEST_F(OpenAi, PutsTheConfiguredModelInPlaceOfTheClients) {
  EXPECT_EQ(upstream_body(R"({"model":"a\"b"})", R"({"model":"x","n":1})"),
            R"({"model":"a\"b","n":1})");
  EXPECT_EQ(upstream_body(R"({"model":"m"})", R"({"n":1})"), R"({"n":1,"model":"m"})");
}

TEST_F(OpenAi, AsksForTokenCountsOfAStream) {
  EXPECT_EQ(upstream_body("{}", R"({"model":"m","stream":true})"),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(upstream_body("{}", R"({"model":"m","stream":true,"stream_options":null})"),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(
      upstream_body(
          "{}", R"({"model":"m","stream":true,"stream_options":{"include_usage":false,"a":1}})"),
      R"({"model":"m","stream":true,"stream_options":{"include_usage":true,"a":1}})");
}

TEST_F(OpenAi, DoesNotTouchAStreamThatAsksForItsCountsItself) {
  const std::string body =
      R"({"model":"m", "stream":true,"stream_options": {"include_usage": true}})";
  EXPECT_EQ(upstream_body("{}", body), body);
}

TEST_F(OpenAi, RefusesABodyThatIsNotJsonWhereItMustEditIt) {
  Instance openai(host, kId, R"({"model":"m"})");
  hg_call call("not json");
  ProviderRun run(openai, call);
  EXPECT_EQ(run.build(), HG_ABORT);
  ASSERT_TRUE(call.answer);
  EXPECT_EQ(call.answer->status, 400u);
}

TEST_F(OpenAi, ForwardsOtherPathsUntouched) {
  Instance openai(host, kId, R"({"model":"m"})");
  hg_call call(R"({"model":"text-embedding-3-small","input":"x"})");
  call.operation = "";
  call.dialect = "";
  call.request().method = "POST";
  ProviderRun run(openai, call);
  hg_build in{};
  in.size = HG_END_OF(hg_build, max_tokens);
  in.base_path = hg::str("/openai/v1");
  in.path = hg::str("/embeddings?x=1");
  EXPECT_EQ(run.build(in), HG_CONTINUE);
  EXPECT_EQ(call.upstream().method, "POST");
  EXPECT_EQ(call.upstream().target, "/openai/v1/embeddings?x=1");
  EXPECT_EQ(call.upstream().body, call.request().body);
  EXPECT_EQ(call.upstream().header("content-type"), "") << "the client's stays, with its boundary";
  EXPECT_EQ(run.on_head(200, "text/event-stream"), HG_CONTINUE);
  EXPECT_EQ(run.plan.framing, static_cast<std::uint32_t>(HG_FRAMING_RAW));
}

TEST_F(OpenAi, FailsClosedWhenABoundOfTheGatewayIsPassed) {
  // Whichever call into the gateway hits a bound, the attempt does not go on as if it had not.
  for (std::size_t at = 1;; ++at) {
    Instance openai(host, kId, R"({"model":"m"})");
    hg_call call(R"({"model":"x","stream":true})");
    call.fail_at = at;
    ProviderRun run(openai, call);
    const std::int32_t built = run.opened == HG_CONTINUE ? run.build() : run.opened;
    if (call.host_calls < at) {
      EXPECT_EQ(built, HG_CONTINUE);
      ASSERT_GT(at, 4u);
      break;
    }
    // (A bound hit while only reading may still lead to the right request.)
    const bool as_wanted = call.upstream().body ==
                           R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})";
    EXPECT_TRUE(as_wanted || built == HG_ABORT) << "at host call " << at;
  }
}

// ---- whole answers

struct Whole {
  std::int32_t action = HG_ABORT;
  hg::Usage usage;
  std::string body;
};
Whole answer(FakeHost& host, std::string_view body) {
  Instance openai(host, kId, "{}");
  hg_call call(R"({"model":"m"})");
  ProviderRun run(openai, call);
  run.build();
  run.on_head(200, "application/json");
  EXPECT_EQ(run.plan.want_body, 1u);
  EXPECT_EQ(run.plan.passes, 1u);
  Whole out;
  out.action = run.on_body(body);
  out.usage = call.usage;
  out.body = call.response().body;
  return out;
}

TEST_F(OpenAi, CountsTheTokensOfAWholeAnswerAndPassesIt) {
  const std::string body =
      R"({"choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":99}"}}],)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":11,"total_tokens":18,)"
      R"("prompt_tokens_details":{"cached_tokens":3},)"
      R"("completion_tokens_details":{"reasoning_tokens":5}},"service_tier":"x"})";
  const Whole whole = answer(host, body);
  EXPECT_EQ(whole.action, HG_CONTINUE);
  EXPECT_EQ(whole.body, body);
  EXPECT_EQ(whole.usage.input, 7u);
  EXPECT_EQ(whole.usage.output, 11u);
  EXPECT_EQ(whole.usage.cache_read, 3u);
  EXPECT_EQ(whole.usage.reasoning, 5u);
  EXPECT_FALSE(whole.usage.cache_write);
}

TEST_F(OpenAi, FindsTheTokensInFrontOfALongAnswerToo) {
  const std::string body = R"({"usage":{"prompt_tokens":7},"choices":[{"message":{"content":")" +
                           std::string(100'000, 'x') + R"("}}]})";
  EXPECT_EQ(answer(host, body).usage.input, 7u);
}

TEST_F(OpenAi, PassesAnAnswerWithoutTokens) {
  const Whole whole = answer(host, R"({"choices":[],"usage":null})");
  EXPECT_EQ(whole.action, HG_CONTINUE);
  EXPECT_FALSE(whole.usage.input);
}

TEST_F(OpenAi, TakesGarbageForNoAnswer) {
  EXPECT_EQ(answer(host, "<html>\"choices\"</html>").action, HG_ABORT);
  EXPECT_EQ(answer(host, R"({"choices":[)").action, HG_ABORT);
  EXPECT_EQ(answer(host, R"({"error":{"message":"x"}})").action, HG_ABORT);
  EXPECT_EQ(answer(host, "").action, HG_ABORT);
}

// ---- streams

class OpenAiStream : public OpenAi {
 protected:
  void start(const std::string& body) {
    run.reset();  // before what it runs over
    openai = std::make_unique<Instance>(host, kId, "{}");
    call = std::make_unique<hg_call>(body);
    run = std::make_unique<ProviderRun>(*openai, *call);
    ASSERT_EQ(run->build(), HG_CONTINUE);
    ASSERT_EQ(run->on_head(200, "text/event-stream"), HG_CONTINUE);
  }
  void SetUp() override {
    OpenAi::SetUp();
    start(R"({"model":"m","stream":true})");
  }
  static std::string chunk(std::string_view delta, std::string_view finish = "null") {
    return R"({"choices":[{"index":0,"delta":)" + std::string(delta) + R"(,"finish_reason":)" +
           std::string(finish) + R"(}],"usage":null})";
  }

  std::unique_ptr<Instance> openai;
  std::unique_ptr<hg_call> call;
  std::unique_ptr<ProviderRun> run;
};

TEST_F(OpenAiStream, DoesNotCommitForARole) {
  for (const std::string_view delta :
       {R"({"role":"assistant"})", R"({"role":"assistant","content":""})",
        R"({"role":"assistant","content":null,"tool_calls":[]})", "{}"}) {
    const EventResult result = run->on_event(chunk(delta));
    EXPECT_EQ(result.action, HG_CONTINUE);
    EXPECT_EQ(result.flags, static_cast<std::uint32_t>(HG_EVENT_LIFECYCLE)) << delta;
  }
}

TEST_F(OpenAiStream, CommitsForAnythingSaid) {
  for (const std::string_view delta :
       {R"({"content":"a"})", R"({"refusal":"no"})", R"({"reasoning_content":"hm"})",
        R"({"audio":{"id":"x"}})"}) {
    EXPECT_EQ(run->on_event(chunk(delta)).flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL))
        << delta;
  }
}

TEST_F(OpenAiStream, TellsAPieceOfAToolCall) {
  const EventResult result =
      run->on_event(chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{"}}]})"));
  EXPECT_EQ(result.flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL | HG_EVENT_TOOL));
}

TEST_F(OpenAiStream, IsCompleteWhenTheFinishReasonCame) {
  const EventResult result = run->on_event(chunk("{}", "\"stop\""), true);
  EXPECT_EQ(result.flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL | HG_EVENT_FINAL));
}

TEST_F(OpenAiStream, IsCompleteWhenEachOfSeveralChoicesIs) {
  start(R"({"model":"m","stream":true,"n":2})");
  EXPECT_EQ(run->on_event(chunk("{}", "\"stop\"")).flags & HG_EVENT_FINAL, 0u);
  EXPECT_NE(run->on_event(chunk("{}", "\"length\"")).flags & HG_EVENT_FINAL, 0u);
}

constexpr std::string_view kUsage =
    R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}})";

TEST_F(OpenAiStream, TakesOutTheCountsThatTheClientDidNotAskFor) {
  const EventResult result = run->on_event(kUsage, true);
  EXPECT_EQ(result.action, HG_REPLACED);
  EXPECT_TRUE(result.emitted.empty());
  EXPECT_NE(result.flags & HG_EVENT_USAGE, 0u);
  EXPECT_EQ(call->usage.input, 3u);
  EXPECT_EQ(call->usage.output, 4u);
}

TEST_F(OpenAiStream, PassesTheCountsThatTheClientAskedFor) {
  start(R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  const EventResult result = run->on_event(kUsage, true);
  EXPECT_EQ(result.action, HG_CONTINUE);
  EXPECT_EQ(call->usage.input, 3u);
}

TEST_F(OpenAiStream, KeepsContentThatCarriesCounts) {
  const EventResult result = run->on_event(
      R"({"choices":[{"delta":{"content":"x"},"finish_reason":null}],"usage":{"prompt_tokens":3}})");
  EXPECT_EQ(result.action, HG_CONTINUE);
  EXPECT_EQ(result.flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL | HG_EVENT_USAGE));
}

TEST_F(OpenAiStream, TellsTheEndAnErrorAndWhatIsNotJson) {
  EXPECT_EQ(run->on_event("[DONE]").flags, static_cast<std::uint32_t>(HG_EVENT_END));
  EXPECT_EQ(run->on_event(R"({"error":{"message":"x"}})").flags,
            static_cast<std::uint32_t>(HG_EVENT_ERROR));
  EXPECT_EQ(run->on_event(R"({"choices":[)").flags, static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
  EXPECT_EQ(run->on_event("").flags, static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
}

TEST_F(OpenAiStream, IsNotShownPlainContentOnceCommitted) {
  EXPECT_FALSE(run->shows(chunk(R"({"content":"said \"error\" and \"prompt_tokens\""})")));
  EXPECT_TRUE(run->shows(chunk("{}", "\"stop\"")));
  EXPECT_TRUE(run->shows(kUsage));
  EXPECT_TRUE(run->shows(R"({"error":{}})"));
  EXPECT_TRUE(run->shows("[DONE]"));
}

// ---- failures

TEST_F(OpenAi, AsksOnceMoreHereAfterAnInternalError) {
  for (const std::uint32_t status : {500u, 502u}) {
    const auto seen = status_verdict(status);
    EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_HERE));
    EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_FAILURE));
    EXPECT_EQ(seen.status, status);
  }
}

TEST_F(OpenAi, GoesElsewhereWhenOverloaded) {
  for (const std::uint32_t status : {503u, 504u, 529u}) {
    const auto seen = status_verdict(status);
    EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
    EXPECT_EQ(seen.exclude, 1u);
    EXPECT_EQ(seen.scope, static_cast<std::uint32_t>(HG_SCOPE_ENDPOINT));
    EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_FAILURE));
  }
  EXPECT_EQ(status_verdict(500, R"({"error":{"type":"overloaded_error"}})").next,
            static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
}

TEST_F(OpenAi, WaitsForARateLimitThatSaysItsTime) {
  const auto seen =
      verdict(HG_FAILURE_STATUS, 429,
              R"({"error":{"code":"rate_limit_exceeded","message":"slow down"}})", {}, 2000);
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_WAIT));
  EXPECT_EQ(seen.exclude, 0u);
  EXPECT_EQ(seen.scope, static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_FAILURE));
  EXPECT_EQ(seen.retry_after, 2000u);
  EXPECT_EQ(seen.code, "rate_limit_exceeded");
  EXPECT_EQ(seen.message, "slow down");
}

TEST_F(OpenAi, CountsARateLimitOfWhatPassesOnlyWhereItIsOfTheConfiguredModel) {
  expect_rate_limits_count_for_the_configured_model(host, kId, "/images/generations");
}

TEST_F(OpenAi, ReadsTheTimeOfTheLimitThatWasHit) {
  response_headers = {{"x-ratelimit-remaining-requests", "12"},
                      {"x-ratelimit-reset-requests", "1ms"},
                      {"x-ratelimit-remaining-tokens", "0"},
                      {"x-ratelimit-reset-tokens", "1m1.5s"}};
  EXPECT_EQ(status_verdict(429).retry_after, 61'500u);
  response_headers[3].second = "soon";
  EXPECT_FALSE(status_verdict(429).retry_after);
}

TEST_F(OpenAi, GoesElsewhereForARateLimitWithoutATime) {
  const auto seen = status_verdict(429);
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(seen.exclude, 1u);
}

TEST_F(OpenAi, DoesNotWaitForAnAccountWithoutMoney) {
  const auto seen = verdict(HG_FAILURE_STATUS, 429,
                            R"({"error":{"type":"insufficient_quota","code":null}})", {}, 1000);
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(seen.scope, static_cast<std::uint32_t>(HG_SCOPE_KEY));
}

TEST_F(OpenAi, HidesTheRefusalOfTheGatewaysKeyFromTheClient) {
  const auto seen =
      status_verdict(401, R"({"error":{"code":"invalid_api_key","message":"Incorrect: sk-...1"}})");
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(seen.scope, static_cast<std::uint32_t>(HG_SCOPE_KEY));
  EXPECT_EQ(seen.status, 502u);
  EXPECT_EQ(seen.message.find("sk-"), std::string::npos);
  EXPECT_EQ(seen.code, "provider_refused_credential");
}

TEST_F(OpenAi, TellsAClientThatItsOwnKeyWasRefused) {
  const auto seen =
      verdict(HG_FAILURE_STATUS, 401, R"({"error":{"code":"invalid_api_key","message":"yours"}})",
              {.credential = HG_CREDENTIAL_CLIENT});
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
  EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
  EXPECT_EQ(seen.scope, static_cast<std::uint32_t>(HG_SCOPE_NONE));
  EXPECT_EQ(seen.status, 401u);
  EXPECT_EQ(seen.message, "yours");
}

TEST_F(OpenAi, BlamesTheModelOnlyIfItWasConfigured) {
  const std::string body = R"({"error":{"code":"model_not_found","message":"no"}})";
  const auto ours = verdict(HG_FAILURE_STATUS, 404, body, {.config = R"({"model":"m"})"});
  EXPECT_EQ(ours.scope, static_cast<std::uint32_t>(HG_SCOPE_MODEL));
  EXPECT_EQ(ours.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
  const auto theirs = status_verdict(404, body);
  EXPECT_EQ(theirs.scope, static_cast<std::uint32_t>(HG_SCOPE_NONE));
  EXPECT_EQ(theirs.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(theirs.status, 404u);
}

TEST_F(OpenAi, TriesALongPromptWithAnotherModelWithoutBlame) {
  for (const std::string_view body :
       {R"({"error":{"code":"context_length_exceeded","message":"too long"}})",
        R"({"error":{"message":"This model's maximum context length is 4097 tokens"}})"}) {
    const auto seen = status_verdict(400, body);
    EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
    EXPECT_EQ(seen.exclude, static_cast<std::uint32_t>(HG_EXCLUDE_MODEL));
    EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
    EXPECT_EQ(seen.status, 400u);
  }
}

TEST_F(OpenAi, GivesTheClientItsOwnMistakesAsTheVendorSaidThem) {
  for (const std::uint32_t status : {400u, 413u, 415u, 422u}) {
    const auto seen = status_verdict(
        status, R"({"error":{"code":"content_policy_violation","message":"Not \u00fcber this"}})");
    EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
    EXPECT_EQ(seen.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
    EXPECT_EQ(seen.status, status);
    EXPECT_EQ(seen.code, "content_policy_violation");
    EXPECT_EQ(seen.message,
              "Not \xC3\xBC"
              "ber this");
  }
}

TEST_F(OpenAi, NeverAsksSilenceAgain) {
  const auto seen = verdict(HG_FAILURE_TIMEOUT, 0, "", {});
  EXPECT_EQ(seen.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(seen.exclude, 1u);
}

TEST_F(OpenAi, JudgesAnErrorEventByWhatItSays) {
  const auto next = [&](std::string_view error) {
    return verdict(HG_FAILURE_EVENT, 200, error, {}).next;
  };
  EXPECT_EQ(next(R"({"error":{"type":"server_error"}})"), static_cast<std::uint32_t>(HG_NEXT_HERE));
  EXPECT_EQ(next(R"({"error":{"code":503}})"), static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(next(R"({"error":{"type":"invalid_request_error"}})"),
            static_cast<std::uint32_t>(HG_NEXT_NEVER));
  EXPECT_EQ(verdict(HG_FAILURE_EVENT, 200, R"({"error":{"type":"rate_limit_error"}})", {}).scope,
            static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  EXPECT_EQ(verdict(HG_FAILURE_EVENT, 200, R"({"error":"plain words"})", {}).message,
            "plain words");
}

TEST_F(OpenAi, LeavesToTheGatewayWhatItKnowsBetter) {
  const auto seen = verdict(HG_FAILURE_TRANSPORT, 0, "", {});
  EXPECT_EQ(seen.next, ProviderRun::Verdict().next);
  EXPECT_EQ(seen.status, ProviderRun::Verdict().status);
  EXPECT_EQ(status_verdict(500, "<html>").message, "");
}

}  // namespace
