// Requests that name what a provider has stored: only the account that stored it is asked.

#include "core/exchange/stored_ids.hpp"

#include <set>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class FindStoredId : public ::testing::Test {
 protected:
  FindStoredId() {
    std::vector<std::string> names;
    add_names_in(kPointers, names);
    for (const std::string& name : names) scanner.watched.add(name);
  }
  std::string find(std::string_view text) {
    JsonBody body(arena, scanner);
    body.assign_copy(text);
    return std::string(find_stored_id(body, scanner, kPointers).value_or("nothing"));
  }

  const std::vector<std::string> kPointers = {"/messages/*/content/*/file/file_id",
                                              "/messages/*/audio/id", "/previous"};
  Arena arena;
  JsonScanner scanner;
};

TEST_F(FindStoredId, LooksIntoEveryElementOfAList) {
  EXPECT_EQ(find(R"({"messages":[{"content":"x"},{"content":[{"type":"text"},)"
                 R"({"file":{"file_id":"f-1"}}]}]})"),
            R"("f-1")");
  EXPECT_EQ(find(R"({"messages":[{"content":null,"audio":{"id":"a-1"}}]})"), R"("a-1")");
  EXPECT_EQ(find(R"({"messages":[],"previous":"p-1"})"), R"("p-1")");
  EXPECT_EQ(find(R"({"messages":[],"previous":["p-1"]})"), R"(["p-1"])");
}

TEST_F(FindStoredId, KnowsANameHoweverItIsWritten) {
  EXPECT_EQ(find(R"({"messages":[{"content":[{"file":{"file\u005fid":"f-1"}}]}]})"), R"("f-1")");
}

TEST_F(FindStoredId, FindsNothingWhereItOnlyLooksLikeOne) {
  EXPECT_EQ(find(R"({"messages":[{"content":"\"file_id\":\"x\""}],"file_id":"x"})"), "nothing");
  EXPECT_EQ(find(R"({"messages":[{"content":[{"file":{"file_id":null}}]}]})"), "nothing");
  EXPECT_EQ(find(R"({"messages":[{"tool_calls":[{"id":"c"}],"audio":null}]})"), "nothing");
  EXPECT_EQ(find(R"({"messages":{"content":[{"file":{"file_id":"x"}}]}})"), "nothing");
  EXPECT_EQ(find(R"({"previous":{"a":1}})"), "nothing");
  EXPECT_EQ(find("[1]"), "nothing");
}

const std::string kFileBody =
    R"({"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]})";

// One line of a list of providers.
std::string provider(const std::string& name, const std::string& kind, const std::string& port,
                     const std::string& key) {
  return "            - {name: " + name + ", provider: {" + kind +
         ": {}}, hostOverride: '127.0.0.1:" + port + "', backendAuth: {key: " + key + "}}\n";
}

std::string group_of(const std::string& providers) {
  return R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - providers:
)" + providers;
}

std::string two_accounts(const std::string& kind = "openAI") {
  return group_of(provider("one", kind, "$A", "k1") + provider("two", kind, "$B", "k2"));
}

class StoredIds : public ExchangeTest {
 protected:
  StoredIds() {
    a->says(answer(200, "application/json", kWhole));
    b->says(answer(200, "application/json", kWhole));
  }
  std::string upload() {
    return "POST /v1/files HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1\r\n\r\nx";
  }
  std::string served_by(const std::string& request) {
    const Got got = ask_for(request);
    EXPECT_EQ(got.status, 200) << got.body;
    return got.header("x-headgate-provider");
  }
};

TEST_F(StoredIds, GoToTheFirstProviderWhereTheyWereUploadedToo) {
  load(two_accounts());
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(served_by(upload()), "one");
    EXPECT_EQ(served_by(post(kFileBody)), "one");
    EXPECT_EQ(served_by("GET /v1/batches/b-1 HTTP/1.1\r\nHost: gateway.test\r\n\r\n"), "one");
  }
}

TEST_F(StoredIds, AreNeverAskedOfAnotherAccount) {
  load(two_accounts());
  a->forget();
  a->says(answer(503, "application/json", R"({"error":{"message":"busy"}})"));
  EXPECT_EQ(ask_for(post(kFileBody)).status, 503);
  EXPECT_EQ(ask_for(upload()).status, 503);
  EXPECT_EQ(b->requests().size(), 0u);
  EXPECT_EQ(served_by(post(kChatBody)), "two") << "what names nothing goes on elsewhere";
}

TEST_F(StoredIds, AreKnownToEveryProviderOfTheSameAccount) {
  load(group_of(provider("one", "openAI", "$A", "k1") + provider("two", "openAI", "$A", "k1")));
  std::set<std::string> asked;
  for (int i = 0; i < 40; ++i) asked.insert(served_by(post(kFileBody)));
  EXPECT_EQ(asked, (std::set<std::string>{"one", "two"}));
}

TEST_F(StoredIds, OfAMakerGoToThatMaker) {
  load(group_of(provider("one", "openAI", "$A", "k") + provider("two", "gemini", "$B", "k")));
  b->forget();
  b->says(answer(200, "application/json",
                 R"({"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},)"
                 R"("finishReason":"STOP"}]})"));
  std::string gemini = kFileBody;
  const std::string id = "https://generativelanguage.googleapis.com/v1beta/files/abc";
  gemini.replace(gemini.find("file-1"), 6, id);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(served_by(post(kFileBody)), "one");
    EXPECT_EQ(served_by(post(gemini)), "two");
  }
}

TEST_F(StoredIds, OfOneMakerStayInOneAccountAlsoWhereItsIdsAreKnown) {
  load(two_accounts("gemini"));
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(served_by("GET /v1beta/files HTTP/1.1\r\nHost: gateway.test\r\n\r\n"), "one");
  }
}

TEST_F(StoredIds, InBodiesThatPassCountAsWell) {
  load(two_accounts());
  const auto respond = [](const std::string& body) {
    return "POST /v1/responses HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  std::set<std::string> asked;
  for (int i = 0; i < 40; ++i) {
    asked.insert(served_by(respond(R"({"model":"m","input":"hi"})")));
    EXPECT_EQ(served_by(respond(R"({"model":"m","previous_response_id":"r","input":"hi"})")),
              "one");
    EXPECT_EQ(served_by(respond(R"({"input":[{"content":[{"file_id":"f"}]}]})")), "one");
  }
  EXPECT_EQ(asked, (std::set<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace headgate::exchange
