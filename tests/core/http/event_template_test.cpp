#include "core/http/event_template.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::http {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"\"tokens\"", "\"reason\":\"", "\"error\"",
                                                    "[DONE]"};

// Bytes in a block that ends behind their padding, so that AddressSanitizer sees a read past it.
class PaddedBytes {
 public:
  explicit PaddedBytes(std::string_view text)
      : bytes_(new char[text.size() + WordFilter::kPadding]()), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

std::string event_of(std::string_view words) {
  return R"(data: {"id":"x","delta":{"content":")" + std::string(words) +
         R"("},"reason":null,"usage":null})" + "\n\n";
}

bool has_word(std::string_view text) {
  for (const std::string_view word : kWords)
    if (text.find(word) != std::string_view::npos) return true;
  return false;
}

class EventTemplateTest : public testing::Test {
 protected:
  void learn(const std::string& raw) {
    EventCutter cutter(EventFraming::sse);
    const Cut cut = cutter.next(raw);
    ASSERT_EQ(cut.consumed, raw.size());
    alike_.learn(cut.event);
  }
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
  EXPECT_TRUE(is_alike(event_of("hello")));
  EXPECT_FALSE(is_alike(event_of("other")));
  learn(event_of("help"));
  for (const std::string_view words :
       {"hello", "h", "", "\\\"a\\\\", "a long text, longer than the blocks that are looked at",
        "token", "\xC3\xA4", "\",\"x\":\"y"})
    EXPECT_TRUE(is_alike(event_of(words))) << words;
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
  for (const std::string_view words :
       {"[DONE]", "x [DONE]", "[DONE] x", "error", "tokens", "\"error\"", "\",\"error\":\"",
        "a\",\"tokens\":1,\"x\":\"b", "\"},\"reason\":\"stop\",\"x\":{\"y\":\"",
        "more than sixteen bytes and then [DONE]", "more than sixteen bytes, \"error\" and more"})
    EXPECT_EQ(is_alike(event_of(words)), !has_word(event_of(words))) << words;
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
        letters += "aab\"["[random() % 5];
      return letters;
    };
    std::vector<std::string> words;
    for (std::size_t count = 1 + random() % 4; count > 0; --count)
      words.push_back(random() % 4 == 0 ? std::string(12, 'a') + "b" : text(6) + "ab");
    const auto has = [&](const std::string& raw) {
      return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return raw.find(word) != std::string::npos;
      });
    };
    const std::vector<std::string_view> views(words.begin(), words.end());
    const WordFilter filter{views};
    EventTemplate alike(filter);
    const std::string front = "data: {\"x\":\"" + text(20) + "\"";
    const std::string back = "\"" + text(20) + "\"}\n\n";
    const auto event = [&](const std::string& middle) { return front + middle + back; };
    for (const std::string middle : {"1", "22"}) {
      EventCutter cutter(EventFraming::sse);
      const std::string raw = event(middle);
      if (!has(raw)) alike.learn(cutter.next(raw).event);
    }
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
    for (const std::string_view words : {"1", "22"}) {
      EventCutter cutter(EventFraming::sse);
      const std::string raw = event(words);
      alike.learn(cutter.next(raw).event);
    }
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

TEST_F(EventTemplateTest, LearnsWhatSeveralPartsDifferIn) {
  const auto event = [](std::string_view words, std::string_view noise) {
    return "event: a\ndata: {\"content\":\"" + std::string(words) + "\",\"noise\":\"" +
           std::string(noise) + "\",\"end\":1}\n\n";
  };
  learn(event("one", "abc"));
  learn(event("two", "x"));
  EXPECT_TRUE(is_alike(event("three", "yz")));
  EXPECT_FALSE(is_alike(event("three", "[DONE]")));
  EXPECT_FALSE(is_alike(event("three", "yz").substr(9))) << "another type";
}

TEST_F(EventTemplateTest, BeginsAnewWhereNothingIsInCommon) {
  learn(event_of("a"));
  learn("data: {\"other\":1}\n\n");
  learn("data: {\"other\":2}\n\n");
  EXPECT_TRUE(is_alike("data: {\"other\":3}\n\n"));
  EXPECT_FALSE(is_alike("data: {\"other\":3]\n\n"));
}

