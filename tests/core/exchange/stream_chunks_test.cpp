// Streams however their events lie in chunks, and those in reads: chunks of whole events pass as
// they came, and whatever else comes, the client gets the same bytes.

#include <random>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class StreamChunks : public ExchangeTest {
 protected:
  StreamChunks() { load(two_groups()); }

  // What a client gets of the stream whose bytes these are, in two reads of the gateway at least.
  std::string relayed(const std::string& first, const std::string& second,
                      const std::string& request) {
    a->forget();
    a->says(Reply({stream_head() + first, second}, false));
    ScriptedPeer& peer = connect();
    peer.send(request);
    settle();
    a->go_on();
    run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
    peer.end();
    run_until([&] { return peer.closed(); });
    return peer.received();
  }
};

std::string word(const std::string& content) {
  return R"({"id":"x","choices":[{"index":0,"delta":{"content":")" + content +
         R"("},"finish_reason":null}],"usage":null})";
}

TEST_F(StreamChunks, PassesChunksOfWholeEventsAsTheyCame) {
  const std::string chunks = chunk(sse({word("a")})) + "0" + chunk(sse({word("b")})) +
                             chunk(sse({word("c"), word("d")})) + chunk(sse({word("e")})) +
                             chunk(sse({kStop})) + chunk(sse({"[DONE]"}));
  const std::string got = relayed(chunks, "0\r\n\r\n", post(kStreamBody));
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + chunks + "0\r\n\r\n")) << got;
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  const std::size_t bytes =
      sse({word("a"), word("b"), word("c"), word("d"), word("e"), kStop, "[DONE]"}).size();
  EXPECT_NE(lines[0].find(":" + std::to_string(bytes) + ","), std::string::npos) << lines[0];
}

TEST_F(StreamChunks, FramesAnewWhereAChunkIsNotWholeOrNotCanonical) {
  const std::string text = sse({word("a"), word("b"), word("c"), kStop, "[DONE]"});
  const std::string extended = "1;x=y\r\nd\r\n" + chunk(text.substr(1)) + "0\r\n\r\n";
  const std::string got = relayed(extended.substr(0, 60), extended.substr(60), post(kStreamBody));
  EXPECT_EQ(read_answer(got).body, text);
  EXPECT_EQ(got.find("x=y"), std::string::npos);
}

TEST_F(StreamChunks, FramesNothingForAClientThatKnowsNoChunks) {
  std::string chunks;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += sse({word(std::to_string(i))});
    chunks += chunk(sse({word(std::to_string(i))}));
  }
  chunks += chunk(sse({kStop, "[DONE]"})) + "0\r\n\r\n";
  std::string request = post(kStreamBody);
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  const std::string got = relayed(chunks.substr(0, 3000), chunks.substr(3000), request);
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + text + sse({kStop, "[DONE]"}))) << got;
}

TEST_F(StreamChunks, ComparesAnEventThatIsCutWithTheOthersAsWell) {
  // Content of many kinds between events that are alike, with what must be seen among them.
  std::mt19937 random(20261122);
  const std::vector<std::string> contents = {" words",
                                             "a",
                                             "",
                                             "\\n",
                                             "\\\"error\\\"",
                                             "prompt_tokens",
                                             "[DONE",
                                             "ends ",
                                             "[DONE]",
                                             "a text that is longer than a block of sixteen bytes",
                                             "\xC3\xA4"};
  const std::string wanted =
      R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})";
  for (int round = 0; round < 60; ++round) {
    const bool wants_usage = round % 3 == 0;
    std::string expected;
    std::string chunks;
    std::string pending;
    const auto add = [&](const std::string& event, bool arrives) {
      if (arrives) expected += event;
      pending += event;
      if (random() % 8 == 0) return;  // shares a chunk with the next
      if (random() % 8 == 0 && pending.size() > 1) {
        const std::size_t half = 1 + random() % (pending.size() - 1);
        chunks += chunk(pending.substr(0, half));
        pending.erase(0, half);
      }
      chunks += chunk(pending);
      pending.clear();
    };
    add(sse({kRole}), true);
    for (std::size_t count = 1 + random() % 12; count > 0; --count) {
      const auto kind = random() % 16;
      if (kind == 0) {
        add("{\"oh no\n\n", true);  // a line without a field's name says nothing
      } else if (kind == 1) {
        add(": comment\r\n\r\n", true);
      } else if (kind == 2) {
        add(sse({"oh no"}), false);
      } else {
        add(sse({word(contents[random() % contents.size()])}), true);
      }
    }
    add(sse({kStop}), true);
    add(sse({kUsage}), wants_usage);
    add(sse({"[DONE]"}), true);
    if (!pending.empty()) chunks += chunk(pending);
    chunks += "0\r\n\r\n";
    const std::size_t at = random() % chunks.size();
    const std::string got =
        relayed(chunks.substr(0, at), chunks.substr(at), post(wants_usage ? wanted : kStreamBody));
    EXPECT_EQ(read_answer(got).body, expected) << "round " << round << " cut at " << at;
    const auto lines = records();
    ASSERT_FALSE(lines.empty());
    EXPECT_NE(lines.back().find(R"("gen_ai.usage.output_tokens":3)"), std::string::npos);
  }
  EXPECT_EQ(a->connections(), 1u);
}

TEST_F(StreamChunks, PassesChunksThatNobodyReadsAsTheyCame) {
  const std::string first = chunk("one") + "00" + chunk("and two") + "7\r\nthr";
  const std::string second =
      "ee, \r\n5;x=y\r\n and \r\n" + chunk("four") + chunk("five") + "0\r\n\r\n";
  const std::string got =
      relayed(first, second, "GET /v1/files HTTP/1.1\r\nHost: gateway.test\r\n\r\n");
  EXPECT_EQ(read_answer(got).body, "oneand twothree,  and fourfive");
  EXPECT_TRUE(read_answer(got).complete);
  EXPECT_NE(got.find(chunk("one") + "00" + chunk("and two")), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with(chunk("four") + chunk("five") + "0\r\n\r\n")) << got;
  EXPECT_EQ(got.find("x=y"), std::string::npos);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(":30,"), std::string::npos) << lines[0];

  std::string old = "GET /v1/files HTTP/1.0\r\nHost: gateway.test\r\n\r\n";
  EXPECT_TRUE(relayed(first, second, old).ends_with("\r\n\r\noneand twothree,  and fourfive"));
}

}  // namespace
}  // namespace headgate::exchange
