// What a message holds, in order: collecting blocks, marks of deltas, reading blocks back.

#include <headgate/llm/blocks.hpp>

#include <gtest/gtest.h>

namespace {

using hg::JsonView;
using hg::llm::BlockMark;
using hg::llm::BlockWriter;

constexpr std::string_view kOrigin = "acme.talk";

// "1 text start stop", or "" for a delta that needs no mark.
std::string shown(const BlockMark& mark) {
  if (mark.kind.empty()) return "";
  return std::to_string(mark.index) + " " + std::string(mark.kind) + (mark.start ? " start" : "") +
         (mark.stop ? " stop" : "");
}

TEST(Blocks, AreNotNeededWhereTheMessageSaysEverything) {
  BlockWriter nothing(kOrigin);
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(nothing.headgate(), "");
  BlockWriter message(kOrigin);
  EXPECT_EQ(shown(message.text(3)), "");
  EXPECT_EQ(shown(message.text(4)), "");
  EXPECT_FALSE(message.empty());
  EXPECT_EQ(message.headgate(), "");
  EXPECT_EQ(shown(message.tool_call("a")), "1 tool_call start stop");
  EXPECT_EQ(shown(message.tool_call("b")), "2 tool_call start stop");
  EXPECT_EQ(message.headgate(), "");
  BlockWriter calls(kOrigin);
  EXPECT_EQ(shown(calls.tool_call("a")), "0 tool_call start stop");
  EXPECT_EQ(calls.headgate(), "");
}

TEST(Blocks, SayWhereThingsStand) {
  BlockWriter message(kOrigin);
  EXPECT_EQ(shown(message.text(3)), "");
  EXPECT_EQ(shown(message.tool_call("a\"")), "1 tool_call start stop");
  EXPECT_EQ(shown(message.text(1)), "2 text start");
  EXPECT_EQ(shown(message.text(2)), "2 text");
  EXPECT_EQ(shown(message.image()), "3 image start stop");
  EXPECT_EQ(message.headgate(),
            R"({"blocks":[{"kind":"text","length":3},{"kind":"tool_call","id":"a\""},)"
            R"({"kind":"text","length":3},{"kind":"image","origin":"acme.talk"}]})");
}

TEST(Blocks, KeepThoughtsApartFromText) {
  BlockWriter message(kOrigin);
  EXPECT_EQ(shown(message.thinking(3)), "0 thinking start");
  EXPECT_EQ(shown(message.thinking(4)), "0 thinking");
  EXPECT_EQ(shown(message.text(5)), "1 text start");
  EXPECT_EQ(message.headgate(), R"({"blocks":[{"kind":"thinking","origin":"acme.talk","length":7},)"
                                R"({"kind":"text","length":5}]})");
}

TEST(Blocks, OfNothingAreNone) {
  BlockWriter message(kOrigin);
  EXPECT_EQ(shown(message.thinking(0)), "");
  EXPECT_EQ(shown(message.text(0)), "");
  EXPECT_TRUE(message.empty());
  message.tool_call("a");
  EXPECT_EQ(shown(message.text(0)), "");
  EXPECT_EQ(shown(message.tool_call("b")), "1 tool_call start stop");
  EXPECT_EQ(message.headgate(), "");
}

TEST(Blocks, OfTextWithMoreStandByThemselves) {
  BlockWriter message(kOrigin);
  message.text(1);
  EXPECT_EQ(shown(message.text(2, {R"({"o":1})", ""})), "1 text start stop");
  EXPECT_EQ(shown(message.text(3)), "2 text start");
  EXPECT_EQ(shown(message.text(0, {"", R"({"f":{}})"})), "3 text start stop");
  EXPECT_EQ(message.headgate(),
            R"({"blocks":[{"kind":"text","length":1},{"kind":"text","length":2,"opaque":{"o":1}},)"
            R"({"kind":"text","length":3},{"kind":"text","length":0,"extra":{"f":{}}}]})");
}

TEST(Blocks, AreNeededForWhatACallOrAnUnknownPartHolds) {
  BlockWriter call(kOrigin);
  call.tool_call("a", {"", R"({"f":{}})"});
  EXPECT_EQ(call.headgate(), R"({"blocks":[{"kind":"tool_call","id":"a","extra":{"f":{}}}]})");
  BlockWriter other(kOrigin);
  EXPECT_EQ(shown(other.other("media", {"", R"({"f":{}})"})), "0 media start stop");
  EXPECT_EQ(other.headgate(), R"({"blocks":[{"kind":"media","extra":{"f":{}}}]})");
}

