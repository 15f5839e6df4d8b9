// What goes through: answers in one piece, streams, and bytes that nobody understands.

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Relay : public ExchangeTest {
 protected:
  Relay() { load(two_groups()); }

  std::string body_sent(std::size_t index = 0) const {
    const std::string& request = a->requests().at(index);
    return request.substr(request.find("\r\n\r\n") + 4);
  }
};

TEST_F(Relay, PassesAWholeAnswerByteForByte) {
  const std::string odd = R"( { "choices" : [ ],  "x" : 1.0e0 ,"usage":null } )";
  a->says(answer(200, "application/json; charset=utf-8", odd, "x-request-id: up\r\n"));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, odd);
  EXPECT_EQ(got.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(got.header("x-request-id"), "up");
  EXPECT_EQ(got.header("x-headgate-provider"), "one");
  EXPECT_EQ(got.header("x-headgate-attempts").substr(0, 8), "one:200/");
  EXPECT_EQ(body_sent(), kChatBody);
  EXPECT_EQ(in_flight(), 0);
}

TEST_F(Relay, CountsTheTokensOfAWholeAnswer) {
  a->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody));
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.input_tokens":7)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.output_tokens":3)"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("http.status":200)"), std::string::npos);
}

TEST_F(Relay, AsksAStreamForItsUsageAndKeepsItFromAClientThatDidNot) {
  a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_NE(body_sent().find(R"("stream_options":{"include_usage":true})"), std::string::npos);
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_TRUE(got.complete);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.output_tokens":3)"), std::string::npos) << lines[0];
}

TEST_F(Relay, LeavesTheUsageToAClientThatAskedForIt) {
  const std::string body =
      R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})";
  a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
  const Got got = ask_for(post(body));
  EXPECT_EQ(body_sent(), body);
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, kUsage, "[DONE]"}));
}

// Whatever the cuts of TCP and of chunks, the client gets the same bytes.
TEST_F(Relay, PassesAStreamByteForByteHoweverItIsCut) {
  const std::string text = ": hello\n\n" + sse({kRole, kWord}) + "id: 4\r\ndata: " + kWord2 +
                           "\r\n\r\n" + sse({kStop, "[DONE]"});
  for (std::size_t cut = 1; cut < text.size(); cut += 7) {
    a->forget();
    a->says(
        Reply({stream_head() + chunk(text.substr(0, cut)), chunk(text.substr(cut)) + "0\r\n\r\n"},
              false));
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody));
    settle();
    a->go_on();
    run_until([&] { return read_answer(peer.received()).complete; });
    EXPECT_EQ(read_answer(peer.received()).body, text) << cut;
    peer.end();
    run_until([&] { return peer.closed(); });
  }
  EXPECT_EQ(a->connections(), 1u) << "a complete stream leaves its connection to the next";
}

