#include "core/admin/host_check.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::admin {
namespace {

TEST(TrustedHost, IsAnAddressOrALoopbackName) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:15000", "192.0.2.7:80", "[::1]", "[::1]:15000",
                           "localhost", "LocalHost:15000", "gateway.localhost:1"}) {
    EXPECT_TRUE(is_trusted_host(host, {})) << host;
  }
}

TEST(TrustedHost, IsNoNameThatAPageMayOwn) {
  for (const char* host :
       {"", "example.com", "example.com:15000", "127.0.0.1.example.com", "localhost.example.com",
        "notlocalhost", "127.0.0.1x", "2130706433", "[::1", "[example.com]", ":15000", "[]"}) {
    EXPECT_FALSE(is_trusted_host(host, {})) << host;
  }
}

TEST(TrustedHost, MayBeConfigured) {
  const std::vector<std::string> configured{"Gateway.internal"};
  EXPECT_TRUE(is_trusted_host("gateway.INTERNAL:15000", configured));
  EXPECT_FALSE(is_trusted_host("other.internal", configured));
}

TEST(CrossSite, IsWhatABrowserSaysItIs) {
  EXPECT_FALSE(is_cross_site("127.0.0.1:15000", "", ""));
  EXPECT_FALSE(is_cross_site("127.0.0.1:15000", "", "none"));
  EXPECT_FALSE(is_cross_site("127.0.0.1:15000", "http://127.0.0.1:15000", "same-origin"));
  EXPECT_FALSE(is_cross_site("LOCALHOST:1", "http://localhost:1", ""));
  EXPECT_TRUE(is_cross_site("127.0.0.1:15000", "", "cross-site"));
  EXPECT_TRUE(is_cross_site("127.0.0.1:15000", "", "same-site"));
  EXPECT_TRUE(is_cross_site("127.0.0.1:15000", "http://example.com", ""));
  EXPECT_TRUE(is_cross_site("127.0.0.1:15000", "http://127.0.0.1:8080", ""));
  EXPECT_TRUE(is_cross_site("127.0.0.1:15000", "null", ""));
}

}  // namespace
}  // namespace headgate::admin
