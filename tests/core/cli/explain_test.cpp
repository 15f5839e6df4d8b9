// Where a request would go that nobody sent; and that a real one goes there.

#include "core/cli/explain_view.hpp"

#include <gmock/gmock.h>

#include "core/exchange/explain_request.hpp"
#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExplainRequest : public ExchangeTest {
 protected:
  RequestExplained explained() {
    return explain_request(*context->snapshot, asked, clock.now(), *rng);
  }
  std::string text() {
    const RequestExplained result = explained();
    return cli::explain_text({asked, result, clock.now()});
  }
  std::string with_affinity() {
    load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - selection: {affinity: {firstOf: [{header: x-user}]}}
            providers:
            - {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
)");
    return text();
  }
  std::string json() {
    const RequestExplained result = explained();
    return cli::explain_json({asked, result, clock.now()});
  }

  AskedRequest asked = chat();
  std::unique_ptr<Rng> rng = make_rng(1);

 private:
  static AskedRequest chat() {
    AskedRequest asked;
    asked.target = "/v1/chat/completions";
    asked.host = "localhost";
    return asked;
  }
};

TEST_F(ExplainRequest, FindsWhoWouldServeIt) {
  load(two_groups());
  const RequestExplained result = explained();
  ASSERT_EQ(result.refusal, std::nullopt);
  EXPECT_EQ(result.route->name, "route0");
  EXPECT_EQ(result.listener->port, 3000);
  EXPECT_EQ(result.dialect.route->operation, "chat");
  ASSERT_EQ(result.backends.size(), 1u);
  EXPECT_EQ(result.backends[0].share, 1);
  const auto& selection = result.backends[0].selection;
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->group, 0u);
  EXPECT_EQ(selection->reason, select::PickReason::only);
  EXPECT_TRUE(cli::would_serve(result));
  EXPECT_EQ(in_flight(), 0);
}

TEST_F(ExplainRequest, SaysWhatTheRealRequestDoes) {
  load(two_groups("{retry: {backoff: 1ms}, health: {eviction: {consecutiveFailures: 1}}}"));
  a->says(answer(500, "application/json", "{}"));
  b->says(answer(200, "application/json", kWhole));
  EXPECT_THAT(text(), HasSubstr("most likely: 'one' (only)"));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-provider"), "two");
  const std::string now = text();
  EXPECT_THAT(now, HasSubstr("most likely: 'two' (only)"));
  EXPECT_THAT(now, ::testing::ContainsRegex("one: out: endpoint for [0-9.]+ s \\(failures\\)"));
  EXPECT_THAT(json(), HasSubstr(R"("evictions":[{"scope":"endpoint","state":"out",)"
                                R"("reason":"failures","returnsInMs":)"));
  EXPECT_EQ(ask_for(post(kChatBody)).header("x-headgate-attempts").substr(0, 8), "two:200/");
}

TEST_F(ExplainRequest, SaysWhichModelEachProviderIsAskedFor) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - providers:
            - {name: own, provider: {openAI: {model: m1}}, hostOverride: "127.0.0.1:$A"}
            - {name: any, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B"}
)");
  EXPECT_THAT(text(), HasSubstr("any: openAI at http://127.0.0.1:"));
  EXPECT_THAT(text(), HasSubstr("model as the request says"));
  EXPECT_THAT(text(), HasSubstr("note: no model was given"));
  asked.model = "m2";
  const std::string with_model = text();
  EXPECT_THAT(with_model, HasSubstr("model m1 (set at the provider), untranslated"));
  EXPECT_THAT(with_model, HasSubstr("model m2, untranslated"));
  EXPECT_THAT(with_model, Not(HasSubstr("no model was given")));
  EXPECT_THAT(json(), HasSubstr(R"("model":"m2","ownModel":false)"));
}

