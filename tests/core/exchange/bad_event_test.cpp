// Events of a stream that should be JSON and are not: what the client gets instead, and that it
// makes no difference which events are passed over because they are like others.

#include <headgate/json_view.hpp>

#include <random>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

std::string with_delta(const std::string& delta) {
  return R"({"id":"x","choices":[{"index":0,"delta":)" + delta +
         R"(,"finish_reason":null}],"usage":null})";
}
std::string word(const std::string& content) {
  return with_delta(R"({"content":")" + content + "\"}");
}
std::string call_piece(const std::string& arguments) {
  return with_delta(R"({"tool_calls":[{"index":0,"function":{"arguments":")" + arguments +
                    R"("}}]})");
}
const std::string kBad = R"({"id":"x","choices":[{"index":0,"delta":{"content":"bad"]}]})";

std::string structured(const std::string& format) {
  return R"({"model":"m","messages":[],"stream":true,"response_format":)" + format + "}";
}

class BadEvent : public ExchangeTest {
 protected:
  BadEvent() { load(two_groups()); }

  // What the client gets when it has all of `first` before `second` comes.
  Got relayed(const std::string& first, const std::string& second,
              const std::string& body = kStreamBody) {
    a->forget();
    a->says(Reply({stream_head() + first, second + "0\r\n\r\n"}, false));
    ScriptedPeer& peer = connect();
    peer.send(post(body));
    settle();
    a->go_on();
    run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
    Got got = read_answer(peer.received());
    peer.end();
    run_until([&] { return peer.closed(); });
    return got;
  }
  // Each in a chunk of its own.
  Got relayed(const std::vector<std::string>& first, const std::vector<std::string>& second,
              const std::string& body = kStreamBody) {
    return relayed(chunks(first), chunks(second), body);
  }
  static std::string chunks(const std::vector<std::string>& events) {
    std::string all;
    for (const std::string& event : events) all += chunk(sse({event}));
    return all;
  }

  std::uint64_t dropped() {
    const std::string line =
        R"(headgate_stream_events_dropped_total{backend="backend0",endpoint="one"} )";
    const std::string text = engine.metric_registry.render();
    const std::size_t at = text.find(line);
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + line.size()));
  }
};

bool ends_in_error(const Got& got) {
  return got.body.find("\"error\"") != std::string::npos &&
         got.body.find("upstream_bad_event") != std::string::npos &&
         got.body.find("[DONE]") == std::string::npos;
}

TEST_F(BadEvent, IsDroppedAndCountedAmongWords) {
  const std::vector<std::string> more = {word("c"), kBad,  word("d"), word("bad]"),
                                         "{",       kStop, "[DONE]"};
  const Got got = relayed({kRole, word("a"), word("b")}, more);
  EXPECT_EQ(got.body, sse({kRole, word("a"), word("b"), word("c"), word("d"), word("bad]"), kStop,
                           "[DONE]"}));
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(dropped(), 2u);
}

TEST_F(BadEvent, IsDroppedBeforeTheFirstWordToo) {
  const Got got = relayed({"{oh no", kRole, kBad}, {word("a"), kStop, "[DONE]"});
  EXPECT_EQ(got.body, sse({kRole, word("a"), kStop, "[DONE]"}));
  EXPECT_EQ(dropped(), 2u);
}

TEST_F(BadEvent, CutsAToolCallThatBeganBehindWords) {
  const Got got = relayed({word("a"), word("b"), word("c"), call_piece("{")},
                          {kBad, call_piece("}"), kStop, "[DONE]"});
  EXPECT_TRUE(ends_in_error(got)) << got.body;
  EXPECT_EQ(got.body.find(call_piece("}")), std::string::npos);
  EXPECT_EQ(dropped(), 1u);
}

TEST_F(BadEvent, CutsAToolCallWhosePiecesAreAllAlike) {
  for (const bool at_once : {false, true}) {
    std::vector<std::string> pieces;
    for (int i = 0; i < 8; ++i) pieces.push_back(call_piece("piece" + std::to_string(i)));
    pieces.push_back(kBad);
    pieces.push_back(call_piece("last"));
    const std::string bytes = at_once ? chunk(sse(pieces)) : chunks(pieces);
    const Got got = relayed(chunks({word("a"), word("b"), word("c")}), bytes);
    EXPECT_TRUE(ends_in_error(got)) << got.body;
    EXPECT_NE(got.body.find("piece7"), std::string::npos);
    EXPECT_EQ(got.body.find("last"), std::string::npos);
  }
}

TEST_F(BadEvent, CutsAToolCallInWhichAnEventSaidNothing) {
  const Got got = relayed({word("a"), call_piece("{"), with_delta("{}"), kBad}, {kStop, "[DONE]"});
  EXPECT_NE(got.body.find("upstream_bad_event"), std::string::npos) << got.body;
  EXPECT_EQ(got.body.find("[DONE]"), std::string::npos);
}

TEST_F(BadEvent, IsDroppedAmongWordsThatComeBehindAToolCall) {
  for (const int words : {1, 2, 3, 6}) {
    std::vector<std::string> more = {call_piece("{}"), call_piece("{ }"), call_piece("{  }")};
    for (int i = 0; i < words; ++i) more.push_back(word(std::to_string(i)));
    std::vector<std::string> end = more;
    more.push_back(kBad);
    for (std::vector<std::string>* list : {&more, &end})
      list->insert(list->end(), {kStop, "[DONE]"});
    EXPECT_EQ(relayed({word("a"), word("b"), word("c")}, more).body,
              sse({word("a"), word("b"), word("c")}) + sse(end))
        << words;
  }
}