TEST_F(EventTemplateTest, LeavesOutWhatItDoesNotUnderstand) {
  for (const std::string& other : std::vector<std::string>{
           "data: [1]\n\n", "data: {}\r\n\r\n", "data: {\ndata: }\n\n", "data: {}\nid: 1\n\n",
           "\xEF\xBB\xBF"
           "data: {}\n\n",
           ": {}\n\n", "data: {" + std::string(EventTemplate::kEventBytesMax, ' ') + "}\n\n"}) {
    learn(other);
    EXPECT_FALSE(is_alike(other)) << other;
  }
  learn(event_of("a"));
  learn(event_of("b"));
  const std::string most(EventTemplate::kEventBytesMax - event_of("").size(), 'x');
  EXPECT_TRUE(is_alike(event_of(most)));
  EXPECT_FALSE(is_alike(event_of(most + "x")));
}

std::string random_event(std::mt19937& random) {
  static const std::vector<std::string> kFields = {"",           "",        "",     "",
                                                   "event: a\n", "id: 1\n", ": c\n"};
  static const std::vector<std::string> kTexts = {"a",
                                                  "b",
                                                  "some",
                                                  "words and more of them",
                                                  "",
                                                  "[DONE]",
                                                  "[DON",
                                                  "error",
                                                  "tokens",
                                                  "\\\"",
                                                  "\",\"reason\":\"stop",
                                                  "\"tokens\"",
                                                  "\n",
                                                  "\r",
                                                  "}",
                                                  "\"}\n\ndata: {\"x\":\"",
                                                  "ends "};
  static const std::vector<std::string> kEnds = {"\n\n",     "\n\n", "\n\n",   "\n\n",
                                                 "\r\n\r\n", "\n",   "\n\r\n", "\nid: 2\n\n"};
  const bool usual = random() % 4 != 0;
  std::string text;
  for (std::size_t count = random() % 3; count > 0; --count)
    text += kTexts[random() % (usual ? 9 : kTexts.size())];
  std::string object = event_of(text);
  object.resize(object.size() - 2);
  if (!usual && random() % 3 == 0) object = "data: {\"other\":\"" + text + "\"}";
  return kFields[random() % (usual ? 4 : kFields.size())] + object +
         kEnds[random() % (usual ? 4 : kEnds.size())];
}

// What a relay would do with a stream: the raw bytes of each event, and whether it has a word or
// says nothing.
struct Seen {
  std::vector<std::string> events;
  std::size_t alike = 0;
};

void note(Seen& seen, const Event& event) {
  seen.events.push_back(std::string(has_word(event.raw) ? "word " : "") +
                        (event.has_data ? "" : "empty ") + std::string(event.raw));
}

Seen read(std::string_view first, std::string_view second, bool with_template) {
  const WordFilter words{kWords};
  EventTemplate alike(words);
  EventCutter cutter(EventFraming::sse);
  Seen seen;
  std::string pending;
  for (const std::string_view part : {first, second}) {
    pending += part;
    const PaddedBytes padded(pending);
    std::string_view rest = padded.view();
    while (true) {
      const std::size_t size = with_template && cutter.at_event() ? alike.alike_at_front(rest) : 0;
      if (size > 0) {
        ++seen.alike;
        // What next() would have given.
        EventCutter other(EventFraming::sse);
        const Cut cut = other.next(rest.substr(0, size));
        EXPECT_EQ(cut.consumed, size);
        EXPECT_TRUE(!cut.event.data.empty() && cut.event.data.front() == '{' &&
                    cut.event.data.back() == '}');
        EXPECT_FALSE(has_word(cut.event.raw)) << cut.event.raw;
        note(seen, cut.event);
        cutter.skip(size);
        rest.remove_prefix(size);
        continue;
      }
      const Cut cut = cutter.next(rest);
      if (cut.status != CutStatus::event) break;
      note(seen, cut.event);
      if (!has_word(cut.event.raw)) alike.learn(cut.event);
      rest.remove_prefix(cut.consumed);
    }
    pending.erase(0, pending.size() - rest.size());
  }
  return seen;
}

TEST(EventTemplate, MakesNoDifferenceToAnyStreamHoweverItIsSplit) {
  std::mt19937 random(20261122);
  std::size_t alike = 0;
  for (int round = 0; round < 200; ++round) {
    std::string stream;
    for (std::size_t count = 2 + random() % 6; count > 0; --count) stream += random_event(random);
    const Seen plain = read(stream, {}, false);
    const Seen quick = read(stream, {}, true);
    EXPECT_EQ(quick.events, plain.events);
    alike += quick.alike;
    for (std::size_t at = random() % 7; at < stream.size(); at += 7) {
      const std::string_view view = stream;
      EXPECT_EQ(read(view.substr(0, at), view.substr(at), true).events, plain.events)
          << "split at " << at;
    }
  }
  EXPECT_GT(alike, 200u);
}

}  // namespace
}  // namespace headgate::http
