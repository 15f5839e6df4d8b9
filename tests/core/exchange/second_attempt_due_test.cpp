// When a request is asked of a second provider as well, and when it is not.

#include "tests/core/exchange/second_attempt_fixture.hpp"

namespace headgate::exchange {
namespace {

TEST_F(SecondAttempt, IsNotMadeBeyondItsBudget) {
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  while (budgets.seconds.try_spend(clock.now() + seconds(20))) {
  }
  ScriptedPeer& peer = ask_slow();
  advance(seconds(15));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  a->go_on();
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "one");
}

TEST_F(SecondAttempt, IsNotMadeWhereNobodyElseCouldServe) {
  struct Case {
    std::string what;
    std::string policies;
    std::string body;
  };
  const std::string chat = R"({"model":"m","messages":[{"role":"user","content":"hi"}])";
  const std::vector<Case> cases{
      {"off", "{timeout: {firstTokenSoft: off}}", kStreamBody},
      {"one attempt only", "{retry: {attempts: 1}}", kStreamBody},
      {"no stream", "{}", kChatBody},
      {"stored", "{}", chat + R"(,"stream":true,"store":true})"},
      {"in the background", "{}", chat + R"(,"stream":true,"background":true})"},
      {"a search", "{}", chat + R"(,"stream":true,"web_search_options":{}})"},
      {"a tool of the provider's", "{}",
       chat + R"(,"stream":true,"tools":[{"type":"function","function":{"name":"f"}},)"
              R"({"type":"web_search"}]})"},
  };
  for (const Case& c : cases) {
    load(two_groups(c.policies));
    a->forget();
    a->says(later(answer(200, "application/json", kWhole)));
    ScriptedPeer& peer = ask_slow(c.body);
    advance(seconds(30));
    settle();
    EXPECT_EQ(b->requests().size(), 0u) << c.what;
    a->go_on();
    EXPECT_EQ(finished(peer).status, 200) << c.what;
  }
}

TEST_F(SecondAttempt, IsMadeForWhatOnlyLooksAsIfItDidMore) {
  const std::string chat = R"({"model":"m","messages":[],"stream":true)";
  for (const std::string& rest :
       {std::string(R"(,"store":false})"), std::string(R"(,"store":null,"tools":null})"),
        std::string(R"(,"tools":[{"type":"function","function":{"name":"f"}}]})")}) {
    a->forget();
    b->forget();
    a->says(later(words(kWord)));
    b->says(words(kWord2));
    ScriptedPeer& peer = ask_both(chat + rest);
    EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two") << rest;
    a->go_on();
    settle();
  }
}

TEST_F(SecondAttempt, WaitsAsLongAsTheConfigurationSays) {
  load(two_groups("{timeout: {firstTokenSoft: 700ms}}"));
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(650));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(100));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
}

TEST_F(SecondAttempt, WaitsFourTimesWhatMostTakeWithinItsBounds) {
  struct Case {
    milliseconds usual;
    milliseconds least;  // the first is alone so long
    milliseconds most;   // and after so long it is not
  };
  for (const Case& c : {Case{milliseconds(100), milliseconds(3'900), milliseconds(4'100)},
                        Case{milliseconds(1'500), milliseconds(5'900), milliseconds(7'600)},
                        Case{milliseconds(3'900), milliseconds(9'900), milliseconds(10'100)}}) {
    advance(std::chrono::minutes(5));  // what was learned before is forgotten
    learn(c.usual);
    a->says(later(words(kWord)));
    b->forget();
    b->says(words(kWord2));
    const std::size_t before = b->requests().size();
    ScriptedPeer& peer = ask_slow();
    advance(c.least);
    settle();
    EXPECT_EQ(b->requests().size(), before) << c.usual.count();
    advance(c.most - c.least);
    EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two") << c.usual.count();
    a->go_on();
    settle();
  }
}

TEST_F(SecondAttempt, IsNotMadeBesideAStreamThatHasBegunAndIsHeldBack) {
  load(two_groups("{stream: {onCut: hold}, timeout: {firstTokenSoft: 700ms}}"));
  a->says(Reply(
      {"", stream_head() + chunk(sse({kRole, kWord})), chunk(sse({kStop, "[DONE]"})) + "0\r\n\r\n"},
      false));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  a->go_on();
  settle();
  advance(seconds(2));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  a->go_on();
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "one");
  expect_nothing_left();
}

TEST_F(SecondAttempt, IsMadeBesideAStreamThatIsHeldBackAndHasNotBegun) {
  load(two_groups("{stream: {onCut: hold}, timeout: {firstTokenSoft: 700ms}}"));
  a->says(Reply({stream_head() + chunk(sse({kRole})), ""}, false));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_both(kStreamBody, milliseconds(700));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
  a->go_on();
  settle();
  expect_nothing_left();
}

TEST_F(SecondAttempt, IsAHedgeWhereOneIsWanted) {
  load(two_groups("{retry: {hedge: true}}"));
  learn(milliseconds(200));
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(190));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(100));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
  expect_nothing_left();
}

TEST_F(SecondAttempt, IsNoHedgeBeforeAnythingIsKnown) {
  load(two_groups("{retry: {hedge: true}}"));
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(9'900));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(200));
  finished(peer);
}

TEST_F(SecondAttempt, HedgesWholeAnswersByWhatTheyTake) {
  load(two_groups("{retry: {hedge: true}}"));
  for (int i = 0; i < 20; ++i) {
    a->forget();
    a->says(later(answer(200, "application/json", kWhole)));
    ScriptedPeer& peer = ask_slow(kChatBody);
    advance(milliseconds(500));
    a->go_on();
    finished(peer);
  }
  a->forget();
  a->says(later(answer(200, "application/json", kWhole)));
  b->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = ask_slow(kChatBody);
  advance(milliseconds(490));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(200));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
}

TEST_F(SecondAttempt, WaitsForTheSoftLimitWhereTheHedgesAreSpent) {
  load(two_groups("{retry: {hedge: true}}"));
  learn(milliseconds(200));
  while (budgets.hedges.try_spend(clock.now() + seconds(20))) {
  }
  a->says(later(words(kWord)));
  b->says(words(kWord2));
  ScriptedPeer& peer = ask_slow();
  advance(milliseconds(3'900));
  settle();
  EXPECT_EQ(b->requests().size(), 0u);
  advance(milliseconds(200));
  EXPECT_EQ(finished(peer).header("x-headgate-provider"), "two");
}

}  // namespace
}  // namespace headgate::exchange
