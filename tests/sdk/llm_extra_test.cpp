// Members that the neutral form has no place for.

#include <headgate/llm/extra.hpp>

#include <gtest/gtest.h>

namespace {

using hg::JsonView;

std::string read(std::string_view extra) {
  std::string out;
  hg::llm::each_extra(
      JsonView(extra), "acme",
      [&](std::string_view name, JsonView value) {
        out += std::string(name) + "=" + std::string(value.raw()) + ";";
      },
      [&](std::string_view format) { out += "(" + std::string(format) + ")"; });
  return out;
}

TEST(Extra, IsTheMembersOfOnesOwnFormatAndTheNamesOfOthers) {
  EXPECT_EQ(read(R"({"other":{"a":1},"acme":{"b":1.0,"c":[]},"third":{"d":2}})"),
            "(other)b=1.0;c=[];(third)");
  EXPECT_EQ(read(R"({"acme":{},"other":{}})"), "");
  EXPECT_EQ(read("5"), "");
  EXPECT_EQ(read(""), "");
}

TEST(Extra, IsNamedAfterWhatItIsOf) {
  EXPECT_EQ(hg::llm::headgate_name("", "acme"), "headgate.acme");
  EXPECT_EQ(hg::llm::headgate_name("messages.content", "acme"), "messages.content.headgate.acme");
  EXPECT_EQ(hg::llm::headgate_name("messages", ""), "messages.headgate");
}

}  // namespace
