// A second attempt beside a first one that is late: when there is one, whose answer counts, and
// what becomes of the other.

#include "core/select/cell.hpp"
#include "tests/core/exchange/second_attempt_fixture.hpp"

namespace headgate::exchange {
namespace {

TEST_F(SecondAttempt, ServesAStreamWhoseFirstWordIsLate) {
  a->says(Reply({stream_head() + chunk(sse({kRole})), words(kWord)}, false));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(9'950));
  settle();
  EXPECT_EQ(b->requests().size(), 0u) << "the first one has its time";
  advance(milliseconds(100));
  const Got got = finished(peer);
  EXPECT_EQ(got.body, sse({kRole, kWord2, kStop, "[DONE]"}));
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  const std::string attempts = got.header("x-headgate-attempts");
  EXPECT_EQ(attempts.find("one:superseded/10"), 0u) << attempts;
  EXPECT_NE(attempts.find(";two:200/"), std::string::npos) << attempts;
  expect_nothing_left();
  a->go_on();
  run_until([&] { return a->ended() == 1; });
  EXPECT_EQ(b->ended(), 0u) << "a connection that served is kept";
}

TEST_F(SecondAttempt, LeavesTheAnswerToTheFirstWhereThatOneComesFirst) {
  a->says(later(words(kWord)));
  b->says(later(words(kWord2)));
  ScriptedPeer& peer = ask_both();
  EXPECT_EQ(in_flight(), 2);
  a->go_on();
  const Got got = finished(peer);
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_EQ(got.header("x-headgate-provider"), "one");
  const std::string attempts = got.header("x-headgate-attempts");
  EXPECT_EQ(attempts.find("one:200/10"), 0u) << attempts;
  EXPECT_NE(attempts.find(";two:superseded/"), std::string::npos) << attempts;
  expect_nothing_left();
  b->go_on();
  run_until([&] { return b->ended() == 1; });
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("superseded"), std::string::npos) << lines[0];
}

TEST_F(SecondAttempt, CountsTheWinnersUsageOnce) {
  const std::string more =
      R"({"choices":[],"usage":{"prompt_tokens":70,"completion_tokens":30,"total_tokens":100}})";
  a->says(Reply({stream_head() + chunk(sse({kRole, more})), ""}, false));
  b->says(words(kWord));
  ScriptedPeer& peer = ask_both();
  finished(peer);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("gen_ai.usage.input_tokens":7,)"), std::string::npos) << lines[0];
  EXPECT_EQ(lines[0].find("70"), std::string::npos) << lines[0];
}

TEST_F(SecondAttempt, MayAnswerInOnePiece) {
  a->says(later(words(kWord)));
  b->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = ask_both();
  const Got got = finished(peer);
  EXPECT_EQ(got.body, kWhole);
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  expect_nothing_left();
}

TEST_F(SecondAttempt, MayAnswerWithMoreThanIsHeld) {
  const std::string big = R"({"choices":[")" + std::string(3u << 20, 'x') + "\"]}";
  a->says(later(words(kWord)));
  b->says(answer(200, "application/json", big));
  ScriptedPeer& peer = ask_both();
  EXPECT_TRUE(finished(peer).body == big);
  expect_nothing_left();
}

TEST_F(SecondAttempt, GoesOnWhenTheFirstFails) {
  a->says(later(answer(503, "application/json", "{}")));
  b->says(later(words(kWord2)));
  ScriptedPeer& peer = ask_both();
  a->go_on();
  settle();
  EXPECT_EQ(in_flight(), 1);
  EXPECT_EQ(b->requests().size(), 1u) << "it is the next attempt; there is no third";
  b->go_on();
  const Got got = finished(peer);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  EXPECT_EQ(got.header("x-headgate-attempts").find("one:503/"), 0u);
  expect_nothing_left();
}

TEST_F(SecondAttempt, LeavesTheFirstAloneWhenItFailsItself) {
  a->says(later(words(kWord)));
  b->says(answer(400, "application/json", "{}"));
  ScriptedPeer& peer = ask_both();
  EXPECT_EQ(in_flight(), 1);
  EXPECT_EQ(peer.received(), "");
  a->go_on();
  const Got got = finished(peer);
  EXPECT_EQ(got.header("x-headgate-provider"), "one");
  EXPECT_EQ(got.header("x-headgate-attempts").find("two:400/"), 0u);
  expect_nothing_left();
}

TEST_F(SecondAttempt, IsFollowedByAThirdWhereBothFail) {
  load(three_groups("{retry: {backoff: 1ms}}"));
  a->says(later(answer(503, "application/json", "{}")));
  b->says(later(answer(503, "application/json", "{}")));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_both();
  b->go_on();
  settle();
  EXPECT_EQ(b->requests().size(), 1u) << "the first one may still answer";
  a->go_on();
  const Got got = finished(peer);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("x-headgate-provider"), "three");
  expect_nothing_left();
}

