#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "testing/sha256.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

constexpr std::string_view kId = "headgate.policy.api-key";

class ApiKey : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("api_key"))) << host.why(); }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // Runs a request; `call` shows afterwards what happened.
  std::int32_t ask(std::string_view config, const Headers& headers) {
    Instance policy(host, kId, config);
    EXPECT_TRUE(policy.ok()) << (host.faults.empty() ? "" : host.faults[0].message);
    call.request().headers = headers;
    call.answer.reset();
    call.consumed.reset();
    call.attributes.clear();
    return PolicyRun(policy, call).on_request();
  }
  static std::string hash_of(std::string_view key) {
    std::string text = "sha256:";
    for (const std::uint8_t byte : hg::testing::sha256(key)) {
      text += "0123456789ABCDEF"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

  FakeHost host;
  hg_call call{R"({"model":"gpt-4o","messages":[]})"};
};

TEST_F(ApiKey, LetsAKnownKeyPassAndKeepsItHere) {
  EXPECT_EQ(ask(R"({"keys":[{"key":"a"},{"key":"b"}]})", {{"Authorization", "Bearer b"}}),
            HG_CONTINUE);
  EXPECT_FALSE(call.answer);
  EXPECT_EQ(call.consumed, "authorization");
}

TEST_F(ApiKey, RefusesAWrongKeyWithoutRepeatingIt) {
  for (const std::string wrong : {"c", "aa", "B", "sk-secret"}) {
    EXPECT_EQ(ask(R"({"keys":[{"key":"a"},{"key":"b"}]})", {{"authorization", "Bearer " + wrong}}),
              HG_STOP);
    EXPECT_EQ(call.answer->status, 401u);
    EXPECT_EQ(call.answer->code, "invalid_api_key");
    EXPECT_EQ(call.answer->message.find("sk-secret"), std::string::npos);
    EXPECT_TRUE(call.consumed);
    EXPECT_TRUE(call.attributes.empty());
  }
}

TEST_F(ApiKey, AsksForAKeyWhereThereIsNone) {
  for (const Headers& headers :
       {Headers{}, Headers{{"authorization", "Bearer "}}, Headers{{"authorization", "Basic YQ=="}},
        Headers{{"authorization", ""}}}) {
    EXPECT_EQ(ask(R"({"keys":[{"key":"a"}]})", headers), HG_STOP);
    EXPECT_EQ(call.answer->status, 401u);
    EXPECT_EQ(call.answer->code, "missing_api_key");
  }
}

TEST_F(ApiKey, KnowsAKeyByItsHash) {
  const std::string config = R"({"keys":[{"keyHash":")" + hash_of("right") + R"("}]})";
  EXPECT_EQ(ask(config, {{"authorization", "bearer right"}}), HG_CONTINUE);
  EXPECT_EQ(ask(config, {{"authorization", "Bearer wrong"}}), HG_STOP);
  EXPECT_EQ(ask(config, {{"authorization", "Bearer " + hash_of("right")}}), HG_STOP);
}

TEST_F(ApiKey, FindsEachOfManyKeys) {
  std::string config = R"({"keys":[)";
  for (int i = 0; i < 100; ++i)
    config += (i == 0 ? "" : ",") + std::string(R"({"key":"key)") + std::to_string(i) + "\"}";
  config += "]}";
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(ask(config, {{"authorization", "Bearer key" + std::to_string(i)}}), HG_CONTINUE) << i;
  EXPECT_EQ(ask(config, {{"authorization", "Bearer key100"}}), HG_STOP);
}

TEST_F(ApiKey, FindsKeysAndHashesSideBySide) {
  std::string config = R"({"keys":[)";
  for (int i = 0; i < 300; ++i) {
    const std::string key = "k" + std::to_string(i);
    config += i == 0 ? "" : ",";
    config += i % 3 == 0 ? R"({"keyHash":")" + hash_of(key) + R"(")" : R"({"key":")" + key + '"';
    config += R"(,"metadata":{"user":")" + key + R"("}})";
  }
  config += "]}";
  for (const int i : {0, 1, 2, 3, 149, 150, 298, 299}) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_EQ(ask(config, {{"authorization", "Bearer " + key}}), HG_CONTINUE) << key;
    EXPECT_EQ(call.attributes["auth.subject"], '"' + key + '"');
  }
  for (const std::string wrong : {"k300", "k", "k1 ", "K1"}) {
    EXPECT_EQ(ask(config, {{"authorization", "Bearer " + wrong}}), HG_STOP) << wrong;
  }
}

