// What a request to the openai provider holds that is not OpenAI's: members of other makers, and
// the gateway's own.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.openai";

class OpenAiForeign : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why(); }

  FakeHost host;
};

// As a client repeats a message of another maker's model.
constexpr std::string_view kForeignMessages =
    R"([{"role":"user","content":"reasoning_content, \"images\""},)"
    R"({"role":"assistant","content":null,"reasoning_content":"hm","images":[],"a\"b":1.0,)"
    R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},)"
    R"("extra_content":{"google":{"thought_signature":"s"}}}],)"
    R"("extra_content":{"google":{"thought_signature":"t"}}},)"
    R"({"role":"tool","tool_call_id":"c","content":"r","extra_content":1}])";

TEST_F(OpenAiForeign, IsNotSentWhatOnlyOtherMakersKnowInAMessage) {
  const std::string body = R"({"model":"m","messages":)" + std::string(kForeignMessages) + "}";
  Instance openai(host, kId, "{}");
  hg_call call(body);
  ProviderRun run(openai, call);
  EXPECT_EQ(run.build(), HG_CONTINUE);
  EXPECT_EQ(call.upstream().body,
            R"({"model":"m","messages":[{"role":"user","content":"reasoning_content, \"images\""},)"
            R"({"role":"assistant","content":null,"a\"b":1.0,"tool_calls":[{"id":"c",)"
            R"("type":"function","function":{"name":"f","arguments":"{}"}}]},)"
            R"({"role":"tool","tool_call_id":"c","content":"r","extra_content":1}]})");
  EXPECT_EQ(run.on_head(), HG_CONTINUE);
  EXPECT_EQ(call.response().header("x-headgate-dropped"),
            "messages.reasoning_content, messages.images, messages.tool_calls.extra_content, "
            "messages.extra_content");
}

TEST_F(OpenAiForeign, LeavesMessagesToAServerOfAnotherMakerAsTheyAre) {
  const std::string body = R"({"model":"m","messages":)" + std::string(kForeignMessages) + "}";
  Instance openai(host, kId, "{}");
  hg_call call(body);
  ProviderRun run(openai, call);
  run.own_host = false;
  EXPECT_EQ(run.build(), HG_CONTINUE);
  EXPECT_EQ(call.upstream().body, body);
}

TEST_F(OpenAiForeign, IsNeverSentWhatTheGatewayKeepsInMessages) {
  const std::string body =
      R"({"model":"m","headgate":{"a":1},"messages":[{"role":"user","images":1,"headgate":{"b":1},)"
      R"("content":[{"type":"text","text":"\"headgate\"","headgate":{}}]},{"role":"assistant",)"
      R"("content":"x","headgate":{"blocks":[]},"reasoning_content":"hm"}]})";
  const auto sent = [&](bool own_host, const std::string& dialect) {
    Instance openai(host, kId, "{}");
    hg_call call(body);
    call.dialect = dialect;
    ProviderRun run(openai, call);
    run.own_host = own_host;
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    return call.response().header("x-headgate-dropped") + " " + call.upstream().body;
  };
  const std::string user =
      R"({"role":"user","images":1,"content":[{"type":"text","text":"\"headgate\""}]})";
  EXPECT_EQ(sent(true, "openai.chat"),
            "headgate, messages.headgate, messages.content.headgate, messages.reasoning_content "
            R"({"model":"m","messages":[)" +
                user + R"(,{"role":"assistant","content":"x"}]})");
  EXPECT_EQ(sent(false, "acme.talk"),
            "headgate, messages.headgate, messages.content.headgate "
            R"({"model":"m","messages":[)" +
                user + R"(,{"role":"assistant","content":"x","reasoning_content":"hm"}]})");
  EXPECT_EQ(sent(false, "openai.chat"), sent(false, "acme.talk"));
}

TEST_F(OpenAiForeign, IsNeverSentTheGatewaysOwnMemberHoweverItIsWritten) {
  const std::string body =
      R"({"model":"m","messages":[ {"role" : "user", "content" : "a \"headgate\": b"},)"
      R"({"role":"user","content":"x","headg\u0061te":{"secret":1}},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","\u0068eadgate":1}]}],)"
      R"("tools":[{"type":"function","headgate":2,"function":{"name":"f","parameters":)"
      R"({"type":"object","properties":{"headgate":{"type":"string"}}}}}]})";
  for (const bool own_host : {false, true}) {
    Instance openai(host, kId, "{}");
    hg_call call(body);
    ProviderRun run(openai, call);
    run.own_host = own_host;
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(call.upstream().body,
              R"({"model":"m","messages":[ {"role" : "user", "content" : "a \"headgate\": b"},)"
              R"({"role":"user","content":"x"},)"
              R"({"role":"assistant","content":null,"tool_calls":[{"id":"c"}]}],)"
              R"("tools":[{"type":"function","function":{"name":"f","parameters":)"
              R"({"type":"object","properties":{"headgate":{"type":"string"}}}}}]})");
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    EXPECT_EQ(call.response().header("x-headgate-dropped"),
              "messages.headgate, messages.tool_calls.headgate, tools.headgate");
  }
}

