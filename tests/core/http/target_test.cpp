#include "core/http/target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::http {
namespace {

// Long paths are looked at in pieces of sixteen bytes.
void expect_safe_wherever_it_stands(std::string_view path, bool safe) {
  for (std::size_t front = 0; front < 36; ++front) {
    for (std::size_t behind = 0; behind < 36; ++behind) {
      std::string longer = "/" + std::string(front, 'f');
      longer += path;
      longer += '/' + std::string(behind, 'b');
      EXPECT_EQ(is_safe_path(longer), safe) << longer;
    }
  }
}

TEST(Target, IsSplitAtTheFirstQuestionMark) {
  const Target target = split_target("/a/b?c=d?e");
  EXPECT_EQ(target.path, "/a/b");
  EXPECT_EQ(target.query, "c=d?e");
  EXPECT_TRUE(target.has_query);
  EXPECT_FALSE(split_target("/a").has_query);
  EXPECT_TRUE(split_target("/a?").has_query);
}

TEST(Target, DecodesEscapes) {
  EXPECT_EQ(percent_decode("a%2Fb%2fc+d%00").value(), std::string("a/b/c+d\0", 8));
  for (const std::string_view bad : {"%", "%2", "a%2", "%zz", "%2g", "%g2"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Target, EscapesWhatIsNotUnreserved) {
  std::string out = "x";
  append_percent_encoded(out, "aZ09-._~ /%&=?+\xff");
  EXPECT_EQ(out, "xaZ09-._~%20%2F%25%26%3D%3F%2B%FF");
}

TEST(Target, RefusesPathsThatMeanSomethingElseFurtherDown) {
  for (const std::string_view path : {"",
                                      "a",
                                      "*",
                                      "/..",
                                      "/../a",
                                      "/a/..",
                                      "/a/../b",
                                      "/.",
                                      "/a/./b",
                                      "/%2e%2e/a",
                                      "/.%2E/a",
                                      "/%2e/a",
                                      "/a%2f..%2fb",
                                      "/..%2fa",
                                      "/a%2F%2e%2e",
                                      "/%252e%252e/a",
                                      "/%25/%252e%252e/a",
                                      "/a\\b",
                                      "/a%5cb",
                                      "/a%255Cb",
                                      "/a\x01",
                                      "/a\x1f/b",
                                      "/a\x7f",
                                      "/a%00",
                                      "/a%0d%0ab",
                                      "/a%7f",
                                      "/a%2500",
                                      "/%",
                                      "/%2",
                                      "/%zz"}) {
    EXPECT_FALSE(is_safe_path(path)) << path;
    if (path.starts_with('/')) expect_safe_wherever_it_stands(path, false);
  }
}

TEST(Target, TakesOrdinaryPaths) {
  for (const std::string_view path :
       {"/", "/v1/chat/completions", "/v1beta/models/a-b.c:generateContent", "/a/...", "/..a/b..",
        "/.well-known/x", "/a//b/", "/a%2Fb", "/model/arn%3Aaws%3Ax%2Fy/invoke", "/100%25",
        "/a%20b", "/%C3%A4"}) {
    EXPECT_TRUE(is_safe_path(path)) << path;
    expect_safe_wherever_it_stands(path, true);
  }
}

TEST(Query, FindsParametersByTheirDecodedName) {
  EXPECT_EQ(find_query_parameter("a=1&key=2&key=3", "key"), "2");
  EXPECT_EQ(find_query_parameter("xkey=1&k%65y=2", "key"), "2");
  EXPECT_EQ(find_query_parameter("key", "key"), "");
  EXPECT_EQ(find_query_parameter("key==a=", "key"), "=a=");
  EXPECT_EQ(find_query_parameter("a=key&keys=1", "key"), std::nullopt);
  EXPECT_EQ(find_query_parameter("", "key"), std::nullopt);
  EXPECT_EQ(find_query_parameter("%zz=1", "%zz"), std::nullopt);
}

TEST(Query, RemovesAllParametersOfAName) {
  EXPECT_EQ(remove_query_parameter("key=1&a=2&k%65y=3&b&key", "key"), "a=2&b");
  EXPECT_EQ(remove_query_parameter("key=1", "key"), "");
  EXPECT_EQ(remove_query_parameter("a=%20&b=+", "key"), "a=%20&b=+");
}

TEST(Query, SetsOneParameterAtTheEnd) {
  EXPECT_EQ(set_query_parameter("key=1&a=2&key=3", "key", "x&y="), "a=2&key=x%26y%3D");
  EXPECT_EQ(set_query_parameter("", "alt", "sse"), "alt=sse");
}

}  // namespace
}  // namespace headgate::http