TEST_F(ApiKey, SeesTheSameKeyTwiceThoughOnceAsAHash) {
  Instance policy(host, kId, R"({"keys":[{"key":"a"},{"keyHash":")" + hash_of("a") + R"("}]})");
  EXPECT_FALSE(policy.ok());
}

TEST_F(ApiKey, LooksWhereTheSdksOfOtherFormatsPutTheirKey) {
  for (const std::string name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    EXPECT_EQ(ask(R"({"keys":[{"key":"a"}]})", {{name, "a"}}), HG_CONTINUE) << name;
    EXPECT_EQ(call.consumed, name);
  }
}

TEST_F(ApiKey, LooksOnlyInTheConfiguredPlace) {
  const std::string header =
      R"({"keys":[{"key":"a"}],"location":{"header":{"name":"x-k","prefix":"Key "}}})";
  EXPECT_EQ(ask(header, {{"x-k", "Key a"}}), HG_CONTINUE);
  EXPECT_EQ(call.consumed, "x-k");
  EXPECT_EQ(ask(header, {{"authorization", "Bearer a"}}), HG_STOP);
  EXPECT_EQ(ask(header, {{"x-k", "a"}}), HG_STOP);

  const std::string cookie = R"({"keys":[{"key":"a"}],"location":{"cookie":{"name":"sid"}}})";
  EXPECT_EQ(ask(cookie, {{"cookie", "xsid=b; sid=a; other=c"}}), HG_CONTINUE);
  EXPECT_EQ(call.consumed, "cookie");
  EXPECT_EQ(ask(cookie, {{"cookie", "xsid=a"}}), HG_STOP);

  const std::string query =
      R"({"keys":[{"key":"a b"}],"location":{"queryParameter":{"name":"k"}}})";
  call.request().target = "/v1/chat/completions?x=1&k=a%20b";
  EXPECT_EQ(ask(query, {}), HG_CONTINUE);
  EXPECT_EQ(call.consumed, "?k");
  call.request().target = "/v1/chat/completions?kk=a%20b";
  EXPECT_EQ(ask(query, {}), HG_STOP);
}

TEST_F(ApiKey, OptionallyLetsARequestWithoutAKeyPass) {
  constexpr std::string_view kConfig = R"({"keys":[{"key":"a"}],"mode":"optional"})";
  EXPECT_EQ(ask(kConfig, {}), HG_CONTINUE);
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer x"}}), HG_STOP);
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer a"}}), HG_CONTINUE);
  EXPECT_TRUE(call.consumed);
}

TEST_F(ApiKey, PermissivelyLetsEverythingPassButKnowsItsKeys) {
  constexpr std::string_view kConfig = R"({"keys":[{"key":"a"}],"mode":"permissive"})";
  EXPECT_EQ(ask(kConfig, {}), HG_CONTINUE);
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer x"}}), HG_CONTINUE);
  EXPECT_FALSE(call.consumed) << "a key that is not ours may be meant for the provider";
  EXPECT_TRUE(call.attributes.empty());
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer a"}}), HG_CONTINUE);
  EXPECT_TRUE(call.consumed);
}

