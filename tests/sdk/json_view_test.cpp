#include <gtest/gtest.h>

#include <headgate/json_view.hpp>

namespace {

using hg::JsonView;

TEST(JsonView, FindsMembersAndElementsInPlace) {
  const JsonView json(R"( {"a": [1, {"b": "x"}], "c": {"d": null}, "a": 2} )");
  EXPECT_EQ(json["a"][1]["b"].raw(), "\"x\"");
  EXPECT_EQ(json["a"].size(), 2u);
  EXPECT_EQ(json.size(), 3u);
  EXPECT_TRUE(json["c"]["d"].is_null());
  EXPECT_FALSE(json["e"].exists());
  EXPECT_FALSE(json["a"][2].exists());
  EXPECT_FALSE(json["a"]["x"].exists());
}

TEST(JsonView, FollowsAPointer) {
  const JsonView json(R"({"a":[{"b/c~d":7},[[8]]]})");
  EXPECT_EQ(json.at("").raw(), json.raw());
  EXPECT_EQ(json.at("/a/0/b~1c~0d").raw(), "7");
  EXPECT_EQ(json.at("/a/1/0/0").raw(), "8");
  for (const char* none :
       {"/x", "/a/2", "/a/-", "/a/0/b", "a", "/a/0/b~", "/a/00000000000000000000001"})
    EXPECT_FALSE(json.at(none).exists()) << none;
}

TEST(JsonView, IsNotFooledByBracketsInStrings) {
  const JsonView json(R"({"a":"}],\"","b":["]"],"c":1})");
  EXPECT_EQ(json["a"].text(), "}],\"");
  EXPECT_EQ(json["b"][0].text(), "]");
  EXPECT_EQ(json["c"].raw(), "1");
}

TEST(JsonView, DecodesNamesAndText) {
  const JsonView json(R"({"\u0061\n":"\u00e9\uD83D\uDE00\/\ud800x"})");
  EXPECT_EQ(json["a\n"].text(), "\xC3\xA9\xF0\x9F\x98\x80/\xEF\xBF\xBDx");
  EXPECT_TRUE(JsonView(R"("a\tb")").equals("a\tb"));
  EXPECT_TRUE(JsonView("\"ab\"").equals("ab"));
  EXPECT_FALSE(JsonView("ab").equals("ab"));
  EXPECT_FALSE(JsonView("7").text());
  EXPECT_FALSE(JsonView(R"("\x")").text());
}

TEST(JsonView, KeepsWholeNumbersExact) {
  EXPECT_EQ(JsonView("18446744073709551615").unsigned_integer(), UINT64_MAX);
  for (const char* none : {"18446744073709551616", "-1", "1.0", "1e3", "", "\"1\""})
    EXPECT_FALSE(JsonView(none).unsigned_integer()) << none;
  EXPECT_EQ(JsonView("-2.5e1").number(), -25.0);
  EXPECT_FALSE(JsonView("01").number());
}

TEST(JsonView, StopsAWalkWhenTold) {
  int seen = 0;
  JsonView("[1,2,3]").each_element([&](JsonView) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(JsonView, AcceptsExactlyJson) {
  for (const char* good :
       {"null", " true ", "[]", "{}", "[1,-0.5e+3,\"\\u00e9\"]", R"({"a":{"b":[]}})", "\"\""})
    EXPECT_TRUE(JsonView::valid(good)) << good;
  for (const char* bad :
       {"",   "nul",      "[1,]", "{,}",  "{\"a\"}", "{\"a\":}", "{a:1}",     "[1 2]",
        "01", "1.",       ".5",   "+1",   "\"",      "\"\\x\"",  "\"\\u12\"", "\"\n\"",
        "[",  "{\"a\":1", "1 2",  "[1]]", "1e",      "-"})
    EXPECT_FALSE(JsonView::valid(bad)) << bad;
}

TEST(JsonView, BoundsTheDepthOfWhatItAccepts) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonView::valid(nested(128)));
  EXPECT_FALSE(JsonView::valid(nested(130)));
  EXPECT_FALSE(JsonView::valid(std::string(1'000'000, '[')));
}

TEST(JsonView, SurvivesEveryPrefixOfJson) {
  const std::string whole = R"({"a":[1,{"b\u00e9":"x\"y"}],"c":-1.5e3,"d":{"e":null}})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string exact = whole.substr(0, length);  // its end is the end of an allocation
    EXPECT_FALSE(JsonView::valid(exact)) << exact;
    const JsonView json(exact);
    json.at("/a/1/b\xC3\xA9").text();
    json["d"]["e"].number();
    json.each_member([](std::string_view, JsonView value) { value.text(); });
  }
}

}  // namespace