TEST(Blocks, AreBoundedAndStillCounted) {
  BlockWriter message(kOrigin, 1000);
  message.text(1);
  EXPECT_EQ(shown(message.other("media", {"", std::string(500, ' ')})), "1 media start stop");
  EXPECT_NE(message.headgate(), "");
  EXPECT_EQ(shown(message.other("media", {"", std::string(500, ' ')})), "2 media start stop");
  EXPECT_EQ(message.headgate(), "");
  EXPECT_EQ(shown(message.text(1)), "3 text start");
  EXPECT_EQ(shown(message.text(1)), "3 text");
  EXPECT_EQ(message.headgate(), "");
}

TEST(Blocks, AreMarkedInAChoice) {
  using hg::llm::choice_headgate;
  EXPECT_EQ(choice_headgate("", {}), "");
  EXPECT_EQ(choice_headgate(R"({"e":1})", {}), R"({"extra":{"e":1}})");
  EXPECT_EQ(hg::llm::finish_headgate("stop", "E\"", ""),
            R"({"stop":{"reason":"stop","raw":"E\""}})");
  EXPECT_EQ(hg::llm::finish_headgate("stop", "E", R"({"e":1})"),
            R"({"stop":{"reason":"stop","raw":"E"},"extra":{"e":1}})");
  EXPECT_EQ(choice_headgate("", {2, "text", false, false}),
            R"({"block":{"index":2,"kind":"text"}})");
  EXPECT_EQ(choice_headgate("", {0, "media", true, true}, {R"({"o":1})", R"({"e":1})"}),
            R"({"block":{"index":0,"kind":"media","start":true,"stop":true,"opaque":{"o":1},)"
            R"("extra":{"e":1}}})");
}

TEST(Blocks, AreReadBack) {
  const auto block = hg::llm::read_block(JsonView(
      R"({"kind":"text","length":7,"opaque":{"o":1},"extra":{"e":1},"origin":"x","id":"i","n":0})"));
  EXPECT_TRUE(block.kind.equals("text"));
  EXPECT_EQ(block.length, 7u);
  EXPECT_EQ(block.opaque.raw(), R"({"o":1})");
  EXPECT_EQ(block.extra.raw(), R"({"e":1})");
  EXPECT_TRUE(block.origin.equals("x"));
  EXPECT_TRUE(block.id.equals("i"));
  for (const char* none : {"{}", "[]", "5", R"({"length":-1})", R"({"length":"1"})"})
    EXPECT_FALSE(hg::llm::read_block(JsonView(none)).length) << none;
}

TEST(Blocks, AreCutBetweenCharacters) {
  std::string_view text =
      "a\xC3\xBC"
      "b";
  EXPECT_FALSE(hg::llm::take_slice(text, 5));
  EXPECT_FALSE(hg::llm::take_slice(text, UINT64_MAX));
  EXPECT_FALSE(hg::llm::take_slice(text, 2));
  EXPECT_EQ(text.size(), 4u);
  EXPECT_EQ(hg::llm::take_slice(text, 0), "");
  EXPECT_EQ(hg::llm::take_slice(text, 3), "a\xC3\xBC");
  EXPECT_EQ(hg::llm::take_slice(text, 1), "b");
  EXPECT_EQ(hg::llm::take_slice(text, 0), "");
}

TEST(Opaque, SaysWhoseItIs) {
  EXPECT_EQ(hg::llm::opaque_item("signature", "acme.talk", R"("eHg=")"),
            R"({"kind":"signature","origin":"acme.talk","bytes":"eHg="})");
}

TEST(Opaque, IsCarriedWithItsOrigin) {
  const auto read = [](std::string_view text) {
    const auto carried = hg::llm::read_carried(text);
    return std::string(carried.origin) + "|" + std::string(carried.bytes);
  };
  EXPECT_EQ(read("hg1.acme.talk.eHg="), "acme.talk|eHg=");
  EXPECT_EQ(read("hg1.acme.eHg="), "acme|eHg=");
  EXPECT_EQ(read("eHg="), "|eHg=");
  EXPECT_EQ(read(""), "|");
  EXPECT_EQ(read("hg1."), "unknown|");
  EXPECT_EQ(read("hg1.eHg="), "unknown|");
}

}  // namespace
