#include "core/exchange/json_scan.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <random>
#include <string>

#include "core/exchange/json_skim.hpp"

namespace headgate::exchange {
namespace {

namespace dom = simdjson::dom;

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
  bool is_good(std::string_view text) {
    JsonMembers members;
    return scanner_.scan(padded_copy(arena_, text), members) != JsonShape::invalid;
  }

  // That a scan finds what simdjson does. It refuses numbers that no double can be, too.
  void expect_as_parsed(std::string_view text) {
    dom::parser parser;
    dom::element whole;
    const simdjson::error_code error = parser.parse(text.data(), text.size()).get(whole);
    if (error == simdjson::NUMBER_ERROR) return;
    JsonMembers members;
    const JsonShape shape = scanner_.scan(padded_copy(arena_, text), members);
    ASSERT_EQ(shape == JsonShape::invalid, error != simdjson::SUCCESS) << text;
    if (shape == JsonShape::object) {
      std::size_t at = 0;
      for (const dom::key_value_pair field : dom::object(whole)) {
        ASSERT_LT(at, members.size()) << text;
        const std::string key = '"' + std::string(members[at].key) + '"';
        ASSERT_EQ(scanner_.decode(key), field.key) << text;
        ASSERT_EQ(minified(members[at++].value), simdjson::to_string(field.value)) << text;
      }
      ASSERT_EQ(at, members.size()) << text;
    } else if (shape == JsonShape::array) {
      std::size_t at = 0;
      for (const dom::element element : dom::array(whole)) {
        ASSERT_LT(at, members.size()) << text;
        ASSERT_EQ(minified(members[at++].value), simdjson::to_string(element)) << text;
      }
      ASSERT_EQ(at, members.size()) << text;
    }
  }
  static std::string minified(std::string_view value) {
    dom::parser parser;
    dom::element element;
    if (parser.parse(value.data(), value.size()).get(element)) return "no value";
    return simdjson::to_string(element);
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
  EXPECT_NO_FATAL_FAILURE(expect_as_parsed(text));
  EXPECT_NO_FATAL_FAILURE(expect_as_parsed(R"([1, "two" ,{"three":[3]} ])"));
  EXPECT_EQ(scanned(R"([1, "two" ,{"three":[3]} ])"), R"(1|:1|:"two"|:{"three":[3]})");
  EXPECT_EQ(scanned("[]"), "1");
  EXPECT_EQ(scanned("{ }"), "0");
}

TEST_F(JsonScanTest, ChecksAllOfAText) {
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
                                      R"({"a":truex})",
                                      R"({"a":[1,{"b":truex}]})",
                                      R"({"a":[01]})",
                                      R"({"a":{"b":[1 2]}})",
                                      R"({"a":"\q"})",
                                      R"({"a":"\u12"})",
                                      R"({"a":"\u12g4"})",
                                      R"({"a":"\u123"})",
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
    EXPECT_FALSE(is_good(text)) << text;
  }
}

TEST_F(JsonScanTest, TakesTextsInAnyScript) {
  for (const std::string_view character : {"語", "é", "🙂"}) {
    std::string foreign;
    for (int i = 0; i < 1000; ++i) foreign += character;
    const std::string text = "{\"a\":\"" + foreign + "\",\"b\":[\"" + foreign + "\\n\"]}";
    EXPECT_EQ(scanned(text), "0|a:\"" + foreign + "\"|b:[\"" + foreign + "\\n\"]");
    for (const std::string_view damage : {"\xff", "\xc3\"", "\x01", "\\q", "\xed\xa0\x80"}) {
      for (const std::size_t at : {foreign.size() + 4, text.size() - 6}) {
        std::string broken = text;
        EXPECT_FALSE(is_good(broken.insert(at, damage))) << at;
      }
    }
  }
}

TEST_F(JsonScanTest, RefusesWhatIsTooDeep) {
  const auto nested = [](int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return "{\"a\":" + std::string(count, '[') + std::string(count, ']') + '}';
  };
  EXPECT_TRUE(is_good(nested(kJsonDepthMax)));
  EXPECT_FALSE(is_good(nested(kJsonDepthMax + 1)));
}

TEST_F(JsonScanTest, DoesNotReadOnBehindTheText) {
  // What stands behind would complete it.
  const std::string whole = R"({"a":"b","c":12,"d":true})";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    std::string memory = whole + std::string(64, '}');
    JsonMembers members;
    SeenNames seen;
    const std::string_view text = std::string_view(memory).substr(0, size);
    EXPECT_EQ(skim(text, members, WatchedNames(), seen), JsonShape::invalid) << size;
  }
}

TEST_F(JsonScanTest, FindsTheEndOfAStringOfAnyLengthWithAnEscapeAnywhere) {
  for (std::size_t size = 0; size < 160; size += size < 40 ? 1 : 7) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::string content(size, 'x');
      if (at + 1 < size) content.replace(at, 2, "\\\"");
      const std::string text = "{\"" + content + "\":\"" + content + "\",\"z\":1}";
      ASSERT_NO_FATAL_FAILURE(expect_as_parsed(text));
    }
  }
}

TEST_F(JsonScanTest, ChecksStrings) {
  for (const std::string_view text : {R"("")", R"("a")", R"("a\"b\\")",
                                      R"("a long one, of more)"
                                      R"( than sixteen bytes")"}) {
    EXPECT_TRUE(is_json_string(padded_copy(arena_, text))) << text;
    EXPECT_TRUE(is_json(padded_copy(arena_, text)));
  }
  for (const std::string_view text : {R"(")", R"("a)", R"("a"b")", R"("a\")", R"(a")"}) {
    EXPECT_FALSE(is_json_string(padded_copy(arena_, text))) << text;
    EXPECT_FALSE(is_json(padded_copy(arena_, text))) << text;
  }
}

TEST_F(JsonScanTest, KnowsScalars) {
  for (const std::string_view text : {"true", "false", "null", "1", "-2.5", " 3 ", "[1]", "{}"}) {
    EXPECT_TRUE(is_json(padded_copy(arena_, text))) << text;
  }
  for (const std::string_view text :
       {"", " ", "tru", "x", "-", "[1", "{\"a\"}", "01", "truex", "1-2", "+1"}) {
    EXPECT_FALSE(is_json(padded_copy(arena_, text))) << text;
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
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    writer.object(text, 0);
    ASSERT_NO_FATAL_FAILURE(expect_as_parsed(text));
    good += is_good(text) ? 1 : 0;
    // The same with damage, which may be JSON still.
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
    ASSERT_NO_FATAL_FAILURE(expect_as_parsed(text));
    arena_.reset();
  }
  EXPECT_EQ(good, 20'000);
}

}  // namespace
}  // namespace headgate::exchange
