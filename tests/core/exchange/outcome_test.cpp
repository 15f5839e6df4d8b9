// What the end of an attempt says: whom it takes out, whom it excludes, and what is learned of the
// endpoint's speed.

#include "core/select/cell.hpp"
#include "core/select/cell_table.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One line of a list of providers; `model` and `key` may be empty.
std::string provider(const std::string& name, const std::string& port, const std::string& model,
                     const std::string& key = "k") {
  const std::string settings = model.empty() ? "{}" : "{model: " + model + "}";
  const std::string auth = key.empty() ? "" : ", backendAuth: {key: " + key + "}";
  return "            - {name: " + name + ", provider: {openAI: " + settings +
         "}, hostOverride: '127.0.0.1:" + port + "'" + auth + "}\n";
}

std::string groups_of(const std::vector<std::string>& groups) {
  std::string yaml = R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {retry: {attempts: 4}}
      backends:
      - ai:
          groups:
)";
  for (const std::string& group : groups) yaml += "          - providers:\n" + group;
  return yaml;
}

std::string error_of(const std::string& code) {
  return R"({"error":{"message":"no","type":"t","code":")" + code + "\"}}";
}

const std::string kOwnKey = "authorization: Bearer sk-caller\r\n";

class Outcomes : public ExchangeTest {
 protected:
  Outcomes() { b->says(answer(200, "application/json", kWhole)); }

  void load_two(const std::string& model, const std::string& key = "k") {
    load(groups_of({provider("one", "$A", model, key), provider("two", "$B", "", key)}));
  }
  std::string served_by(const std::string& request) {
    const Got got = ask_for(request);
    EXPECT_EQ(got.status, 200) << got.body;
    return got.header("x-headgate-provider");
  }
  select::Cell& cell() {
    return context->snapshot->plans[0].backends[0].set->endpoint(0).cell_for(
        select::model_hash("m"));
  }
  // An endpoint that is known to take 100 ms, and 5 for each of 100 tokens.
  void know() {
    const std::uint32_t now = select::to_stamp(clock.now());
    cell().ttft.add(100, now, select::kLatencyHalfLifeMs);
    cell().tpot.add(5, now, select::kLatencyHalfLifeMs);
    cell().output_tokens.add(100, now, select::kSizeHalfLifeMs);
    advance(seconds(1));  // the group's figures are worked out again
  }
  void leave_after(const std::string& request, milliseconds time) {
    const std::size_t asked = a->requests().size();
    ScriptedPeer& peer = connect();
    peer.send(request);
    run_until([&] { return a->requests().size() > asked; });
    settle();
    advance(time);
    settle();
    peer.leave();
    run_until([&] { return in_flight() == 0; });
  }
};

