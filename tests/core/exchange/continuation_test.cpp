// Streams that break off after the client has had a part of them, on a route that has them gone on
// with elsewhere: what the other provider is asked, and what the client gets.

#include "core/exchange/kept_answer.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::seconds;

// A chunk of the answer `id`.
std::string said(const std::string& text, const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[{"index":0,"delta":{"content":")" + text + R"("},"finish_reason":null}]})";
}
std::string begun(const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})";
}
std::string stopped(const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
}
std::string counted(int input, int output, const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[],"usage":{"prompt_tokens":)" + std::to_string(input) +
         R"(,"completion_tokens":)" + std::to_string(output) + R"(,"total_tokens":)" +
         std::to_string(input + output) + "}}";
}
const std::string kEnd = "[DONE]";

class Continued : public ExchangeTest {
 protected:
  Continued() { load(groups("none")); }

  // one at A, two at B, three at A again; `prefill` is how two and three are asked to go on.
  static std::string groups(const std::string& prefill, const std::string& policies = "") {
    const auto group = [](const std::string& name, const std::string& port,
                          const std::string& how) {
      return "          - providers:\n            - name: " + name +
             "\n              provider: {openAI: {prefill: " + how +
             "}}\n              hostOverride: 127.0.0.1:$" + port +
             "\n              backendAuth: {key: key-of-" + name + "}\n";
    };
    return "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - policies: {stream: {onCut: "
           "continue}, retry: {backoff: 1ms}" +
           policies + "}\n      backends:\n      - ai:\n          groups:\n" +
           group("one", "A", "none") + group("two", "B", prefill) + group("three", "A", prefill);
  }

  // A says these, and its connection breaks when the client has them.
  static Reply cut_after(const std::vector<std::string>& events) {
    return Reply({stream_head() + chunk(sse(events)), ""}, true);
  }
  Got ask_and_cut(const std::vector<std::string>& events, const std::string& body = kStreamBody) {
    a->says(cut_after(events));
    ScriptedPeer& peer = connect();
    peer.send(post(body));
    run_until([&] { return !peer.received().empty(); });
    settle();
    a->go_on();
    run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
    EXPECT_EQ(in_flight(), 0);
    return read_answer(peer.received());
  }
  std::string asked_of_b(std::size_t index = 0) const {
    const std::string& request = b->requests().at(index);
    return request.substr(request.find("\r\n\r\n") + 4);
  }
  // How often it was counted that an answer of `one` broke off, and what came of it.
  bool counted_once(const std::string& result) {
    const std::string family = "headgate_continuations_total";
    const std::string text = engine.metric_registry.render();
    const std::string line =
        "\n" + family + R"({backend="backend0",endpoint="one",result=")" + result + "\"} 1\n";
    const std::size_t found = text.find(line);
    return found != std::string::npos &&
           text.find("\n" + family, found + line.size() - 1) == std::string::npos;
  }
  static bool ends_in_error(const Got& got, const std::string& code) {
    return got.complete && got.body.find("[DONE]") == std::string::npos &&
           got.body.find("\"code\":\"" + code + "\"") != std::string::npos;
  }
};

// ---- asked afresh

