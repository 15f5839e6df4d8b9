// Whether and how an OpenAI-compatible server is asked to go on from a message of the assistant's.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.openai";

class OpenAiPrefill : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why(); }

  bool prefills(const std::string& config, const std::string& members = "") {
    Instance openai(host, kId, config);
    hg_call call(R"({"model":"m","messages":[])" + members + "}");
    return ProviderRun(openai, call).prefills();
  }
  std::string sent(const std::string& how, bool prefill = true) {
    Instance openai(host, kId, R"({"prefill":")" + how + "\"}");
    hg_call call(R"({"model":"m","messages":[{"role":"user"},{"role":"assistant"}]})");
    ProviderRun run(openai, call);
    EXPECT_EQ(run.build(prefill), HG_CONTINUE);
    return call.upstream().body;
  }
  FakeHost host;
};

TEST_F(OpenAiPrefill, IsOnlyDoneWhereTheConfigurationSaysSo) {
  EXPECT_FALSE(prefills("{}")) << "OpenAI itself answers anew";
  EXPECT_FALSE(prefills(R"({"prefill":"none"})"));
  EXPECT_TRUE(prefills(R"({"prefill":"message"})"));
  EXPECT_TRUE(prefills(R"({"prefill":"prefix"})"));
  EXPECT_TRUE(prefills(R"({"prefill":"continueFinalMessage"})"));
}

TEST_F(OpenAiPrefill, IsNotDoneWithThoughtsOrAGrammar) {
  const std::string on = R"({"prefill":"message"})";
  EXPECT_FALSE(prefills(on, R"(,"reasoning_effort":"low")"));
  EXPECT_TRUE(prefills(on, R"(,"reasoning_effort":"none")"));
  EXPECT_FALSE(prefills(on, R"(,"response_format":{"type":"json_object"})"));
  EXPECT_TRUE(prefills(on, R"(,"response_format":{"type":"text"})"));
}

TEST_F(OpenAiPrefill, IsAskedForAsTheServerWantsIt) {
  const std::string as_it_is = R"({"model":"m","messages":[{"role":"user"},{"role":"assistant"}]})";
  EXPECT_EQ(sent("message"), as_it_is);
  EXPECT_EQ(sent("prefix"),
            R"({"model":"m","messages":[{"role":"user"},{"role":"assistant","prefix":true}]})");
  const std::string vllm = sent("continueFinalMessage");
  EXPECT_NE(vllm.find(R"("continue_final_message":true)"), std::string::npos) << vllm;
  EXPECT_NE(vllm.find(R"("add_generation_prompt":false)"), std::string::npos) << vllm;
  EXPECT_EQ(sent("continueFinalMessage", false), as_it_is);
  EXPECT_EQ(sent("prefix", false), as_it_is);
}

}  // namespace