TEST_F(SecondAttempt, TellsTheClientItsOwnMistakeWhereBothFail) {
  const std::string told = R"({"error":{"message":"no","type":"t","code":"bad"}})";
  a->says(later(answer(503, "application/json", "{}")));
  b->says(answer(400, "application/json", told));
  ScriptedPeer& peer = ask_both();
  a->go_on();
  Got got = finished(peer);
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, told);

  a->forget();
  b->forget();
  a->says(later(answer(400, "application/json", told)));
  b->says(later(words(kWord2)));
  ScriptedPeer& other = ask_both();
  a->go_on();
  got = finished(other);
  EXPECT_EQ(got.status, 400) << "no other answer would do";
  expect_nothing_left();
}

TEST_F(SecondAttempt, TellsTheLastFailureWhereBothFailOtherwise) {
  a->says(later(answer(500, "application/json", "{}")));
  b->says(later(answer(429, "application/json", "{}", "retry-after: 17\r\n")));
  ScriptedPeer& peer = ask_both();
  a->go_on();
  settle();
  b->go_on();
  const Got got = finished(peer);
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.header("retry-after"), "17");
  expect_nothing_left();
}

TEST_F(SecondAttempt, WhereBothFailWhatEachSaysOfItselfHolds) {
  a->says(later(answer(429, "application/json", "{}", "retry-after: 60\r\n")));
  b->says(later(answer(429, "application/json", "{}", "retry-after: 60\r\n")));
  ScriptedPeer& peer = ask_both();
  b->go_on();
  settle();
  a->go_on();
  EXPECT_EQ(finished(peer).status, 429);
  const select::EndpointSet& set = *context->snapshot->plans[0].backends[0].set;
  for (const std::size_t i : {0u, 1u}) {
    const select::Cell& cell = set.endpoint(i).base_cell();
    EXPECT_EQ(cell.state(clock.now()), select::ServiceState::out) << i;
  }
}

TEST_F(SecondAttempt, WhereBothFailNobodyElseIsAskedForAModelThatCannotDoIt) {
  std::string yaml = three_groups("{}");
  for (const char* model : {"m", "n", "m"}) {
    const std::string any = "{openAI: {}}";
    yaml.replace(yaml.find(any), any.size(), std::string("{openAI: {model: ") + model + "}}");
  }
  load(yaml);
  const std::string too_long = R"({"error":{"message":"no","code":"context_length_exceeded"}})";
  a->says(later(answer(400, "application/json", too_long)));
  b->says(later(answer(503, "application/json", "{}")));
  ScriptedPeer& peer = ask_both();
  a->go_on();
  settle();
  b->go_on();
  EXPECT_EQ(finished(peer).status, 503);
  EXPECT_EQ(b->requests().size(), 1u) << "the third would be asked for the model of the first";
  expect_nothing_left();
}

TEST_F(SecondAttempt, EndsWithTheClient) {
  a->says(later(words(kWord)));
  b->says(later(words(kWord2)));
  ScriptedPeer& peer = ask_both();
  EXPECT_TRUE(peer.watched());
  peer.leave();
  run_until([&] { return peer.closed(); });
  expect_nothing_left();
  a->go_on();
  b->go_on();
  run_until([&] { return a->ended() == 1 && b->ended() == 1; });
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("client_gone"), std::string::npos) << lines[0];
}