TEST_F(Relay, SendsAnEventOnBeforeTheNextOneComes) {
  a->says(Reply({stream_head() + chunk(sse({kRole})), chunk(sse({kWord})),
                 chunk(sse({kStop, "[DONE]"})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  settle();
  EXPECT_EQ(peer.received(), "") << "a role says nothing yet";
  a->go_on();
  run_until([&] { return !peer.received().empty(); });
  EXPECT_EQ(read_answer(peer.received()).body, sse({kRole, kWord}));
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
}

TEST_F(Relay, SplicesTheConfiguredModelAndNothingElse) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai: {provider: {openAI: {model: big}}, hostOverride: "127.0.0.1:$A"}
)");
  a->says(answer(200, "application/json", kWhole));
  ask(post(R"({ "messages" : [ ],"model" : "small" , "temperature":1e1})"));
  EXPECT_EQ(body_sent(), R"({ "messages" : [ ],"model" : "big" , "temperature":1e1})");
}

TEST_F(Relay, DropsAnEventThatIsNotJsonAndGoesOn) {
  a->says(stream_of(sse({kRole, "{oh no", kWord, kStop, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_TRUE(got.complete);
}

TEST_F(Relay, DropsAnEventThatIsNotJsonAlsoBehindTheFirstWord) {
  a->says(Reply({stream_head() + chunk(sse({kRole, kWord})),
                 chunk(sse({"{oh no", "oh no", "\"oh no", kWord2})) +
                     chunk(sse({kStop, "[DONE]"})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body, sse({kRole, kWord, kWord2, kStop, "[DONE]"}));
}

TEST_F(Relay, EndsACompleteStreamThatForgotItsEndMarker) {
  a->says(stream_of(sse({kRole, kWord, kStop})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_TRUE(got.complete);
}

TEST_F(Relay, EndsACompleteStreamThatForgotToEnd) {
  a->says(stream_head() + chunk(sse({kRole, kWord, kStop})));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  settle();
  EXPECT_FALSE(read_answer(peer.received()).complete);
  advance(milliseconds(2100));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body, sse({kRole, kWord, kStop, "[DONE]"}));
}

TEST_F(Relay, TakesAStreamThatBreaksBehindItsFinishReasonForComplete) {
  a->says_and_closes(stream_head() + chunk(sse({kRole, kWord, kStop})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_TRUE(got.complete);
}

TEST_F(Relay, NeverEndsACutStreamAsIfItWereComplete) {
  a->says_and_closes(stream_head() + chunk(sse({kRole, kWord})));
  const std::string bytes = ask(post(kStreamBody));
  const Got got = read_answer(bytes);
  EXPECT_EQ(got.body.substr(0, sse({kRole, kWord}).size()), sse({kRole, kWord}));
  EXPECT_EQ(got.body.find("[DONE]"), std::string::npos);
  EXPECT_NE(got.body.find("\"error\""), std::string::npos);
  EXPECT_EQ(b->requests().size(), 0u) << "the client has bytes: nothing is tried again";
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("upstream_closed"), std::string::npos) << lines[0];
}

TEST_F(Relay, EndsAStreamThatFallsSilent) {
  a->says(stream_head() + chunk(sse({kRole, kWord})));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  settle();
  advance(seconds(29));
  settle();
  EXPECT_FALSE(peer.ended());
  advance(seconds(2));
  run_until([&] { return peer.ended(); });
  EXPECT_NE(peer.received().find("upstream_timeout"), std::string::npos) << peer.received();
  EXPECT_EQ(peer.received().find("[DONE]"), std::string::npos);
}

TEST_F(Relay, PassesOtherPathsWithMethodQueryAndBytes) {
  a->says(answer(201, "text/plain", std::string("\x00\xff raw", 6), "x-up: 1\r\n"));
  const std::string body = "not json";
  const Got got = ask_for(
      "POST /v1/files?purpose=x&key=secret HTTP/1.1\r\nhost: g\r\n"
      "content-type: text/plain\r\ncontent-length: 8\r\n\r\n" +
      body);
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, std::string("\x00\xff raw", 6));
  EXPECT_EQ(got.header("x-up"), "1");
  EXPECT_EQ(a->requests().at(0).substr(0, 34), "POST /v1/files?purpose=x HTTP/1.1\r");
  EXPECT_EQ(body_sent(), body);
}

TEST_F(Relay, EndsARawAnswerWhereItsConnectionEnds) {
  a->says_and_closes("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nfirst");
  const Got got = ask_for("GET /v1/files HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(got.body, "first");
  EXPECT_TRUE(got.complete);
}

TEST_F(Relay, BreaksTheConnectionWhereARawAnswerBreaks) {
  a->says_and_closes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst");
  ScriptedPeer& peer = connect();
  peer.send("GET /v1/files HTTP/1.1\r\nhost: g\r\n\r\n");
  run_until([&] { return peer.closed(); });
  const Got got = read_answer(peer.received());
  EXPECT_EQ(got.body, "first");
  EXPECT_FALSE(got.complete);
}

// Only an end in order is the end of an answer without a length; and a client that has no chunks
// to count must be able to tell, too.
TEST_F(Relay, BreaksTheConnectionWhereARawAnswerWithoutALengthIsReset) {
  for (const char* version : {"HTTP/1.1", "HTTP/1.0"}) {
    a->forget();
    Reply reply({"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nfirst", ""}, false);
    reply.reset = true;
    a->says(reply);
    ScriptedPeer& peer = connect();
    peer.send(std::string("GET /v1/files ") + version + "\r\nhost: g\r\n\r\n");
    run_until([&] { return peer.received().find("first") != std::string::npos; });
    settle();
    EXPECT_FALSE(peer.closed());
    a->go_on();
    run_until([&] { return peer.closed(); });
    const bool chunks = std::string_view(version) == "HTTP/1.1";
    EXPECT_NE(peer.was_reset(), chunks) << version;
    if (chunks) {
      EXPECT_FALSE(read_answer(peer.received()).complete);
    }
    settle();
    const auto lines = records();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("upstream_cut"), std::string::npos) << lines[0];
  }
}

TEST_F(Relay, EndsARawAnswerWithoutALengthInOrderForAnOldClient) {
  a->says_and_closes("HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nfirst");
  ScriptedPeer& peer = connect();
  peer.send("GET /v1/files HTTP/1.0\r\nhost: g\r\n\r\n");
  run_until([&] { return peer.ended(); });
  EXPECT_FALSE(peer.was_reset());
  EXPECT_EQ(peer.received().substr(peer.received().size() - 5), "first");
  peer.end();
  run_until([&] { return peer.closed(); });
}

TEST_F(Relay, AnswersAHeadRequestWithoutABody) {
  a->says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
  ScriptedPeer& peer = connect();
  peer.send("HEAD /v1/files HTTP/1.1\r\nhost: g\r\n\r\n");
  run_until([&] { return !peer.received().empty(); });
  settle();
  const Got got = read_answer(peer.received(), true);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.header("content-length"), "10");
  EXPECT_FALSE(peer.ended());
}

TEST_F(Relay, PassesAnAnswerThatHasNoBody) {
  a->says("HTTP/1.1 204 No Content\r\n\r\n");
  ScriptedPeer& peer = connect();
  peer.send("DELETE /v1/files/x HTTP/1.1\r\nhost: g\r\n\r\n");
  run_until([&] { return !peer.received().empty(); });
  const Got got = read_answer(peer.received());
  EXPECT_EQ(got.status, 204);
  EXPECT_EQ(got.header("content-length"), "");
  EXPECT_EQ(got.header("transfer-encoding"), "");
  EXPECT_EQ(got.body, "");
}

TEST_F(Relay, PassesAnAnswerTooLargeToHold) {
  const std::string body = R"({"choices":[")" + std::string(3u << 20, 'x') + "\"]}";
  a->says(answer(200, "application/json", body));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.header("content-length"), std::to_string(body.size()));
  EXPECT_TRUE(got.body == body);
}

TEST_F(Relay, ReadsFromUpstreamOnlyAsFastAsTheClientTakes) {
  const std::string word = sse({kWord});
  std::vector<std::string> pieces{stream_head() + chunk(sse({kRole}) + word)};
  for (int i = 0; i < 50; ++i) pieces.push_back(chunk(word));
  a->says(Reply(pieces, false));
  ScriptedPeer& peer = connect();
  peer.stop_reading(true);
  peer.send(post(kStreamBody));
  settle();
  for (int i = 0; i < 50; ++i) {
    a->go_on();
    settle();
  }
  EXPECT_EQ(peer.received(), "");
  // Longer than any wait for the upstream: it is the client that is slow.
  advance(seconds(100));
  settle();
  EXPECT_FALSE(peer.ended());
  EXPECT_EQ(a->ended(), 0u);
  peer.stop_reading(false);
  run_until([&] { return read_answer(peer.received()).body.size() > 40 * word.size(); });
}

}  // namespace
}  // namespace headgate::exchange
