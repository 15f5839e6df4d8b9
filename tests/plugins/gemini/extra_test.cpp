// `headgate.extra` of a request: what is Gemini's own is put where it belongs, all else is named.

#include "providers/gemini/extra.hpp"

#include <gtest/gtest.h>

#include <headgate/json_view.hpp>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::JsonView;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.gemini";

class GeminiExtra : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("gemini"))) << host.why(); }

  // What Gemini is sent for a body; what it is not goes to `dropped_`.
  std::string sent(const std::string& body) {
    Instance gemini(host, kId);
    hg_call call(body);
    ProviderRun run(gemini, call);
    EXPECT_EQ(run.build(), HG_CONTINUE) << body;
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    dropped_ = call.response().header("x-headgate-dropped");
    EXPECT_TRUE(JsonView::valid(call.upstream().body)) << call.upstream().body;
    return call.upstream().body;
  }
  // The same of one with these members beside a message.
  std::string sent_with(const std::string& members) {
    return sent(R"({"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}],)" +
                members + "}");
  }
  std::string contents_of(const std::string& messages) {
    const std::string body = sent(R"({"model":"gemini-2.5-flash","messages":[)" + messages + "]}");
    return std::string(JsonView(body)["contents"].raw());
  }
  static std::string extra(const std::string& members) {
    return R"("headgate":{"extra":{"gemini.generate":{)" + members + "}}}";
  }

  static constexpr const char* kContents = R"("contents":[{"role":"user","parts":[{"text":"a"}]}])";

  FakeHost host;
  std::string dropped_;
};

TEST_F(GeminiExtra, OfTheRequestIsAppliedAsItStands) {
  EXPECT_EQ(
      sent_with(extra(R"("labels":{"team":1.0},"new":[12345678901234567890])")),
      "{" + std::string(kContents) + R"(,"labels":{"team":1.0},"new":[12345678901234567890]})");
  EXPECT_EQ(dropped_, "");
}

TEST_F(GeminiExtra, OfTheGenerationConfigStandsBesideWhatTheChatSays) {
  EXPECT_EQ(sent_with(R"("temperature":0.5,)" +
                      extra(R"("generationConfig":{"mediaResolution":"X","new":1E0})")),
            "{" + std::string(kContents) +
                R"(,"generationConfig":{"temperature":0.5,"mediaResolution":"X","new":1E0}})");
  EXPECT_EQ(sent_with(extra(R"("generation_config":{"media_resolution":"X"})")),
            "{" + std::string(kContents) + R"(,"generationConfig":{"media_resolution":"X"}})");
  EXPECT_EQ(dropped_, "");
}

TEST_F(GeminiExtra, CannotSayWhatTheChatHasAMemberFor) {
  for (const char* name :
       {"contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config",
        "cachedContent", "safetySettings", "model"}) {
    EXPECT_EQ(sent_with(extra("\"" + std::string(name) + "\":[]")),
              "{" + std::string(kContents) + "}");
    EXPECT_EQ(dropped_, "headgate.extra." + std::string(name));
  }
  for (const char* name :
       {"maxOutputTokens", "max_output_tokens", "candidateCount", "stopSequences", "responseSchema",
        "responseJsonSchema", "responseModalities", "thinkingConfig"}) {
    EXPECT_EQ(sent_with(extra(R"("generationConfig":{")" + std::string(name) + "\":1}")),
              "{" + std::string(kContents) + "}");
    EXPECT_EQ(dropped_, "headgate.extra.generationConfig." + std::string(name));
  }
}

TEST_F(GeminiExtra, OfOtherFormatsIsNamed) {
  EXPECT_EQ(sent_with(R"("headgate":{"extra":{"acme.talk":{"a":1},"openai.chat":{"b":2}},"x":1})"),
            "{" + std::string(kContents) + "}");
  EXPECT_EQ(dropped_, "headgate.x, headgate.acme.talk, headgate.openai.chat");
  sent_with(R"("headgate":5)");
  EXPECT_EQ(dropped_, "headgate");
}

TEST_F(GeminiExtra, OfAMessageGoesToItsContent) {
  EXPECT_EQ(contents_of(R"({"role":"user","content":"a",)" + extra(R"("new":1.0)") +
                        R"(},{"role":"assistant","content":"b",)" + extra(R"("new":2)") + "}"),
            R"([{"role":"user","parts":[{"text":"a"}],"new":1.0},)"
            R"({"role":"model","parts":[{"text":"b"}],"new":2}])");
  EXPECT_EQ(dropped_, "");
  const std::string body = sent(R"({"model":"m","messages":[{"role":"system","content":"s",)" +
                                extra(R"("new":3)") + R"(},{"role":"user","content":"a"}]})");
  EXPECT_EQ(JsonView(body)["systemInstruction"].raw(), R"({"parts":[{"text":"s"}],"new":3})");
}

