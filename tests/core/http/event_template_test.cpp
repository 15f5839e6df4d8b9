#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/http/event_template_fixture.hpp"

namespace headgate::http {
namespace {

class EventTemplateTest : public testing::Test {
 protected:
  void learn(std::string_view raw) { learn_in(alike_, raw); }
  bool is_alike(std::string_view bytes) {
    const PaddedBytes padded(bytes);
    const bool alike = alike_.is_alike(padded.view());
    EXPECT_EQ(alike_.alike_at_front(padded.view()) == bytes.size() && !bytes.empty(), alike);
    return alike;
  }

  const WordFilter words_{kWords};
  EventTemplate alike_{words_};
};

TEST_F(EventTemplateTest, KnowsNothingAtFirst) {
  EXPECT_FALSE(is_alike(event_of("hello")));
  EXPECT_FALSE(is_alike(""));
}

TEST_F(EventTemplateTest, KnowsAnEventThatDiffersInItsWords) {
  learn(event_of("hello"));
  EXPECT_FALSE(is_alike(event_of("other")));
  learn(event_of("help"));
  for (const std::string_view words :
       {"hello", "h", "a text, longer than the blocks that are looked at", "token", "\xC3\xA4", "}",
        "{", ",", ":", " ", "\x7f", "\xff", "a\xC3"})
    EXPECT_TRUE(is_alike(event_of(words))) << words;
}

TEST_F(EventTemplateTest, LeavesToOthersWhatMayEndOrEscapeAString) {
  learn(event_of("hello"));
  learn(event_of("help"));
  for (const std::string& words : std::vector<std::string>{
           "", "\"", "a\"", "\"a", "\\", "a\\", "\\n", "\\\"a\\\\", "\\x", "\\u12", "\",\"x\":\"y",
           "\"]", "\t", "\x01", "\x1f", std::string(1, '\0'), "seventeen bytes.\x1f",
           "seventeen bytes.\"", "more than sixteen bytes\\ and more"})
    EXPECT_FALSE(is_alike(event_of(words))) << words;
  EXPECT_TRUE(is_alike(event_of("seventeen bytes. "))) << "it still knows others";
}

TEST_F(EventTemplateTest, NeedsAStringThatIsAValue) {
  const std::vector<std::array<std::string, 3>> others = {
      {"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"},
      {"{\"a\":1}", "{\"a\":22}", "{\"a\":333}"},
      {"{\"a\":null}", "{\"a\":\"x\"}", "{\"a\":\"y\"]"},
      {"{\"a\":1}", "{\"b\":1}", "{\"c\":1}"},
      {"{\"x\":2,\"a\":1}", "{\"x\":2,\"b\":1}", "{\"x\":2,\"c\":1}"},
      {"{\"a\":[\"x\"]}", "{\"a\":[\"y\"]}", "{\"a\":[\"z\"]}"},
      {"{\"a\":\"x\"}", "{\"a\":\"y\",\"b\":1}", "{\"a\":\"z\"}"},
      {"{\"a\":\"x\",\"b\":1}", "{\"a\":\"y\",\"b\":2}", "{\"a\":\"z\",\"b\":1}"},
      // What looks like the quote that begins a value ends one.
      {"{\"a\":\":\",\"b\":1}", "{\"a\":\":\",\"c\":1}", "{\"a\":\":\",d:1}"},
      {R"({"a":"\\:","b":1})", R"({"a":"\\:","c":1})", R"({"a":"\\:",d:1})"},
      {R"({"a":"x\":\"","b":1})", R"({"a":"x\":\"","c":1})", R"({"a":"x\":\"",d:1})"},
  };
  for (const auto& [first, second, third] : others) {
    EventTemplate alike(words_);
    learn_in(alike, "data: " + first + "\n\n");
    learn_in(alike, "data: " + second + "\n\n");
    EXPECT_FALSE(alike.is_alike(PaddedBytes("data: " + third + "\n\n").view())) << third;
  }
}

TEST_F(EventTemplateTest, KnowsStringsHoweverTheirColonsAreSpacedAndTheirBytesEscaped) {
  const std::vector<std::array<std::string, 3>> others = {
      {"{\"a\": \"x\"}", "{\"a\": \"y\"}", "{\"a\": \"z\"}"},
      {"{\"a\" : \t\"x\" }", "{\"a\" : \t\"y\" }", "{\"a\" : \t\"zz\" }"},
      {R"({"a":"\"","b":"\\"})", R"({"a":"\n","b":"\\"})", R"({"a":"z","b":"\\"})"},
      {R"({"a":"x\"y\\","b":"c"})", R"({"a":"x\"y\\","b":"d"})", R"({"a":"x\"y\\","b":"e"})"},
      {R"({"a\"":"x","b":1})", R"({"a\"":"y","b":1})", R"({"a\"":"z","b":1})"},
  };
  for (const auto& [first, second, third] : others) {
    EventTemplate alike(words_);
    learn_in(alike, "data: " + first + "\n\n");
    learn_in(alike, "data: " + second + "\n\n");
    EXPECT_TRUE(alike.is_alike(PaddedBytes("data: " + third + "\n\n").view())) << third;
  }
}

