// What policies may do in each phase, over the ABI: go on, stop with an answer, pause, abort.

#include <string>
#include <utility>
#include <vector>

#include "core/base/log.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Policies : public ExchangeTest {
 protected:
  Policies() {
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
  }
  void load_scripted(const std::string& script, const std::string& more = "") {
    load(two_groups("{scripted: {" + script + "}" + (more.empty() ? "" : ", " + more) + "}"));
  }
  std::size_t asked() const { return a->requests().size() + b->requests().size(); }
  std::string record() {
    settle();
    const auto lines = records();
    EXPECT_EQ(lines.size(), 1u);
    return lines.empty() ? "" : lines.front();
  }
};

struct Case {
  std::string script;
  int status;
  std::string words;  // of the body
};

TEST_F(Policies, EndARequestBeforeAnybodyIsAsked) {
  for (const Case& c : std::vector<Case>{
           {"stop", 418, "from the policy"},
           {"stop with an error", 422, R"("code":"not_liked")"},
           {"stop without an answer", 500, "policy_failed"},
           {"abort", 500, "policy_failed"},
           {"throw", 500, "policy_failed"},
           {"a pause without an end", 500, "policy_failed"},
           {"broken body", 500, "policy_failed"},
           {"bad stream", 500, "policy_failed"},
       }) {
    load_scripted("request: " + c.script);
    const Got got = ask_for(post(kChatBody));
    EXPECT_EQ(got.status, c.status) << c.script;
    EXPECT_NE(got.body.find(c.words), std::string::npos) << c.script << got.body;
    EXPECT_TRUE(got.complete) << c.script;
    EXPECT_NE(record().find("\"http.status\":" + std::to_string(c.status)), std::string::npos);
  }
  EXPECT_EQ(asked(), 0u);
}

TEST_F(Policies, AreNamedInTheLogWhenTheyFail) {
  for (const auto& [script, words] : std::vector<std::pair<std::string, std::string>>{
           {"request: a pause without an end",
            "on_request returned HG_PAUSE and waits for nothing"},
           {"request: stop without an answer", "on_request returned HG_STOP and gave no answer"},
           {"request: a bad result", "on_request returned 9, which it may not"},
           {"request: abort", "on_request returned HG_ABORT"},
           {"request: broken body", "on_request left a bad request: "},
           {"request: pause-stop without an answer",
            "on_async returned HG_STOP and gave no answer"},
           {"response: abort", "on_response returned HG_ABORT"},
           {"response: stop without an answer", "on_response returned HG_STOP and gave no answer"},
       }) {
    load_scripted(script);
    clock.advance(seconds(2));
    ::testing::internal::CaptureStderr();
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody));
    settle();
    advance(milliseconds(1100));
    run_until([&] { return read_answer(peer.received()).complete; });
    log::flush();
    const std::string said = ::testing::internal::GetCapturedStderr();
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, 500) << script;
    EXPECT_EQ(got.body.find("test.policy"), std::string::npos) << got.body;
    EXPECT_NE(said.find("policy test.policy.scripted at "), std::string::npos) << script << said;
    EXPECT_NE(said.find("failed: " + words), std::string::npos) << script << said;
    EXPECT_NE(said.find("(request " + got.header("x-headgate-request-id") + ")"), std::string::npos)
        << said;
  }
}

TEST_F(Policies, MayNameTheMemberThatIsAtFault) {
  load_scripted("request: stop with an error of a member");
  EXPECT_NE(
      ask_for(post(kChatBody)).body.find(R"("param":"messages[0].content","code":"not_liked")"),
      std::string::npos);
  load_scripted("request: stop with an error");
  EXPECT_NE(ask_for(post(kChatBody)).body.find(R"("param":null,"code":"not_liked")"),
            std::string::npos);
}