TEST_F(GeminiExtra, OfMessagesThatBecomeOneContentIsThatOfTheFirst) {
  EXPECT_EQ(contents_of(R"({"role":"user","content":"a",)" + extra(R"("new":1)") +
                        R"(},{"role":"user","content":"b",)" + extra(R"("new":2)") + "}"),
            R"([{"role":"user","parts":[{"text":"a"},{"text":"b"}],"new":1}])");
  EXPECT_EQ(dropped_, "messages.headgate.extra");
}

TEST_F(GeminiExtra, OfAMessageCannotSayWhatTheMessageDoes) {
  EXPECT_EQ(
      contents_of(R"({"role":"user","content":"a",)" + extra(R"("parts":[],"role":"model")") + "}"),
      R"([{"role":"user","parts":[{"text":"a"}]}])");
  EXPECT_EQ(dropped_, "messages.headgate.extra.parts, messages.headgate.extra.role");
}

TEST_F(GeminiExtra, OfOtherFormatsInMessagesPartsAndCallsIsNamed) {
  const std::string acme = R"("headgate":{"extra":{"acme.talk":{"a":1}},"new":2})";
  contents_of(R"({"role":"user","content":[{"type":"text","text":"a",)" + acme + "}]," + acme +
              R"(},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",)"
              R"("function":{"name":"f","arguments":"{}"},)" +
              acme + R"(}]},{"role":"tool","tool_call_id":"c","content":"r",)" + acme + "}");
  EXPECT_EQ(dropped_,
            "messages.content.headgate.new, messages.content.headgate.acme.talk, "
            "messages.headgate.new, messages.headgate.acme.talk, "
            "messages.tool_calls.headgate.new, messages.tool_calls.headgate.acme.talk");
}

TEST_F(GeminiExtra, OfPartsCallsAndResultsGoesToTheirParts) {
  const std::string call = R"({"role":"assistant","content":null,"tool_calls":[{"id":"c",)"
                           R"("type":"function","function":{"name":"f","arguments":"{}"},)" +
                           extra(R"("functionCall":{"new":1,"name":"g"},"other":2)") + "}]}";
  const std::string result =
      R"({"role":"tool","tool_call_id":"c","content":"r",)" +
      extra(R"("functionResponse":{"scheduling":"SILENT","response":{}},"other":3)") + "}";
  const std::string video =
      R"({"role":"user","content":[{"type":"file","file":{"file_data":"data:video/mp4;base64,AA"},)" +
      extra(R"("videoMetadata":{"fps":1.0},"inlineData":{},"text":"x")") +
      R"(},{"type":"text","text":"b",)" + extra(R"("new":4)") + "}]}";
  EXPECT_EQ(contents_of(video + "," + call + "," + result),
            R"([{"role":"user","parts":[{"inlineData":{"mimeType":"video/mp4","data":"AA"},)"
            R"("videoMetadata":{"fps":1.0}},{"text":"b","new":4}]},)"
            R"({"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{},"new":1},)"
            R"("other":2}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f",)"
            R"("response":{"result":"r"},"scheduling":"SILENT"},"other":3}]}])");
  EXPECT_EQ(dropped_,
            "messages.content.headgate.extra.inlineData, messages.content.headgate.extra.text, "
            "messages.tool_calls.headgate.extra.functionCall.name, "
            "messages.headgate.extra.functionResponse.response");
}

TEST_F(GeminiExtra, OfWhatIsNotSentIsNamed) {
  contents_of(R"({"role":"system","content":"",)" + extra(R"("new":1)") +
              R"(},{"role":"user","content":[{"type":"text","text":"",)" + extra(R"("new":1)") +
              R"(}]},{"role":"assistant","content":"",)" + extra(R"("new":1)") + "}");
  EXPECT_EQ(dropped_,
            "messages.headgate, messages.content.headgate.extra, messages.headgate.extra");
}

TEST(GeminiNames, AreReadAsGoogleReadsThem) {
  using headgate_gemini::is_named;
  EXPECT_TRUE(is_named("functionCall", "functionCall"));
  EXPECT_TRUE(is_named("function_call", "functionCall"));
  EXPECT_FALSE(is_named("function", "functionCall"));
  EXPECT_FALSE(is_named("functionCalls", "functionCall"));
  EXPECT_FALSE(is_named("", "functionCall"));
}

}  // namespace
