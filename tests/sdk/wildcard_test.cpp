#include <gtest/gtest.h>

#include <headgate/wildcard.hpp>

#include <string>

namespace {

TEST(Wildcard, MatchesTheWholeText) {
  using hg::wildcard_match;
  EXPECT_TRUE(wildcard_match("gpt-4o", "gpt-4o"));
  EXPECT_FALSE(wildcard_match("gpt-4o", "gpt-4o-mini"));
  EXPECT_FALSE(wildcard_match("gpt-4o", "xgpt-4o"));
  EXPECT_TRUE(wildcard_match("gpt-*", "gpt-"));
  EXPECT_TRUE(wildcard_match("*-mini", "gpt-4o-mini"));
  EXPECT_FALSE(wildcard_match("*-mini", "gpt-4o-mini-2"));
  EXPECT_TRUE(wildcard_match("a*b*c", "aXbbYbc"));
  EXPECT_FALSE(wildcard_match("a*b*c", "aXcb"));
  EXPECT_TRUE(wildcard_match("**", ""));
  EXPECT_FALSE(wildcard_match("", "x"));
  EXPECT_TRUE(wildcard_match("", ""));
}

TEST(Wildcard, TakesNoTimeToSpeakOfForAnyPattern) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(hg::wildcard_match(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
