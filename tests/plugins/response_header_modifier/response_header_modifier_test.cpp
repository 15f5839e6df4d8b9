#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

TEST(ResponseHeaderModifier, ChangesWhatTheClientGets) {
  FakeHost host;
  ASSERT_TRUE(host.load(plugin_path("response_header_modifier"))) << host.why();
  Instance policy(host, "headgate.policy.response-header-modifier",
                  R"({"set":{"x-team":"search"},"remove":["server"]})");
  hg_call call;
  call.response().headers = {{"Server", "x"}, {"x-team", "old"}};
  call.upstream().headers = {{"server", "kept"}};
  EXPECT_EQ(PolicyRun(policy, call).on_response(), HG_CONTINUE);
  EXPECT_EQ(call.response().headers,
            (std::vector<std::pair<std::string, std::string>>{{"x-team", "search"}}));
  EXPECT_EQ(call.upstream().header("server"), "kept");
}

}  // namespace
