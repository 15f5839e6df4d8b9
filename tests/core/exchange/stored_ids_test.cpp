// Requests that name what a provider has stored: only the account that stored it is asked.

#include "core/exchange/stored_ids.hpp"

#include <set>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class FindStoredId : public ::testing::Test {
 protected:
  FindStoredId() {
    for (const std::string& name : names_in(kPointers)) scanner.watched.add(name);
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

// `keys` of the providers one and two, of which each has an upstream of its own.
std::string two_providers(const std::string& first, const std::string& second,
                          const std::string& port = "$B") {
  return R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}, hostOverride: '127.0.0.1:$A', backendAuth: {key: )" +
         first +
         "}}\n"
         "            - {name: two, provider: {openAI: {}}, hostOverride: '127.0.0.1:" +
         port + "', backendAuth: {key: " + second + "}}\n";
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
  load(two_providers("k1", "k2"));
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(served_by(upload()), "one");
    EXPECT_EQ(served_by(post(kFileBody)), "one");
    EXPECT_EQ(served_by("GET /v1/batches/b-1 HTTP/1.1\r\nHost: gateway.test\r\n\r\n"), "one");
  }
}

TEST_F(StoredIds, AreNeverAskedOfAnotherAccount) {
  load(two_providers("k1", "k2"));
  a->forget();
  a->says(answer(503, "application/json", R"({"error":{"message":"busy"}})"));
  EXPECT_EQ(ask_for(post(kFileBody)).status, 503);
  EXPECT_EQ(ask_for(upload()).status, 503);
  EXPECT_EQ(b->requests().size(), 0u);
  EXPECT_EQ(served_by(post(kChatBody)), "two") << "what names nothing goes on elsewhere";
}

TEST_F(StoredIds, AreKnownToEveryProviderOfTheSameAccount) {
  load(two_providers("k1", "k1", "$A"));
  std::set<std::string> asked;
  for (int i = 0; i < 40; ++i) asked.insert(served_by(post(kFileBody)));
  EXPECT_EQ(asked, (std::set<std::string>{"one", "two"}));
}

TEST_F(StoredIds, OfAMakerGoToThatMaker) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}, hostOverride: '127.0.0.1:$A', backendAuth: {key: k}}
            - {name: two, provider: {gemini: {}}, hostOverride: '127.0.0.1:$B', backendAuth: {key: k}}
)");
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
  std::string yaml = two_providers("k1", "k2");
  for (std::size_t at; (at = yaml.find("openAI")) != yaml.npos;) yaml.replace(at, 6, "gemini");
  load(yaml);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(served_by("GET /v1beta/files HTTP/1.1\r\nHost: gateway.test\r\n\r\n"), "one");
  }
}

TEST_F(StoredIds, InBodiesThatPassCountAsWell) {
  load(two_providers("k1", "k2"));
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
