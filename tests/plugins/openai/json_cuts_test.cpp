// Members are cut out of JSON text, and the rest stays as it stands.

#include "providers/openai/json_cuts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hg::JsonView;

using Fate = headgate_openai::JsonCuts::Fate;

// Without members called "x", and with another in place of "y", at the top and in objects below.
void cut_x(headgate_openai::JsonCuts& cuts, const JsonView& object) {
  cuts.each_member(object, [&](std::string_view name, const JsonView& value) {
    if (name == "x") return Fate{};
    if (name == "y") return Fate{false, "\"z\":0"};
    cut_x(cuts, value);
    value.each_element([&](JsonView element) { cut_x(cuts, element); });
    return Fate{true, {}};
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

TEST(JsonCuts, LeaveRoomForOtherMembers) {
  EXPECT_EQ(without_x(R"({"y":1})"), R"({"z":0})");
  EXPECT_EQ(without_x(R"({ "y" : 1 , "a":2})"), R"({ "z":0 , "a":2})");
  EXPECT_EQ(without_x(R"({"a":2 , "y" : 1 })"), R"({"a":2 , "z":0 })");
  EXPECT_EQ(without_x(R"({"x":1,"y":1,"x":1,"y":1,"x":1})"), R"({"z":0,"z":0})");
  EXPECT_EQ(without_x(R"({"a":1,"x":1,"y":1,"b":1})"), R"({"a":1,"z":0,"b":1})");
}

TEST(JsonCuts, AreMadeAtEveryDepthAndHoweverTheNameIsWritten) {
  EXPECT_EQ(without_x(R"({"a":[{"\u0078":1},{"b":{"x":{"x":2}},"c":0,"x":3}],"x":4})"),
            R"({"a":[{},{"b":{},"c":0}]})");
}

TEST(JsonCuts, OfATextThatIsNoObjectAreNone) {
  for (const char* text : {"", "5", "[{\"x\":1", "\"x\"", "{\"x\"", "{\"x\":"})
    EXPECT_EQ(without_x(text), "(as it was)") << text;
}

// Every arrangement of up to six members, of which some stay, go or make room: JSON, and in order.
TEST(JsonCuts, LeaveJsonWhateverIsCut) {
  static const std::vector<std::string> kNames = {"a", "x", "y"};
  for (int count = 0; count <= 6; ++count) {
    int arrangements = 1;
    for (int i = 0; i < count; ++i) arrangements *= 3;
    for (int which = 0; which < arrangements; ++which) {
      std::string text = "{";
      std::string expected;
      int rest = which;
      for (int i = 0; i < count; ++i, rest /= 3) {
        const std::string& name = kNames[static_cast<std::size_t>(rest % 3)];
        text += (i == 0 ? " \"" : " , \"") + name + "\" : " + std::to_string(i + 1);
        if (name == "a") expected += "a=" + std::to_string(i + 1) + ";";
        if (name == "y") expected += "z=0;";
      }
      text += " }";
      const std::string made = without_x(text);
      const std::string& left = made == "(as it was)" ? text : made;
      EXPECT_TRUE(JsonView::valid(left)) << text << " " << left;
      std::string found;
      JsonView(left).each_member([&](std::string_view name, JsonView value) {
        found += std::string(name) + "=" + std::string(value.raw()) + ";";
      });
      EXPECT_EQ(found, expected) << text << " " << left;
    }
  }
}

}  // namespace
