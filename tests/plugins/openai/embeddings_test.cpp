// The OpenAI provider where texts are made into vectors.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.openai";

class Embeddings : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why(); }

  // The configured model is a chat's: the gateway hands over the client's.
  static constexpr std::string_view kBody = R"({"model":"e-1","input":["a","b"],"stream":true})";

  struct Given {
    std::int32_t action = HG_ABORT;
    hg::Usage usage;
  };
  // What `answers(run)` leaves, of a provider that was asked for embeddings.
  template <class Answers>
  Given given_by(const Answers& answers) {
    Instance openai(host, kId, R"({"model":"gpt-4o"})");
    hg_call call(kBody);
    call.operation = "embeddings";
    ProviderRun run(openai, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.on_head(200, "application/json"), HG_CONTINUE);
    EXPECT_EQ(run.plan.framing, static_cast<std::uint32_t>(HG_FRAMING_WHOLE));
    EXPECT_EQ(run.plan.passes, 1u);
    Given given;
    given.action = answers(run);
    given.usage = call.usage;
    return given;
  }
  Given answer(std::string_view body) {
    return given_by([&](ProviderRun& run) { return run.on_body(body); });
  }

  FakeHost host;
};

TEST_F(Embeddings, AreAskedForAtTheirOwnPathWithTheBodyAsItIs) {
  Instance openai(host, kId, R"({"model":"gpt-4o"})");
  hg_call call(kBody);
  call.operation = "embeddings";
  ProviderRun run(openai, call);
  hg_build in{};
  in.size = HG_END_OF(hg_build, max_tokens);
  in.stream = 1;
  in.operation = hg::str("embeddings");
  in.dialect = hg::str("openai.chat");
  in.model = hg::str("e-1");
  in.base_path = hg::str("/deep/v2");
  EXPECT_EQ(run.build(in), HG_CONTINUE);
  EXPECT_EQ(call.upstream().target, "/deep/v2/embeddings");
  EXPECT_EQ(call.upstream().body, kBody);
  in.model = hg::str("e-2");
  EXPECT_EQ(run.build(in), HG_CONTINUE);
  EXPECT_EQ(call.upstream().body, R"({"model":"e-2","input":["a","b"],"stream":true})");
}

TEST_F(Embeddings, HaveTheirTokensCounted) {
  const Given given = answer(R"({"object":"list","data":[{"object":"embedding","embedding":[1]}],)"
                             R"("usage":{"prompt_tokens":7,"total_tokens":7}})");
  EXPECT_EQ(given.action, HG_CONTINUE);
  EXPECT_EQ(given.usage.input, 7u);
  EXPECT_FALSE(given.usage.output);
}

TEST_F(Embeddings, HaveTheirTokensCountedWhereOnlyTheEndIsSeen) {
  const auto counted = [&](std::string_view tail) {
    const auto shown = [&](ProviderRun& run) {
      run.on_tail(tail);
      return HG_CONTINUE;
    };
    return given_by(shown).usage.input;
  };
  EXPECT_EQ(counted(R"(0.25]}],"usage":{"prompt_tokens":7,"total_tokens":7}})"), 7u);
  EXPECT_EQ(counted(R"(0.25]}],"usage" : {"prompt_tokens": 7}, "model":"e"} )"), 7u);
  EXPECT_EQ(counted(R"(0.25]}],"usage":null})"), std::nullopt);
  EXPECT_EQ(counted(R"(kens":7}})"), std::nullopt);
  EXPECT_EQ(counted(""), std::nullopt);
}

TEST_F(Embeddings, AreNoAnswerWithoutData) {
  EXPECT_EQ(answer(R"({"choices":[],"usage":{"prompt_tokens":7}})").action, HG_ABORT);
  EXPECT_EQ(answer(R"({"data":{}})").action, HG_ABORT);
  EXPECT_EQ(answer(R"({"data":[)").action, HG_ABORT);
  EXPECT_EQ(answer("<html>").action, HG_ABORT);
  EXPECT_EQ(answer(R"({"data":[]})").action, HG_CONTINUE);
}

}  // namespace
