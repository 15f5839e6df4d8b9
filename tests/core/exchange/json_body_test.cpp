#include "core/exchange/json_body.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/json_text.hpp"

namespace headgate::exchange {
namespace {

class JsonBodyTest : public ::testing::Test {
 protected:
  JsonBody make(std::string_view text) {
    JsonBody body(arena_, scanner_);
    body.assign_copy(text);
    return body;
  }
  static std::string sent(const JsonBody& body) {
    std::pmr::vector<std::string_view> pieces;
    body.append_pieces(pieces);
    std::string all;
    for (const auto piece : pieces) all += piece;
    EXPECT_EQ(all.size(), body.size());
    return all;
  }

  Arena arena_;
  JsonScanner scanner_;
};

TEST_F(JsonBodyTest, KnowsWhetherAnObjectInItHasTheReservedMember) {
  const auto holds = [&](std::string_view text) { return make(text).holds_reserved(); };
  EXPECT_TRUE(holds(R"({"m":[{"a":1,"headgate":2}]})"));
  EXPECT_TRUE(holds(R"({"m":{"headg\u0061te":2}})"));
  EXPECT_TRUE(holds(R"({"m":{"\u0068\u0065\u0061\u0064\u0067\u0061\u0074\u0065":2}})"));
  EXPECT_TRUE(holds(R"({"m":{"\u0068e\u0061d\u0067\u0061te" : {"x":[]}}})"));
  EXPECT_TRUE(holds(R"({"headgate":{"a":1}})"));
  EXPECT_FALSE(holds(R"({"m":[{"a":"headgate"},"headgate"],"n":"\"headgate\":"})"));
  EXPECT_FALSE(holds(R"({"m":{"headgates":1,"headgat":2,"Headgate":3,"headg\u0061t":4}})"));
  EXPECT_FALSE(holds(R"({"m":{"headg\u0161te":1,"headg\nate":2,"headg\u00e1te":3}})"));
  EXPECT_FALSE(holds(R"({"m":{"headgate":1})")) << "that is no JSON";
}

TEST_F(JsonBodyTest, KnowsWhetherAnEditMadeOrRemovedTheReservedMember) {
  JsonBody body = make(R"({"m":[{"a":1}],"n":1})");
  EXPECT_EQ(body.set("/m", R"([{"headgate":1}])"), EditResult::ok);
  JsonBody sent(arena_, scanner_);
  sent.share(body);
  EXPECT_TRUE(sent.holds_reserved());
  EXPECT_EQ(sent.set("/m", R"([{"a":1}])"), EditResult::ok);
  EXPECT_FALSE(sent.holds_reserved());
  EXPECT_TRUE(body.holds_reserved());
  EXPECT_EQ(body.remove("/m"), EditResult::ok);
  EXPECT_FALSE(body.holds_reserved());
  EXPECT_EQ(body.set("/x/headgate", "1"), EditResult::ok);
  EXPECT_TRUE(body.holds_reserved());
  EXPECT_EQ(sent.set("/headgate", "1"), EditResult::ok);
  EXPECT_TRUE(sent.holds_reserved());
}

TEST_F(JsonBodyTest, ReadsValuesAsTheyStand) {
  JsonBody body = make(R"({ "model" : "a\"b" , "n": 1.0E0, "m": [ {"x": 1 } ] , "t": true })");
  EXPECT_EQ(body.get("/model"), R"("a\"b")");
  EXPECT_EQ(body.get("/n"), "1.0E0");
  EXPECT_EQ(body.get("/m/0"), R"({"x": 1 })");
  EXPECT_EQ(body.get("/m/0/x"), "1");
  EXPECT_EQ(body.get("/t"), "true");
  EXPECT_EQ(body.get("/m/1"), std::nullopt);
  EXPECT_EQ(body.get("/nothing"), std::nullopt);
}

TEST_F(JsonBodyTest, SplicesATopLevelValueAndLeavesTheRestAlone) {
  JsonBody body = make(R"({"a": 1, "model": "x" ,"z":[1,2 ]})");
  EXPECT_EQ(body.set("/model", R"("longer")"), EditResult::ok);
  EXPECT_EQ(sent(body), R"({"a": 1, "model": "longer" ,"z":[1,2 ]})");
  EXPECT_EQ(body.get("/model"), R"("longer")");
}

TEST_F(JsonBodyTest, GrowsItsVersionWithEveryChangeAndWithNothingElse) {
  JsonBody body = make(R"({"model":"x","a":{"b":[1]}})");
  std::uint64_t last = body.version();
  const auto changed = [&] { return std::exchange(last, body.version()) < body.version(); };
  EXPECT_EQ(body.get("/a/b/0"), "1");
  EXPECT_EQ(body.set("/model", "not json"), EditResult::invalid);
  EXPECT_EQ(body.remove("/nothing"), EditResult::not_found);
  EXPECT_FALSE(changed());
  EXPECT_EQ(body.set("/model", R"("y")"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.set("/model", R"("z")"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.set("/new", "1"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.set("/new", "2"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.set("/a/b/-", "2"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.remove("/a/b/0"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.remove("/model"), EditResult::ok);
  EXPECT_TRUE(changed());
  EXPECT_EQ(body.set("", "{}"), EditResult::ok);
  EXPECT_TRUE(changed());
  body.assign_copy("{}");
  EXPECT_TRUE(changed());
  JsonBody other = make(R"({"c":1})");
  body.share(other);
  EXPECT_TRUE(changed());
}

TEST_F(JsonBodyTest, TakesAQuotedTextAsItTakesAnyOther) {
  std::vector<std::string> texts{"", "m", "a \"b\" \\ \n \x01", "\xff\xc3\xa4"};
  for (std::size_t size = 120; size < 140; ++size) texts.emplace_back(size, size % 2 ? 'm' : '"');
  for (const std::string& text : texts) {
    const std::string_view quoted = padded_quote(arena_, text);
    EXPECT_EQ(quoted, json_quote(text));
    EXPECT_EQ(std::string(quoted.data() + quoted.size(), 64), std::string(64, '\0'));
    JsonBody checked = make(R"({"model":"x","a":{"b":[1]}})");
    JsonBody usual = make(R"({"model":"x","a":{"b":[1]}})");
    for (const std::string_view pointer : {"/model", "/new", "/a/b/0", "/a/new"}) {
      EXPECT_EQ(checked.set_checked(pointer, quoted), usual.set(pointer, json_quote(text)));
      EXPECT_EQ(sent(checked), sent(usual));
      EXPECT_EQ(checked.get(pointer), quoted);
    }
  }
}

TEST_F(JsonBodyTest, SplicesTheSameValueTwice) {
  JsonBody body = make(R"({"model":"x","a":1})");
  EXPECT_EQ(body.set("/a", "2"), EditResult::ok);
  EXPECT_EQ(body.set("/model", R"("y")"), EditResult::ok);
  EXPECT_EQ(body.set("/model", R"("z")"), EditResult::ok);
  EXPECT_EQ(sent(body), R"({"model":"z","a":2})");
}

TEST_F(JsonBodyTest, AddsMembersBehindTheOpeningBrace) {
  JsonBody body = make(R"( {"a":1})");
  EXPECT_EQ(body.set("/stream_options/include_usage", "true"), EditResult::ok);
  EXPECT_EQ(body.set("/b", "2"), EditResult::ok);
  EXPECT_EQ(sent(body), R"( {"stream_options":{"include_usage":true},"b":2,"a":1})");
  EXPECT_EQ(body.get("/b"), "2");
  EXPECT_EQ(body.get("/stream_options/include_usage"), "true");

  JsonBody empty = make("{}");
  EXPECT_EQ(empty.set("/b", "2"), EditResult::ok);
  EXPECT_EQ(sent(empty), R"({"b":2})");
}

TEST_F(JsonBodyTest, SetsDeepValues) {
  JsonBody body = make(R"({"m":[{"x":1},{"y":{"z":2}}]})");
  EXPECT_EQ(body.set("/m/1/y/z", "3"), EditResult::ok);
  EXPECT_EQ(body.set("/m/0/new/deep", "[]"), EditResult::ok);
  EXPECT_EQ(body.set("/m/-", "null"), EditResult::ok);
  EXPECT_EQ(sent(body), R"({"m":[{"x":1,"new":{"deep":[]}},{"y":{"z":3}},null]})");
}

TEST_F(JsonBodyTest, RemovesMembersAndElements) {
  JsonBody body = make(R"({"a":1,"b":[1,2,3],"c":{"d":1,"e":2}})");
  EXPECT_EQ(body.remove("/a"), EditResult::ok);
  EXPECT_EQ(body.remove("/b/1"), EditResult::ok);
  EXPECT_EQ(body.remove("/c/d"), EditResult::ok);
  EXPECT_EQ(body.remove("/c/d"), EditResult::not_found);
  EXPECT_EQ(body.remove("/zzz"), EditResult::not_found);
  EXPECT_EQ(body.text(), R"({"b":[1,3],"c":{"e":2}})");
}

TEST_F(JsonBodyTest, KnowsAKeyThatIsWrittenWithEscapes) {
  JsonBody body = make(R"({"mod\u0065l":"x","model":"y"})");
  EXPECT_TRUE(body.named("model").twice);
  JsonBody one = make(R"({"mod\u0065l":"x"})");
  EXPECT_EQ(one.get("/model"), R"("x")");
  EXPECT_EQ(one.set("/model", R"("z")"), EditResult::ok);
  EXPECT_EQ(sent(one), R"({"mod\u0065l":"z"})");
}

TEST_F(JsonBodyTest, SharesWithoutSharingEdits) {
  JsonBody client = make(R"({"model":"x"})");
  EXPECT_EQ(client.set("/model", R"("policy")"), EditResult::ok);
  JsonBody upstream(arena_, scanner_);
  upstream.share(client);
  EXPECT_EQ(upstream.set("/model", R"("provider")"), EditResult::ok);
  EXPECT_EQ(sent(client), R"({"model":"policy"})");
  EXPECT_EQ(sent(upstream), R"({"model":"provider"})");
}

TEST_F(JsonBodyTest, RefusesWhatIsNotJson) {
  for (const auto* text : {"", "  ", "{", R"({"a":1)", R"({"a":1}x)", R"({"a" 1})", "{'a':1}",
                           R"({"a":1}{"b":2})", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(make(text).is_object()) << text;
  }
  EXPECT_FALSE(make("[1]").is_object());
  EXPECT_FALSE(make("12").is_object());
  JsonBody body = make(R"({"a":1})");
  EXPECT_EQ(body.set("/a", "{"), EditResult::invalid);
  EXPECT_EQ(body.set("/a", "nope"), EditResult::invalid);
  EXPECT_EQ(body.set("/a/b", "1"), EditResult::invalid);
  EXPECT_EQ(body.set("a", "1"), EditResult::invalid);
  EXPECT_EQ(sent(body), R"({"a":1})");
}

TEST_F(JsonBodyTest, DecodesStrings) {
  EXPECT_EQ(scanner_.decode(R"("plain")"), "plain");
  EXPECT_EQ(scanner_.decode(R"("a\n\u00fc\"")"), "a\nü\"");
  EXPECT_EQ(scanner_.decode("12"), std::nullopt);
  EXPECT_EQ(scanner_.decode(R"("\q")"), std::nullopt);
}

}  // namespace
}  // namespace headgate::exchange
