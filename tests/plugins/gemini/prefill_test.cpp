// Which models of Gemini are asked to go on from a turn of their own.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

class GeminiPrefill : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("gemini"))) << host.why(); }

  bool prefills(const std::string& model, const std::string& members = "",
                const std::string& config = R"({"prefill":true})") {
    Instance gemini(host, "headgate.provider.gemini", config);
    hg_call call(R"({"model":")" + model + R"(","messages":[])" + members + "}");
    return ProviderRun(gemini, call).prefills();
  }
  FakeHost host;
};

TEST_F(GeminiPrefill, IsOnlyDoneWhereTheConfigurationSaysSo) {
  EXPECT_TRUE(prefills("gemini-2.0-flash"));
  EXPECT_FALSE(prefills("gemini-2.0-flash", "", "{}"));
  EXPECT_FALSE(prefills("gemini-2.0-flash", "", R"({"prefill":false})"));
}

TEST_F(GeminiPrefill, IsNotDoneWhereTheModelMayThink) {
  const std::string off = R"(,"reasoning_effort":"none")";
  EXPECT_FALSE(prefills("gemini-2.5-flash"));
  EXPECT_TRUE(prefills("gemini-2.5-flash", off));
  EXPECT_TRUE(prefills("gemini-2.5-flash",
                       R"(,"extra_body":{"google":{"thinking_config":{"thinking_budget":0}}})"));
  EXPECT_FALSE(prefills("gemini-2.5-pro", off)) << "cannot be kept from it";
  EXPECT_FALSE(prefills("gemini-3-flash", off));
  EXPECT_FALSE(prefills("gemini-flash-latest", off)) << "its name does not say what it is";
}

TEST_F(GeminiPrefill, IsNotDoneWithASchema) {
  EXPECT_FALSE(prefills("gemini-2.0-flash", R"(,"response_format":{"type":"json_object"})"));
  EXPECT_TRUE(prefills("gemini-2.0-flash", R"(,"response_format":{"type":"text"})"));
}

TEST_F(GeminiPrefill, EndsWithATurnOfTheModel) {
  Instance gemini(host, "headgate.provider.gemini", R"({"prefill":true})");
  hg_call call(R"({"model":"gemini-2.0-flash","messages":[{"role":"user","content":"Hi"},)"
               R"({"role":"assistant","content":"Hel"}]})");
  ProviderRun run(gemini, call);
  ASSERT_EQ(run.build(true), HG_CONTINUE);
  EXPECT_NE(call.upstream().body.find(R"({"role":"model","parts":[{"text":"Hel"}]}])"),
            std::string::npos)
      << call.upstream().body;
}

}  // namespace
