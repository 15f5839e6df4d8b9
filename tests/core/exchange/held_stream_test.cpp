// Streams of which the client gets nothing before all of them is there (stream.onCut: hold).

#include "core/exchange/attempt_stream.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class Held : public ExchangeTest {
 protected:
  Held() { load(two_groups("{stream: {onCut: hold}, retry: {backoff: 1ms}}")); }
};

TEST_F(Held, SendsNothingBeforeAllOfItIsThere) {
  a->says(Reply({stream_head() + chunk(sse({kRole, kWord})),
                 chunk(sse({kWord2, kStop, "[DONE]"})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  settle();
  EXPECT_EQ(peer.received(), "");
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body, sse({kRole, kWord, kWord2, kStop, "[DONE]"}));
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(Held, ACutIsAskedAgainElsewhereUnseen) {
  a->says_and_closes(stream_head() + chunk(sse({kRole, kWord, kWord2})));
  b->says(stream_of(sse({kRole, kWord2, kStop, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body, sse({kRole, kWord2, kStop, "[DONE]"})) << "a different answer is no problem";
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  EXPECT_EQ(in_flight(), 0);
}

TEST_F(Held, PoliciesSeeOnlyTheAnswerThatIsSent) {
  load(two_groups("{stream: {onCut: hold}, retry: {backoff: 1ms}, scripted: {event: count}}"));
  a->says_and_closes(stream_head() + chunk(sse({kRole, kWord, kWord2})));
  b->says(stream_of(sse({kRole, kWord2, kStop, "[DONE]"})));
  EXPECT_EQ(ask_for(post(kStreamBody)).body,
            sse({R"({"seen":1})", R"({"seen":2})", R"({"seen":3})", "[DONE]"}));
}

TEST_F(Held, ALongStreamIsSentOnFromTheBound) {
  const std::string large = R"({"choices":[{"index":0,"delta":{"content":")" +
                            std::string(512 * 1024, 'x') + R"("},"finish_reason":null}]})";
  std::vector<std::string> events{kRole};
  for (int i = 0; i < 10; ++i) events.push_back(large);
  a->says(Reply({stream_head() + chunk(sse(events)), chunk(sse({kStop, "[DONE]"})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return peer.received().size() > StreamRelay::kHeldBytesMax; });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  events.push_back(kStop);
  events.push_back("[DONE]");
  EXPECT_EQ(read_answer(peer.received()).body, sse(events));
}

TEST_F(Held, WithoutRoomAStreamIsSentAsItComes) {
  bodies.set_max(1000);
  a->says(Reply({stream_head() + chunk(sse({kRole, kWord})), ""}, true));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body.find(sse({kRole, kWord})), 0u);
  EXPECT_TRUE(b->requests().empty());
}

}  // namespace
}  // namespace headgate::exchange
