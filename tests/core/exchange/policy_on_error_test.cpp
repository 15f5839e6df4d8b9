// A policy that fails, and what `onError` of its entry makes of that.

#include <string>
#include <utility>
#include <vector>

#include "core/base/log.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class OnError : public ExchangeTest {
 protected:
  OnError() {
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
  }
  void load_scripted(const std::string& script, const std::string& on_error) {
    load(two_groups("{plugins: [{use: test.policy.scripted, config: {" + script + "}" +
                    (on_error.empty() ? "" : ", onError: " + on_error) + "}]}"));
  }
  std::size_t asked() const { return a->requests().size() + b->requests().size(); }
};

struct PolicyFailure {
  std::string script;
  std::string told;
};

const std::vector<PolicyFailure> kFailures = {
    {"request: abort", "on_request returned HG_ABORT"},
    {"request: throw", "on_request returned HG_ABORT"},
    {"request: a bad result", "on_request returned 9, which it may not"},
    {"request: stop without an answer", "on_request returned HG_STOP and gave no answer"},
    {"request: a pause without an end", "on_request returned HG_PAUSE and waits for nothing"},
    {"request: pause-abort, wait: 1", "on_async returned HG_ABORT"},
    {"request: pause-a pause without an end, wait: 1",
     "on_async returned HG_PAUSE and waits for nothing"},
    {"request: pause-stop without an answer, wait: 1",
     "on_async returned HG_STOP and gave no answer"},
    {"attempt: abort", "on_attempt returned HG_ABORT"},
    {"attempt: pause-abort, wait: 1", "on_async returned HG_ABORT"},
    {"response: abort", "on_response returned HG_ABORT"},
    {"response: stop without an answer", "on_response returned HG_STOP and gave no answer"},
};

TEST_F(OnError, ContinueGoesOnWithoutThePolicyAndSaysSo) {
  for (const PolicyFailure& c : kFailures) {
    load_scripted(c.script, "continue");
    clock.advance(std::chrono::seconds(2));
    const std::size_t before = asked();
    ::testing::internal::CaptureStderr();
    const Got got = ask_for(post(kChatBody));
    log::flush();
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(got.status, 200) << c.script;
    EXPECT_EQ(got.body, kWhole) << c.script;
    EXPECT_EQ(asked(), before + 1) << c.script;
    EXPECT_NE(said.find("failed: " + c.told + "; it goes on without this policy"),
              std::string::npos)
        << c.script << said;
  }
}

TEST_F(OnError, FailIsWhatHoldsWhereNothingIsSaid) {
  for (const std::string on_error : {"", "fail"}) {
    for (const PolicyFailure& c : kFailures) {
      load_scripted(c.script, on_error);
      EXPECT_NE(ask_for(post(kChatBody)).status, 200) << c.script << " " << on_error;
    }
  }
}

TEST_F(OnError, APolicyThatFailedIsNotAskedAgainInThatRequest) {
  load_scripted("request: abort, response: stop", "continue");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200) << "its on_response would have answered 418";
  load_scripted("response: stop", "continue");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 418);
}

TEST_F(OnError, ContinueStillLetsAPolicyRefuse) {
  for (const auto& [script, status] : std::vector<std::pair<std::string, int>>{
           {"request: stop", 418},
           {"request: stop with an error", 422},
           {"request: pause-stop with an error, wait: 1", 422},
           {"response: stop", 418},
       }) {
    load_scripted(script, "continue");
    EXPECT_EQ(ask_for(post(kChatBody)).status, status) << script;
  }
}

TEST_F(OnError, ContinuePassesTheEventsThatAPolicyFailedAt) {
  load_scripted("event: abort", "continue");
  a->forget();
  a->says(stream_of(sse({kRole, kWord, kWord2, kStop, kUsage, "[DONE]"})));
  const Got got = ask_for(post(kStreamBody));
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.body, sse({kRole, kWord, kWord2, kStop, "[DONE]"}));
}

TEST_F(OnError, ContinueIsRefusedForWhoLetsInAndForWhoSetsTheKey) {
  const auto faults = [&](const std::string& entry) {
    return faults_of(two_groups("\n        plugins:\n        - " + entry));
  };
  EXPECT_EQ(
      faults("{use: headgate.policy.api-key, onError: continue, config: {keys: [{key: k}]}}"),
      "test.yaml:8:51: policy 'headgate.policy.api-key' says who may do what: where it fails, "
      "the request fails ('continue' is not for it)");
  EXPECT_EQ(faults("{use: headgate.policy.backend-auth, onError: continue, config: {key: k}}"),
            "test.yaml:8:56: policy 'headgate.policy.backend-auth' sets the credential: where it "
            "fails, the request fails ('continue' is not for it)");
  EXPECT_EQ(faults("{use: headgate.policy.backend-auth, onError: fail, config: {key: k}}"), "");
  EXPECT_EQ(faults("{use: headgate.policy.ai, onError: continue}"), "");
}

}  // namespace
}  // namespace headgate::exchange
