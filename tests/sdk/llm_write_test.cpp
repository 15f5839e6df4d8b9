// Writing the neutral form: JSON, answers, chunks, and the list of what was left out.

#include <headgate/json_view.hpp>
#include <headgate/llm/chat_answer.hpp>
#include <headgate/llm/dropped.hpp>
#include <headgate/llm/json_writer.hpp>

#include <gtest/gtest.h>

namespace {

using hg::JsonView;
using hg::llm::JsonWriter;

std::string as_json(std::string_view text) {
  std::string out;
  hg::llm::append_quoted(out, text);
  return out;
}
std::string compact(std::string_view json) {
  std::string out;
  hg::llm::append_compact(out, json);
  return out;
}

TEST(JsonWriter, EscapesWhatJsonDoesNotTake) {
  EXPECT_EQ(as_json(""), R"("")");
  EXPECT_EQ(as_json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(as_json("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(as_json(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(as_json("\xC3\xBC\xE2\x98\x83"), "\"\xC3\xBC\xE2\x98\x83\"");
}

TEST(JsonWriter, EscapesSoThatReadingGivesTheSameText) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += std::string("x") + static_cast<char>(c);
  ASSERT_TRUE(JsonView::valid(as_json(all)));
  EXPECT_EQ(JsonView(as_json(all)).text(), all);
}

TEST(JsonWriter, PutsCommasBetweenValuesOnly) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("a").open('[').close(']');
  json.key("b").open('[').number(1).boolean(true).null().open('{').close('}').quoted("x").close(
      ']');
  json.key("c").raw("1.0").key("d").compact("{ \"x\" : 1 }").close('}');
  EXPECT_EQ(out, R"({"a":[],"b":[1,true,null,{},"x"],"c":1.0,"d":{"x":1}})");
}

TEST(JsonWriter, CompactsOnlyBetweenValues) {
  EXPECT_EQ(compact("{ \"a b\" :\n[ 1.0 ,\t\"c \\\" d\\\\\" , -1E5 ]\r\n}"),
            R"({"a b":[1.0,"c \" d\\",-1E5]})");
  EXPECT_EQ(compact("\"open \\"), "\"open \\");
}

TEST(Dropped, NamesEachOnceInOrder) {
  hg::llm::Dropped dropped;
  EXPECT_TRUE(dropped.empty());
  EXPECT_EQ(dropped.header(), "");
  dropped.add("user");
  dropped.add("tools", "strict");
  dropped.add("user");
  EXPECT_FALSE(dropped.empty());
  EXPECT_EQ(dropped.header(), "user, tools.strict");
}

TEST(Dropped, IsBoundedAndFitForAHeader) {
  hg::llm::Dropped dropped;
  dropped.add("a\r\nb: c,d");
  dropped.add(std::string(100, 'x'));
  EXPECT_EQ(dropped.header(), "a??b??c?d, " + std::string(64, 'x'));
  for (std::size_t i = 2; i < hg::llm::Dropped::kNamesMax; ++i) dropped.add(std::to_string(i));
  EXPECT_EQ(dropped.header().find("..."), std::string::npos);
  dropped.add("one more");
  EXPECT_EQ(dropped.names().size(), hg::llm::Dropped::kNamesMax);
  EXPECT_EQ(dropped.header().substr(dropped.header().size() - 5), ", ...");
}

TEST(ChatAnswer, HasEveryMemberThatClientsExpect) {
  hg::llm::AnswerChoice choice;
  choice.text = "Hi";
  choice.has_text = true;
  const std::string out = hg::llm::write_answer({"chatcmpl-1", 5, "m", ""}, {choice}, std::nullopt);
  EXPECT_EQ(out, R"({"id":"chatcmpl-1","object":"chat.completion","created":5,"model":"m",)"
                 R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hi",)"
                 R"("refusal":null},"logprobs":null,"finish_reason":"stop"}]})");
}

