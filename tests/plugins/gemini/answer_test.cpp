// What the gemini provider makes of answers, streams and failures, beyond the golden files.

#include <headgate/json_view.hpp>

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/passing_rate_limit.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::JsonView;
using hg::testing::EventResult;
using hg::testing::FakeCredential;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.gemini";

// One try, up to where answers come in.
class Try {
 public:
  Try(FakeHost& host, const std::string& members, std::uint32_t credential = HG_CREDENTIAL_KEY,
      const std::string& config = "{}")
      : gemini_(host, kId, config),
        call(R"({"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}])" +
             members + "}"),
        run(gemini_, call) {
    EXPECT_EQ(run.build(), HG_CONTINUE);
    FakeCredential key;
    key.kind = credential;
    key.value = "g-1";
    EXPECT_EQ(run.sign(key), HG_CONTINUE);
  }
  // What the client gets of a whole answer.
  std::string answer(std::string_view body) {
    EXPECT_EQ(run.on_head(200, "application/json"), HG_CONTINUE);
    return run.on_body(body) == HG_CONTINUE ? call.response().body : "abort";
  }
  EventResult event(std::string_view data) {
    if (!head_) {
      EXPECT_EQ(run.on_head(200, "text/event-stream"), HG_CONTINUE);
    }
    head_ = true;
    return run.on_event(data);
  }

 private:
  Instance gemini_;
  bool head_ = false;

 public:
  hg_call call;
  ProviderRun run;
};

std::string candidate(const std::string& members) {
  return R"({"responseId":"r","candidates":[{)" + members + "}]}";
}
std::string says(const std::string& text, const std::string& more = "") {
  return candidate(R"("content":{"parts":[{"text":")" + text + "\"}]}" + more);
}

class GeminiAnswer : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("gemini"))) << host.why(); }

  std::string value_of(const std::string& body, std::string_view pointer) {
    Try attempt(host, "");
    return std::string(JsonView(attempt.answer(body)).at(pointer).raw());
  }

  FakeHost host;
};

TEST_F(GeminiAnswer, IsDatedAsTheVendorsAnswerIs) {
  const auto created = [&](const std::string& date) {
    Try attempt(host, "");
    if (!date.empty()) attempt.call.response().headers.emplace_back("date", date);
    return JsonView(attempt.answer(says("x"))).at("/created").unsigned_integer();
  };
  EXPECT_EQ(created("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777u);
  EXPECT_EQ(created("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199u);
  for (const char* other :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 0x Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(created(other), 0u) << other;
  }
}

TEST_F(GeminiAnswer, TellsFinishReasonsInTheChatsWords) {
  const std::vector<std::pair<std::string, std::string>> words = {
      {"STOP", "stop"},
      {"MAX_TOKENS", "length"},
      {"OTHER", "stop"},
      {"SAFETY", "content_filter"},
      {"SPII", "content_filter"},
      {"RECITATION", "content_filter"},
      {"BLOCKLIST", "content_filter"},
      {"LANGUAGE", "content_filter"},
      {"PROHIBITED_CONTENT", "content_filter"},
      {"IMAGE_SAFETY", "content_filter"},
      {"MODEL_ARMOR", "content_filter"},
      {"SOMETHING_NEW", "stop"}};
  for (const auto& [gemini, chat] : words) {
    const std::string body = says("x", R"(,"finishReason":")" + gemini + "\"");
    EXPECT_EQ(value_of(body, "/choices/0/finish_reason"), "\"" + chat + "\"") << gemini;
    EXPECT_EQ(value_of(body, "/choices/0/headgate/stop/raw"), "\"" + gemini + "\"");
  }
  EXPECT_EQ(value_of(says("x"), "/choices/0/finish_reason"), R"("stop")");
}

TEST_F(GeminiAnswer, KeepsALimitThatCutACallApartFromACall) {
  const std::string call = R"("content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":)";
  EXPECT_EQ(value_of(candidate(call + R"("MAX_TOKENS")"), "/choices/0/finish_reason"),
            R"("length")");
  EXPECT_EQ(value_of(candidate(call + R"("STOP")"), "/choices/0/finish_reason"), R"("tool_calls")");
}

TEST_F(GeminiAnswer, IsNoneWhereTheModelBrokeDown) {
  for (const char* reason :
       {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE"}) {
    const std::string end = std::string(R"("finishReason":")") + reason + "\"";
    EXPECT_EQ(Try(host, "").answer(says("x", "," + end)), "abort") << reason;
    Try stream(host, "");
    EXPECT_EQ(stream.event(says("x")).action, HG_REPLACED);
    EXPECT_EQ(stream.event(candidate(end)).action, HG_ABORT) << reason;
    EXPECT_EQ(stream.run.classify(HG_FAILURE_BAD_ANSWER, 200, "").code, "model_broke_down");
  }
}

TEST_F(GeminiAnswer, BlamesNobodyWhereTheModelBrokeDown) {
  const auto verdict = [&](const std::string& body) {
    Try attempt(host, "");
    EXPECT_EQ(attempt.answer(body), "abort");
    return attempt.run.classify(HG_FAILURE_BAD_ANSWER, 200, body);
  };
  const auto broken = verdict(candidate(R"("finishReason":"MALFORMED_FUNCTION_CALL")"));
  EXPECT_EQ(broken.next, static_cast<std::uint32_t>(HG_NEXT_HERE));
  EXPECT_EQ(broken.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
  EXPECT_EQ(broken.scope, static_cast<std::uint32_t>(HG_SCOPE_NONE));
  EXPECT_EQ(broken.code, "model_broke_down");
  EXPECT_EQ(verdict("{}").health, ProviderRun::Verdict().health);
  EXPECT_EQ(verdict("{}").code, "");
}

TEST_F(GeminiAnswer, MayBeEmptyOnlyWhereItEndedInOrder) {
  EXPECT_EQ(value_of(candidate(R"("finishReason":"STOP")"), "/choices/0/message/content"), R"("")");
  EXPECT_EQ(value_of(candidate(R"("finishReason":"SAFETY")"), "/choices/0/message/content"),
            R"("")");
  for (const char* body : {R"("finishReason":"OTHER")", R"("content":{"role":"model"})"}) {
    EXPECT_EQ(Try(host, "").answer(candidate(body)), "abort") << body;
  }
  Try stream(host, "");
  EXPECT_EQ(stream.event(candidate(R"("finishReason":"OTHER")")).action, HG_ABORT);
}

TEST_F(GeminiAnswer, IsNoneWhereTheFormatIsAnother) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"candidates":[]})", R"({"candidates":{}})",
                           R"({"candidates":[{"finishReason":"STOP"}]} x)",
                           R"({"candidates":[{"index":64,"finishReason":"STOP"}]})"}) {
    EXPECT_EQ(Try(host, "").answer(body), "abort") << body;
  }
}

