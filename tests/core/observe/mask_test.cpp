#include "core/observe/mask.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::observe {
namespace {

std::string masked(std::string_view target) {
  const std::vector<std::string> query{"key", "Access_Token"};
  const std::vector<std::string> headers{"X-Secret"};
  std::string out;
  SecretMask(query, headers).append_target(out, target);
  return out;
}

TEST(SecretMask, LeavesATargetWithoutSecretsAlone) {
  EXPECT_EQ(masked("/v1/chat?alt=sse&keys=1&monkey=2#x"), "/v1/chat?alt=sse&keys=1&monkey=2#x");
  EXPECT_EQ(masked("/key=abc/x"), "/key=abc/x");
  EXPECT_EQ(masked(""), "");
  EXPECT_EQ(masked("/?"), "/?");
  EXPECT_EQ(masked("/?&&a=1&"), "/?&&a=1&");
}

TEST(SecretMask, KnowsATargetThatItShowsWholeWithoutReadingItsParameters) {
  EXPECT_TRUE(SecretMask::shows_all("/v1/chat"));
  EXPECT_TRUE(SecretMask::shows_all("/key=abc/a@b"));
  for (const std::string_view doubtful :
       {"/a?key=abc", "/?", "http://me:secret@host/", "u:p@h", "*", ""})
    EXPECT_FALSE(SecretMask::shows_all(doubtful)) << doubtful;
  for (const std::string_view plain :
       {"/", "/v1/chat", "/key=abc/a@b", "//u:p@host/x", "/a#key=b"}) {
    EXPECT_TRUE(SecretMask::shows_all(plain));
    EXPECT_EQ(masked(plain), plain);
  }
}

TEST(SecretMask, MasksTheValueOfASecretParameterWhereverItStands) {
  EXPECT_EQ(masked("/a?key=abc"), "/a?key=***");
  EXPECT_EQ(masked("/a?key=abc&b=1"), "/a?key=***&b=1");
  EXPECT_EQ(masked("/a?b=1&key=abc"), "/a?b=1&key=***");
  EXPECT_EQ(masked("/a?key=abc&b=1&key=def&access_token=g"),
            "/a?key=***&b=1&key=***&access_token=***");
}

TEST(SecretMask, MasksAllOfAValueThatHoldsSeparatorsOfOthers) {
  EXPECT_EQ(masked("/a?key=ab;cd=ef&b=1"), "/a?key=***&b=1");
  EXPECT_EQ(masked("/a?key=ab=cd?ef"), "/a?key=***");
}

TEST(SecretMask, KnowsASecretParameterByItsDecodedNameInAnyCase) {
  EXPECT_EQ(masked("/a?KEY=abc"), "/a?KEY=***");
  EXPECT_EQ(masked("/a?%6bey=abc"), "/a?%6bey=***");
  EXPECT_EQ(masked("/a?%4B%45%59=abc"), "/a?%4B%45%59=***");
  EXPECT_EQ(masked("/a?access%5Ftoken=abc"), "/a?access%5Ftoken=***");
  EXPECT_EQ(masked("/a?%zz=1&%6=2"), "/a?%zz=1&%6=2");
}

TEST(SecretMask, FindsASecretParameterBehindASemicolonOrASecondQuestionMark) {
  EXPECT_EQ(masked("/a?b=1;key=abc"), "/a?b=1;key=***");
  EXPECT_EQ(masked("/a?b=1?key=abc&c=2"), "/a?b=1?key=***&c=2");
}

TEST(SecretMask, LeavesASecretParameterWithoutAValue) {
  EXPECT_EQ(masked("/a?key&b=1"), "/a?key&b=1");
  EXPECT_EQ(masked("/a?key="), "/a?key=");
}

TEST(SecretMask, MasksUserAndPasswordOfAnAbsoluteTarget) {
  EXPECT_EQ(masked("http://user:pa@ss@host/x?key=1"), "http://***@host/x?key=***");
  EXPECT_EQ(masked("user:pass@host:443"), "***@host:443");
  EXPECT_EQ(masked("http://host/x@y"), "http://host/x@y");
  EXPECT_EQ(masked("http://host?mail=a@b"), "http://host?mail=a@b");
  EXPECT_EQ(masked("/x://a@b"), "/x://a@b");
}

TEST(SecretMask, KnowsSecretHeadersInAnyCase) {
  const std::vector<std::string> headers{"X-Secret"};
  const SecretMask mask({}, headers);
  EXPECT_EQ(mask.header_value("x-SECRET", "abc"), "***");
  EXPECT_EQ(mask.header_value("Authorization", "Bearer abc"), "***");
  EXPECT_EQ(mask.header_value("proxy-authorization", "abc"), "***");
  EXPECT_EQ(mask.header_value("COOKIE", "abc"), "***");
  EXPECT_EQ(mask.header_value("set-cookie", "abc"), "***");
  EXPECT_EQ(mask.header_value("x-secrets", "abc"), "abc");
  EXPECT_EQ(mask.header_value("x-secre", "abc"), "abc");
}

}  // namespace
}  // namespace headgate::observe
