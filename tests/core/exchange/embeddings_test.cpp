// Operations that are no chats: they are read, fail over and are hedged as chats are, and what they
// take is not taken for what a chat takes.

#include <gmock/gmock.h>

#include "tests/core/exchange/second_attempt_fixture.hpp"

namespace headgate::exchange {
namespace {

using ::testing::HasSubstr;

const std::string kVectors =
    R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"e",)"
    R"("usage":{"prompt_tokens":5,"total_tokens":5}})";

class Embeddings : public SecondAttempt {
 protected:
  static constexpr std::string_view kPath = "/v1/embeddings";

  static std::string request(std::string_view path, const std::string& body) {
    std::string text = post(body);
    const std::string_view chat = "/v1/chat/completions";
    return text.replace(text.find(chat), chat.size(), path);
  }
  static std::string embeddings(const std::string& model = "e") {
    return request(kPath, R"({"model":")" + model + R"(","input":"hi"})");
  }
  static std::string vectors() { return answer(200, "application/json", kVectors); }
  // As two_groups(), where the first provider has a model of its own, for chats.
  static std::string with_model() {
    std::string yaml = two_groups("{retry: {hedge: true}}");
    const std::string before = "openAI: {}";
    return yaml.replace(yaml.find(before), before.size(), "openAI: {model: big}");
  }

  // Sends it to the first provider, which says nothing yet.
  ScriptedPeer& ask_late(const std::string& text) {
    ScriptedPeer& peer = connect();
    const std::size_t before = a->requests().size();
    peer.send(text);
    run_until([&] { return a->requests().size() == before + 1; });
    settle();
    return peer;
  }
  void learn_whole(const std::string& text, const std::string& said, milliseconds time,
                   int answers = 22) {
    for (int i = 0; i < answers; ++i) {
      a->forget();
      a->says(later(said));
      ScriptedPeer& peer = ask_late(text);
      advance(time);
      a->go_on();
      finished(peer);
    }
    a->forget();
    advance(milliseconds(500));  // what was worked out before is not used any more
  }
  // How many the second provider was asked, when the first is silent for so long.
  std::size_t asked_beside(const std::string& text, const std::string& said, milliseconds silence) {
    a->forget();
    b->forget();
    a->says(later(said));
    b->says(said);
    const std::size_t before = b->requests().size();
    ScriptedPeer& peer = ask_late(text);
    advance(silence);
    settle();
    const std::size_t asked = b->requests().size() - before;
    a->go_on();
    finished(peer);
    return asked;
  }
};

TEST_F(Embeddings, FailOverAndAreCounted) {
  a->says(answer(503, "application/json", R"({"error":{"message":"overloaded"}})"));
  b->says(vectors());
  const Got got = ask_for(embeddings());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, kVectors);
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  EXPECT_THAT(a->requests().at(0), HasSubstr("POST /v1/embeddings HTTP/1.1"));
  const std::string record = records().at(0);
  EXPECT_THAT(record, HasSubstr(R"("gen_ai.operation.name":"embeddings")"));
  EXPECT_THAT(record, HasSubstr(R"("gen_ai.request.model":"e")"));
  EXPECT_THAT(record, HasSubstr(R"("gen_ai.usage.input_tokens":5)"));
}

