#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

constexpr std::string_view kId = "headgate.policy.ai";

class Ai : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("ai"))) << host.why(); }

  std::string after(std::string_view config, std::string_view body) {
    Instance policy(host, kId, config);
    EXPECT_TRUE(policy.ok()) << (host.faults.empty() ? "" : host.faults[0].message);
    hg_call call(body);
    call.operation = operation;
    EXPECT_EQ(PolicyRun(policy, call).on_request(), HG_CONTINUE);
    return call.request().body;
  }
  FakeHost host;
  std::string operation = "chat";
};

TEST_F(Ai, RenamesAModel) {
  constexpr std::string_view kConfig = R"({"modelAliases":{"fast":"gpt-4o-mini"}})";
  EXPECT_EQ(after(kConfig, R"({"model":"fast","n":1})"), R"({"model":"gpt-4o-mini","n":1})");
  EXPECT_EQ(after(kConfig, R"({"model":"faster"})"), R"({"model":"faster"})");
  EXPECT_EQ(after(kConfig, R"({"n":1})"), R"({"n":1})");
}

TEST_F(Ai, PrefersAnExactNameThenTheLongestPattern) {
  constexpr std::string_view kConfig =
      R"({"modelAliases":{"*":"any","gpt-*":"gpt","gpt-4*-mini":"mini","gpt-4o-mini":"exact"}})";
  EXPECT_EQ(after(kConfig, R"({"model":"gpt-4o-mini"})"), R"({"model":"exact"})");
  EXPECT_EQ(after(kConfig, R"({"model":"gpt-4.1-mini"})"), R"({"model":"mini"})");
  EXPECT_EQ(after(kConfig, R"({"model":"gpt-5"})"), R"({"model":"gpt"})");
  EXPECT_EQ(after(kConfig, R"({"model":"o3"})"), R"({"model":"any"})");
}

TEST_F(Ai, DoesNotRenameTwice) {
  EXPECT_EQ(after(R"({"modelAliases":{"a":"b","b":"c"}})", R"({"model":"a"})"), R"({"model":"b"})");
}

TEST_F(Ai, FillsInWhatTheClientLeftOut) {
  constexpr std::string_view kConfig =
      R"({"defaults":{"max_tokens":10,"a/b~c":[1.0],"model":"m"}})";
  EXPECT_EQ(after(kConfig, R"({"x":1})"), R"({"x":1,"max_tokens":10,"a/b~c":[1.0],"model":"m"})");
  EXPECT_EQ(after(kConfig, R"({"max_tokens":null,"a/b~c":0,"model":"n"})"),
            R"({"max_tokens":null,"a/b~c":0,"model":"n"})");
}

TEST_F(Ai, OverridesWhatTheClientSaid) {
  EXPECT_EQ(after(R"({"overrides":{"store":false,"model":"m"}})", R"({"store":true,"model":"n"})"),
            R"({"store":false,"model":"m"})");
  EXPECT_EQ(after(R"({"overrides":{"store":false,"model":"m"}})", "{}"),
            R"({"store":false,"model":"m"})");
}

TEST_F(Ai, AppliesDefaultsThenOverridesThenAliases) {
  constexpr std::string_view kConfig =
      R"({"defaults":{"n":1,"model":"d"},"overrides":{"n":2,"model":"o"},"modelAliases":{"o":"x","d":"y"}})";
  EXPECT_EQ(after(kConfig, "{}"), R"({"n":2,"model":"x"})");
}

TEST_F(Ai, LeavesPathsThatPassThroughAlone) {
  operation = "";
  EXPECT_EQ(after(R"({"overrides":{"n":2},"modelAliases":{"*":"x"}})", R"({"model":"a"})"),
            R"({"model":"a"})");
}

TEST_F(Ai, LeavesEmbeddingsAlone) {
  operation = "embeddings";
  const std::string_view body = R"({"model":"e","input":"x"})";
  EXPECT_EQ(after(R"({"overrides":{"n":2},"modelAliases":{"*":"x"}})", body), body);
  EXPECT_EQ(after(R"({"defaults":{"max_tokens":2}})", body), body);
}

TEST_F(Ai, LeavesABodyThatIsNotJsonToTheProvider) {
  EXPECT_EQ(after(R"({"defaults":{"n":2},"overrides":{"m":3}})", "not json"), "not json");
  EXPECT_EQ(after(R"({"defaults":{"n":2}})", "[]"), "[]");
}

TEST_F(Ai, RefusesWhatItCannotDoNamingEachPlace) {
  EXPECT_FALSE(Instance(host, kId,
                        R"({"modelAliases":{"a":"b-*"},"prompts":{},"promptGuard":{},)"
                        R"("promptCaching":{},"transformations":{},"overrides":{"model":""}})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) pointers.push_back(fault.pointer);
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"/modelAliases/a", "/prompts", "/promptGuard",
                                      "/promptCaching", "/transformations", "/overrides/model"}));
}

TEST_F(Ai, LeavesItsRoutesToTheGateway) {
  EXPECT_TRUE(Instance(host, kId, R"({"routes":{"/my/chat":"completions"}})").ok());
}

}  // namespace
