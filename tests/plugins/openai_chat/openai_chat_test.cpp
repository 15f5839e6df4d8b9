#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::DialectRun;
using hg::testing::FakeHost;
using hg::testing::Instance;

class OpenAiChat : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai_chat"))) << host.why(); }

  std::string error_body(std::uint32_t status, std::string_view code, std::string_view message) {
    Instance chat(host, "openai.chat");
    hg_call call;
    DialectRun run(chat, call);
    EXPECT_EQ(run.error(status, code, message), HG_CONTINUE);
    return call.response().body;
  }
  FakeHost host;
};

TEST_F(OpenAiChat, ShowsAnErrorAsOpenAiDoes) {
  EXPECT_EQ(error_body(401, "invalid_api_key", "No such key"),
            R"({"error":{"message":"No such key","type":"authentication_error","param":null,)"
            R"("code":"invalid_api_key"}})");
}

TEST_F(OpenAiChat, EscapesWhatAnErrorSays) {
  EXPECT_EQ(error_body(400, "", "a \"quote\"\n"),
            R"({"error":{"message":"a \"quote\"\n","type":"invalid_request_error","param":null,)"
            R"("code":null}})");
}

TEST_F(OpenAiChat, NamesTheTypeOfEachStatus) {
  const auto type = [&](std::uint32_t status) {
    const std::string body = error_body(status, "x", "y");
    const std::size_t at = body.find("\"type\":\"") + 8;
    return body.substr(at, body.find('"', at) - at);
  };
  EXPECT_EQ(type(400), "invalid_request_error");
  EXPECT_EQ(type(404), "invalid_request_error");
  EXPECT_EQ(type(403), "permission_error");
  EXPECT_EQ(type(429), "rate_limit_error");
  EXPECT_EQ(type(500), "server_error");
  EXPECT_EQ(type(502), "server_error");
  EXPECT_EQ(type(503), "service_unavailable_error");
}

TEST_F(OpenAiChat, EmitsAnErrorInTheMiddleOfAStream) {
  Instance chat(host, "openai.chat");
  hg_call call;
  DialectRun run(chat, call);
  EXPECT_EQ(run.error(502, "upstream_cut", "It broke", true), HG_CONTINUE);
  ASSERT_EQ(call.emitted.size(), 1u);
  EXPECT_EQ(call.emitted[0].type, "");
  EXPECT_EQ(call.emitted[0].data,
            R"({"error":{"message":"It broke","type":"server_error","param":null,)"
            R"("code":"upstream_cut"}})");
  EXPECT_EQ(call.response().body, "");
}

TEST_F(OpenAiChat, ShowsAnErrorBeforeTheRequestWasOpened) {
  Instance chat(host, "openai.chat");
  hg_call call;
  DialectRun run(chat, call);
  EXPECT_EQ(run.error(400, "bad_json", "no", false, true), HG_CONTINUE);
  EXPECT_NE(call.response().body, "");
}

TEST_F(OpenAiChat, ListsTheModelsOfTheConfiguration) {
  Instance chat(host, "openai.chat");
  hg_call call;
  call.operation = "models";
  call.models = {{"gpt-4o", "openai"}, {"gemini-2.5-\"pro\"", "google"}};
  EXPECT_EQ(DialectRun(chat, call).answer(), HG_STOP);
  ASSERT_TRUE(call.answer);
  EXPECT_EQ(call.answer->status, 200u);
  EXPECT_EQ(call.answer->content_type, "application/json");
  EXPECT_EQ(call.answer->body,
            R"({"object":"list","data":[)"
            R"({"id":"gpt-4o","object":"model","created":0,"owned_by":"openai"},)"
            R"({"id":"gemini-2.5-\"pro\"","object":"model","created":0,"owned_by":"google"}]})");
}

// What it records then is for where no provider knows better.
TEST_F(OpenAiChat, LeavesModelsToTheProviderWhereTheConfigurationNamesNone) {
  Instance chat(host, "openai.chat");
  hg_call call;
  call.operation = "models";
  EXPECT_EQ(DialectRun(chat, call).answer(), HG_CONTINUE);
  EXPECT_EQ(call.answer->body, R"({"object":"list","data":[]})");
}

TEST_F(OpenAiChat, AnswersForOneModel) {
  Instance chat(host, "openai.chat");
  hg_call call;
  call.request().body.clear();
  call.operation = "model";
  call.path_model = "b";
  call.models = {{"a", "x"}, {"b", "y"}};
  EXPECT_EQ(DialectRun(chat, call).answer(), HG_STOP);
  EXPECT_EQ(call.answer->body, R"({"id":"b","object":"model","created":0,"owned_by":"y"})");
}

TEST_F(OpenAiChat, LeavesAModelThatItDoesNotKnowToTheProvider) {
  Instance chat(host, "openai.chat");
  hg_call call;
  call.request().body.clear();
  call.operation = "model";
  call.path_model = "c";
  call.models = {{"a", "x"}};
  EXPECT_EQ(DialectRun(chat, call).answer(), HG_CONTINUE);
  EXPECT_EQ(call.answer->status, 404u);
  EXPECT_EQ(call.answer->code, "model_not_found");
}

TEST_F(OpenAiChat, SaysWhatMayBeAskedOfTwoAtOnce) {
  const auto repeatable = [&](std::string_view rest, std::string_view operation = "chat") {
    Instance chat(host, "openai.chat");
    hg_call call(R"({"model":"m","messages":[])" + std::string(rest) + "}");
    call.operation = operation;
    DialectRun run(chat, call);
    return run.repeatable() == HG_CONTINUE;
  };
  for (const std::string_view yes :
       {"", R"(,"store":false)", R"(,"store":null)", R"(,"tools":null)", R"(,"tools":[])",
        R"(,"tools":[{"type":"function","function":{}},{"type":"custom","custom":{}}])"}) {
    EXPECT_TRUE(repeatable(yes)) << yes;
  }
  for (const std::string_view no :
       {R"(,"store":true)", R"(,"store":1)", R"(,"background":true)", R"(,"web_search_options":{})",
        R"(,"tools":[{"type":"function"},{"type":"web_search"}])", R"(,"tools":[{}])",
        R"(,"tools":{"0":{"type":"mcp"}})", R"(,"tools":[1])"}) {
    EXPECT_FALSE(repeatable(no)) << no;
  }
  EXPECT_FALSE(repeatable("", "models"));
  EXPECT_TRUE(repeatable("", "embeddings"));
  std::string many = R"(,"tools":[)";
  for (int i = 0; i < 300; ++i) many += R"({"type":"function"},)";
  many.back() = ']';
  EXPECT_FALSE(repeatable(many)) << "who would look at all of them";
}

}  // namespace
