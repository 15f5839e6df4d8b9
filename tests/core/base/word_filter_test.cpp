#include "core/base/word_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace headgate {
namespace {

using Words = std::vector<std::string_view>;

// The text in the midst of others, with what it may be read past.
bool finds(const Words& words, std::string_view text, std::string_view behind = "") {
  std::string all(text);
  all += behind;
  all.append(WordFilter::kPadding, '\0');
  return WordFilter(words).finds_any_in(std::string_view(all).substr(0, text.size()));
}

TEST(WordFilter, FindsAWordAtEveryPlaceOfTextsOfEveryLength) {
  const Words words{"[DONE]", "\"error\""};
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string without(size, '"');
    EXPECT_FALSE(finds(words, without)) << size;
    for (std::size_t at = 0; at + words[1].size() <= size; ++at) {
      std::string text = without;
      text.replace(at, words[1].size(), words[1]);
      EXPECT_TRUE(finds(words, text)) << size << " " << at;
    }
  }
}

TEST(WordFilter, FindsEachOfItsWords) {
  const Words words{"one", "three", "x",
                    "a word that is longer than a filter looks at, by far it is"};
  for (const std::string_view word : words)
    EXPECT_TRUE(finds(words, "in the midst of " + std::string(word) + " of it")) << word;
  EXPECT_FALSE(finds(words, "nothing of all that"));
}

TEST(WordFilter, IsNotMisledByWordsThatAreNearlyThere) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "\"errar\" error\" \"error \"xrror\" \"erroy\"";
  EXPECT_FALSE(finds({"\"error\""}, text));
  EXPECT_TRUE(finds({"\"error\""}, text + "\"error\""));
}

TEST(WordFilter, DoesNotFindWhatEndsBehindTheText) {
  EXPECT_FALSE(finds({"[DONE]"}, "data: [DON", "E]"));
  EXPECT_FALSE(finds({"[DONE]"}, "data: ", "[DONE]"));
  EXPECT_TRUE(finds({"[DONE]"}, "data: [DONE]", "[DONE]"));
}

TEST(WordFilter, FindsNothingWithoutWords) {
  EXPECT_FALSE(finds({}, "text"));
  EXPECT_FALSE(finds({""}, "text"));
}

TEST(WordFilter, AgreesWithAPlainSearch) {
  std::mt19937 random(20261122);
  const auto text_of = [&](std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = "\"ab_"[random() % 4];
    return text;
  };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> texts;
    for (std::size_t count = 1 + random() % WordFilter::kWordsMax; count > 0; --count)
      texts.push_back(text_of(1 + random() % 6));
    const std::string text = text_of(random() % 80);
    const bool expected = std::any_of(texts.begin(), texts.end(), [&](const std::string& word) {
      return text.find(word) != std::string::npos;
    });
    EXPECT_EQ(finds(Words(texts.begin(), texts.end()), text, text_of(10)), expected)
        << text << " " << testing::PrintToString(texts);
  }
}

TEST(WordFilter, KnowsItsLongestWord) {
  const Words words{"one", "three", "x"};
  EXPECT_EQ(WordFilter(words).longest(), 5u);
}

TEST(WordFilter, LeavesOutWhatIsTooMany) {
  const Words words{"a", "b", "c", "d", "e"};
  EXPECT_TRUE(finds(words, "d"));
  EXPECT_FALSE(finds(words, "e"));
}

}  // namespace
}  // namespace headgate
