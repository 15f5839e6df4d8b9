// Going on with a chat answer that broke off: what events say, prefills, and joined events.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::DialectRun;
using hg::testing::EventResult;
using hg::testing::FakeHost;
using hg::testing::Instance;

class Continuation : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("openai_chat"))) << host.why(); }

  // The text of an event; "STOP" where it is more than text.
  std::string said(const std::string& chunk) {
    Instance chat(host, "openai.chat");
    hg_call call;
    const EventResult result = DialectRun(chat, call).said(chunk);
    if (result.action == HG_STOP) return "STOP";
    EXPECT_EQ(result.action, HG_CONTINUE);
    std::string text;
    for (const auto& part : result.emitted) text += part.data;
    return text;
  }
  static std::string chunk(const std::string& choice) {
    return R"({"id":"a","choices":[)" + choice + "]}";
  }
  std::int32_t continuable(const std::string& members) {
    Instance chat(host, "openai.chat");
    hg_call call(R"({"model":"m","messages":[],"stream":true)" + members + "}");
    return DialectRun(chat, call).continuable();
  }
  std::string prefilled(const std::string& body, const std::string& text,
                        std::uint64_t tokens = 0) {
    Instance chat(host, "openai.chat");
    hg_call call(body);
    const std::int32_t result = DialectRun(chat, call).prefill(text, tokens);
    return result == HG_CONTINUE ? call.request().body : "ABORT";
  }
  std::string joined(const std::string& data, const std::string& first,
                     const std::optional<std::string>& text = {}, const hg_usage* usage = nullptr) {
    Instance chat(host, "openai.chat");
    hg_call call;
    const EventResult result = DialectRun(chat, call).join(data, first, text, usage);
    EXPECT_EQ(result.action, HG_REPLACED);
    EXPECT_EQ(result.emitted.size(), 1u);
    return result.emitted.empty() ? "" : result.emitted[0].data;
  }
  FakeHost host;
};

TEST_F(Continuation, ReadsTheTextOfAChunk) {
  EXPECT_EQ(said(chunk(R"({"index":0,"delta":{"content":"a\"b\u00e4"},"finish_reason":null})")),
            "a\"b\xc3\xa4");
  EXPECT_EQ(said(chunk(R"({"index":0,"delta":{"role":"assistant","content":""}})")), "");
  EXPECT_EQ(said(chunk(R"({"index":0,"delta":{},"finish_reason":"stop","logprobs":null})")), "");
  EXPECT_EQ(said(R"({"choices":[],"usage":{"prompt_tokens":1}})"), "");
  EXPECT_EQ(said(chunk(R"({"delta":{"content":"x","tool_calls":null,"refusal":""}})")), "x");
}

TEST_F(Continuation, SeesThatAChunkHoldsMoreThanText) {
  EXPECT_EQ(said(chunk(R"({"delta":{"tool_calls":[{"index":0}]}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"delta":{"reasoning_content":"hm"}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"index":1,"delta":{"content":"x"}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"delta":{"content":"x"},"logprobs":{"content":[{}]}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"delta":{"content":[{"text":"x"}]}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"delta":{},"headgate":{"block":{"index":1,"kind":"other"}}})")), "STOP");
  EXPECT_EQ(said(chunk(R"({"delta":{"content":"x"},"headgate":{"extra":{"a":1}}})")), "x");
  EXPECT_EQ(said(R"({"choices":[{"delta":{"content":"x")"), "STOP") << "not JSON";
}

TEST_F(Continuation, OneChoiceOfTextCanBeGoneOnWith) {
  EXPECT_EQ(continuable(""), HG_CONTINUE);
  EXPECT_EQ(continuable(R"(,"n":1,"logprobs":false,"audio":null)"), HG_CONTINUE);
  EXPECT_EQ(continuable(R"(,"n":2)"), HG_STOP);
  EXPECT_EQ(continuable(R"(,"logprobs":true)"), HG_STOP);
  EXPECT_EQ(continuable(R"(,"audio":{"voice":"x"})"), HG_STOP);
}

TEST_F(Continuation, PutsTheBeginningOfTheAnswerBehindTheMessages) {
  EXPECT_EQ(prefilled(R"({"model":"m","messages":[{"role":"user","content":"1.0"}],"top_p":1e0})",
                      "he said \"a"),
            R"({"model":"m","messages":[{"role":"user","content":"1.0"},)"
            R"({"role":"assistant","content":"he said \"a"}],"top_p":1e0})");
  EXPECT_EQ(prefilled(R"({"messages":[ ]})", "a"),
            R"({"messages":[ {"role":"assistant","content":"a"}]})");
}

TEST_F(Continuation, LowersTheLimitsButNotToNothing) {
  EXPECT_EQ(prefilled(R"({"messages":[],"max_tokens":100})", "a", 30),
            R"({"messages":[{"role":"assistant","content":"a"}],"max_tokens":70})");
  EXPECT_EQ(prefilled(R"({"messages":[],"max_completion_tokens":30})", "a", 30),
            R"({"messages":[{"role":"assistant","content":"a"}],"max_completion_tokens":1})");
  EXPECT_EQ(prefilled(R"({"messages":[],"max_tokens":null})", "a", 30),
            R"({"messages":[{"role":"assistant","content":"a"}],"max_tokens":null})");
}

TEST_F(Continuation, LeavesARequestAloneThatEndsWithABeginningOfItsOwn) {
  EXPECT_EQ(prefilled(R"({"messages":[{"role":"assistant","content":"So"}]})", "a"), "ABORT");
  EXPECT_EQ(prefilled(R"({"messages":"x"})", "a"), "ABORT");
}

