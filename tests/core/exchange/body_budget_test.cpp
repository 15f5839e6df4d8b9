// The bound on all bodies: what counts, what does not, and what a client is told when it is
// reached.

#include "core/exchange/body_budget.hpp"

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

TEST(BodyBudgetShare, CountsInStepsAndNothingThatIsSmall) {
  BodyBudget budget(256 * 1024);
  {
    BodyBudget::Share share;
    EXPECT_TRUE(share.hold(budget, BodyBudget::kFreeBytes - 1));
    EXPECT_EQ(budget.held(), 0u);
    EXPECT_TRUE(share.hold(budget, BodyBudget::kFreeBytes));
    EXPECT_EQ(budget.held(), 2 * BodyBudget::kFreeBytes);
    EXPECT_TRUE(share.hold(budget, BodyBudget::kFreeBytes + 1));
    EXPECT_EQ(budget.held(), 2 * BodyBudget::kFreeBytes);
    EXPECT_FALSE(share.hold(budget, 1024 * 1024));
    EXPECT_EQ(budget.held(), 2 * BodyBudget::kFreeBytes);
  }
  EXPECT_EQ(budget.held(), 0u);
}

std::string whole_of(std::size_t bytes) {
  std::string body = kWhole;
  body.insert(body.find("hello"), std::string(bytes, 'x'));
  return body;
}
std::string in_chunks(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" +
         chunk(body) + "0\r\n\r\n";
}

class BodyBudgetTest : public ExchangeTest {
 protected:
  BodyBudgetTest() { load(two_groups()); }
  // Providers of another format than the client's.
  void load_gemini() {
    std::string yaml = two_groups();
    for (std::size_t at = yaml.find("openAI"); at != std::string::npos; at = yaml.find("openAI")) {
      yaml.replace(at, 6, "gemini");
    }
    load(yaml);
  }
  void expect_no_room(const Got& got) {
    EXPECT_EQ(got.status, 503);
    EXPECT_NE(got.body.find(R"("code":"too_many_bodies")"), std::string::npos) << got.body;
    EXPECT_EQ(b->requests().size(), 0u) << "nobody else would have more room";
    settle();
    EXPECT_EQ(bodies.held(), 0u);
    const auto& cell = context->snapshot->plans[0].backends[0].set->endpoint(0).base_cell();
    EXPECT_EQ(cell.consecutive_failures, 0u) << "it is not the provider's fault";
  }
};

TEST_F(BodyBudgetTest, AnAnswerThatIsHeldCountsUntilItIsSent) {
  const std::string body = whole_of(300 * 1024);
  a->says(in_chunks(body));
  bodies.set_max(1024 * 1024);
  ScriptedPeer& peer = connect();
  peer.stop_reading(true);
  peer.send(post(kChatBody));
  run_until([&] { return bodies.held() > body.size(); });
  settle();
  peer.stop_reading(false);
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).body, body);
  settle();
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(BodyBudgetTest, ASmallAnswerIsHeldWithoutBeingCounted) {
  a->says(in_chunks(whole_of(40 * 1024)));
  bodies.set_max(kChatBody.size());
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
}

TEST_F(BodyBudgetTest, ALargeAnswerWithoutRoomIsRefused) {
  bodies.set_max(128 * 1024);
  a->says(in_chunks(whole_of(300 * 1024)));
  expect_no_room(ask_for(post(kChatBody)));
  a->forget();
  a->says(answer(200, "application/json", whole_of(300 * 1024)));
  expect_no_room(ask_for(post(kChatBody)));
}

constexpr std::size_t kLong = 200 * 1024;

std::string long_question() {
  std::string body = kChatBody;
  return body.insert(body.find("hi"), std::string(kLong, 'x'));
}
TEST_F(BodyBudgetTest, WhatIsMadeOfARequestCountsUntilItEnds) {
  load_gemini();
  a->says(answer(503, "application/json", "{}"));
  b->says("");  // it never answers
  ScriptedPeer& peer = connect();
  peer.send(post(long_question()));
  run_until([&] { return b->requests().size() == 1 && peer.watched(); });
  EXPECT_GT(bodies.held(), 3 * kLong) << "the client's, and one for each provider that was asked";
  peer.leave();
  run_until([&] { return peer.closed(); });
  EXPECT_EQ(bodies.held(), 0u);
}

TEST_F(BodyBudgetTest, ARequestWithoutRoomForWhatIsMadeOfItIsRefused) {
  load_gemini();
  bodies.set_max(kLong + kLong / 2);
  const Got got = ask_for(post(long_question()));
  expect_no_room(got);
  EXPECT_NE(got.body.find("'one' needs the request in a form that"), std::string::npos) << got.body;
  EXPECT_EQ(a->requests().size(), 0u);
}

TEST_F(BodyBudgetTest, ARequestThatPassesAsItCameCountsOnce) {
  bodies.set_max(kLong + kLong / 2);
  a->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(long_question())).status, 200);
}

TEST_F(BodyBudgetTest, AStreamThatWaitsForItsFirstTokenCounts) {
  bodies.set_max(80 * 1024);
  std::string lifecycle = kRole;
  lifecycle.insert(1, R"("padding":")" + std::string(20 * 1024, 'x') + R"(",)");
  const std::vector<std::string> events(6, lifecycle);
  a->says(stream_of(sse(events) + sse({kWord, kStop, "[DONE]"})));
  expect_no_room(ask_for(post(kStreamBody)));
  a->forget();
  a->says(stream_of(sse({lifecycle, kWord, kStop, "[DONE]"})));
  EXPECT_EQ(ask_for(post(kStreamBody)).status, 200);
}

}  // namespace
}  // namespace headgate::exchange