TEST_F(EventTemplateTest, IsNotMadeOfEventsWithWords) {
  learn(event_of("a"));
  learn(event_of("[DONE]"));
  EXPECT_FALSE(is_alike(event_of("b")));
  learn(event_of("b"));
  EXPECT_TRUE(is_alike(event_of("c")));
}

TEST_F(EventTemplateTest, ForgetsWhatItLearned) {
  learn(event_of("a"));
  learn(event_of("b"));
  alike_.forget();
  EXPECT_FALSE(is_alike(event_of("c")));
  learn(event_of("c"));
  EXPECT_FALSE(is_alike(event_of("d")));
  learn(event_of("d"));
  EXPECT_TRUE(is_alike(event_of("e")));
}

TEST_F(EventTemplateTest, GivesUpWhereNothingIsEverAlike) {
  for (std::size_t i = 0; i < EventTemplate::kLearnedMax; ++i)
    learn("data: {\"n\":" + std::to_string(i) + "}\n\n");
  learn(event_of("a"));
  learn(event_of("b"));
  EXPECT_FALSE(is_alike(event_of("c")));
}

TEST_F(EventTemplateTest, DoesNotGiveUpWhereEventsAreAlikeNowAndThen) {
  learn(event_of("a"));
  learn(event_of("b"));
  for (std::size_t i = 0; i < 4 * EventTemplate::kLearnedMax; ++i) {
    learn(event_of("\\n"));
    if (i % 8 == 0) {
      EXPECT_TRUE(is_alike(event_of("c")));
    }
  }
  EXPECT_TRUE(is_alike(event_of("c")));
}

TEST_F(EventTemplateTest, FindsSuchAnEventAtTheFront) {
  learn(event_of("a"));
  learn(event_of("b"));
  const PaddedBytes two(event_of("hello") + event_of("x"));
  EXPECT_EQ(alike_.alike_at_front(two.view()), event_of("hello").size());
  EXPECT_FALSE(alike_.is_alike(two.view()));
  for (std::size_t size = 0; size < event_of("hello").size(); ++size) {
    const PaddedBytes part(two.view().substr(0, size));
    EXPECT_EQ(alike_.alike_at_front(part.view()), 0u) << size;
    EXPECT_FALSE(alike_.is_alike(part.view())) << size;
  }
}

TEST_F(EventTemplateTest, FindsAWordWhereverItIs) {
  learn(event_of("a"));
  learn(event_of("b"));
  for (const std::string_view words : {"[DONE]", "x [DONE]", "[DONE] x", "error", "tokens",
                                       "more than sixteen bytes and then [DONE]"}) {
    ASSERT_TRUE(has_word(event_of(words))) << words;
    EXPECT_FALSE(is_alike(event_of(words))) << words;
  }
  EXPECT_FALSE(is_alike(event_of("error"))) << "over both borders";
}