TEST_F(Continued, HoldsBackWhatIsRepeatedAndGoesOnAsTheFirstAnswer) {
  b->says(stream_of(sse({begun("B"), said("one ", "B"), said("two three ", "B"), said("four", "B"),
                         stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one "), said("two ")});
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, sse({begun(), said("one "), said("two "), said("three "), said("four"),
                           stopped(), kEnd}));
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.header("x-headgate-provider"), "one") << "the head was sent before";
  EXPECT_NE(asked_of_b().find(R"("messages":[{"role":"user","content":"hi"}])"), std::string::npos);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("http.status":200)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(R"("two")"), std::string::npos) << lines[0];
  EXPECT_TRUE(counted_once("whole"));
}

TEST_F(Continued, TwoDifferentAnswersAreNeverPutTogether) {
  b->says(stream_of(sse({begun("B"), said("one ", "B"), said("too ", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one "), said("two ")});
  EXPECT_EQ(got.body.find(sse({begun(), said("one "), said("two ")})), 0u) << got.body;
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_NE(got.body.find("'one' broke off"), std::string::npos);
  EXPECT_NE(got.body.find("'two' gave another answer"), std::string::npos);
  EXPECT_EQ(got.body.find("too"), std::string::npos);
  EXPECT_EQ(a->requests().size(), 1u) << "a third answer would differ as well";
}

TEST_F(Continued, AShorterAnswerIsAnotherOne) {
  b->says(stream_of(sse({begun("B"), said("one", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one "), said("two ")});
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_TRUE(counted_once("different"));
}

TEST_F(Continued, AnAnswerThatWasCutAtItsVeryEndIsFinished) {
  b->says(stream_of(sse({begun("B"), said("one", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one")});
  EXPECT_EQ(got.body, sse({begun(), said("one"), stopped(), kEnd}));
}

TEST_F(Continued, AWholeAnswerInOneEventIsTakenApart) {
  const std::string all = R"({"id":"B","choices":[{"index":0,"delta":{"role":"assistant",)"
                          R"("content":"one two three"},"finish_reason":"stop"}]})";
  b->says(stream_of(sse({all, kEnd})));
  const Got got = ask_and_cut({begun(), said("one two")});
  EXPECT_EQ(got.body, sse({begun(), said("one two"),
                           R"({"id":"A","choices":[{"index":0,"delta":{"role":"assistant",)"
                           R"("content":" three"},"finish_reason":"stop"}]})",
                           kEnd}));
}

TEST_F(Continued, ARestWithoutAFinishReasonIsCutAsWell) {
  b->says(stream_of(sse({begun("B"), said("one two", "B")})));
  a->says(cut_after({begun(), said("one ")}));
  a->says(answer(503, "application/json", "{}"));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  const Got got = read_answer(peer.received());
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_EQ(got.body.find(sse({begun(), said("one "), said("two")})), 0u) << got.body;
  EXPECT_EQ(a->requests().size(), 2u) << "it is gone on with from there";
}

// ---- asked to go on

TEST_F(Continued, GoesOnFromAPrefill) {
  load(groups("message"));
  b->says(stream_of(sse({begun("B"), said(" two", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut(
      {begun(), said("zero "), said("one ")},
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":9})");
  EXPECT_EQ(got.body, sse({begun(), said("zero "), said("one "), said("two"), stopped(), kEnd}));
  EXPECT_NE(asked_of_b().find(R"([{"role":"user","content":"hi"},)"
                              R"({"role":"assistant","content":"zero one"}])"),
            std::string::npos)
      << asked_of_b();
  EXPECT_NE(asked_of_b().find(R"("max_tokens":7)"), std::string::npos) << "two were said";
}

TEST_F(Continued, AsksAfreshWhereAPrefillIsRefusedAndHidesTheRefusal) {
  load(groups("message"));
  b->says(answer(400, "application/json",
                 R"({"error":{"message":"no prefill","type":"invalid_request_error"}})"));
  b->says(stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one ")});
  EXPECT_EQ(got.body, sse({begun(), said("one "), said("two"), stopped(), kEnd}));
  ASSERT_EQ(b->requests().size(), 2u);
  EXPECT_NE(asked_of_b(0).find(R"("role":"assistant")"), std::string::npos);
  EXPECT_EQ(asked_of_b(1).find(R"("role":"assistant")"), std::string::npos);
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(Continued, ARefusalIsNotToldEvenWhereNobodyIsLeft) {
  load(groups("message", ""));
  b->says(answer(400, "application/json",
                 R"({"error":{"message":"secret no","type":"invalid_request_error"}})"));
  const Got got = ask_and_cut({begun(), said("one ")});
  EXPECT_EQ(b->requests().size(), 2u) << "attempts are bounded";
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_EQ(got.body.find("secret no"), std::string::npos) << got.body;
}

TEST_F(Continued, AProviderThatIgnoresThePrefillIsFoundOut) {
  load(groups("message"));
  const std::string text = "a text that is long enough to be no accident. ";
  b->says(stream_of(sse({begun("B"), said(text + "More", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said(text)});
  EXPECT_EQ(got.body, sse({begun(), said(text), said("More"), stopped(), kEnd}));
}

// ---- what an answer holds, in order

// The end of an answer, with the list of its blocks, of which the first has this length.
std::string listed(int length, const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[{"index":0,"delta":{"headgate":{"blocks":[{"kind":"text","length":)" +
         std::to_string(length) + R"(},{"kind":"other"}]}},"finish_reason":"stop"}]})";
}
std::string other_block(int index, const std::string& id = "A") {
  return R"({"id":")" + id + R"(","created":1,"model":"m-)" + id +
         R"(","choices":[{"index":0,"delta":{},"headgate":{"block":{"index":)" +
         std::to_string(index) + R"(,"kind":"other"}}}]})";
}

TEST_F(Continued, TheBlocksOfAnAnswerThatIsGoneOnWithAreThoseOfAllOfIt) {
  load(groups("message"));
  b->says(
      stream_of(sse({begun("B"), said(" two", "B"), other_block(1, "B"), listed(4, "B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("zero "), said("one ")});
  EXPECT_EQ(got.body, sse({begun(), said("zero "), said("one "), said("two"), other_block(1),
                           listed(12), kEnd}));
}

TEST_F(Continued, TheBlocksOfAnAnswerThatWasRepeatedAreRightAlready) {
  b->says(stream_of(
      sse({begun("B"), said("one two", "B"), other_block(1, "B"), listed(7, "B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one ")});
  EXPECT_EQ(got.body, sse({begun(), said("one "), said("two"), other_block(1), listed(7), kEnd}));
}

TEST_F(Continued, TheBlocksOfAnAnswerThatWasRepeatedAgainstTheWordAreRightAlready) {
  load(groups("message"));
  const std::string text = "a text that is long enough to be no accident. ";
  const int length = static_cast<int>(text.size()) + 4;
  b->says(stream_of(sse({begun("B"), said(text + "More", "B"), listed(length, "B"), kEnd})));
  const Got got = ask_and_cut({begun(), said(text)});
  EXPECT_EQ(got.body, sse({begun(), said(text), said("More"), listed(length), kEnd}));
}

TEST_F(Continued, AnotherBlockThatComesFirstStandsBehindTheText) {
  load(groups("message"));
  b->says(stream_of(sse({begun("B"), other_block(0, "B"), said("two", "B"), stopped("B"), kEnd})));
  const Got got = ask_and_cut({begun(), said("one ")});
  EXPECT_EQ(got.body, sse({begun(), said("one "), other_block(1), said("two"), stopped(), kEnd}));
}

// ---- cuts of every kind

TEST_F(Continued, GoesOnAfterSilence) {
  load(groups("none", ", timeout: {streamIdleTimeout: 50ms}"));
  a->says(Reply({stream_head() + chunk(sse({begun(), said("one ")})), "", ""}, false));
  b->says(stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), kEnd})));
  EXPECT_EQ(ask_for(post(kStreamBody)).body,
            sse({begun(), said("one "), said("two"), stopped(), kEnd}));
}

TEST_F(Continued, GoesOnAfterAnErrorEventThatTheClientDoesNotSee) {
  b->says(stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), kEnd})));
  a->says(Reply({stream_head() + chunk(sse({begun(), said("one ")})),
                 chunk(sse({R"({"error":{"message":"boom","type":"server_error"}})"}))},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body,
            sse({begun(), said("one "), said("two"), stopped(), kEnd}));
}

// What the provider says of the request itself, nobody else would say otherwise.
TEST_F(Continued, AnErrorOfTheClientsMakingIsTold) {
  const std::string error =
      R"({"error":{"message":"bad words","type":"invalid_request_error","code":"content_filter"}})";
  a->says(Reply({stream_head() + chunk(sse({begun(), said("one ")})), chunk(sse({error}))}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body, sse({begun(), said("one "), error}));
  EXPECT_TRUE(b->requests().empty());
  EXPECT_TRUE(counted_once("error"));
}

TEST_F(Continued, WhatWasReadWithTheEndIsNotLost) {
  b->says(stream_of(sse({begun("B"), said("one two three", "B"), stopped("B"), kEnd})));
  a->says(Reply({stream_head() + chunk(sse({begun(), said("one ")})), chunk(sse({said("two ")}))},
                true));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body,
            sse({begun(), said("one "), said("two "), said("three"), stopped(), kEnd}));
}

TEST_F(Continued, GoesOnTwice) {
  b->says(Reply({stream_head() + chunk(sse({begun("B"), said("one two ", "B")})), ""}, true));
  a->says(cut_after({begun(), said("one ")}));
  a->says(stream_of(sse({begun("C"), said("one two three", "C"), stopped("C"), kEnd})));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return peer.received().find("two") != std::string::npos; });
  b->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body,
            sse({begun(), said("one "), said("two "), said("three"), stopped(), kEnd}));
  EXPECT_EQ(in_flight(), 0);
  EXPECT_TRUE(counted_once("whole"));
}

TEST_F(Continued, EndsInAnErrorWhenNobodyIsLeft) {
  b->says(answer(503, "application/json", "{}"));
  a->says(cut_after({begun(), said("one ")}));
  a->says(answer(503, "application/json", "{}"));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  const Got got = read_answer(peer.received());
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_EQ(a->requests().size() + b->requests().size(), 3u);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("upstream_closed"), std::string::npos) << lines[0];
  EXPECT_TRUE(counted_once("error"));
}

TEST_F(Continued, AnswersInOnePieceAreNoneToGoOnWith) {
  b->says(answer(200, "application/json", kWhole));
  a->says(cut_after({begun(), said("hel")}));
  a->says(stream_of(sse({begun("C"), said("hello", "C"), stopped("C"), kEnd})));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body,
            sse({begun(), said("hel"), said("lo"), stopped(), kEnd}));
}

// ---- what is not gone on with

TEST_F(Continued, AToolCallEndsInAnError) {
  const std::string call = R"({"id":"A","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,)"
                           R"("function":{"name":"f","arguments":"{\"a"}}]}}]})";
  const Got got = ask_and_cut({begun(), said("one "), call});
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_TRUE(b->requests().empty());
}

TEST_F(Continued, SeveralChoicesEndInAnError) {
  const Got got =
      ask_and_cut({begun(), said("one ")}, R"({"model":"m","messages":[],"stream":true,"n":2})");
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_TRUE(b->requests().empty());
}

TEST_F(Continued, ATextAboveTheBoundEndsInAnError) {
  const std::string half(KeptAnswer::kTextMax / 2, 'x');
  b->says(stream_of(sse({begun("B"), said(half + half + "!", "B"), stopped("B"), kEnd})));
  EXPECT_EQ(ask_and_cut({begun(), said(half), said(half)}).body,
            sse({begun(), said(half), said(half), said("!"), stopped(), kEnd}));
  a->forget();
  load(groups("none"));
  const std::size_t before = b->requests().size();
  const Got got = ask_and_cut({begun(), said(half), said(half), said("x")});
  EXPECT_TRUE(ends_in_error(got, "upstream_closed"));
  EXPECT_EQ(b->requests().size(), before);
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(Continued, WithoutRoomForItsTextAnAnswerEndsInAnError) {
  bodies.set_max(100);
  const Got got = ask_and_cut({begun(), said("one ")});
  EXPECT_TRUE(ends_in_error(got, "upstream_closed")) << got.body;
  EXPECT_TRUE(b->requests().empty());
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(Continued, TheTotalDeadlineEndsItAll) {
  load(groups("none", ", timeout: {requestTimeout: 100ms}"));
  a->says(Reply({stream_head() + chunk(sse({begun(), said("one ")})), ""}, false));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_TRUE(ends_in_error(got, "upstream_timeout")) << got.body;
  EXPECT_TRUE(b->requests().empty());
}

TEST_F(Continued, AClientThatLeavesEndsIt) {
  a->says(cut_after({begun(), said("one ")}));
  b->says(Reply({stream_head() + chunk(sse({begun("B")})), ""}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return b->requests().size() == 1; });
  run_until([&] { return peer.watched(); });
  peer.leave();
  run_until([&] { return in_flight() == 0; });
  run_until([&] { return peer.closed(); });
  EXPECT_EQ(a->requests().size(), 1u);
  EXPECT_EQ(bodies.held(), 0u);
}

// Two that go on with the same answer would both say the rest of it.
TEST_F(Continued, NobodyIsAskedBesideOneThatIsSlowToGoOn) {
  a->says(cut_after({begun(), said("one ")}));
  b->says(Reply({stream_head() + chunk(sse({begun("B")})),
                 chunk(sse({said("one two", "B"), stopped("B"), kEnd})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return b->requests().size() == 1; });
  settle();
  advance(seconds(20));
  settle();
  b->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body,
            sse({begun(), said("one "), said("two"), stopped(), kEnd}));
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(Continued, BeforeTheCommitNothingIsDifferent) {
  a->says_and_closes(stream_head() + chunk(sse({begun()})));
  b->says(stream_of(sse({begun("B"), said("two", "B"), stopped("B"), kEnd})));
  load(groups("none", ""));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_EQ(got.body.substr(0, 16), sse({begun("B")}).substr(0, 16));
  EXPECT_NE(got.body.find("two"), std::string::npos);
}

TEST_F(Continued, ACompleteStreamPassesByteForByte) {
  const std::string text = ": hello\n\n" + sse({begun(), said("one")}) +
                           "id: 4\r\ndata: " + said("two") + "\r\n\r\n" + sse({stopped(), kEnd});
  a->says(stream_of(text));
  EXPECT_EQ(ask_for(post(kStreamBody)).body, text);
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(Continued, PoliciesSeeEachEventOnce) {
  load(groups("none", ", scripted: {event: count}"));
  b->says(stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), kEnd})));
  EXPECT_EQ(ask_and_cut({begun(), said("one ")}).body,
            sse({R"({"seen":1})", R"({"seen":2})", R"({"seen":3})", R"({"seen":4})", kEnd}));
}

TEST_F(Continued, APolicyThatStopsTheStreamIsNoCut) {
  load(groups("none", ", scripted: {event: abort}"));
  a->says(Reply({stream_head() + chunk(sse({kRole, kWord2})), chunk(sse({kWord}))}, false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_TRUE(ends_in_error(read_answer(peer.received()), "policy_failed"));
  EXPECT_TRUE(b->requests().empty());
}

// ---- counts

TEST_F(Continued, SumsTheTokensOfAllParts) {
  b->says(
      stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), counted(7, 3, "B"), kEnd})));
  const std::string early = R"({"id":"A","choices":[{"index":0,"delta":{"content":"one "}}],)"
                            R"("usage":{"prompt_tokens":5,"completion_tokens":1}})";
  const Got got = ask_and_cut(
      {begun(), early},
      R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(got.body, sse({begun(), early, said("two"), stopped(), counted(12, 4), kEnd}));
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.input_tokens":12)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.output_tokens":4)"), std::string::npos) << lines[0];
}

TEST_F(Continued, WritesDownEveryAttempt) {
  b->says(stream_of(sse({begun("B"), said("one two", "B"), stopped("B"), kEnd})));
  ask_and_cut({begun(), said("one ")});
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("upstream_closed"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(R"("two")"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace headgate::exchange
