#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

constexpr std::string_view kId = "headgate.policy.request-header-modifier";

class RequestHeaderModifier : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host.load(plugin_path("request_header_modifier"))) << host.why();
  }
  FakeHost host;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST_F(RequestHeaderModifier, AddsThenSetsThenRemoves) {
  Instance policy(host, kId,
                  R"({"add":{"x-a":"2","x-c":"1"},"set":{"X-B":"new"},"remove":["X-C","x-none"]})");
  hg_call call;
  call.upstream().headers = {{"x-a", "1"}, {"x-b", "old"}, {"x-b", "older"}};
  EXPECT_EQ(PolicyRun(policy, call).on_attempt(), HG_CONTINUE);
  EXPECT_EQ(call.upstream().headers, (Headers{{"x-a", "1"}, {"x-a", "2"}, {"X-B", "new"}}));
}

TEST_F(RequestHeaderModifier, LeavesTheClientsRequestAlone) {
  Instance policy(host, kId, R"({"set":{"content-type":"text/plain"}})");
  hg_call call;
  const Headers before = call.request().headers;
  EXPECT_EQ(PolicyRun(policy, call).on_attempt(), HG_CONTINUE);
  EXPECT_EQ(call.request().headers, before);
  EXPECT_EQ(call.upstream().header("content-type"), "text/plain");
}

TEST_F(RequestHeaderModifier, RefusesWhatHttpOrTheConnectionForbids) {
  EXPECT_FALSE(Instance(host, kId,
                        R"({"add":{"bad name":"x","x-v":"a\r\nb"},"set":{"Host":"h"},)"
                        R"("remove":["transfer-encoding","x y"]})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) pointers.push_back(fault.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/add/bad name", "/add/x-v", "/set/Host",
                                                "/remove/0", "/remove/1"}));
}

TEST_F(RequestHeaderModifier, LeavesTheCodingOfAnswersToTheGateway) {
  EXPECT_FALSE(Instance(host, kId,
                        R"({"add":{"accept-encoding":"br"},"set":{"Accept-Encoding":"gzip"},)"
                        R"("remove":["accept-encoding"]})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) pointers.push_back(fault.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/add/accept-encoding", "/set/Accept-Encoding",
                                                "/remove/0"}));
  EXPECT_TRUE(Instance(host, kId, R"({"set":{"accept-language":"de"}})").ok());
}

}  // namespace
