#include "core/base/word_filter.hpp"

#include <gtest/gtest.h>

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

TEST(WordFilter, LeavesOutWhatIsTooMany) {
  const Words words{"a", "b", "c", "d", "e"};
  EXPECT_TRUE(finds(words, "d"));
  EXPECT_FALSE(finds(words, "e"));
}

}  // namespace
}  // namespace headgate
