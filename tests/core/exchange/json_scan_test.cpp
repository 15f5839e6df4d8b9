#include "core/exchange/json_scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "core/exchange/json_skim.hpp"

namespace headgate::exchange {
namespace {

// What a scan found, to be compared.
std::string shown(JsonShape shape, const JsonMembers& members) {
  std::string out = std::to_string(static_cast<int>(shape));
  if (shape == JsonShape::invalid) return out;
  for (const JsonMember& member : members) {
    out += '|';
    out += member.key;
    out += member.key_escaped ? "\\:" : ":";
    out += member.value;
  }
  return out;
}

class JsonScanTest : public ::testing::Test {
 protected:
  std::string scanned(std::string_view text) {
    JsonMembers members;
    const JsonShape shape = scanner_.scan(padded_copy(arena_, text), members);
    return shown(shape, members);
  }
  // By simdjson alone.
  std::string indexed(std::string_view text) {
    JsonMembers members;
    const JsonShape shape = scanner_.index(padded_copy(arena_, text), members);
    return shown(shape, members);
  }
  std::optional<std::string> skimmed(std::string_view text) {
    JsonMembers members;
    const auto shape = skim(padded_copy(arena_, text), members);
    if (!shape) return std::nullopt;
    return shown(*shape, members);
  }

  Arena arena_;
  JsonScanner scanner_;
};

TEST_F(JsonScanTest, SkimsTheUsualRequest) {
  const std::string long_text(1000, 'x');
  const std::string text = R"({ "model" : "m" , "messages":[{"role":"user","content":")" +
                           long_text +
                           R"(\n\"grüße"},{"n":[1,-2.5e+3,0.0,true,false,null,[],{}]}],)" +
                           "\r\n\t\"a\\u0062\":-0, \"stream\":true }";
  ASSERT_TRUE(skimmed(text));
  EXPECT_EQ(*skimmed(text), indexed(text));
  ASSERT_TRUE(skimmed(R"([1, "two" ,{"three":[3]} ])"));
  EXPECT_EQ(*skimmed(R"([1, "two" ,{"three":[3]} ])"), indexed(R"([1, "two" ,{"three":[3]} ])"));
  EXPECT_EQ(skimmed("[]"), indexed("[]"));
  EXPECT_EQ(skimmed("{ }"), indexed("{ }"));
}

TEST_F(JsonScanTest, LeavesDoubtfulTextsToTheParser) {
  for (const std::string_view text : {R"({"a":1)",
                                      R"({"a":1,})",
                                      R"({"a" 1})",
                                      R"({"a":[1})",
                                      R"({"a":1]])",
                                      R"({"a":01})",
                                      R"({"a":1.})",
                                      R"({"a":.5})",
                                      R"({"a":1e})",
                                      R"({"a":-})",
                                      R"({"a":tru})",
                                      R"({"a":nul1})",
                                      R"({"a":"b)",
                                      R"({"a":"b\)",
                                      R"({"a":"b\")",
                                      R"({a:1})",
                                      R"({"a":1}x)",
                                      R"({"a":1}{})",
                                      R"({,"a":1})",
                                      R"([1,])",
                                      R"([1 2])",
                                      "[",
                                      "{",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\x01\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\\\xc3\"}",
                                      "{\"a\":\"\\\xc3\xa9\"}",
                                      "{\"a\":\"\\\n\"}",
                                      "{\"\xc0\x80\":1}",
                                      "{\"a\":\"\xed\xa0\x80\"}",
                                      "{\"a\":\"\xe2\x82"}) {
    EXPECT_FALSE(skimmed(text)) << text;
  }
  EXPECT_FALSE(skimmed("{\"a\":" + std::string(80, '[') + std::string(80, ']') + '}'));
  std::string foreign;
  for (int i = 0; i < 1000; ++i) foreign += "語";
  EXPECT_FALSE(skimmed("{\"a\":\"" + foreign + "\"}"));
  EXPECT_EQ(scanned("{\"a\":\"" + foreign + "\"}"), indexed("{\"a\":\"" + foreign + "\"}"));
}

TEST_F(JsonScanTest, DoesNotReadOnBehindTheText) {
  // What stands behind would complete it.
  const std::string whole = R"({"a":"b","c":12,"d":true})";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    std::string memory = whole + std::string(64, '}');
    JsonMembers members;
    EXPECT_FALSE(skim(std::string_view(memory).substr(0, size), members)) << size;
  }
}

