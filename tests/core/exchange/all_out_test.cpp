// When everybody who could serve is out: who is waited for, who is asked, and what the client is
// told.

#include <deque>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::seconds;

class AllOut : public ExchangeTest {};

// One provider, which is out for as long as `eviction` says after one failure.
std::string alone(const std::string& retry, const std::string& eviction = "{}") {
  return R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {retry: )" +
         retry + ", health: {eviction: " + eviction + R"(}}
      backends:
      - ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
)";
}
const std::string kRefusal = R"({"error":{"message":"no","code":"x"}})";
const std::string kFailsOnce = "{consecutiveFailures: 1, duration: 2s}";

TEST_F(AllOut, AsksNobodyBeforeTheTimeThatTheUpstreamNamed) {
  load(alone("{attempts: 1}"));
  a->says(answer(429, "application/json", kRefusal, "retry-after: 60\r\n"));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 429);
  advance(seconds(10));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 429) << got.body;
  EXPECT_EQ(got.header("retry-after"), "50");
  EXPECT_EQ(a->requests().size(), 1u);
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  advance(seconds(50));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
}

TEST_F(AllOut, SaysThatAnOverloadIsNoRateLimit) {
  load(alone("{attempts: 1}"));
  a->says(answer(503, "application/json", kRefusal, "retry-after: 60\r\n"));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "60");
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(AllOut, WaitsForAReturnThatIsNear) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return budgets.waiters.waiting() == 1; });
  EXPECT_EQ(a->requests().size(), 1u);
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 200);
  EXPECT_EQ(a->requests().size(), 2u);
  EXPECT_EQ(budgets.waiters.waiting(), 0u);
}

TEST_F(AllOut, DoesNotWaitLongerThanTheConfigurationSays) {
  load(alone("{attempts: 1, waitForRetryAfter: 1s}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  const TimePoint before = clock.now();
  ask(post(kChatBody));
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(AllOut, DoesNotWaitWhereManyDo) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  std::deque<select::Waiters::Seat> others(select::Waiters::kMax);
  for (select::Waiters::Seat& seat : others) ASSERT_TRUE(seat.take(budgets.waiters));
  const TimePoint before = clock.now();
  ask(post(kChatBody));
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(AllOut, WaitsForNoShortRetryAfterWhereManyDo) {
  load(alone("{attempts: 2}"));
  a->says(answer(429, "application/json", kRefusal, "retry-after: 2\r\n"));
  std::deque<select::Waiters::Seat> others(select::Waiters::kMax);
  for (select::Waiters::Seat& seat : others) ASSERT_TRUE(seat.take(budgets.waiters));
  const TimePoint before = clock.now();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 429);
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(AllOut, GivesItsPlaceBackWhenTheClientLeaves) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  // Who waits is watched from a moment later on.
  run_until([&] { return budgets.waiters.waiting() == 1 && peer.watched(); });
  const TimePoint before = clock.now();
  peer.leave();
  run_until([&] { return budgets.waiters.waiting() == 0; });
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(AllOut, RefusesAtOnceWhereTheConfigurationSaysSo) {
  load(alone("{attempts: 1, whenAllOut: refuse}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  const TimePoint before = clock.now();
  const Got got = ask_for(post(kChatBody));
  EXPECT_LT(clock.now() - before, seconds(1));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "2");
  EXPECT_NE(got.body.find("no_endpoint"), std::string::npos) << got.body;
  EXPECT_EQ(a->requests().size(), 1u);
}

TEST_F(AllOut, AsksTheLeastBadWhereNobodyIsBackSoon) {
  load(alone("{attempts: 1}"));
  a->says(answer(503, "application/json", kRefusal));
  for (int i = 0; i < 3; ++i) ask(post(kChatBody));
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
}

TEST_F(AllOut, ShowsWhoWaits) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  EXPECT_EQ(budgets.waiters.waited(), 0u);
  ask(post(kChatBody));
  EXPECT_EQ(budgets.waiters.waited(), 1u);
  EXPECT_EQ(budgets.waiters.refused(), 0u);
  const auto lines = records();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].find("held_ms"), std::string::npos) << lines[0];
  const std::string name = R"("held_ms":)";
  const std::size_t at = lines[1].find(name);
  ASSERT_NE(at, std::string::npos) << lines[1];
  const double held = std::stod(lines[1].substr(at + name.size()));
  EXPECT_GT(held, 1'000);
  EXPECT_LT(held, 5'000);
}

TEST_F(AllOut, HoldsAllButOneWhileItIsTriedAndThenServesThem) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  a->forget();
  advance(seconds(2));
  const std::string good = answer(200, "application/json", kWhole);
  a->says(Reply({"", good}, false));
  a->says(good);
  ScriptedPeer& first = connect();
  first.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 2; });
  ScriptedPeer& second = connect();
  second.send(post(kChatBody));
  run_until([&] { return budgets.waiters.waiting() == 1; });
  settle();
  EXPECT_EQ(a->requests().size(), 2u);
  a->go_on();
  run_until([&] { return read_answer(second.received()).complete; });
  EXPECT_EQ(read_answer(first.received()).status, 200);
  EXPECT_EQ(read_answer(second.received()).status, 200);
}

TEST_F(AllOut, DoesNotGoPastThoseWhoWaitWhileOneIsTried) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  a->forget();
  advance(seconds(2));
  a->says(Reply({"", ""}, false));
  ScriptedPeer& first = connect();
  first.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 2; });
  std::deque<select::Waiters::Seat> others(select::Waiters::kMax);
  for (select::Waiters::Seat& seat : others) ASSERT_TRUE(seat.take(budgets.waiters));
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_EQ(a->requests().size(), 2u);
  EXPECT_EQ(budgets.waiters.refused(), 1u);
}

TEST_F(AllOut, DoesNotWaitBeyondTheRequestsOwnDeadline) {
  load(alone("{attempts: 1}, timeout: {requestTimeout: 1s}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  const TimePoint before = clock.now();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 503);
  EXPECT_LT(clock.now() - before, milliseconds(500));
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(AllOut, GivesItsPlaceBackAlsoAfterARetryAfterOfNothing) {
  load(alone("{attempts: 2}"));
  a->says(answer(429, "application/json", kRefusal, "retry-after: 0\r\n"));
  a->says(Reply({"", ""}, false));
  connect().send(post(kChatBody));
  run_until([&] { return a->requests().size() == 2; });
  EXPECT_EQ(budgets.waiters.waiting(), 0u);
}

TEST_F(AllOut, GoesElsewhereRatherThanWaitForWhoWasToBeAskedAgain) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {health: {eviction: {consecutiveFailures: 1, duration: 2s}}}
      backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
          - providers:
            - {name: two, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B"}
)");
  a->says(answer(500, "application/json", kRefusal));
  b->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "two");
  EXPECT_EQ(a->requests().size(), 1u);
  EXPECT_EQ(budgets.waiters.waited(), 0u);
}

TEST_F(AllOut, ServesWithTheOldConfigurationWhatWaitedBeforeAReload) {
  load(alone("{attempts: 1}", kFailsOnce));
  a->says(answer(503, "application/json", kRefusal));
  ask(post(kChatBody));
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  run_until([&] { return budgets.waiters.waiting() == 1; });
  load(alone("{attempts: 1, whenAllOut: refuse}", kFailsOnce));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 200);
  EXPECT_EQ(budgets.waiters.waiting(), 0u);
}

}  // namespace
}  // namespace headgate::exchange