TEST(ChatAnswer, WritesAllThatAChoiceMayHold) {
  hg::llm::AnswerChoice choice;
  choice.index = 3;
  choice.reasoning = "hm";
  choice.refusal = "no";
  choice.tools = {{"call_1", "f", R"({"a":1})", R"({"g":1})"}, {"call_2", "g", "{}", ""}};
  choice.images = {"data:image/png;base64,AA"};
  choice.finish_reason = "tool_calls";
  choice.logprobs = R"({"content":[]})";
  choice.message_headgate = R"({"x":1})";
  choice.headgate = R"({"stop":{}})";
  const std::string out =
      hg::llm::write_answer({"i", 0, "m", R"({"h":1})"}, {choice}, hg::Usage(), R"({"u":1})");
  ASSERT_TRUE(JsonView::valid(out));
  EXPECT_EQ(JsonView(out)["headgate"].raw(), R"({"h":1})");
  EXPECT_EQ(JsonView(out).at("/usage/headgate").raw(), R"({"u":1})");
  const JsonView json = JsonView(out).at("/choices/0");
  EXPECT_EQ(json["index"].raw(), "3");
  EXPECT_TRUE(json.at("/message/content").is_null());
  EXPECT_EQ(json.at("/message/reasoning_content").raw(), R"("hm")");
  EXPECT_EQ(json.at("/message/refusal").raw(), R"("no")");
  EXPECT_EQ(json.at("/message/tool_calls/0").raw(),
            R"({"id":"call_1","type":"function","function":{"name":"f",)"
            R"("arguments":"{\"a\":1}"},"extra_content":{"g":1}})");
  EXPECT_EQ(json.at("/message/tool_calls").size(), 2u);
  EXPECT_EQ(json.at("/message/images").raw(),
            R"([{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}])");
  EXPECT_EQ(json.at("/message/headgate").raw(), R"({"x":1})");
  EXPECT_EQ(json["logprobs"].raw(), R"({"content":[]})");
  EXPECT_EQ(json["finish_reason"].raw(), R"("tool_calls")");
  EXPECT_EQ(json["headgate"].raw(), R"({"stop":{}})");
}

TEST(ChatAnswer, CountsUnknownTokensAsNone) {
  hg::Usage usage;
  usage.input = 10;
  usage.output = 5;
  usage.cache_read = 3;
  std::string out;
  JsonWriter json(out);
  hg::llm::write_usage(json, usage);
  EXPECT_EQ(out, R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,)"
                 R"("prompt_tokens_details":{"cached_tokens":3},)"
                 R"("completion_tokens_details":{"reasoning_tokens":0}})");
}

TEST(ChunkWriter, WritesOneDeltaAChunk) {
  const hg::llm::ChunkWriter chunks({"i", 7, "m", ""});
  const auto choice = [](const std::string& chunk) {
    EXPECT_TRUE(JsonView::valid(chunk)) << chunk;
    EXPECT_EQ(chunk.substr(0, 63),
              R"({"id":"i","object":"chat.completion.chunk","created":7,"model":)");
    return std::string(JsonView(chunk).at("/choices/0").raw());
  };
  const std::string rest = R"(,"logprobs":null,"finish_reason":null})";
  EXPECT_EQ(choice(chunks.role(1)),
            R"({"index":1,"delta":{"role":"assistant","content":""})" + rest);
  EXPECT_EQ(choice(chunks.text(0, "content", "a\n")),
            R"({"index":0,"delta":{"content":"a\n"})" + rest);
  EXPECT_EQ(
      choice(chunks.text(0, "content", "a", R"({"content":[]})")),
      R"({"index":0,"delta":{"content":"a"},"logprobs":{"content":[]},"finish_reason":null})");
  const std::string block = R"(,"logprobs":null,"finish_reason":null,"headgate":{"b":1}})";
  EXPECT_EQ(choice(chunks.text(0, "content", "a", {}, R"({"b":1})")),
            R"({"index":0,"delta":{"content":"a"})" + block);
  EXPECT_EQ(choice(chunks.tool(0, 2, {"c", "f", "{}", ""}, R"({"b":1})")),
            R"({"index":0,"delta":{"tool_calls":[{"index":2,"id":"c","type":"function",)"
            R"("function":{"name":"f","arguments":"{}"}}]})" +
                block);
  EXPECT_EQ(
      choice(chunks.image(0, 3, "data:x")),
      R"({"index":0,"delta":{"images":[{"index":3,"type":"image_url","image_url":{"url":"data:x"}}]})" +
          rest);
  EXPECT_EQ(choice(chunks.other(0, R"({"b":1})")), R"({"index":0,"delta":{})" + block);
  EXPECT_EQ(choice(chunks.finish(2, "stop")),
            R"({"index":2,"delta":{},"logprobs":null,"finish_reason":"stop"})");
  EXPECT_EQ(choice(chunks.finish(0, "stop", R"({"s":1})")),
            R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","headgate":{"s":1}})");
  EXPECT_EQ(choice(chunks.finish(0, "stop", {}, R"({"m":1})")),
            R"({"index":0,"delta":{"headgate":{"m":1}},"logprobs":null,"finish_reason":"stop"})");
  const std::string usage = chunks.usage({});
  EXPECT_EQ(JsonView(usage)["choices"].raw(), "[]");
  EXPECT_EQ(JsonView(usage).at("/usage/total_tokens").raw(), "0");
}

}  // namespace