TEST_F(Outcomes, AConfiguredModelThatIsNotThereIsTakenOutAtOnce) {
  load_two("m");
  a->says(answer(404, "application/json", error_of("model_not_found")));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(served_by(post(kChatBody)), "two");
  EXPECT_EQ(a->requests().size(), 1u);
  EXPECT_EQ(cell().state(clock.now()), select::ServiceState::out);
  EXPECT_EQ(cell().consecutive_failures, 0u) << "nobody's failure";
  advance(milliseconds(5'100));
  EXPECT_EQ(served_by(post(kChatBody)), "two");
  EXPECT_EQ(a->requests().size(), 2u);
}

TEST_F(Outcomes, AModelThatIsStillNotThereIsOutForTwiceAsLong) {
  load_two("m");
  a->says(answer(404, "application/json", error_of("model_not_found")));
  EXPECT_EQ(served_by(post(kChatBody)), "two");
  std::size_t asked = 1;
  for (const seconds out : {seconds(5), seconds(10), seconds(20), seconds(40), seconds(60)}) {
    advance(out - milliseconds(200));
    EXPECT_EQ(served_by(post(kChatBody)), "two");
    EXPECT_EQ(a->requests().size(), asked) << out.count();
    advance(milliseconds(300));
    EXPECT_EQ(served_by(post(kChatBody)), "two");
    EXPECT_EQ(a->requests().size(), ++asked) << out.count();
  }
  EXPECT_EQ(cell().eviction(select::Scope::model).total(), 6u);
  EXPECT_FALSE(cell().eviction(select::Scope::model).leased());
  EXPECT_EQ(cell().consecutive_failures, 0u);
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  advance(seconds(61));
  EXPECT_EQ(served_by(post(kChatBody)), "one");
}

TEST_F(Outcomes, AModelThatOnlyTheClientNamedOrItsKeyMayNotUseStaysInTheChoice) {
  a->says(answer(404, "application/json", error_of("model_not_found")));
  load_two("");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(served_by(post(kChatBody)), "two");
  load_two("m", "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(served_by(post(kChatBody, kOwnKey)), "two");
  EXPECT_EQ(a->requests().size(), 6u);
}

TEST_F(Outcomes, AnErrorEventAboutAClientsOwnKeyCountsForNobodyElse) {
  load_two("", "");
  const std::string good = stream_of(sse({kRole, kWord, kStop, "[DONE]"}));
  b->forget();
  b->says(good);
  for (const char* code : {"insufficient_quota", "rate_limit_exceeded", "invalid_api_key"}) {
    a->says(stream_of(sse({error_of(code)})));
    ask_for(post(kStreamBody, kOwnKey));
  }
  EXPECT_EQ(a->requests().size(), 3u);
  EXPECT_EQ(cell().state(clock.now()), select::ServiceState::in_service);
  EXPECT_EQ(cell().consecutive_failures, 0u);
  EXPECT_EQ(cell().health_at(select::to_stamp(clock.now())), 1);
  a->forget();
  a->says(good);
  EXPECT_EQ(served_by(post(kStreamBody, kOwnKey)), "one");
  // A server that fails does so for everybody.
  a->forget();
  a->says(stream_of(sse({error_of("server_overloaded")})));
  EXPECT_EQ(served_by(post(kStreamBody, kOwnKey)), "two");
  EXPECT_EQ(cell().consecutive_failures, 1u);
}

TEST_F(Outcomes, AnErrorEventInTheMiddleAboutAClientsOwnKeyCountsForNobodyElse) {
  load_two("", "");
  const auto break_off = [&](const std::string& code) {
    a->forget();
    a->says(Reply(
        {stream_head() + chunk(sse({kRole, kWord})), chunk(sse({error_of(code)})) + "0\r\n\r\n"},
        false));
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody, kOwnKey));
    run_until([&] { return !peer.received().empty(); });
    a->go_on();
    run_until([&] { return in_flight() == 0; });
  };
  for (const char* code : {"insufficient_quota", "rate_limit_exceeded", "invalid_api_key"})
    break_off(code);
  EXPECT_EQ(a->requests().size(), 3u);
  EXPECT_EQ(cell().state(clock.now()), select::ServiceState::in_service);
  EXPECT_EQ(cell().consecutive_failures, 0u);
  EXPECT_EQ(cell().health_at(select::to_stamp(clock.now())), 1);
  break_off("server_overloaded");
  EXPECT_EQ(cell().consecutive_failures, 1u) << "a server that fails does so for everybody";
}

TEST_F(Outcomes, GivingUpOnALongPromptSaysNothingWithinItsEstimate) {
  load_two("m");
  know();
  a->says(stream_head());
  std::string body = kStreamBody;
  body.insert(body.find("hi"), std::string(400'000, 'x'));  // 26 times an empty prompt's 100 ms
  leave_after(post(body), milliseconds(1'500));
  EXPECT_NEAR(cell().ttft.value(), 100, 1e-3);
  leave_after(post(body), milliseconds(5'200));
  EXPECT_NEAR(cell().ttft.value(), 200, 2);
}

TEST_F(Outcomes, AWholeAnswerThatWasGivenUpCountsByItsTokens) {
  load_two("m");
  know();
  a->says("HTTP/1.1 200 OK\r\n");
  leave_after(post(kChatBody), milliseconds(500));
  EXPECT_NEAR(cell().ttft.value(), 100, 1e-3);
  EXPECT_NEAR(cell().tpot.value(), 5, 1e-3);
  leave_after(post(kChatBody), milliseconds(1'100));
  EXPECT_NEAR(cell().ttft.value(), 100, 1e-3) << "it says nothing about the first token";
  EXPECT_NEAR(cell().tpot.value(), 10, 0.1);
}

TEST_F(Outcomes, ASlowClientOfAWholeAnswerMakesNoEndpointSlow) {
  load_two("m");
  a->says(answer(200, "application/json", kWhole));
  ScriptedPeer& peer = connect();
  peer.stop_reading(true);
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  advance(seconds(40));
  peer.stop_reading(false);
  run_until([&] { return read_answer(peer.received()).complete; });
  settle();
  ASSERT_FALSE(cell().tpot.empty());
  EXPECT_LT(cell().tpot.value(), 1);
}

TEST_F(Outcomes, ASlowClientOfALargeAnswerMakesNoEndpointSlow) {
  load_two("m");
  const std::string large(3u << 20, ' ');
  const std::string bytes = answer(200, "application/json", kWhole + large);
  const std::size_t half = bytes.size() / 2;
  a->says(Reply({bytes.substr(0, half), bytes.substr(half)}, false));
  ScriptedPeer& peer = connect();
  peer.stop_reading(true);
  peer.send(post(kChatBody));
  run_until([&] { return a->requests().size() == 1; });
  settle();
  advance(seconds(40));  // for the client
  settle();
  peer.stop_reading(false);
  run_until([&] { return peer.received().size() > half - 1000; });
  settle();
  advance(milliseconds(2'560));  // for the upstream
  a->go_on();
  run_until([&] { return read_answer(peer.received()).complete; });
  settle();
  ASSERT_FALSE(cell().tpot.empty());
  EXPECT_NEAR(cell().tpot.value(), 10, 2) << "2.56 s for the 256 tokens that are expected";
}

// Ten words in two halves; between them the client reads nothing for `blocked`, and the upstream
// says nothing for `silent`.
class StreamPace : public Outcomes {
 protected:
  void stream(milliseconds blocked, milliseconds silent) {
    const std::string usage =
        R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":101,"total_tokens":108}})";
    a->says(Reply({stream_head() + chunk(sse({kRole, kWord})), chunk(sse({kWord2})),
                   chunk(sse({kWord2, kStop, usage, "[DONE]"})) + "0\r\n\r\n"},
                  false));
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody));
    run_until([&] { return !peer.received().empty(); });
    peer.stop_reading(true);
    a->go_on();
    settle();
    advance(blocked);
    peer.stop_reading(false);
    settle();
    advance(silent);
    a->go_on();
    run_until([&] { return read_answer(peer.received()).complete; });
    settle();
  }
};

TEST_F(StreamPace, IsTheUpstreamsWithoutWhatTheClientHeldUp) {
  load_two("m");
  stream(milliseconds(0), milliseconds(1'000));
  ASSERT_FALSE(cell().tpot.empty());
  EXPECT_NEAR(cell().tpot.value(), 10, 0.5) << "a second for 100 tokens";
  stream(milliseconds(90), milliseconds(1'000));
  EXPECT_NEAR(cell().tpot.value(), 10, 0.5);
}

TEST_F(StreamPace, IsUnknownOfAStreamThatTheClientHeldUpForLong) {
  load_two("m");
  stream(seconds(40), milliseconds(1'000));
  EXPECT_TRUE(cell().tpot.empty()) << cell().tpot.value();
  EXPECT_FALSE(cell().ttft.empty());
  EXPECT_EQ(cell().consecutive_failures, 0u);
}

TEST_F(Outcomes, AnErrorInsideAGoodAnswerIsShownAsAnError) {
  load_two("");
  a->says(stream_of(sse({error_of("server_overloaded")})));
  b->forget();
  b->says(stream_of(sse({kRole, kWord, kStop, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  const std::string attempts = got.header("x-headgate-attempts");
  EXPECT_EQ(attempts.rfind("one:upstream_error_event/", 0), 0u) << attempts;
  EXPECT_NE(attempts.find(";two:200/"), std::string::npos) << attempts;
  settle();
  EXPECT_NE(records().at(0).find("upstream_error_event"), std::string::npos);
}

TEST_F(Outcomes, APromptThatIsTooLongIsNotAskedOfTheSameModelAgain) {
  a->says(answer(400, "application/json", error_of("context_length_exceeded")));
  load(groups_of({provider("one", "$A", "m1") + provider("two", "$A", "m1", "l"),
                  provider("three", "$A", "m1", "n"), provider("four", "$B", "m2")}));
  EXPECT_EQ(served_by(post(kChatBody)), "four");
  EXPECT_EQ(a->requests().size(), 1u);
  // Where the request names the model, one of another group may know it as another one.
  load(groups_of(
      {provider("one", "$A", "") + provider("two", "$A", "", "l"), provider("three", "$B", "")}));
  EXPECT_EQ(served_by(post(kChatBody)), "three");
  EXPECT_EQ(a->requests().size(), 2u);
  // Another model of the same group may do.
  load(groups_of({provider("one", "$A", "m1") + provider("two", "$B", "m2")}));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(served_by(post(kChatBody)), "two");
}

TEST_F(Outcomes, APromptThatIsTooLongForTheOnlyModelIsTheClientsAffair) {
  a->says(answer(400, "application/json", error_of("context_length_exceeded")));
  load(groups_of({provider("one", "$A", "m1") + provider("two", "$A", "m1", "l")}));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 400);
  EXPECT_NE(got.body.find("context_length_exceeded"), std::string::npos) << got.body;
  EXPECT_EQ(a->requests().size(), 1u);
}

}  // namespace
}  // namespace headgate::exchange