TEST_F(Continuation, GivesAnEventTheIdentityOfTheFirst) {
  const std::string first = R"({"id":"A","created":7,"model":"big","choices":[]})";
  EXPECT_EQ(joined(R"({"id":"b","object":"o","created":9.5,"model":"small","choices":[{"index":0,)"
                   R"("delta":{"content":"x"},"finish_reason":null}]})",
                   first),
            R"({"id":"A","object":"o","created":7,"model":"big","choices":[{"index":0,)"
            R"("delta":{"content":"x"},"finish_reason":null}]})");
  EXPECT_EQ(joined(R"({"id":"b"})", "{}"), R"({"id":"b"})");
}

TEST_F(Continuation, PutsOtherTextInItsPlace) {
  const std::string data = R"({"choices":[{"delta":{"content":"abc","x":1},"index":0}],"y":{}})";
  EXPECT_EQ(joined(data, "{}", "c"),
            R"({"choices":[{"delta":{"content":"c","x":1},"index":0}],"y":{}})");
  EXPECT_EQ(joined(data, "{}", ""),
            R"({"choices":[{"delta":{"content":"","x":1},"index":0}],"y":{}})");
  EXPECT_EQ(joined(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", "{}", " \n"),
            R"({"choices":[{"delta":{"content":" \n"},"finish_reason":"stop"}]})");
  EXPECT_EQ(joined(R"({"choices":[{"delta":{}}]})", "{}", ""), R"({"choices":[{"delta":{}}]})");
}

TEST_F(Continuation, AddsTheTokensOfTheEarlierParts) {
  hg_usage before{};
  before.size = HG_END_OF(hg_usage, reasoning);
  before.input = 10;
  before.output = 20;
  before.cache_read = 3;
  before.cache_write = HG_UNKNOWN_COUNT;
  before.reasoning = HG_UNKNOWN_COUNT;
  EXPECT_EQ(joined(R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,)"
                   R"("total_tokens":3,"prompt_tokens_details":{"cached_tokens":1},)"
                   R"("completion_tokens_details":{"reasoning_tokens":4}}})",
                   "{}", {}, &before),
            R"({"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22,)"
            R"("total_tokens":33,"prompt_tokens_details":{"cached_tokens":4},)"
            R"("completion_tokens_details":{"reasoning_tokens":4}}})");
  EXPECT_EQ(joined(R"({"usage":{"prompt_tokens":1,"total_tokens":3}})", "{}"),
            R"({"usage":{"prompt_tokens":1,"total_tokens":3}})");
}

// What becomes of these members of a choice behind `before` bytes of text from somebody else.
class ContinuedBlocks : public Continuation {
 protected:
  std::string moved(const std::string& members, std::uint64_t before, bool other_first) {
    Instance chat(host, "openai.chat");
    hg_call call;
    DialectRun run(chat, call);
    run.text_before = before;
    run.other_first = other_first;
    const EventResult result = run.join(R"({"choices":[{"index":0,)" + members + "}]}", "{}");
    EXPECT_EQ(result.action, HG_REPLACED);
    std::string data = result.emitted.empty() ? "" : result.emitted[0].data;
    const std::string front = R"({"choices":[{"index":0,)";
    EXPECT_EQ(data.substr(0, front.size()), front);
    return data.substr(front.size(), data.size() - front.size() - 3);
  }
  static std::string blocks(const std::string& list) {
    return R"("delta":{"headgate":{"blocks":[)" + list + R"(],"x":1.0}},"finish_reason":"stop")";
  }
  static std::string mark(const std::string& index) {
    return R"("delta":{},"headgate":{"block":{"index":)" + index +
           R"(,"kind":"tool_call","start":true},"extra":{}})";
  }
};

TEST_F(ContinuedBlocks, BeginWithTheTextThatTheClientHas) {
  EXPECT_EQ(moved(blocks(R"({"kind":"text","length":3},{"kind":"tool_call","id":"c"})"), 7, false),
            blocks(R"({"kind":"text","length":10},{"kind":"tool_call","id":"c"})"));
  EXPECT_EQ(moved(blocks(R"({"kind":"tool_call","id":"c"},{"kind":"text","length":3})"), 7, true),
            blocks(R"({"kind":"text","length":7},{"kind":"tool_call","id":"c"},)"
                   R"({"kind":"text","length":3})"));
}

TEST_F(ContinuedBlocks, KeepASignatureWhereItWasGiven) {
  const std::string signed_text =
      R"({"kind":"text","length":3,"opaque":{"kind":"k","bytes":"AA"}})";
  EXPECT_EQ(moved(blocks(signed_text), 7, true),
            blocks(R"({"kind":"text","length":7},)" + signed_text));
}

TEST_F(ContinuedBlocks, AreCountedBehindThatTextInChunks) {
  EXPECT_EQ(moved(mark("0"), 7, true), mark("1"));
  EXPECT_EQ(moved(mark("1"), 7, false), mark("1"));
}

TEST_F(ContinuedBlocks, OfAnAnswerThatRepeatedAllOfItStandAsTheyAre) {
  const std::string list = blocks(R"({"kind":"text","length":3},{"kind":"tool_call","id":"c"})");
  EXPECT_EQ(moved(list, 0, false), list);
  EXPECT_EQ(moved(mark("0"), 0, true), mark("0"));
  EXPECT_EQ(moved(blocks(""), 7, true), blocks(""));
}

}  // namespace
