// Members are cut out of JSON text, and the rest stays as it stands.

#include "providers/openai/json_cuts.hpp"

#include <gtest/gtest.h>

namespace {

using hg::JsonView;

// Without members called "x", at the top and in objects below.
void cut_x(headgate_openai::JsonCuts& cuts, const JsonView& object) {
  cuts.keep_members(object, [&](std::string_view name, const JsonView& value) {
    if (name == "x") return false;
    cut_x(cuts, value);
    value.each_element([&](JsonView element) { cut_x(cuts, element); });
    return true;
  });
}

std::string without_x(std::string_view text) {
  headgate_openai::JsonCuts cuts(text);
  cut_x(cuts, JsonView(text));
  return cuts.result().value_or("(as it was)");
}

TEST(JsonCuts, TakeTheCommaThatGoesWithAMember) {
  EXPECT_EQ(without_x(R"({"x":1})"), "{}");
  EXPECT_EQ(without_x(R"({"x":1,"a":2})"), R"({"a":2})");
  EXPECT_EQ(without_x(R"({"a":2,"x":1})"), R"({"a":2})");
  EXPECT_EQ(without_x(R"({"a":2,"x":1,"b":3})"), R"({"a":2,"b":3})");
  EXPECT_EQ(without_x(R"({"x":1,"x":2})"), "{}");
  EXPECT_EQ(without_x(R"({"x":1,"x":2,"a":3,"x":4,"x":5,"b":6,"x":7})"), R"({"a":3,"b":6})");
}

TEST(JsonCuts, LeaveTheRestByteForByte) {
  EXPECT_EQ(without_x(" { \"a\" : 1.0 ,\n \"x\" : [ {} ] ,\t\"b\\u00e4\" : \"\\/\" } "),
            " { \"a\" : 1.0 ,\t\"b\\u00e4\" : \"\\/\" } ");
  EXPECT_EQ(without_x("{ \"x\" : 1 , \"a\" : 1E0 }"), "{ \"a\" : 1E0 }");
  EXPECT_EQ(without_x("{ \"x\" : 1 }"), "{ }");
  EXPECT_EQ(without_x(R"({"a": 1 , "b":"\"x\":"})"), "(as it was)");
}

TEST(JsonCuts, AreMadeAtEveryDepthAndHoweverTheNameIsWritten) {
  EXPECT_EQ(without_x(R"({"a":[{"\u0078":1},{"b":{"x":{"x":2}},"c":0,"x":3}],"x":4})"),
            R"({"a":[{},{"b":{},"c":0}]})");
}

TEST(JsonCuts, OfATextThatIsNoObjectAreNone) {
  for (const char* text : {"", "5", "[{\"x\":1", "\"x\"", "{\"x\"", "{\"x\":"})
    EXPECT_EQ(without_x(text), "(as it was)") << text;
}

// Every arrangement of up to five members: JSON, and what is left is what was not to go.
TEST(JsonCuts, LeaveJsonWhateverIsCut) {
  for (int count = 0; count <= 5; ++count) {
    for (int which = 0; which < 1 << count; ++which) {
      std::string text = "{";
      std::string expected;
      for (int i = 0; i < count; ++i) {
        const bool goes = (which >> i & 1) != 0;
        const std::string member = (goes ? "\"x\" : " : "\"a\" : ") + std::to_string(i);
        text += (i == 0 ? " " : " , ") + member;
        if (!goes)
          expected += (expected.empty() ? "" : ",") + std::string("\"a\":") + std::to_string(i);
      }
      text += " }";
      std::string left = which == 0 ? text : without_x(text);
      EXPECT_TRUE(JsonView::valid(left)) << text << " " << left;
      std::string found;
      JsonView(left).each_member([&](std::string_view name, JsonView value) {
        found +=
            (found.empty() ? "\"" : ",\"") + std::string(name) + "\":" + std::string(value.raw());
      });
      EXPECT_EQ(found, expected) << text;
    }
  }
}

}  // namespace
