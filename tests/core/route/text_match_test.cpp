#include "core/route/text_match.hpp"

#include <gtest/gtest.h>

namespace headgate::route {
namespace {

TEST(Host, IsComparedWithoutPortCaseAndFinalDot) {
  EXPECT_EQ(host_without_port("Example.com:8080"), "Example.com");
  EXPECT_EQ(host_without_port("example.com."), "example.com");
  EXPECT_EQ(host_without_port("example.com.:1"), "example.com");
  EXPECT_EQ(host_without_port("[::1]:80"), "::1");
  EXPECT_EQ(host_without_port("[::1"), "[::1");
  EXPECT_EQ(host_without_port(""), "");
}

TEST(HostFit, PrefersTheExactNameThenTheLongerWildcard) {
  const char* host = "a.b.example.com";
  const std::size_t exact = host_fit("A.b.example.com", host);
  const std::size_t longer = host_fit("*.b.example.com", host);
  const std::size_t shorter = host_fit("*.example.com", host);
  const std::size_t any = host_fit("", host);
  EXPECT_GT(exact, longer);
  EXPECT_GT(longer, shorter);
  EXPECT_GT(shorter, any);
  EXPECT_GT(any, 0u);
}

TEST(HostFit, AWildcardIsForNamesBelowOnly) {
  EXPECT_EQ(host_fit("*.example.com", "example.com"), 0u);
  EXPECT_EQ(host_fit("*.example.com", ".example.com"), 0u);
  EXPECT_EQ(host_fit("*.example.com", "badexample.com"), 0u);
  EXPECT_EQ(host_fit("*.example.com", "a.example.org"), 0u);
  EXPECT_EQ(host_fit("b.example.com", "a.example.com"), 0u);
  EXPECT_NE(host_fit("*.example.com", "a.EXAMPLE.com"), 0u);
}

TEST(Prefix, CountsByWholeSegments) {
  EXPECT_TRUE(in_prefix("/v1", "/v1"));
  EXPECT_TRUE(in_prefix("/v1/", "/v1"));
  EXPECT_TRUE(in_prefix("/v1/x", "/v1"));
  EXPECT_TRUE(in_prefix("/v1/x", "/v1/"));
  EXPECT_TRUE(in_prefix("/v1", "/v1/"));
  EXPECT_TRUE(in_prefix("/anything", "/"));
  EXPECT_FALSE(in_prefix("/v1x", "/v1"));
  EXPECT_FALSE(in_prefix("/v", "/v1"));
  EXPECT_FALSE(in_prefix("/V1", "/v1"));
}

TEST(Parameter, IsTheFirstOfItsDecodedName) {
  EXPECT_EQ(find_parameter("a=1&b=2&b=3", "b"), "2");
  EXPECT_EQ(find_parameter("a%20b=1", "a b"), "1");
  EXPECT_EQ(find_parameter("a+b=1", "a b"), "1");
  EXPECT_EQ(find_parameter("a", "a"), "");
  EXPECT_EQ(find_parameter("a=", "a"), "");
  EXPECT_EQ(find_parameter("&&a=1=2&", "a"), "1=2");
  EXPECT_EQ(find_parameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(find_parameter("", "a"), std::nullopt);
}

TEST(Decoded, ComparesAndKeepsWhatIsNoEscape) {
  EXPECT_TRUE(decoded_equal("a%2Fb%2fc+d", "a/b/c d"));
  EXPECT_FALSE(decoded_equal("a%2Fb", "a/bc"));
  EXPECT_FALSE(decoded_equal("abc", "ab"));
  EXPECT_EQ(decode("100%"), "100%");
  EXPECT_EQ(decode("%4"), "%4");
  EXPECT_EQ(decode("%zz%41"), "%zzA");
}

}  // namespace
}  // namespace headgate::route