TEST_F(EventTemplateTest, KnowsWordsOverABorderFromWhatOnlyBeginsOrEndsLikeThem) {
  learn(event_of("a"));
  learn(event_of("b"));
  for (const std::string_view words : {"tokens", "error", "tokens and", "an error"})
    EXPECT_EQ(is_alike(event_of(words)), !has_word(event_of(words))) << words;
  EXPECT_FALSE(is_alike(event_of("tokens")));
  for (const std::string_view words :
       {"t", "token", "tokensx", "e", "errors", "s", "r", " tokens", "reason", "errortokens", "E]"})
    EXPECT_TRUE(is_alike(event_of(words))) << words;
}

// Every way in which a word may lie over the borders of a template, and words that overlap
// themselves, of more ways than are remembered.
TEST(EventTemplate, FindsAnyWordOverABorder) {
  std::mt19937 random(20261123);
  std::size_t alike_events = 0;
  std::size_t words_found = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto text = [&](std::size_t most) {
      std::string letters;
      for (std::size_t count = random() % (most + 1); count > 0; --count)
        letters += "aab{["[random() % 5];
      return letters;
    };
    std::vector<std::string> words;
    for (std::size_t count = 1 + random() % 4; count > 0; --count)
      words.push_back(random() % 4 == 0   ? std::string(12, 'a') + "b"
                      : random() % 3 == 0 ? "\"" + text(3) + "\""
                                          : text(6) + "ab");
    const auto has = [&](const std::string& raw) {
      return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return raw.find(word) != std::string::npos;
      });
    };
    const std::vector<std::string_view> views(words.begin(), words.end());
    const WordFilter filter{views};
    EventTemplate alike(filter);
    const std::string front = "data: {\"" + text(20) + "\":\"";
    const std::string back = "\",\"y\":\"" + text(20) + "\"}\n\n";
    const auto event = [&](const std::string& middle) { return front + middle + back; };
    for (const std::string middle : {"1", "22"}) learn_in(alike, event(middle));
    for (int i = 0; i < 20; ++i) {
      const std::string raw = event(text(14));
      const PaddedBytes padded(raw);
      const bool found = alike.is_alike(padded.view());
      EXPECT_EQ(alike.alike_at_front(padded.view()), found ? raw.size() : 0u);
      if (found) {
        EXPECT_FALSE(has(raw)) << raw;
        ++alike_events;
      }
      if (has(raw)) ++words_found;
    }
  }
  EXPECT_GT(alike_events, 1000u);
  EXPECT_GT(words_found, 1000u);
}

TEST_F(EventTemplateTest, ComparesEveryByteOfFrontAndEnd) {
  for (const std::size_t more : {0u, 1u, 15u, 16u, 17u, 31u, 32u, 33u, 64u, 90u}) {
    const auto event = [&](std::string_view words) {
      return "data: {\"" + std::string(more, 'n') + "\":\"" + std::string(words) + "\",\"" +
             std::string(more, 'm') + "\":1}\n\n";
    };
    EventTemplate alike(words_);
    for (const std::string_view words : {"1", "22"}) learn_in(alike, event(words));
    const std::string raw = event("words");
    ASSERT_TRUE(alike.is_alike(PaddedBytes(raw).view())) << more;
    const std::size_t words_at = raw.find("words");
    for (std::size_t at = 0; at < raw.size(); ++at) {
      if (at >= words_at && at < words_at + 5) continue;
      std::string other = raw;
      other[at] = static_cast<char>(other[at] ^ 1);
      EXPECT_FALSE(alike.is_alike(PaddedBytes(other).view())) << at << " of " << raw.size();
    }
  }
}

