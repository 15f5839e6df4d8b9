// What a good answer says of rate limits: the next requests go elsewhere before there is a refusal.

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string limited(const std::string& headers) {
  return answer(200, "application/json", kWhole, headers);
}
const std::string kUsedUp =
    "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 5s\r\n";

class Limits : public ExchangeTest {
 protected:
  Limits() {
    load(two_groups());
    b->says(answer(200, "application/json", kWhole));
  }
  std::string served_by(const std::string& body = kChatBody) {
    const Got got = ask_for(post(body));
    EXPECT_EQ(got.status, 200) << got.body;
    return got.header("x-headgate-provider");
  }
};

TEST_F(Limits, AnAnswerThatSaysThatNothingIsLeftSendsTheNextRequestsElsewhere) {
  a->says(limited(kUsedUp));
  EXPECT_EQ(served_by(), "one");
  EXPECT_EQ(served_by(), "two");
  advance(milliseconds(4'500));
  EXPECT_EQ(served_by(), "two");
  advance(milliseconds(600));
  EXPECT_EQ(served_by(), "one");
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(Limits, EachOfSeveralLimitsCountsAndTheLongestOfThem) {
  a->says(limited("x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 8s\r\n" + kUsedUp +
                  "x-ratelimit-remaining-project-tokens: 0\r\n"
                  "x-ratelimit-reset-project-tokens: 2s\r\n"));
  EXPECT_EQ(served_by(), "one");
  advance(milliseconds(7'900));
  EXPECT_EQ(served_by(), "two");
  advance(milliseconds(200));
  EXPECT_EQ(served_by(), "one");
}

TEST_F(Limits, WhatIsLeftOrCannotBeReadHoldsNothingBack) {
  for (const char* headers :
       {"x-ratelimit-remaining-requests: 1\r\nx-ratelimit-reset-requests: 5s\r\n",
        "x-ratelimit-remaining-requests: 0\r\n", "x-ratelimit-reset-requests: 5s\r\n",
        "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-tokens: 5s\r\n",
        "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: -5s\r\n",
        "x-ratelimit-remaining-requests: 0%\r\nx-ratelimit-reset-requests: 5s\r\n"}) {
    a->forget();
    a->says(limited(headers));
    EXPECT_EQ(served_by(), "one") << headers;
    EXPECT_EQ(served_by(), "one") << headers;
  }
}

TEST_F(Limits, HoldsBackForAMinuteAtMost) {
  a->says(limited("x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 23h0m0s\r\n"));
  EXPECT_EQ(served_by(), "one");
  advance(seconds(59));
  EXPECT_EQ(served_by(), "two");
  advance(seconds(2));
  EXPECT_EQ(served_by(), "one");
}

TEST_F(Limits, AreOfTheModelThatWasAsked) {
  a->says(limited(kUsedUp));
  const std::string other = R"({"model":"n","messages":[{"role":"user","content":"hi"}]})";
  EXPECT_EQ(served_by(kChatBody), "one");
  EXPECT_EQ(served_by(other), "one");
  EXPECT_EQ(served_by(kChatBody), "two");
  EXPECT_EQ(served_by(other), "two");
}

TEST_F(Limits, OfARefusalAreOfTheModelThatWasAsked) {
  const std::string other = R"({"model":"n","messages":[{"role":"user","content":"hi"}]})";
  a->says(limited(""));
  EXPECT_EQ(served_by(kChatBody), "one");  // both models are known there
  EXPECT_EQ(served_by(other), "one");
  a->forget();
  a->says(
      answer(429, "application/json", "{\"error\":{\"message\":\"x\"}}", "retry-after: 60\r\n"));
  EXPECT_EQ(served_by(kChatBody), "two");
  a->forget();
  a->says(limited(""));
  EXPECT_EQ(served_by(kChatBody), "two");
  EXPECT_EQ(served_by(other), "one");
  advance(seconds(61));
  EXPECT_EQ(served_by(kChatBody), "one");
}

TEST_F(Limits, CountAsNoFailure) {
  a->says(limited(kUsedUp));
  EXPECT_EQ(served_by(), "one");
  const auto& set = context->snapshot->plans[0].backends[0].set;
  const select::Cell& cell = set->endpoint(0).cell_for(select::model_hash("m"));
  EXPECT_EQ(cell.state(clock.now()), select::ServiceState::out);
  EXPECT_EQ(cell.evicted_state(clock.now()), select::ServiceState::in_service);
  EXPECT_EQ(cell.consecutive_failures, 0u);
  EXPECT_TRUE(cell.failures.zero());
}

TEST_F(Limits, OfAStreamHoldBackFromItsHeadOn) {
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(served_by(), "one");  // the model is known there
  a->forget();
  a->says(Reply({stream_head(kUsedUp) + chunk(sse({kRole, kWord})),
                 chunk(sse({kStop, kUsage, "[DONE]"})) + "0\r\n\r\n"},
                false));
  ScriptedPeer& peer = connect();
  peer.send(post(kStreamBody));
  run_until([&] { return !peer.received().empty(); });
  EXPECT_EQ(served_by(), "two");
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
}

TEST_F(Limits, WithEverybodyHeldBackRequestsAreServedAllTheSame) {
  a->says(limited(kUsedUp));
  b->forget();
  b->says(limited(kUsedUp));
  EXPECT_EQ(served_by(), "one");
  EXPECT_EQ(served_by(), "two");
  for (int i = 0; i < 4; ++i) served_by();  // with 200 each
}

TEST_F(Limits, OneThatIsHeldBackIsAskedWhenTheOtherFails) {
  a->says(limited(kUsedUp));
  EXPECT_EQ(served_by(), "one");
  b->forget();
  b->says(answer(503, "application/json", "{}"));
  EXPECT_EQ(served_by(), "one");
  EXPECT_EQ(b->requests().size(), 1u);
}

TEST_F(Limits, OfAClientsOwnKeySayNothingToOthers) {
  std::string without_keys = two_groups();
  for (const char* key : {"one", "two"}) {
    const std::string line = "              backendAuth: {key: key-of-" + std::string(key) + "}\n";
    without_keys.erase(without_keys.find(line), line.size());
  }
  load(without_keys);

  a->says(limited(kUsedUp));
  for (int i = 0; i < 3; ++i) {
    const Got got = ask_for(post(kChatBody, "authorization: Bearer mine\r\n"));
    EXPECT_EQ(got.header("x-headgate-provider"), "one");
  }
}

}  // namespace
}  // namespace headgate::exchange