TEST_F(GeminiAnswer, NamesCallsSoThatNoVendorFindsThemTooLong) {
  const std::string body =
      R"({"responseId":")" + std::string(100, 'r') +
      R"(","candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]})";
  const std::string id = value_of(body, "/choices/0/message/tool_calls/0/id");
  EXPECT_EQ(id, "\"call_gm_" + std::string(24, 'r') + "_0_0\"");
  EXPECT_LE(id.size() - 2, 40u);
}

TEST_F(GeminiAnswer, NamesACallTheSameWholeAndStreamed) {
  const std::string body = R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},)"
                           R"("finishReason":"STOP"}]})";
  Try stream(host, "");
  const EventResult result = stream.event(body);
  ASSERT_EQ(result.emitted.size(), 3u);
  EXPECT_EQ(JsonView(result.emitted[1].data).at("/choices/0/delta/tool_calls/0/id").raw(),
            value_of(body, "/choices/0/message/tool_calls/0/id"));
}

TEST_F(GeminiAnswer, CountsThoughtsAndToolPrompts) {
  Try attempt(host, "");
  attempt.answer(
      R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,
          "toolUsePromptTokenCount":5,"candidatesTokenCount":3,"thoughtsTokenCount":7,
          "cachedContentTokenCount":4}})");
  EXPECT_EQ(attempt.call.usage.input, 15u);
  EXPECT_EQ(attempt.call.usage.output, 10u);
  EXPECT_EQ(attempt.call.usage.reasoning, 7u);
  EXPECT_EQ(attempt.call.usage.cache_read, 4u);
}

TEST_F(GeminiAnswer, RemembersCountsThatLaterEventsDoNotRepeat) {
  Try stream(host, R"(,"stream":true,"stream_options":{"include_usage":true})");
  stream.event(R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":
                   {"promptTokenCount":10,"cachedContentTokenCount":4}})");
  stream.event(R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":
                   {"candidatesTokenCount":3}})");
  const EventResult end = stream.run.on_end();
  ASSERT_EQ(end.emitted.size(), 1u);
  EXPECT_EQ(JsonView(end.emitted[0].data).at("/usage/prompt_tokens").raw(), "10");
  EXPECT_EQ(JsonView(end.emitted[0].data).at("/usage/completion_tokens").raw(), "3");
  EXPECT_EQ(JsonView(end.emitted[0].data).at("/usage/prompt_tokens_details/cached_tokens").raw(),
            "4");
  EXPECT_EQ(stream.call.usage.input, 10u);
}

