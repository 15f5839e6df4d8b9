// What plugins do without a request, over the ABI: how it begins, what it waits for, and what ends
// it.

#include "core/exchange/background.hpp"

#include <string>
#include <utility>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WorkInTheBackground : public ExchangeTest {
 protected:
  WorkInTheBackground() {
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
  }

  // `script` is added to the policy, `more` to the file. It has begun then.
  void use(const std::string& script = "", const std::string& more = "") {
    load(upstreams() + more + two_groups("{token: {upstream: tokens, every: 5000" + script + "}}"));
    settle();
  }
  std::string upstreams() const {
    return "config: {plugins: {upstreams: {tokens: {host: '127.0.0.1:" +
           std::to_string(tokens.port()) + "'}}}}\n";
  }
  // From now on.
  void tokens_say(Reply reply) {
    tokens.forget();
    tokens.says(std::move(reply));
  }
  void tokens_say(const std::string& bytes) { tokens_say(Reply(bytes)); }
  // How often it was asked, and for what the last time.
  std::size_t asked() {
    settle();
    return tokens.requests().size();
  }
  std::string last_path() const {
    const std::string request = tokens.requests().empty() ? "" : tokens.requests().back();
    return request.substr(0, request.find(" HTTP/1.1"));
  }
  bool has_failed(int times) {
    const std::string sample =
        R"(headgate_plugin_background_faults_total{plugin="test.policy.token"} )";
    return engine.metric_registry.render().find(sample + std::to_string(times) + "\n") !=
           std::string::npos;
  }
  std::string token_of_an_answer() { return ask_for(post(kChatBody)).header("x-token"); }

  FakeUpstream tokens{worker->sweep()};
};

TEST_F(WorkInTheBackground, GoesOnWithoutARequest) {
  tokens_say(answer(200, "text/plain", "one"));
  use();
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(last_path(), "POST /token/first");
  EXPECT_EQ(token_of_an_answer(), "one");
  tokens_say(answer(200, "text/plain", "two"));
  advance(milliseconds(4'900));
  EXPECT_EQ(asked(), 1u) << "the time has not come";
  advance(milliseconds(200));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(last_path(), "POST /token");
  EXPECT_EQ(token_of_an_answer(), "two");
}

TEST_F(WorkInTheBackground, BeginsAnewWithEachConfigurationAndKeepsItsState) {
  tokens_say(answer(200, "text/plain", "one"));
  use();
  EXPECT_EQ(asked(), 1u);
  tokens_say(answer(500, "text/plain", "no"));
  use("", "frontendPolicies: {http: {maxBufferSize: 1MiB}}\n");
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(last_path(), "POST /token/first");
  EXPECT_EQ(token_of_an_answer(), "one") << "the instance is the same";
  // Only the newer of the two goes on.
  advance(seconds(6));
  EXPECT_EQ(asked(), 3u);
}

TEST_F(WorkInTheBackground, EndsWithTheConfigurationThatNamesIt) {
  tokens_say(Reply({"", answer(200, "text/plain", "late")}, false));
  use();
  EXPECT_EQ(asked(), 1u) << "and is not answered yet";
  load(upstreams() + two_groups());
  settle();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  tokens.go_on();
  advance(seconds(700));
  EXPECT_EQ(asked(), 1u);
}

TEST_F(WorkInTheBackground, BeginsAgainAMinuteAfterAFailure) {
  int failures = 0;
  for (const char* failure : {"throw", "wait for nothing", "ask for memory"}) {
    const std::size_t before = tokens.requests().size();
    tokens_say(answer(200, "text/plain", failure));
    use(std::string(", firstTime: ") + failure);
    advance(Background::kBeginAgain - seconds(1));
    EXPECT_EQ(asked(), before) << failure;
    EXPECT_EQ(token_of_an_answer(), "") << "requests go on without it";
    EXPECT_TRUE(has_failed(++failures)) << engine.metric_registry.render();
    advance(seconds(2));
    EXPECT_EQ(asked(), before + 1) << failure;
    EXPECT_EQ(last_path(), "POST /token/first");
    EXPECT_EQ(token_of_an_answer(), failure);
  }
}

TEST_F(WorkInTheBackground, IsWokenByAnyThread) {
  tokens_say(answer(200, "text/plain", "woken"));
  use(", firstTime: wake");
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(last_path(), "POST /token") << "it was no beginning";
  EXPECT_EQ(token_of_an_answer(), "woken");
}

TEST_F(WorkInTheBackground, OutlivesAnUpstreamThatDoesNotAnswer) {
  tokens_say(Reply({"", ""}, false));
  use();
  EXPECT_EQ(asked(), 1u);
  tokens_say(answer(200, "text/plain", "at last"));
  advance(seconds(60));  // beyond the call's own time, and that of the wait after it
  settle();
  advance(seconds(6));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(token_of_an_answer(), "at last");
}

}  // namespace
}  // namespace headgate::exchange