// A path that only passes is one of the provider's API all the same.
TEST_F(Policies, RefuseInTheFormatOfTheApiThatAPathIsPassedTo) {
  load_scripted("request: stop with an error");
  std::string request = post(kChatBody);
  const std::string path = "/v1/chat/completions";
  for (const std::string other : {"/v1/responses", "/team/v1/embeddings"}) {
    std::string asked = request;
    asked.replace(asked.find(path), path.size(), other);
    const Got got = ask_for(asked);
    EXPECT_EQ(got.status, 422) << other;
    EXPECT_EQ(got.body, R"({"error":{"message":"no","type":"invalid_request_error","param":null,)"
                        R"("code":"not_liked"}})")
        << other;
  }
  request.replace(request.find(path), path.size(), "/v1/nothing");
  EXPECT_EQ(ask_for(request).body.find("param"), std::string::npos) << "nobody's format";
}

TEST_F(Policies, AreNamedOnceASecond) {
  load_scripted("request: abort");
  const auto told = [&] {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(ask_for(post(kChatBody)).status, 500);
    log::flush();
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(told().find("failed: on_request"), std::string::npos);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(told(), "");
  clock.advance(seconds(1));
  const std::string said = told();
  EXPECT_NE(said.find("; 2 more since the last line"), std::string::npos) << said;
}

TEST_F(Policies, ThatAnswerOnPurposeAreNotNamedInTheLog) {
  load_scripted("request: stop with an error");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ask_for(post(kChatBody)).status, 422);
  load_scripted("response: stop");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 418);
  log::flush();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(Policies, LeaveAttributesThatAreJsonInTheLog) {
  load_scripted("request: attributes");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  const std::string line = record();
  EXPECT_NE(line.find(R"("scripted.object":{"a":[1,2],"b":"c d"})"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("scripted.text":"said \"so\"\n\u00e9")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("scripted.number":-4.5)"), std::string::npos) << line;
  EXPECT_EQ(line.find("scripted.bad"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST_F(Policies, AnswerOnlyWithAStop) {
  for (const std::string script : {"record and proceed", "wait and proceed"}) {
    load_scripted("request: " + script);
    const TimePoint before = clock.now();
    EXPECT_EQ(ask_for(post(kChatBody)).body, kWhole) << script;
    EXPECT_LT(clock.now() - before, seconds(1)) << "a timer that nobody waits for";
  }
}

TEST_F(Policies, HoldARequestForAsLongAsTheyAsk) {
  for (const Case& c : std::vector<Case>{
           {"pause", 200, "hello"},
           {"pause-stop", 418, "from the policy"},
           {"pause-stop with an error", 422, "not_liked"},
           {"pause-stop without an answer", 500, "policy_failed"},
           {"pause-abort", 500, "policy_failed"},
           {"pause-throw", 500, "policy_failed"},
       }) {
    load_scripted("request: " + c.script);
    const std::size_t before = asked();
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody));
    settle();
    advance(milliseconds(900));
    settle();
    EXPECT_EQ(peer.received(), "") << c.script;
    EXPECT_EQ(asked(), before) << c.script;
    advance(milliseconds(200));
    run_until([&] { return read_answer(peer.received()).complete; });
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, c.status) << c.script;
    EXPECT_NE(got.body.find(c.words), std::string::npos) << c.script << got.body;
    EXPECT_EQ(asked(), before + (c.status == 200 ? 1 : 0)) << c.script;
    const std::string line = record();
    EXPECT_NE(line.find(R"("scripted.resumed":"timer")"), std::string::npos) << line;
  }
}

TEST_F(Policies, AreWokenByTheRequestsOwnDeadline) {
  load_scripted("request: pause-stop, wait: 60000", "timeout: {requestTimeout: 5s}");
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  settle();
  advance(milliseconds(4900));
  settle();
  EXPECT_EQ(peer.received(), "");
  advance(milliseconds(200));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 418);
  EXPECT_NE(record().find(R"("scripted.resumed":"deadline")"), std::string::npos);
}

TEST_F(Policies, AreNotWaitedForWhenTheClientLeaves) {
  for (const std::string phase : {"request", "attempt"}) {
    load_scripted(phase + ": pause");
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody));
    settle();
    advance(milliseconds(100));
    settle();
    EXPECT_TRUE(peer.watched()) << phase;
    peer.leave();
    const TimePoint before = clock.now();
    run_until([&] { return peer.closed(); });
    EXPECT_LT(clock.now() - before, milliseconds(500)) << phase;
    EXPECT_NE(record().find("client_gone"), std::string::npos) << phase;
    EXPECT_EQ(in_flight(), 0) << phase;
  }
  EXPECT_EQ(asked(), 0u);
}