TEST_F(Embeddings, AreCountedAlsoWhereTheyAreTooLargeToBeHeld) {
  const std::string numbers(2 * 1024 * 1024, '1');
  const std::string body = R"({"object":"list","data":[{"embedding":[)" + numbers +
                           R"(]}],"usage":{"prompt_tokens":5,"total_tokens":5}})";
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const auto with_a_length = [&] { a->says(answer(200, "application/json", body)); };
  const auto in_chunks = [&] {
    a->says(head + "transfer-encoding: chunked\r\n\r\n" + chunk(body.substr(0, 700'000)) +
            chunk(body.substr(700'000, 1'000'000)) + chunk(body.substr(1'700'000)) + chunk(""));
  };
  const auto until_the_end = [&] { a->says_and_closes(head + "connection: close\r\n\r\n" + body); };
  for (const std::function<void()>& answers :
       std::vector<std::function<void()>>{with_a_length, in_chunks, until_the_end}) {
    a->forget();
    answers();
    const Got got = ask_for(embeddings());
    EXPECT_EQ(got.body, body);
    EXPECT_THAT(records().back(), HasSubstr(R"("gen_ai.usage.input_tokens":5)"));
  }
}

TEST_F(Embeddings, AreHedgedByWhatTheirModelTakes) {
  load(two_groups("{retry: {hedge: true}}"));
  learn_whole(embeddings(), vectors(), milliseconds(200));
  EXPECT_EQ(asked_beside(embeddings(), vectors(), milliseconds(190)), 0u);
  EXPECT_EQ(asked_beside(embeddings(), vectors(), milliseconds(300)), 1u);
  EXPECT_EQ(asked_beside(embeddings("other"), vectors(), milliseconds(3'000)), 0u)
      << "of that model nothing is known";
  expect_nothing_left();
}

TEST_F(Embeddings, OfWhichTheSecondIsFirstEndTheOther) {
  load(two_groups("{retry: {hedge: true}}"));
  learn_whole(embeddings(), vectors(), milliseconds(200));
  a->says(later(vectors()));
  b->says(vectors());
  ScriptedPeer& peer = ask_late(embeddings());
  advance(milliseconds(300));
  const Got got = finished(peer);
  EXPECT_EQ(got.header("x-headgate-provider"), "two");
  EXPECT_THAT(std::string(got.header("x-headgate-attempts")), HasSubstr("one:superseded"));
  expect_nothing_left();
}

TEST_F(Embeddings, AreNotHedgedUnlessToldTo) {
  learn_whole(embeddings(), vectors(), milliseconds(200));
  EXPECT_EQ(asked_beside(embeddings(), vectors(), seconds(20)), 0u);
}

TEST_F(Embeddings, AreNotHedgedBeyondTheBudget) {
  load(two_groups("{retry: {hedge: true}}"));
  learn_whole(embeddings(), vectors(), milliseconds(200));
  while (budgets.hedges.try_spend(clock.now() + seconds(20))) {
  }
  EXPECT_EQ(asked_beside(embeddings(), vectors(), milliseconds(900)), 0u);
}

TEST_F(Embeddings, ThatAreQuickDoNotMakeAChatLookLate) {
  load(two_groups("{retry: {hedge: true}}"));
  const std::string chat = answer(200, "application/json", kWhole);
  learn_whole(post(kChatBody), chat, milliseconds(800));
  learn_whole(embeddings(), vectors(), milliseconds(20), 60);
  EXPECT_EQ(asked_beside(post(kChatBody), chat, milliseconds(780)), 0u);
  EXPECT_EQ(asked_beside(post(kChatBody), chat, milliseconds(1'100)), 1u);
}

TEST_F(Embeddings, KeepTheirModelWhereTheProviderHasOneForChats) {
  load(with_model());
  const std::string chat = answer(200, "application/json", kWhole);
  learn_whole(post(kChatBody), chat, milliseconds(800));
  EXPECT_THAT(a->requests().back(), HasSubstr(R"("model":"big")"));
  learn_whole(embeddings(), vectors(), milliseconds(20), 60);
  EXPECT_THAT(a->requests().back(), HasSubstr(R"("model":"e")"));
  EXPECT_EQ(asked_beside(post(kChatBody), chat, milliseconds(780)), 0u);
  EXPECT_EQ(asked_beside(embeddings(), vectors(), milliseconds(100)), 1u);
}

TEST_F(Embeddings, ThatTellOfALimitHoldNoChatBack) {
  load(with_model());
  a->says(answer(200, "application/json", kVectors,
                 "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 30s\r\n"));
  EXPECT_EQ(ask_for(embeddings()).header("x-headgate-provider"), "one");
  a->forget();
  a->says(answer(200, "application/json", kWhole));
  b->says(answer(200, "application/json", kWhole));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "one");
}

TEST_F(Embeddings, OfAModelThatIsUsedUpOrUnknownTakeNoChatsModelOut) {
  load(with_model());
  const auto chat_is_served_by = [this](int status, const std::string& model) {
    a->forget();
    b->forget();
    a->says(
        answer(status, "application/json", R"({"error":{"message":"x"}})", "retry-after: 60\r\n"));
    b->says(vectors());
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(ask_for(embeddings(model)).header("x-headgate-provider"), "two") << status;
    a->forget();
    b->forget();
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
    return std::string(ask_for(post(kChatBody)).header("x-headgate-provider"));
  };
  EXPECT_EQ(chat_is_served_by(429, "e"), "one");
  EXPECT_EQ(chat_is_served_by(404, "e"), "one");
  // A client may name the chats' model as well: that it has no embeddings is no word about chats.
  EXPECT_EQ(chat_is_served_by(404, "big"), "one");
  EXPECT_EQ(chat_is_served_by(429, "big"), "two") << "but that one is used up";
}

TEST_F(Embeddings, AreTooLongForTheirOwnModelAndNotForTheConfiguredOne) {
  // How many of two providers are asked, each of which has a model of its own.
  const auto asked = [this](std::string yaml, const std::string& second) {
    const std::string before = "openAI: {}";
    yaml.replace(yaml.find(before), before.size(), "openAI: {model: " + second + "}");
    const std::string other = "$B";
    load(yaml.replace(yaml.find(other), other.size(), "$A"));
    const std::size_t earlier = a->requests().size();
    EXPECT_EQ(ask_for(embeddings()).status, 400);
    return a->requests().size() - earlier;
  };
  a->says(answer(400, "application/json", R"({"error":{"code":"context_length_exceeded"}})"));
  EXPECT_EQ(asked(with_model(), "big"), 2u) << "another group may mean another model by it";
  std::string one_group = with_model();
  const std::string next = "          - providers:\n";
  one_group.erase(one_group.rfind(next), next.size());
  EXPECT_EQ(asked(one_group, "small"), 1u);
}

// What is made there has its price, and may be stored.
TEST_F(Embeddings, AreHedgedAndWhatOnlyPassesIsNot) {
  load(two_groups("{retry: {hedge: true}}"));
  const std::string made = answer(200, "application/json", R"({"data":[]})");
  for (const std::string_view path :
       {"/v1/images/generations", "/v1/audio/speech", "/v1/moderations", "/v1/responses"}) {
    const std::string text = request(path, R"({"model":"e","input":"hi"})");
    learn_whole(text, made, milliseconds(20));
    EXPECT_EQ(asked_beside(text, made, seconds(20)), 0u) << path;
  }
  // And nothing was learned of a model from their times.
  EXPECT_EQ(asked_beside(embeddings(), vectors(), seconds(20)), 0u);
}

}  // namespace
}  // namespace headgate::exchange
