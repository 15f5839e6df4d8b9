#include "core/exchange/text_match.hpp"

#include <gtest/gtest.h>

namespace headgate::exchange {
namespace {

using Verdict = TextMatch::Verdict;

// What the client gets of an answer that comes in these pieces, or why it gets none.
std::string joined(TextMatch match, const std::vector<std::string>& pieces) {
  std::string out;
  const auto see = [&](Verdict verdict) {
    if (verdict == Verdict::flow) out += match.text();
    return verdict != Verdict::differs;
  };
  for (const std::string& piece : pieces) {
    if (!see(match.take(piece))) return "DIFFERS";
  }
  return see(match.end()) ? out : "DIFFERS";
}

// Cut at every byte, and at every two.
template <class Make>
void expect_however_cut(Make make, const std::string& text, const std::string& expected) {
  for (std::size_t one = 0; one <= text.size(); ++one) {
    for (std::size_t two = one; two <= text.size(); two += 3) {
      std::vector<std::string> pieces;
      for (const std::string& piece :
           {text.substr(0, one), text.substr(one, two - one), text.substr(two)}) {
        if (!piece.empty()) pieces.push_back(piece);
      }
      ASSERT_EQ(joined(make(), pieces), expected) << one << " " << two;
    }
  }
}

const std::string kKept = "It was a bright cold day in April, and the clocks";

TEST(TextMatch, LetsFlowWhatComesBehindTheRepeatedText) {
  expect_however_cut([] { return TextMatch::repeated(kKept); }, kKept + " were striking",
                     " were striking");
}

TEST(TextMatch, SaysNothingWhereTheAnswerWasCompleteAlready) {
  EXPECT_EQ(joined(TextMatch::repeated(kKept), {kKept}), "");
}

TEST(TextMatch, AnotherAnswerDiffers) {
  EXPECT_EQ(joined(TextMatch::repeated(kKept), {"It was", " the best of times"}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::repeated(kKept), {"X"}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::repeated("a"), {"b"}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::repeated("ab"), {"ac"}), "DIFFERS");
}

TEST(TextMatch, AShorterAnswerDiffers) {
  EXPECT_EQ(joined(TextMatch::repeated(kKept), {kKept.substr(0, kKept.size() - 1)}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::repeated(kKept), {}), "DIFFERS");
}

TEST(TextMatch, HoldsWhatIsRepeatedAndKnowsWhenItFlows) {
  TextMatch match = TextMatch::repeated("abc");
  EXPECT_EQ(match.take("ab"), Verdict::hold);
  EXPECT_FALSE(match.flows());
  EXPECT_EQ(match.take("c"), Verdict::hold);
  EXPECT_TRUE(match.flows());
  EXPECT_EQ(match.take("d"), Verdict::flow);
  EXPECT_EQ(match.text(), "d");
  EXPECT_EQ(match.end(), Verdict::hold) << "all was said";
}

TEST(TextMatch, TrimsTheWhiteSpaceAtTheEnd) {
  EXPECT_EQ(TextMatch::trimmed("a b \r\n\t"), "a b");
  EXPECT_EQ(TextMatch::trimmed("a"), "a");
  EXPECT_EQ(TextMatch::trimmed(" \n"), "");
}

TEST(TextMatch, AContinuationFlowsLessTheSpaceThatTheClientHas) {
  expect_however_cut([] { return TextMatch::continued("one two \n"); }, " \nthree", "three");
  expect_however_cut([] { return TextMatch::continued("one two "); }, " three four", "three four");
  expect_however_cut([] { return TextMatch::continued("one two"); }, " three", " three");
  expect_however_cut([] { return TextMatch::continued("one two "); }, "three", "three");
  expect_however_cut([] { return TextMatch::continued("one two \n"); }, " three", "three");
}

TEST(TextMatch, AContinuationThatSaysNothingMoreIsOne) {
  EXPECT_EQ(joined(TextMatch::continued(kKept), {}), "");
  EXPECT_EQ(joined(TextMatch::continued("one "), {" "}), "");
}

TEST(TextMatch, AContinuationMayBeginAsTheAnswerDid) {
  EXPECT_EQ(joined(TextMatch::continued(kKept), {"It w", "as not."}), "It was not.");
  EXPECT_EQ(joined(TextMatch::continued(kKept), {"It"}), "It") << "decided at the end";
  EXPECT_EQ(joined(TextMatch::continued("ha "), {"ha", " ha"}), "ha ha") << "too short to tell";
}

// Who ignores the request to go on says all of it again.
TEST(TextMatch, AContinuationThatBeginsAnewIsFoundOut) {
  expect_however_cut([] { return TextMatch::continued(kKept); }, kKept + " were striking",
                     " were striking");
  EXPECT_EQ(joined(TextMatch::continued(kKept), {kKept}), "");
}

TEST(TextMatch, AContinuationThatBeginsAnewAndDiffersIsAnotherAnswer) {
  EXPECT_EQ(joined(TextMatch::continued(kKept), {kKept.substr(0, 40), "!"}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::continued(kKept), {kKept.substr(0, 40)}), "DIFFERS");
  EXPECT_EQ(joined(TextMatch::continued(kKept), {kKept.substr(0, 20), "!"}),
            kKept.substr(0, 20) + "!")
      << "so little may be the same by accident";
}

// "ha ha ha ..." goes on with "ha ha ha": nobody can tell that from beginning anew.
TEST(TextMatch, WhereBothLookTheSameNothingIsPutTogether) {
  std::string laugh;
  for (int i = 0; i < 20; ++i) laugh += "ha ";
  EXPECT_EQ(joined(TextMatch::continued(laugh), {laugh, "ho"}), "DIFFERS");
}

}  // namespace
}  // namespace headgate::exchange