TEST_F(GeminiAnswer, DoesNotCountAStreamThatWasCut) {
  Try stream(host, R"(,"stream":true,"stream_options":{"include_usage":true})");
  stream.event(R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":
                   {"promptTokenCount":10}})");
  const EventResult end = stream.run.on_end();  // in order, but without a finish reason
  EXPECT_EQ(end.flags, 0u);
  EXPECT_TRUE(end.emitted.empty());
  EXPECT_TRUE(stream.run.on_end(HG_END_CUT).emitted.empty());
}

TEST_F(GeminiAnswer, IsCompleteWhenEveryChoiceIs) {
  Try stream(host, R"(,"n":2)");
  const std::string end = R"("finishReason":"STOP")";
  EXPECT_EQ(stream.event(candidate(end)).flags & HG_EVENT_FINAL, 0u);
  EXPECT_NE(stream.event(candidate(R"("index":1,)" + end)).flags & HG_EVENT_FINAL, 0u);

  Try fewer(host, R"(,"n":2)");
  EXPECT_EQ(fewer.event(candidate(end)).flags & HG_EVENT_FINAL, 0u);
  EXPECT_EQ(fewer.run.on_end().flags, static_cast<std::uint32_t>(HG_EVENT_FINAL));

  Try open(host, R"(,"n":2)");
  open.event(candidate(end));
  open.event(candidate(R"("index":1,"content":{"parts":[{"text":"x"}]})"));
  EXPECT_EQ(open.run.on_end().flags, 0u);
}

TEST_F(GeminiAnswer, SaysARoleOnceAndFinishesOnce) {
  Try stream(host, "");
  EXPECT_EQ(stream.event(says("a")).emitted.size(), 2u);
  EXPECT_EQ(stream.event(says("b")).emitted.size(), 1u);
  EXPECT_EQ(stream.event(candidate(R"("finishReason":"STOP")")).emitted.size(), 1u);
  EXPECT_EQ(stream.event(candidate(R"("finishReason":"STOP")")).emitted.size(), 0u);
}

TEST_F(GeminiAnswer, GivesTheLogprobsOfAnEventOnce) {
  Try stream(host, "");
  const EventResult result = stream.event(
      candidate(R"("content":{"parts":[{"text":"t","thought":true},{"text":"a"},{"text":"b"}]},)"
                R"("logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]})"));
  ASSERT_EQ(result.emitted.size(), 4u);
  const auto logprobs = [&](std::size_t chunk) {
    return JsonView(result.emitted[chunk].data).at("/choices/0/logprobs");
  };
  EXPECT_TRUE(logprobs(1).is_null());
  EXPECT_EQ(logprobs(2).at("/content/0/logprob").raw(), "-1");
  EXPECT_TRUE(logprobs(3).is_null());
}