TEST_F(JsonScanTest, FindsTheEndOfAStringOfAnyLengthWithAnEscapeAnywhere) {
  for (std::size_t size = 0; size < 160; size += size < 40 ? 1 : 7) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::string content(size, 'x');
      if (at + 1 < size) content.replace(at, 2, "\\\"");
      const std::string text = "{\"" + content + "\":\"" + content + "\",\"z\":1}";
      ASSERT_TRUE(skimmed(text)) << text;
      ASSERT_EQ(*skimmed(text), indexed(text));
    }
  }
}

TEST_F(JsonScanTest, ChecksStrings) {
  for (const std::string_view text : {R"("")", R"("a")", R"("a\"b\\")",
                                      R"("a long one, of more)"
                                      R"( than sixteen bytes")"}) {
    EXPECT_TRUE(is_usual_string(padded_copy(arena_, text))) << text;
    EXPECT_TRUE(scanner_.is_json(padded_copy(arena_, text)));
  }
  for (const std::string_view text : {R"(")", R"("a)", R"("a"b")", R"("a\")", R"(a")"}) {
    EXPECT_FALSE(is_usual_string(padded_copy(arena_, text))) << text;
    EXPECT_FALSE(scanner_.is_json(padded_copy(arena_, text))) << text;
  }
}

TEST_F(JsonScanTest, KnowsScalars) {
  for (const std::string_view text : {"true", "false", "null", "1", "-2.5", " 3 ", "[1]", "{}"}) {
    EXPECT_TRUE(scanner_.is_json(padded_copy(arena_, text))) << text;
  }
  for (const std::string_view text : {"", " ", "tru", "x", "-", "[1", "{\"a\"}"}) {
    EXPECT_FALSE(scanner_.is_json(padded_copy(arena_, text))) << text;
  }
}

// Writes JSON of any kind.
class Writer {
 public:
  explicit Writer(std::mt19937& random) : random_(random) {}

  void value(std::string& out, int depth) {
    space(out);
    switch (random_() % (depth > 3 ? 4 : 6)) {
      case 0:
        string(out);
        break;
      case 1:
        out += pick({"true", "false", "null"});
        break;
      case 2:
      case 3:
        out += pick({"0", "-0", "12", "-3.25", "1e9", "1E-2", "0.5e+1"});
        break;
      case 4:
        out += '[';
        for (auto left = random_() % 4; left-- > 0;) {
          value(out, depth + 1);
          if (left != 0) out += ',';
        }
        space(out);
        out += ']';
        break;
      default:
        object(out, depth);
    }
    space(out);
  }
  void object(std::string& out, int depth) {
    out += '{';
    for (auto left = random_() % 5; left-- > 0;) {
      space(out);
      string(out);
      space(out);
      out += ':';
      value(out, depth + 1);
      if (left != 0) out += ',';
    }
    space(out);
    out += '}';
  }

 private:
  static constexpr std::string_view kLong =
      "more bytes than the longest piece that is looked at in one go, which is a piece of 64 "
      "bytes: "
      "there is a long run, and then the text goes on for some time until it ends somewhere";

  std::string_view pick(std::initializer_list<std::string_view> of) {
    return *(of.begin() + random_() % of.size());
  }
  void space(std::string& out) {
    if (random_() % 4 == 0) out += pick({" ", "\n", "\t", "\r\n  "});
  }
  void string(std::string& out) {
    out += '"';
    for (auto left = random_() % 6; left-- > 0;) {
      out += pick({"a", "some words ", "\\\"", "\\n", "\\u00e9", "é", "語", "🙂", "{[:,]}",
                   "sixteen bytes or more of text", kLong});
    }
    out += '"';
  }

  std::mt19937& random_;
};

TEST_F(JsonScanTest, FindsWhatTheParserFindsInAnyText) {
  std::mt19937 random(11);
  Writer writer(random);
  int usual = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    writer.object(text, 0);
    if (const auto found = skimmed(text)) {
      ++usual;
      ASSERT_EQ(*found, indexed(text)) << text;
    }
    // The same with damage: what is still taken must be what the parser finds.
    for (auto left = 1 + random() % 3; left-- > 0;) {
      const std::size_t at = 1 + random() % (text.size() - 1);
      constexpr std::string_view kBytes = "{}[]\",:\\ 0-.eE\x01\x80\xc3truea";
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        default:
          if (text.size() > 2) text.erase(at, 1);
      }
    }
    if (text.back() == ' ') continue;
    if (const auto found = skimmed(text)) {
      ASSERT_EQ(*found, indexed(text)) << text;
    }
    arena_.reset();
  }
  EXPECT_GT(usual, 15'000);
}

}  // namespace
}  // namespace headgate::exchange
