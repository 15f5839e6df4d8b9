// Reading the neutral form: messages, parts, tool calls, data URLs.

#include <headgate/llm/chat_request.hpp>

#include <gtest/gtest.h>

namespace {

using hg::JsonView;
using hg::llm::PartKind;
using hg::llm::Role;

TEST(DataUrl, IsTakenApart) {
  const auto parsed = hg::llm::parse_data_url("data:image/png;base64,iVBOR+/w0KGg==");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->media_type, "image/png");
  EXPECT_EQ(parsed->base64, "iVBOR+/w0KGg==");
}

TEST(DataUrl, LosesItsParameters) {
  const auto parsed = hg::llm::parse_data_url("data:text/plain;charset=utf-8;base64,AA-_");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->media_type, "text/plain");
  EXPECT_EQ(parsed->base64, "AA-_");
}

TEST(DataUrl, MayNameNoTypeAndHoldNothing) {
  const auto parsed = hg::llm::parse_data_url("data:;base64,");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->media_type, "");
  EXPECT_EQ(parsed->base64, "");
}

TEST(DataUrl, IsNoneOfAnotherForm) {
  for (const char* url :
       {"", "data:", "https://x/a.png", "data:image/png,abc", "data:image/png;base64",
        "data:image/png;base64;x=1,AA", "data:image/png;base64,A A", "data:image/png;base64,A\"A",
        "data:text/plain,x;base64,AA", "xdata:image/png;base64,AA"}) {
    EXPECT_FALSE(hg::llm::parse_data_url(url)) << url;
  }
}

TEST(Message, KnowsTheRoles) {
  const auto role = [](const std::string& name) {
    return hg::llm::read_message(JsonView("{\"role\":" + name + "}")).role;
  };
  EXPECT_EQ(role(R"("user")"), Role::user);
  EXPECT_EQ(role(R"("system")"), Role::system);
  EXPECT_EQ(role(R"("developer")"), Role::system);
  EXPECT_EQ(role(R"("assistant")"), Role::assistant);
  EXPECT_EQ(role(R"("tool")"), Role::tool);
  EXPECT_EQ(role(R"("function")"), Role::unknown);
  EXPECT_EQ(role("5"), Role::unknown);
  EXPECT_EQ(hg::llm::read_message(JsonView("{}")).role, Role::unknown);
}

TEST(Message, GivesWhatIsThereAndNamesWhatItDoesNotKnow) {
  const std::string text = R"({"role":"assistant","content":null,"refusal":"no","tool_calls":[1],
      "tool_call_id":"t","function_call":{"a":1},"reasoning_content":"hm","audio":{"id":"a"},
      "extra_content":{"x":1},"headgate":{"y":1},"images":[2],"name":"Ann","annotations":[],"weight":0,"z":null})";
  const hg::llm::Message message = hg::llm::read_message(JsonView(text));
  EXPECT_FALSE(message.content.exists());
  EXPECT_EQ(message.refusal.raw(), R"("no")");
  EXPECT_EQ(message.tool_calls.raw(), "[1]");
  EXPECT_EQ(message.tool_call_id.raw(), R"("t")");
  EXPECT_EQ(message.function_call.raw(), R"({"a":1})");
  EXPECT_EQ(message.reasoning.raw(), R"("hm")");
  EXPECT_EQ(message.audio.raw(), R"({"id":"a"})");
  EXPECT_EQ(message.extra.raw(), R"({"x":1})");
  EXPECT_EQ(message.headgate.raw(), R"({"y":1})");
  EXPECT_EQ(message.images.raw(), "[2]");
  EXPECT_EQ(message.others, (std::vector<std::string>{"name", "weight"}));
}

TEST(Part, IsReadByItsTypeWhateverTheOrder) {
  const auto read = [](std::string_view json) { return hg::llm::read_part(JsonView(json)); };
  EXPECT_EQ(read(R"({"text":"a\n","type":"text"})").text.raw(), R"("a\n")");
  EXPECT_EQ(read(R"({"type":"refusal","refusal":"no"})").kind, PartKind::refusal);
  EXPECT_EQ(read(R"({"type":"refusal","refusal":"no"})").text.raw(), R"("no")");
  EXPECT_EQ(read(R"({"type":"image_url","image_url":{"url":"u"}})").body.raw(), R"({"url":"u"})");
  EXPECT_EQ(read(R"({"type":"input_audio","input_audio":{}})").kind, PartKind::audio);
  EXPECT_EQ(read(R"({"type":"file","file":{}})").kind, PartKind::file);
  EXPECT_EQ(read(R"({"type":"video","video":{}})").kind, PartKind::unknown);
  EXPECT_EQ(read(R"({})").kind, PartKind::unknown);
  const hg::llm::Part part = read(
      R"({"type":"text","text":"a","image_url":{"url":"u"},"cache_control":{"t":1},"x":null})");
  EXPECT_EQ(part.others, (std::vector<std::string>{"image_url", "cache_control"}));
  EXPECT_FALSE(part.body.exists());
}

TEST(Part, IsOneTextWhereTheContentIsAString) {
  int count = 0;
  hg::llm::each_part(JsonView(R"("Hi")"), [&](const hg::llm::Part& part) {
    ++count;
    EXPECT_EQ(part.kind, PartKind::text);
    EXPECT_EQ(part.text.raw(), R"("Hi")");
  });
  EXPECT_EQ(count, 1);
}

TEST(Part, EndsTheWalkWhereItIsToldTo) {
  const JsonView content(R"([{"type":"text"},{"type":"file"},{"type":"text"}])");
  int count = 0;
  hg::llm::each_part(content, [&](const hg::llm::Part& part) {
    ++count;
    return part.kind != PartKind::file;
  });
  EXPECT_EQ(count, 2);
  hg::llm::each_part(JsonView("null"), [&](const hg::llm::Part&) { ++count; });
  EXPECT_EQ(count, 2);
}

TEST(ToolCall, HasItsArgumentsAsJsonText) {
  const hg::llm::ToolCall call = hg::llm::read_tool_call(
      JsonView(R"({"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1.0}"},
                   "extra_content":{"x":1}})"));
  EXPECT_EQ(call.id.raw(), R"("c")");
  EXPECT_EQ(call.type.raw(), R"("function")");
  EXPECT_EQ(call.name.raw(), R"("f")");
  EXPECT_EQ(call.arguments, R"({"a":1.0})");
  EXPECT_EQ(call.extra.raw(), R"({"x":1})");
  EXPECT_EQ(hg::llm::read_tool_call(JsonView("{}")).arguments, "");
}

TEST(SaysSomething, TellsEmptyFromMeaningful) {
  for (const char* empty : {"", "null", "[]", "{}", "[ ]"})
    EXPECT_FALSE(hg::llm::says_something(JsonView(empty))) << empty;
  for (const char* full : {"0", "false", R"("")", "[0]", R"({"a":null})"})
    EXPECT_TRUE(hg::llm::says_something(JsonView(full))) << full;
}

}  // namespace