// What is sent of a body, behind what the client is told was left out.
class OpenAiForeignBody : public OpenAiForeign {
 protected:
  std::string sent(const std::string& body, bool own_host = false,
                   const std::string& config = "{}") {
    Instance openai(host, kId, config);
    hg_call call(body);
    ProviderRun run(openai, call);
    run.own_host = own_host;
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    return call.response().header("x-headgate-dropped") + " " + call.upstream().body;
  }
};

TEST_F(OpenAiForeignBody, LosesOnlyTheBytesOfWhatIsLeftOut) {
  const auto body = [](const std::string& in_message, const std::string& in_part,
                       const std::string& in_request) {
    return "{ \"model\" : \"m\",\n \"messages\" : [ { \"role\" : \"assistant\", \"content\" : [ "
           "{\"type\":\"text\", \"text\":\"\\u00e9\\/\"" +
           in_part + "} ] , \"reasoning_content\":\"hm\", \"n\" : 1.0" + in_message +
           " } ],\n \"seed\" : 12345678901234567890" + in_request + " }";
  };
  const std::string given = body(", \"headgate\" : {}", " , \"headgate\":[1]", ",\"headgate\":1");
  EXPECT_EQ(sent(given),
            "messages.content.headgate, messages.headgate, headgate " + body("", "", ""));
}

TEST_F(OpenAiForeignBody, LosesTheMemberInTheChoiceOfAToolAndInPictures) {
  EXPECT_EQ(
      sent(R"({"model":"m","messages":[{"role":"assistant","images":[{"headgate":1,"a":2}]}],)"
           R"("tool_choice":{"type":"function","headgate":{}}})"),
      "messages.images.headgate, tool_choice.headgate "
      R"({"model":"m","messages":[{"role":"assistant","images":[{"a":2}]}],)"
      R"("tool_choice":{"type":"function"}})");
}

// Which of two members of one name counts is up to the server.
TEST_F(OpenAiForeignBody, LosesTheMemberInEveryListOfMessages) {
  EXPECT_EQ(sent(R"({"model":"m","messages":[{"headgate":1}],"messages":[{"headgate":2,"a":1}]})"),
            R"(messages.headgate {"model":"m","messages":[{}],"messages":[{"a":1}]})");
}

TEST_F(OpenAiForeignBody, KeepsWhatIsTheClientsOwnAndCalledAlike) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{"headgate":"1"},)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"s","schema":)"
      R"({"type":"object","properties":{"headgate":{"type":"string"}}}}},)"
      R"("tool_choice":{"type":"function","function":{"name":"headgate"}}})";
  EXPECT_EQ(sent(body), " " + body);
  EXPECT_EQ(sent(body, true), " " + body);
}

TEST_F(OpenAiForeignBody, LosesTheMemberBesideOtherChanges) {
  EXPECT_EQ(sent(R"({"model":"m","headgate":1,"messages":[{"role":"user","headgate":1}]})", false,
                 R"({"model":"other"})"),
            R"(headgate, messages.headgate {"model":"other","messages":[{"role":"user"}]})");
}

TEST_F(OpenAiForeignBody, GetsTheMembersOfItsOwnFormatBack) {
  EXPECT_EQ(
      sent(R"({"model":"m", "headgate" : {"extra":{"openai.chat":{"new":1.0,"more":[1E0]}}} ,)"
           R"("messages":[{"role":"assistant","content":"x","headgate":{"extra":)"
           R"({"openai.chat":{"annotations":[{"n":1}]}}}}]})"),
      R"( {"model":"m", "new":1.0,"more":[1E0] ,)"
      R"("messages":[{"role":"assistant","content":"x","annotations":[{"n":1}]}]})");
}

TEST_F(OpenAiForeignBody, IsNotToldLikeThisWhatTheRequestSaysOrCouldSay) {
  EXPECT_EQ(
      sent(R"({"model":"m","other":1,"headgate":{"extra":{"openai.chat":{"model":"big","other":2,)"
           R"("max_tokens":5,"headgate":{"a":1},"new":3}}},"messages":[{"role":"user",)"
           R"("headgate":{"extra":{"openai.chat":{"content":"x","reasoning_content":"y"}}}}]})"),
      "headgate.extra.model, headgate.extra.other, headgate.extra.max_tokens, "
      "headgate.extra.headgate, messages.headgate.extra.content, "
      "messages.headgate.extra.reasoning_content "
      R"({"model":"m","other":1,"new":3,"messages":[{"role":"user"}]})");
}

TEST_F(OpenAiForeignBody, IsNotSentTheMembersOfOtherFormatsAndTheyAreNamed) {
  EXPECT_EQ(
      sent(R"({"model":"m","headgate":{"extra":{"gemini.generate":{"labels":{}}}},)"
           R"("messages":[{"role":"user","headgate":{"blocks":[],"extra":{"acme":{"a":1}}}}]})"),
      "headgate.gemini.generate, messages.headgate.acme, messages.headgate "
      R"({"model":"m","messages":[{"role":"user"}]})");
}

}  // namespace