TEST_F(GeminiAnswer, DoesNotCommitToEventsThatSayNothing) {
  Try stream(host, "");
  EXPECT_EQ(stream.event(candidate(R"("content":{"role":"model"})")).flags,
            static_cast<std::uint32_t>(HG_EVENT_LIFECYCLE));
  EXPECT_EQ(stream.event(R"({"usageMetadata":{"promptTokenCount":1}})").flags,
            static_cast<std::uint32_t>(HG_EVENT_USAGE));
  EXPECT_EQ(stream.event("not json").flags, static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
  EXPECT_EQ(stream.event(R"([{"error":{"code":500}}])").flags,
            static_cast<std::uint32_t>(HG_EVENT_ERROR));
}

TEST_F(GeminiAnswer, CanMissNothingOfAnAnswerThatIsToBeJson) {
  Try structured(host, R"(,"response_format":{"type":"json_object"})");
  EXPECT_EQ(structured.event("not json").flags,
            static_cast<std::uint32_t>(HG_EVENT_NOT_JSON | HG_EVENT_TOOL));
  Try text(host, R"(,"response_format":{"type":"text"})");
  EXPECT_EQ(text.event("not json").flags, static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
}

TEST_F(GeminiAnswer, NeverPutsALineEndIntoAnEvent) {
  Try stream(host, "");
  const EventResult result = stream.event(
      "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\n"
      "\"a\\n\": \"b c\"}}}]},\"safetyRatings\":[\n{\"x\":\r\n1}],\"finishReason\":\"STOP\"}]}");
  ASSERT_EQ(result.emitted.size(), 3u);
  for (const auto& emitted : result.emitted) {
    EXPECT_EQ(emitted.data.find_first_of("\r\n"), std::string::npos) << emitted.data;
    EXPECT_TRUE(JsonView::valid(emitted.data));
  }
  EXPECT_EQ(JsonView(result.emitted[1].data)
                .at("/choices/0/delta/tool_calls/0/function/arguments")
                .text(),
            R"({"a\n":"b c"})");
}

TEST_F(GeminiAnswer, TellsAClientThatItsOwnKeyWasRefused) {
  for (const std::uint32_t status : {401u, 403u}) {
    Try attempt(host, "", HG_CREDENTIAL_CLIENT);
    const auto verdict = attempt.run.classify(
        HG_FAILURE_STATUS, status, R"({"error":{"message":"yours","status":"UNAUTHENTICATED"}})");
    EXPECT_EQ(verdict.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
    EXPECT_EQ(verdict.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
    EXPECT_EQ(verdict.status, status);
    EXPECT_EQ(verdict.message, "yours");
  }
}

TEST_F(GeminiAnswer, CountsARateLimitOfWhatPassesOnlyWhereItIsOfTheConfiguredModel) {
  expect_rate_limits_count_for_the_configured_model(host, kId, "/models/%s:countTokens");
}

TEST_F(GeminiAnswer, NeverAsksSilenceAgain) {
  Try attempt(host, "");
  const auto verdict = attempt.run.classify(HG_FAILURE_TIMEOUT, 0, "");
  EXPECT_EQ(verdict.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(verdict.exclude, 1u);
}

TEST_F(GeminiAnswer, ReadsTheTimeToWaitAsGoogleWritesIt) {
  const auto wait = [&](const std::string& delay, std::optional<std::uint64_t> header = {}) {
    Try attempt(host, "");
    return attempt.run
        .classify(HG_FAILURE_STATUS, 429, R"({"error":{"details":[{"retryDelay":)" + delay + "}]}}",
                  header)
        .retry_after;
  };
  EXPECT_EQ(wait(R"("34s")"), 34'000u);
  EXPECT_EQ(wait(R"("0.5s")"), 500u);
  EXPECT_EQ(wait(R"("34s")", 7'000), 7'000u);
  for (const char* other : {R"("34")", R"("s")", R"("")", R"("-1s")", R"("1e9s")", R"("1m")", "34"})
    EXPECT_EQ(wait(other), std::nullopt) << other;
}

TEST_F(GeminiAnswer, JudgesAnErrorEventByWhatItSays) {
  const auto verdict = [&](std::string_view body) {
    Try attempt(host, "");
    return attempt.run.classify(HG_FAILURE_EVENT, 200, body);
  };
  EXPECT_EQ(verdict(R"({"error":{"code":400,"message":"no"}})").next,
            static_cast<std::uint32_t>(HG_NEXT_NEVER));
  EXPECT_EQ(verdict(R"([{"error":{"code":429}}])").scope,
            static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  EXPECT_EQ(verdict(R"({"error":{"code":200}})").status, 500u);
  EXPECT_EQ(verdict(R"({"error":{}})").next, static_cast<std::uint32_t>(HG_NEXT_HERE));
}

TEST_F(GeminiAnswer, JudgesAnErrorThatCameWithA200ByWhatItSays) {
  const auto verdict = [&](const std::string& body) {
    Try attempt(host, "");
    EXPECT_EQ(attempt.answer(body), "abort") << body;
    return attempt.run.classify(HG_FAILURE_BAD_ANSWER, 200, "");
  };
  const auto bad = verdict(R"({"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}})");
  EXPECT_EQ(bad.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
  EXPECT_EQ(bad.status, 400u);
  EXPECT_EQ(bad.message, "no");
  EXPECT_EQ(bad.code, "INVALID_ARGUMENT");
  EXPECT_EQ(verdict(R"([{"error":{"code":429}}])").scope,
            static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  const std::string beside = says("x", R"(,"finishReason":"STOP")");
  EXPECT_EQ(verdict(R"({"error":{"code":503},)" + beside.substr(1)).status, 503u);
  EXPECT_EQ(verdict(R"({"error":{"message":")" + std::string(70'000, 'x') + R"("}})").status, 500u);
}

TEST_F(GeminiAnswer, LeavesToTheGatewayWhatItKnowsBetter) {
  Try attempt(host, "");
  const auto verdict = attempt.run.classify(HG_FAILURE_TRANSPORT, 0, "");
  EXPECT_EQ(verdict.next, ProviderRun::Verdict().next);
  EXPECT_EQ(verdict.status, ProviderRun::Verdict().status);
}

}  // namespace