TEST_F(ExplainRequest, SaysWhichRoutesWereLookedAtWhenNoneMatches) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - name: a
      matches: [{path: {pathPrefix: /a}, method: GET}]
      backends: [{ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}}]
    - name: b
      matches: [{path: {exact: /b}, headers: [{name: X-Team, value: {exact: red}}]}]
      backends: [{ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}}]
)");
  asked.target = "/a/x";
  RequestExplained result = explained();
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->code, "no_route");
  EXPECT_THAT(text(), HasSubstr("no   a: path /a/..., method GET (another method)"));
  EXPECT_THAT(text(), HasSubstr("no   b: path /b, header x-team = red (another path)"));
  asked.target = "/b";
  EXPECT_THAT(text(), HasSubstr("(another header)"));
  asked.headers = {{"x-team", "red"}};
  result = explained();
  ASSERT_TRUE(result.route);
  EXPECT_EQ(result.route->name, "b");
  EXPECT_EQ(result.refusal->code, "unknown_path") << "no provider does this";
  EXPECT_FALSE(cli::would_serve(result));
}

TEST_F(ExplainRequest, AsksWhichPortOnlyWhereSeveralWouldServe) {
  load(R"(
binds:
- port: 3000
  listeners: [{routes: [{backends: [{ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}}]}]}]
- port: 3001
  listeners: [{name: second, routes: [{backends: [{ai: {provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}}]}]}]
- port: 3002
  listeners: [{hostname: other.test, routes: [{}]}]
)");
  RequestExplained result = explained();
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->code, "several_ports");
  EXPECT_THAT(result.refusal->message, HasSubstr("3000, 3001"));
  EXPECT_THAT(result.refusal->message, Not(HasSubstr("3002")));
  asked.port = 3001;
  result = explained();
  ASSERT_TRUE(result.listener);
  EXPECT_EQ(result.listener->config->name, "second");
  asked.port = 3002;
  EXPECT_EQ(explained().refusal->code, "no_listener");
  asked.host = "other.test";
  EXPECT_EQ(explained().refusal->code, "no_backend");
}

TEST_F(ExplainRequest, HasNothingToChooseAtAHost) {
  load(R"(
binds:
- port: 3000
  listeners: [{routes: [{backends: [{host: "127.0.0.1:$A"}]}]}]
)");
  asked.target = "/whatever";
  const RequestExplained result = explained();
  EXPECT_EQ(result.refusal, std::nullopt);
  ASSERT_EQ(result.backends.size(), 1u);
  EXPECT_FALSE(result.backends[0].selection);
  EXPECT_TRUE(cli::would_serve(result));
  EXPECT_THAT(text(),
              HasSubstr("note: backend 'backend0' is one host: there is nothing to choose"));
  EXPECT_THAT(json(), HasSubstr(R"("kind":"host")"));
}

TEST_F(ExplainRequest, GivesTheShareOfABackendThatIsOutToTheOthers) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - {weight: 3, ai: {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}}
      - {weight: 1, ai: {name: two, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B"}}
)");
  RequestExplained result = explained();
  EXPECT_NEAR(result.backends[0].share, 0.75, 1e-9);
  EXPECT_NEAR(result.backends[1].share, 0.25, 1e-9);
  const BackendPlan& x = context->snapshot->plans[0].backends[0];
  select::evict(x.set->endpoint(0).base_cell(), select::Scope::endpoint,
                clock.now() + std::chrono::seconds(9), clock.now());
  result = explained();
  EXPECT_EQ(result.backends[0].share, 0);
  EXPECT_FALSE(result.backends[0].available);
  EXPECT_EQ(result.backends[1].share, 1);
}

TEST_F(ExplainRequest, NamesThePoliciesThatWouldSeeItFirst) {
  load(two_groups("{apiKey: {keys: [{key: a}]}}"));
  EXPECT_THAT(text(), HasSubstr("they were not asked: apiKey"));
  EXPECT_THAT(text(), Not(HasSubstr(", health\n"))) << "it sees outcomes only";
}

TEST_F(ExplainRequest, SaysThatAffinityIsNotInIt) {
  EXPECT_THAT(with_affinity(), HasSubstr("note: 'backend0' has affinity"));
  load(two_groups());
  EXPECT_THAT(text(), Not(HasSubstr("has affinity")));
}

TEST_F(ExplainRequest, FitsTheTableIntoItsColumns) {
  load(two_groups());
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) {
    if (line.find("http://") == std::string::npos) {
      EXPECT_LE(line.size(), 120u) << line;
    }
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

}  // namespace
}  // namespace headgate::exchange