// An attempt that a policy refuses says nothing about the others.
TEST_F(Policies, RefuseAnAttemptAndTheNextIsMade) {
  for (const std::string script :
       {"stop", "stop with an error", "abort", "throw", "pause-abort", "pause-stop"}) {
    std::string config = two_groups();
    const std::string key = "backendAuth: {key: key-of-one}";
    config.replace(config.find(key), key.size(),
                   key + "\n              policies: {scriptedAttempt: {attempt: " + script + "}}");
    load(config);
    const std::size_t before = b->requests().size();
    ScriptedPeer& peer = connect();
    peer.send(post(kChatBody));
    settle();
    if (script.starts_with("pause")) {
      EXPECT_EQ(b->requests().size(), before) << script;
      advance(milliseconds(1100));
    }
    run_until([&] { return read_answer(peer.received()).complete; });
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, 200) << script;
    EXPECT_EQ(got.header("x-headgate-provider"), "two") << script;
    EXPECT_EQ(b->requests().size(), before + 1) << script;
    record();
  }
  EXPECT_EQ(a->requests().size(), 0u);
}

TEST_F(Policies, HoldAnAttemptForAsLongAsTheyAsk) {
  load_scripted("attempt: pause");
  ScriptedPeer& peer = connect();
  peer.send(post(kChatBody));
  settle();
  advance(milliseconds(900));
  settle();
  EXPECT_EQ(asked(), 0u);
  advance(milliseconds(200));
  run_until([&] { return read_answer(peer.received()).complete; });
  EXPECT_EQ(read_answer(peer.received()).status, 200);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(Policies, FailTheRequestWhereTheyRefuseEveryAttempt) {
  load_scripted("attempt: abort");
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.status, 500);
  EXPECT_NE(got.body.find("policy_refused"), std::string::npos) << got.body;
  EXPECT_EQ(asked(), 0u);
}

// The upstream did its part: asking another would not change the policy's mind.
TEST_F(Policies, KeepAnAnswerFromTheClient) {
  const std::string files = "GET /v1/files HTTP/1.1\r\nhost: g\r\n\r\n";
  for (const std::string& request : {post(kChatBody), post(kStreamBody), files}) {
    for (const Case& c : std::vector<Case>{
             {"stop", 418, "from the policy"},
             {"stop with an error", 422, "not_liked"},
             {"stop without an answer", 500, "policy_failed"},
             {"abort", 500, "policy_failed"},
             {"throw", 500, "policy_failed"},
             {"pause", 500, "policy_failed"},
         }) {
      load_scripted("response: " + c.script);
      a->forget();
      a->says(request == post(kStreamBody) ? stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"}))
                                           : answer(200, "application/json", kWhole));
      const std::size_t before = asked();
      const Got got = ask_for(request);
      EXPECT_EQ(got.status, c.status) << c.script;
      EXPECT_NE(got.body.find(c.words), std::string::npos) << c.script << got.body;
      EXPECT_EQ(got.body.find("hel"), std::string::npos) << c.script << got.body;
      EXPECT_EQ(asked(), before + 1) << c.script;
      EXPECT_EQ(in_flight(), 0) << c.script;
    }
  }
}

TEST_F(Policies, ChangeTheEventsOfAStream) {
  struct Change {
    std::string script;
    std::string body;
  };
  for (const Change& c : std::vector<Change>{
           {"proceed", sse({kRole, kWord, kWord2, kStop, "[DONE]"})},
           {"drop", sse({kRole, kWord2, kStop, "[DONE]"})},
           {"double", sse({kRole, kWord, kWord, kWord2, kStop, "[DONE]"})},
       }) {
    load_scripted("event: " + c.script);
    a->forget();
    a->says(stream_of(sse({kRole, kWord, kWord2, kStop, kUsage, "[DONE]"})));
    const Got got = ask_for(post(kStreamBody));
    EXPECT_EQ(got.status, 200) << c.script;
    EXPECT_EQ(got.body, c.body) << c.script;
    EXPECT_TRUE(got.complete) << c.script;
  }
}