TEST_F(SecondAttempt, EndsWithTheRequestsOwnDeadline) {
  load(two_groups("{timeout: {requestTimeout: 15s}}"));
  a->says(later(words(kWord)));
  b->says(later(words(kWord2)));
  ScriptedPeer& peer = ask_both();
  advance(milliseconds(5'200));
  const Got got = finished(peer);
  EXPECT_EQ(got.status, 504);
  expect_nothing_left();
}

TEST_F(SecondAttempt, OutlivesAReload) {
  a->says(later(words(kWord)));
  b->says(later(words(kWord2)));
  ScriptedPeer& peer = ask_both();
  const auto old = context->snapshot;
  load(two_groups("{retry: {attempts: 1}}"));
  b->go_on();
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
  for (const RoutePlan& route : old->plans) {
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(route.backends[0].set->endpoint(i).base_cell().load.requests(), 0);
  }
}

// Its port is spoken to in TLS and never answers: there is no connection yet that could be closed.
TEST_F(SecondAttempt, IsNotWaitedForWhileItConnects) {
  load(second_with("backendTLS: {insecure: true}"));
  a->says(later(words(kWord)));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(10'040));
  run_until([&] { return b->connections() == 1; });
  settle();
  const TimePoint before = clock.now();
  a->go_on();
  peer.send(post(kStreamBody));
  run_until([&] { return a->requests().size() == 2; });
  EXPECT_LT(clock.now() - before, seconds(1)) << "the next request of the connection had to wait";
  a->go_on();
}

TEST_F(SecondAttempt, MayPauseBeforeItAsks) {
  load(second_with("scriptedAttempt: {attempt: pause-proceed}"));
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(10'040));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(1'040));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
}

TEST_F(SecondAttempt, IsNotWaitedForWhileAPolicyPauses) {
  load(second_with("scriptedAttempt: {attempt: pause-proceed}"));
  a->says(later(words(kWord)));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(10'040));
  settle();
  EXPECT_EQ(in_flight(), 2);
  const TimePoint before = clock.now();
  a->go_on();
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "one");
  run_until([&] { return in_flight() == 0; });
  EXPECT_LT(clock.now() - before, milliseconds(500));
  EXPECT_EQ(b->connections(), 0u);
  EXPECT_EQ(records().size(), 1u);
}

// The policy ends the stream in which it sees "hel".
TEST_F(SecondAttempt, ShowsPoliciesOnlyTheEventsOfWhoAnswers) {
  load(two_groups("{scripted: {event: abort}}"));
  const std::string unseen = R"({"choices":[{"index":0,"delta":{"role":"hel"}}]})";
  a->says(Reply({stream_head() + chunk(sse({unseen})), ""}, false));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_both();
  EXPECT_EQ(finished(peer).body, sse({kRole, kWord2, kStop, "[DONE]"}));
}

TEST_F(SecondAttempt, GoesWithTheGatewayWhileAPolicyPauses) {
  load(second_with("scriptedAttempt: {attempt: pause-proceed}"));
  a->says(later(words(kWord)));
  ask_slow();
  advance(milliseconds(10'040));
  settle();
  EXPECT_EQ(in_flight(), 2);
  worker->destroy_tasks();
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(context->connections, 0u);
}

TEST_F(SecondAttempt, GoesWithTheGatewayWhileBothWait) {
  a->says(later(words(kWord)));
  b->says(later(words(kWord2)));
  ask_both();
  worker->destroy_tasks();
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(context->connections, 0u);
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(SecondAttempt, GoesWithTheGatewayWhileItAnswers) {
  a->says(later(words(kWord)));
  b->says(Reply({stream_head() + chunk(sse({kRole, kWord2})), ""}, false));
  ScriptedPeer& peer = ask_both();
  run_until([&] { return !peer.received().empty(); });
  peer.stop_reading(true);
  b->go_on();
  settle();
  worker->destroy_tasks();
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(context->connections, 0u);
}

TEST_F(SecondAttempt, GoesWithTheGatewayWhileItConnects) {
  load(second_with("backendTLS: {insecure: true}"));
  a->says(later(words(kWord)));
  ask_slow();
  advance(milliseconds(10'040));
  run_until([&] { return b->connections() == 1; });
  worker->destroy_tasks();
  EXPECT_EQ(in_flight(), 0);
  EXPECT_EQ(context->connections, 0u);
}

TEST_F(SecondAttempt, IsCounted) {
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_both();
  finished(peer);
  const std::string text = engine.metric_registry.render();
  for (
      const char* const line :
      {R"(headgate_attempts_total{backend="backend0",endpoint="one",outcome="superseded"} 1)",
       R"(headgate_attempts_total{backend="backend0",endpoint="two",outcome="success"} 1)",
       R"(headgate_second_attempts_total{backend="backend0",endpoint="two",cause="slow",event="started"} 1)",
       R"(headgate_second_attempts_total{backend="backend0",endpoint="two",cause="slow",event="won"} 1)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << '\n' << text;
  }
}

}  // namespace
}  // namespace headgate::exchange
