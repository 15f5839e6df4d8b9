// The examples, as they were built outside the tree.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;
using hg::testing::ProviderRun;

class Acme : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(HEADGATE_EXAMPLES "/acme/acme.so")) << host.why(); }
  FakeHost host;
};

constexpr std::string_view kAcme = "com.example.provider.acme";

TEST_F(Acme, AsksInItsOwnFormat) {
  Instance acme(host, kAcme, R"({"engine":"rocket"})");
  hg_call call(
      R"({"model":"x","messages":[{"role":"system","content":"Be \"brief\""},{"role":"user","content":"hi"}],"max_tokens":9})");
  ProviderRun run(acme, call);
  EXPECT_EQ(run.build(), HG_CONTINUE);
  EXPECT_EQ(call.upstream().target, "/api/complete");
  EXPECT_EQ(
      call.upstream().body,
      R"({"engine":"rocket","prompt":"system: Be \"brief\"\nuser: hi\n","limit":9,"live":false})");
}

TEST_F(Acme, SaysWhatItCannotExpress) {
  Instance acme(host, kAcme);
  hg_call tools(R"({"messages":[],"tools":[{"type":"function"}]})");
  EXPECT_EQ(ProviderRun(acme, tools).build(), HG_ABORT);
  EXPECT_EQ(tools.answer->code, "unsupported_tools");
  hg_call image(R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})");
  EXPECT_EQ(ProviderRun(acme, image).build(), HG_ABORT);
  EXPECT_EQ(image.answer->code, "unsupported_content");
}

TEST_F(Acme, AnswersInTheNeutralForm) {
  Instance acme(host, kAcme);
  hg_call call(R"({"messages":[]})");
  ProviderRun run(acme, call);
  run.build();
  run.on_head(200, "application/json");
  EXPECT_EQ(run.on_body(R"({"text":"Hel\"lo","cost":{"read":3,"wrote":1},"why":"limit"})"),
            HG_CONTINUE);
  EXPECT_EQ(
      call.response().body,
      R"({"id":"acme","object":"chat.completion","created":0,"model":"acme","choices":[{"index":0,"finish_reason":"length","message":{"role":"assistant","content":"Hel\"lo"}}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})");
  EXPECT_EQ(call.usage.input, 3u);
  EXPECT_EQ(run.on_body("<html>"), HG_ABORT);
}

TEST_F(Acme, StreamsInTheNeutralForm) {
  Instance acme(host, kAcme);
  hg_call call(R"({"messages":[],"stream":true})");
  ProviderRun run(acme, call);
  run.build();
  run.on_head(200, "application/x-ndjson");
  EXPECT_EQ(run.plan.framing, static_cast<std::uint32_t>(HG_FRAMING_NDJSON));
  const auto piece = run.on_event(R"({"text":"Hel"})");
  EXPECT_EQ(piece.flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL));
  ASSERT_EQ(piece.emitted.size(), 1u);
  EXPECT_EQ(
      piece.emitted[0].data,
      R"({"id":"acme","object":"chat.completion.chunk","created":0,"model":"acme","choices":[{"index":0,"finish_reason":null,"delta":{"content":"Hel"}}]})");
  const auto last = run.on_event(R"({"cost":{"read":3,"wrote":2},"why":"done"})");
  EXPECT_EQ(last.flags,
            static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL | HG_EVENT_FINAL | HG_EVENT_USAGE));
  EXPECT_EQ(call.usage.output, 2u);
  EXPECT_EQ(run.on_event("{").flags, static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
}

// Once as CMake built it, once as make did.
class RequestTag : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(GetParam())) << host.why(); }
  FakeHost host;
};

constexpr std::string_view kTag = "com.example.policy.request-tag";

TEST_P(RequestTag, MarksWhatGoesToTheProvider) {
  Instance tag(host, kTag, R"({"value":"team-a"})");
  ASSERT_TRUE(tag.ok());
  hg_call call(R"({"messages":["a long prompt"]})");
  PolicyRun run(tag, call);
  EXPECT_EQ(run.on_request(), HG_CONTINUE);
  EXPECT_EQ(run.on_attempt(), HG_CONTINUE);
  EXPECT_EQ(call.upstream().header("x-request-tag"), "team-a");
}

TEST_P(RequestTag, RefusesAPromptBeyondItsSize) {
  Instance tag(host, kTag, R"({"maxPromptBytes":4,"value":"t"})");
  hg_call fits(R"({"messages":[12]})");
  EXPECT_EQ(PolicyRun(tag, fits).on_request(), HG_CONTINUE);
  hg_call large(R"({"messages":[123]})");
  EXPECT_EQ(PolicyRun(tag, large).on_request(), HG_STOP);
  EXPECT_EQ(large.answer->status, 413u);
  EXPECT_EQ(large.answer->code, "prompt_too_large");
}

TEST_P(RequestTag, RefusesAConfigurationWithoutAValue) {
  EXPECT_FALSE(Instance(host, kTag, "{}").ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/value");
  EXPECT_FALSE(Instance(host, kTag, "{\"value\":\"" + std::string(64, 'x') + "\"}").ok());
}

TEST_P(RequestTag, RefusesAHostThatLacksATable) {
  FakeHost poor;
  poor.missing = {HG_EXT_JSON};
  EXPECT_FALSE(poor.load(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Builds, RequestTag,
                         testing::Values(HEADGATE_EXAMPLES "/request_tag/request_tag.so",
                                         HEADGATE_EXAMPLES "/make/request_tag.so"));

#ifndef HEADGATE_WITHOUT_ONLY_WHEN
class OnlyWhen : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host.load(HEADGATE_EXAMPLES "/only_when/only_when.so")) << host.why();
  }
  FakeHost host;
};

constexpr std::string_view kOnlyWhen = "com.example.policy.only-when";

TEST_F(OnlyWhen, LetsThroughWhatItsConditionIsTrueOf) {
  Instance policy(host, kOnlyWhen,
                  R"({"condition": "request.headers['X-Team'] in ['red', 'blue']"})");
  ASSERT_TRUE(policy.ok());
  hg_call red(R"({"messages":[]})");
  red.request().headers.emplace_back("x-team", "red");
  EXPECT_EQ(PolicyRun(policy, red).on_request(), HG_CONTINUE);
  hg_call nobody(R"({"messages":[]})");
  EXPECT_EQ(PolicyRun(policy, nobody).on_request(), HG_STOP);
  EXPECT_EQ(nobody.answer->status, 403u);
}

TEST_F(OnlyWhen, SaysWhereItsConditionIsWrong) {
  EXPECT_FALSE(Instance(host, kOnlyWhen, R"({"condition": "request.headrs['a'] == ''"})").ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/condition");
  EXPECT_EQ(host.faults[0].message,
            "1:1: unknown variable 'request.headrs'; did you mean 'request.headers'?");
}
#endif

}  // namespace