TEST_F(Policies, EndAStreamWithAnError) {
  for (const std::string script : {"abort", "throw"}) {
    load_scripted("event: " + script);
    a->forget();
    a->says(Reply({stream_head() + chunk(sse({kRole, kWord2})), chunk(sse({kWord}))}, false));
    ScriptedPeer& peer = connect();
    peer.send(post(kStreamBody));
    run_until([&] { return peer.received().find("\"lo\"") != std::string::npos; });
    a->go_on();
    run_until([&] { return peer.ended(); });
    const Got got = read_answer(peer.received());
    EXPECT_EQ(got.status, 200) << script;
    EXPECT_EQ(got.body.find("\"hel\""), std::string::npos) << script << got.body;
    EXPECT_NE(got.body.find("policy_failed"), std::string::npos) << script << got.body;
    EXPECT_EQ(got.body.find("[DONE]"), std::string::npos) << script << got.body;
    peer.end();
    run_until([&] { return peer.closed(); });
    EXPECT_EQ(in_flight(), 0) << script;
  }
}

// What is asked for is read again after the policies.
TEST_F(Policies, ChangeWhatIsAsked) {
  load_scripted("request: another model");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_NE(a->requests().back().find(R"("model":"another")"), std::string::npos);
  std::string line = record();
  EXPECT_NE(line.find(R"("gen_ai.request.model":"m")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("another")"), std::string::npos) << line;

  load_scripted("request: a stream");
  a->forget();
  a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
  EXPECT_NE(a->requests().back().find(R"("include_usage":true)"), std::string::npos)
      << "as for a stream that the client asked for";
  line = record();
  EXPECT_NE(line.find(R"(output_tokens":3)"), std::string::npos) << line;
}

// Whatever else was changed before or after the model.
TEST_F(Policies, ChangeTheModelAndMore) {
  for (const std::string script : {"another model of a stream", "a stream of another model"}) {
    load_scripted("request: " + script);
    a->forget();
    a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
    const Got got = ask_for(post(kChatBody));
    EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"})) << script;
    EXPECT_NE(a->requests().back().find(R"("model":"another")"), std::string::npos) << script;
    EXPECT_NE(a->requests().back().find(R"("include_usage":true)"), std::string::npos) << script;
    EXPECT_NE(record().find(R"("gen_ai.request.model":"m")"), std::string::npos) << script;
  }
}

TEST_F(Policies, NameAModelInAnyText) {
  load_scripted("request: another model as text");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_NE(a->requests().back().find(R"("model":"another")"), std::string::npos);
  EXPECT_NE(record().find(R"("another")"), std::string::npos);

  load_scripted("request: a model with escapes");
  EXPECT_EQ(ask_for(post(kChatBody)).status, 200);
  EXPECT_NE(a->requests().back().find(R"("model":"an\"other\ufffd!")"), std::string::npos)
      << a->requests().back();
}

TEST_F(Policies, CanChangeWhatIsAskedAfterAPause) {
  load_scripted("request: pause-a stream");
  a->forget();
  a->says(stream_of(sse({kRole, kWord, kStop, kUsage, "[DONE]"})));
  const Got got = ask_for(post(kChatBody));
  EXPECT_EQ(got.body, sse({kRole, kWord, kStop, "[DONE]"}));
}

// A key that a policy took for the gateway's is no business of the provider, wherever it stood.
TEST_F(Policies, TakeAClientsKeyOutOfThePassedQuery) {
  load(
      two_groups("{apiKey: {keys: [{key: client-secret}],"
                 " location: {queryParameter: {name: token}}}}"));
  const Got got = ask_for("GET /v1/files?a=1&token=client-secret&b=2 HTTP/1.1\r\nhost: g\r\n\r\n");
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(a->requests().back().starts_with("GET /v1/files?a=1&b=2 HTTP/1.1\r\n"))
      << a->requests().back();
  EXPECT_EQ(a->requests().back().find("client-secret"), std::string::npos);
  EXPECT_EQ(record().find("client-secret"), std::string::npos);
}

}  // namespace
}  // namespace headgate::exchange
