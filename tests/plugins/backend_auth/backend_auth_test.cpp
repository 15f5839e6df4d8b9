#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

constexpr std::string_view kId = "headgate.policy.backend-auth";

class BackendAuth : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("backend_auth"))) << host.why(); }

  std::optional<hg::testing::FakeCredential> credential(std::string_view config) {
    Instance policy(host, kId, config);
    EXPECT_TRUE(policy.ok()) << config;
    hg_call call;
    EXPECT_EQ(PolicyRun(policy, call).on_attempt(), HG_CONTINUE);
    return call.credential;
  }
  FakeHost host;
};

TEST_F(BackendAuth, ShowsTheKeyWhereTheProviderWantsIt) {
  const auto shown = credential(R"({"key":"sk-1"})");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->kind, static_cast<std::uint32_t>(HG_CREDENTIAL_KEY));
  EXPECT_EQ(shown->value, "sk-1");
  EXPECT_EQ(shown->place, static_cast<std::uint32_t>(HG_PLACE_DEFAULT));
}

TEST_F(BackendAuth, ShowsTheKeyInAHeaderOfTheUsers) {
  const auto shown =
      credential(R"({"key":{"value":"k","location":{"header":{"name":"x-k","prefix":"Key "}}}})");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->place, static_cast<std::uint32_t>(HG_PLACE_HEADER));
  EXPECT_EQ(shown->name, "x-k");
  EXPECT_EQ(shown->prefix, "Key ");
}

TEST_F(BackendAuth, ShowsTheKeyInAQueryParameterOrACookie) {
  const auto query =
      credential(R"({"key":{"value":"k","location":{"queryParameter":{"name":"key"}}}})");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->place, static_cast<std::uint32_t>(HG_PLACE_QUERY));
  EXPECT_EQ(query->name, "key");
  const auto cookie = credential(R"({"key":{"value":"k","location":{"cookie":{"name":"sid"}}}})");
  ASSERT_TRUE(cookie);
  EXPECT_EQ(cookie->place, static_cast<std::uint32_t>(HG_PLACE_COOKIE));
  EXPECT_EQ(cookie->name, "sid");
}

TEST_F(BackendAuth, LeavesTheClientsOwnWithPassthrough) {
  EXPECT_FALSE(credential(R"({"passthrough":{}})"));
}

TEST_F(BackendAuth, RefusesAKeyThatWouldBreakAHeaderWithoutShowingIt) {
  EXPECT_FALSE(Instance(host, kId, R"({"key":"sk-1\r\nx: y"})").ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/key");
  EXPECT_EQ(host.faults[0].message.find("sk-1"), std::string::npos);
  EXPECT_FALSE(Instance(host, kId, R"({"key":{"value":""}})").ok());
  EXPECT_EQ(host.faults[1].pointer, "/key/value");
}

TEST_F(BackendAuth, SaysThatCloudsAreNotSupportedYet) {
  for (const std::string cloud : {"gcp", "aws", "azure"}) {
    host.faults.clear();
    EXPECT_FALSE(Instance(host, kId, "{\"" + cloud + "\":{}}").ok());
    ASSERT_EQ(host.faults.size(), 1u) << cloud;
    EXPECT_EQ(host.faults[0].pointer, "/" + cloud);
    EXPECT_EQ(host.faults[0].message, "not supported yet");
  }
}

}  // namespace