TEST_F(ApiKey, AllowsTheModelsOfTheKeyOnly) {
  constexpr std::string_view kConfig =
      R"({"keys":[{"key":"a","allowedModels":["gpt-4o-*","o3"]},{"key":"b","allowedModels":[]}]})";
  const auto with_model = [&](const std::string& body, const std::string& key = "a") {
    call.request().body = body;
    return ask(kConfig, {{"authorization", "Bearer " + key}});
  };
  EXPECT_EQ(with_model(R"({"model":"gpt-4o-mini"})"), HG_CONTINUE);
  EXPECT_EQ(with_model(R"({"model":"o3"})"), HG_CONTINUE);
  EXPECT_EQ(with_model(R"({"model":"gpt-4o"})"), HG_STOP);
  EXPECT_EQ(call.answer->status, 403u);
  EXPECT_EQ(call.answer->code, "model_not_allowed");
  EXPECT_EQ(with_model("{}"), HG_STOP) << "no model is not an allowed model";
  EXPECT_EQ(with_model(R"({"model":"o3"})", "b"), HG_STOP) << "an empty list allows none";
}

TEST_F(ApiKey, ChecksTheModelOfPathsThatPassThroughToo) {
  constexpr std::string_view kConfig = R"({"keys":[{"key":"a","allowedModels":["embed-*"]}]})";
  call.operation = "";
  call.dialect = "";
  call.request().body = R"({"model":"embed-1"})";
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer a"}}), HG_CONTINUE);
  call.request().body = R"({"model":"other"})";
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer a"}}), HG_STOP);
  call.request().body = "not json";
  EXPECT_EQ(ask(kConfig, {{"authorization", "Bearer a"}}), HG_STOP);
}

TEST_F(ApiKey, LetsAnyKeyListTheModels) {
  call.operation = "models";
  call.request().body.clear();
  EXPECT_EQ(ask(R"({"keys":[{"key":"a","allowedModels":["x"]}]})", {{"authorization", "Bearer a"}}),
            HG_CONTINUE);
}

TEST_F(ApiKey, SaysWhoCalls) {
  ask(R"({"keys":[{"key":"a","metadata":{"user":"team \"a\"","role":"x"}}]})",
      {{"authorization", "Bearer a"}});
  EXPECT_EQ(call.attributes["auth.method"], "\"apiKey\"");
  EXPECT_EQ(call.attributes["auth.subject"], R"("team \"a\"")");
  EXPECT_EQ(call.attributes["auth.metadata"], R"({"user":"team \"a\"","role":"x"})");
  ask(R"({"keys":[{"key":"abc"}]})", {{"authorization", "Bearer abc"}});
  EXPECT_EQ(call.attributes["auth.subject"], "\"key-ba7816bf\"");
  EXPECT_EQ(call.attributes["auth.metadata"], "{}");
}

TEST_F(ApiKey, RefusesKeysThatCannotBeMeantWithoutShowingThem) {
  const std::string hash = hash_of("a");
  EXPECT_FALSE(Instance(host, kId,
                        R"({"keys":[{},{"key":"a","keyHash":")" + hash +
                            R"("},{"key":"secret"},{"key":"secret"},{"keyHash":"md5:1"},)"
                            R"({"keyHash":"$2b$12$abc"},{"keyHash":"sha256:zz"}],"mode":"lax"})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) {
    pointers.push_back(fault.pointer);
    EXPECT_EQ(fault.message.find("secret"), std::string::npos);
  }
  EXPECT_EQ(pointers, (std::vector<std::string>{"/keys/0", "/keys/1", "/keys/3", "/keys/4/keyHash",
                                                "/keys/5/keyHash", "/keys/6/keyHash", "/mode"}));
}

TEST_F(ApiKey, DoesNotLetARequestPassWhoseKeyCouldNotBeConsumed) {
  Instance policy(host, kId, R"({"keys":[{"key":"a"}]})");
  call.request().headers = {{"authorization", "Bearer a"}};
  call.fail_at = 1;
  EXPECT_EQ(PolicyRun(policy, call).on_request(), HG_ABORT);
}

}  // namespace