TEST_F(EventTemplateTest, DoesNotMistakeLinesForWords) {
  learn(event_of("a"));
  learn(event_of("b"));
  for (const std::string_view words :
       {"\n", "\r", "x\ny", "\"}\n\n", "\r\n", "a\n\ndata: {\"x\":\"", "sixteen bytes of it\n."})
    EXPECT_FALSE(is_alike(event_of(words))) << words;
}

TEST_F(EventTemplateTest, LearnsThatTwoStringsDiffer) {
  learn(event_of_two("one", "abc"));
  learn(event_of_two("two", "x"));
  EXPECT_TRUE(is_alike(event_of_two("three", "yz")));
  EXPECT_TRUE(
      is_alike(event_of_two("more than sixteen bytes of words", "and of the other as well")));
  EXPECT_FALSE(is_alike(event_of_two("three", "yz").substr(9))) << "another type";
  for (const std::string_view other :
       {"", "[DONE]", "error", "tokens", "\"", "\\n", "\t", "more than sixteen bytes of\x01 words",
        "more than sixteen bytes of \"error\" words"}) {
    EXPECT_FALSE(is_alike(event_of_two("three", other))) << other;
    EXPECT_FALSE(is_alike(event_of_two(other, "yz"))) << other;
  }
  EXPECT_FALSE(is_alike(event_of_two("three", "yz", "2")));
  const std::string raw = event_of_two("one", "two");
  for (std::size_t at = 0; at < raw.size(); ++at) {
    const bool within = (at >= raw.find("one") && at < raw.find("one") + 3) ||
                        (at >= raw.find("two") && at < raw.find("two") + 3);
    std::string other = raw;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_EQ(is_alike(other), within) << other;
  }
}

TEST_F(EventTemplateTest, LearnsLaterThatTwoStringsDiffer) {
  learn(event_of_two("one", "abc"));
  learn(event_of_two("two", "abc"));
  EXPECT_TRUE(is_alike(event_of_two("three", "abc")));
  EXPECT_FALSE(is_alike(event_of_two("three", "x")));
  learn(event_of_two("three", "x"));
  EXPECT_TRUE(is_alike(event_of_two("four", "yz")));
}

TEST_F(EventTemplateTest, DoesNotLearnMoreThanTwo) {
  const auto event = [](std::string_view a, std::string_view b, std::string_view c) {
    return "data: {\"a\":\"" + std::string(a) + "\",\"b\":\"" + std::string(b) + "\",\"c\":\"" +
           std::string(c) + "\"}\n\n";
  };
  learn(event("1", "2", "3"));
  learn(event("4", "5", "6"));
  EXPECT_FALSE(is_alike(event("7", "8", "9")));
}

TEST_F(EventTemplateTest, BeginsAnewWhereNothingIsInCommon) {
  learn(event_of("a"));
  learn("data: {\"other\":\"1\"}\n\n");
  learn("data: {\"other\":\"2\"}\n\n");
  EXPECT_TRUE(is_alike("data: {\"other\":\"3\"}\n\n"));
  EXPECT_FALSE(is_alike("data: {\"other\":\"3\"]\n\n"));
  EXPECT_FALSE(is_alike(event_of("b")));
}

TEST_F(EventTemplateTest, LeavesOutWhatItDoesNotUnderstand) {
  for (const std::string& other : std::vector<std::string>{
           "data: [1]\n\n", "data: {}\r\n\r\n", "data: {\ndata: }\n\n", "data: {}\nid: 1\n\n",
           "\xEF\xBB\xBF"
           "data: {}\n\n",
           ": {}\n\n", "data: {" + std::string(EventTemplate::kEventBytesMax, ' ') + "}\n\n"}) {
    learn(other);
    learn(other);
    EXPECT_FALSE(is_alike(other)) << other;
  }
  learn(event_of("a"));
  learn(event_of("b"));
  const std::string most(EventTemplate::kEventBytesMax - event_of("").size(), 'x');
  EXPECT_TRUE(is_alike(event_of(most)));
  EXPECT_FALSE(is_alike(event_of(most + "x")));
}

}  // namespace
}  // namespace headgate::http