TEST_F(BadEvent, CutsAnAnswerThatIsToBeJson) {
  for (const std::string format :
       {R"({"type":"json_object"})", R"({"type":"json_schema","json_schema":{"name":"n"}})"}) {
    const Got got = relayed({word("a"), word("b"), word("c")}, {kBad, word("d"), kStop, "[DONE]"},
                            structured(format));
    EXPECT_TRUE(ends_in_error(got)) << got.body;
  }
  for (const std::string format : {R"({"type":"text"})", "null", "{}"}) {
    const Got got = relayed({word("a"), word("b"), word("c")}, {kBad, word("d"), kStop, "[DONE]"},
                            structured(format));
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.body, sse({word("a"), word("b"), word("c"), word("d"), kStop, "[DONE]"}));
  }
}

TEST_F(BadEvent, LeavesAnAnswerThatIsToBeJsonToAnotherBeforeItsFirstWord) {
  b->says(stream_of(sse({word("whole"), kStop, "[DONE]"})));
  const Got got = relayed({kRole, kBad}, {}, structured(R"({"type":"json_object"})"));
  EXPECT_EQ(got.body, sse({word("whole"), kStop, "[DONE]"}));
}

TEST_F(BadEvent, LetsAnotherGoOnWithTextButNotWithAToolCall) {
  load(two_groups("{stream: {onCut: continue}}"));
  b->says(stream_of(sse({word("{"), word("}"), kStop, "[DONE]"})));
  const Got text = relayed({word("{")}, {kBad}, structured(R"({"type":"json_object"})"));
  EXPECT_EQ(text.body, sse({word("{"), word("}"), kStop, "[DONE]"}));
  const std::size_t asked = b->requests().size();
  const Got call = relayed({word("a"), call_piece("{")}, {kBad});
  EXPECT_TRUE(ends_in_error(call)) << call.body;
  EXPECT_EQ(b->requests().size(), asked);
}

// JSON with bytes of it changed, or none.
std::string any_event(std::mt19937& random) {
  static const std::vector<std::string> kContents = {
      "a",
      "words",
      " more words than a block of sixteen bytes has",
      "",
      "\\n",
      "\\\"",
      "\\u00e4",
      "\\u00g4",
      "\\x",
      "\\",
      "\"",
      "\t",
      "\x01",
      "\xC3\xA4",
      "[DONE]",
      "error",
      "prompt_tokens",
      "\",\"b\":\"",
      "\"]"};
  static const std::string kBytes = "\"\\{}[],:\t \x01\x1f\x7f\xffnul/";
  std::string event = word(kContents[random() % (random() % 4 == 0 ? kContents.size() : 3)]);
  if (random() % 6 != 0) return event;
  const std::size_t at = random() % event.size();
  const char byte = kBytes[random() % kBytes.size()];
  const auto way = random() % 4;
  if (way == 0) event.erase(at, 1 + random() % 3);
  if (way == 1) event.insert(at, 1, byte);
  if (way == 2) event[at] = byte;
  if (way == 3) event.resize(at);
  return event;
}

// A stream, what of it the client is to get, and how many events it does not.
struct Stream {
  std::string bytes;
  std::string expected;
  std::uint64_t bad = 0;
};

Stream any_stream(std::mt19937& random) {
  Stream stream;
  std::string pending;
  const auto add = [&](const std::string& event) {
    const bool good = hg::JsonView::valid(event) || event == "[DONE]";
    if (good) stream.expected += sse({event});
    stream.bad += good ? 0 : 1;
    pending += sse({event});
    if (random() % 4 == 0) return;  // shares a chunk with the next
    if (random() % 8 == 0) {
      const std::size_t half = 1 + random() % (pending.size() - 1);
      stream.bytes += chunk(pending.substr(0, half));
      pending.erase(0, half);
    }
    stream.bytes += chunk(pending);
    pending.clear();
  };
  add(kRole);
  add(word("first"));
  for (std::size_t count = 4 + random() % 24; count > 0; --count) add(any_event(random));
  add(kStop);
  add("[DONE]");
  if (!pending.empty()) stream.bytes += chunk(pending);
  return stream;
}

TEST_F(BadEvent, NeverReachesTheClientWhateverIsPassedOver) {
  std::mt19937 random(20261123);
  for (const std::string policies :
       {"{}", "{stream: {onCut: continue}}", "{stream: {onCut: hold}}"}) {
    load(two_groups(policies));
    std::uint64_t bad = dropped();
    const std::uint64_t before = bad;
    for (int round = 0; round < 60; ++round) {
      const Stream stream = any_stream(random);
      const std::size_t at = random() % stream.bytes.size();
      const Got got = relayed(stream.bytes.substr(0, at), stream.bytes.substr(at));
      ASSERT_EQ(got.body, stream.expected) << policies << " cut at " << at;
      ASSERT_TRUE(got.complete);
      bad += stream.bad;
      ASSERT_EQ(dropped(), bad);
    }
    EXPECT_GT(bad - before, 60u);
  }
}

}  // namespace
}  // namespace headgate::exchange
