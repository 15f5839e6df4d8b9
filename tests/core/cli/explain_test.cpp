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
    return explain_request(*context->snapshot, asked, clock.now(), *rng, on_worker);
  }
  std::string text() {
    const RequestExplained result = explained();
    return cli::explain_text({asked, result, clock.now()});
  }
  void load_affinity() {
    load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - selection:
              affinity:
                firstOf: [{header: x-user}, {query: u}, {cookie: c}, {body: user}]
                minRequests: 1
                maxLoad: 1
            providers:
            - {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
            - {name: two, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B"}
)");
    for (FakeUpstream* upstream : {a.get(), b.get()})
      upstream->says(answer(200, "application/json", kWhole));
  }
  const select::Explanation& selection_of(const RequestExplained& result) {
    return *result.backends[0].selection;
  }
  std::string json() {
    const RequestExplained result = explained();
    return cli::explain_json({asked, result, clock.now()});
  }

  const OnWorker on_worker = [this](const auto& work) { work(*context); };
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

TEST_F(ExplainRequest, SaysWhatBecomesOfARequestWhenEverybodyIsOut) {
  const auto all_out = [this](const std::string& policies, int first_return = 9) {
    load(two_groups(policies));
    const select::EndpointSet& set = *context->snapshot->plans[0].backends[0].set;
    for (const std::uint16_t i : {std::uint16_t{0}, std::uint16_t{1}}) {
      select::evict(set.endpoint(i).base_cell(), select::Scope::endpoint,
                    clock.now() + std::chrono::seconds(first_return + i), clock.now());
    }
  };
  all_out("{}", 2);
  EXPECT_THAT(json(), HasSubstr(R"("heldForMs":2000)"));
  EXPECT_THAT(text(), Not(HasSubstr("note: everybody")));
  all_out("{}");
  EXPECT_THAT(text(), HasSubstr("most likely: 'one' (last_resort)"));
  EXPECT_THAT(text(), HasSubstr("note: everybody of 'backend0' is out, and nobody is back within"));
  EXPECT_THAT(json(), Not(HasSubstr("heldForMs")));
  all_out("{retry: {whenAllOut: refuse}}");
  EXPECT_THAT(text(), HasSubstr("nobody would be picked: evicted, the first returns in 9.0 s"));
  EXPECT_THAT(text(), Not(HasSubstr("note: everybody")));
  EXPECT_FALSE(cli::would_serve(explained()));
}

TEST_F(ExplainRequest, SaysWhoKnowsWhatARequestNames) {
  load(two_groups());
  asked.body = kChatBody;
  EXPECT_THAT(text(), Not(HasSubstr("has stored")));
  asked.body = R"({"messages":[{"content":[{"file":{"file_id":"file-1"}}]}]})";
  EXPECT_THAT(text(), HasSubstr("things that a provider has stored: of 'backend0' only 'one' may"));
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

TEST_F(ExplainRequest, NamesThePoliciesThatItCannotAsk) {
  load("config: {plugins: {upstreams: {guard: {host: '127.0.0.1:1'}}}}\n" +
       two_groups("{guard: {upstreams: guard}}"));
  EXPECT_THAT(text(), HasSubstr("policies: guard was not asked"));
  EXPECT_THAT(text(), HasSubstr("those that were not asked, for they do not say dryRun: guard"));
  EXPECT_THAT(json(), HasSubstr(R"("policies":[{"policy":"guard","result":"not run"}])"));
  EXPECT_TRUE(cli::would_serve(explained()));
}

TEST_F(ExplainRequest, FollowsAnAliasToTheModelThatIsAskedFor) {
  load(two_groups("{ai: {modelAliases: {fast: small-1}}}"));
  asked.model = "fast";
  const RequestExplained result = explained();
  EXPECT_EQ(result.model, "fast");
  EXPECT_EQ(result.backends[0].model, "small-1");
  EXPECT_THAT(text(), HasSubstr("policies: ai passes it; the model is small-1 then"));
  EXPECT_THAT(text(), HasSubstr(", model small-1, untranslated"));
  EXPECT_THAT(json(),
              HasSubstr(R"("model":"small-1","policies":[{"policy":"ai","result":"passed"}])"));
  EXPECT_THAT(json(), HasSubstr(R"("model":"small-1","ownModel":false)"));
}

TEST_F(ExplainRequest, FollowsAnAliasFromTheModelOfTheBody) {
  load(two_groups("{ai: {modelAliases: {fast: small-1}}}"));
  asked.body = R"({"model":"fast","messages":[]})";
  const RequestExplained result = explained();
  EXPECT_EQ(result.model, "fast");
  EXPECT_EQ(result.backends[0].model, "small-1");
}

TEST_F(ExplainRequest, LooksUpWhatIsKnownOfTheModelThatTheAliasMeans) {
  load(two_groups("{ai: {modelAliases: {fast: small-1}}}"));
  const BackendPlan& backend = context->snapshot->plans[0].backends[0];
  select::Cell& cell =
      select::learn_model(backend.set->endpoint(0).base_cell(), "small-1", clock.now());
  select::evict(cell, select::Scope::model, clock.now() + std::chrono::seconds(9), clock.now());
  asked.model = "fast";
  EXPECT_THAT(text(), HasSubstr("most likely: 'two'"));
  asked.model = "other";
  EXPECT_THAT(text(), HasSubstr("most likely: 'one'"));
}

TEST_F(ExplainRequest, SaysWhichPolicyDoesNotLetTheRequestThrough) {
  load(
      two_groups("{apiKey: {keys: [{key: a, allowedModels: [m1]}]}, "
                 "ai: {modelAliases: {fast: small-1}}}"));
  asked.model = "fast";
  RequestExplained result = explained();
  EXPECT_FALSE(cli::would_serve(result));
  ASSERT_EQ(result.backends[0].policies.size(), 2u);
  EXPECT_EQ(result.backends[0].policies[0].result, PolicyTried::Result::answered);
  EXPECT_EQ(result.backends[0].policies[0].status, 401);
  EXPECT_THAT(text(), HasSubstr("policies: apiKey answers 401 "));
  EXPECT_THAT(text(), HasSubstr("; ai passes it; the model is small-1 then"));
  EXPECT_THAT(text(), HasSubstr("note: a policy of 'backend0' does not let this request through"));
  EXPECT_THAT(text(), HasSubstr("most likely: 'one'")) << "as if it had been let through";
  EXPECT_THAT(json(), HasSubstr(R"("policy":"apiKey","result":"answered","status":401,"code":)"));
  asked.headers = {{"authorization", "Bearer a"}};
  EXPECT_EQ(explained().backends[0].policies[0].status, 403) << "a model that is not allowed";
  asked.model = "m1";
  result = explained();
  EXPECT_EQ(result.backends[0].policies[0].result, PolicyTried::Result::passed);
  EXPECT_TRUE(cli::would_serve(result));
}

TEST_F(ExplainRequest, SaysHowPoliciesEndThatDoNotPass) {
  struct Case {
    std::string does;
    std::string said;
  };
  for (const Case& c :
       {Case{"stop", "scripted answers 418\n"},
        Case{"stop with an error", "scripted answers 422 not_liked (no)\n"},
        Case{"stop without an answer", "scripted fails\n"}, Case{"throw", "scripted fails"},
        Case{"abort", "scripted fails\n"}, Case{"a bad result", "scripted fails\n"},
        Case{"pause", "scripted fails"}, Case{"a pause without an end", "scripted fails\n"},
        Case{"record and proceed", "scripted passes it\n"},
        Case{"wait and proceed", "scripted fails\n"}}) {
    load(two_groups("{scripted: {request: " + c.does + "}}"));
    EXPECT_THAT(text(), HasSubstr("policies: " + c.said)) << c.does;
  }
}

TEST_F(ExplainRequest, ReadsAgainWhatPoliciesWrote) {
  load(two_groups("{scripted: {request: another model as text}}"));
  asked.model = "m";
  EXPECT_EQ(explained().backends[0].model, "another");
  load(two_groups("{scripted: {request: broken body}}"));
  const RequestExplained result = explained();
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->code, "policy_failed");
}

TEST_F(ExplainRequest, TellsWhatIsWrongWithTheBody) {
  load(two_groups());
  asked.body = R"({"model":1})";
  const RequestExplained result = explained();
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->status, 400);
  EXPECT_THAT(result.refusal->message, HasSubstr("'model'"));
}

TEST_F(ExplainRequest, SaysWhatAffinityGoesByWhereTheRequestHasNoValue) {
  load_affinity();
  EXPECT_THAT(text(), HasSubstr("note: 'backend0' has affinity, which takes part only for requests "
                                "that carry header 'x-user' or query parameter 'u' or cookie 'c' "
                                "or body 'user': this one has none"));
  EXPECT_FALSE(selection_of(explained()).affinity);
  load(two_groups());
  EXPECT_THAT(text(), Not(HasSubstr("has affinity")));
}

TEST_F(ExplainRequest, NamesWhomAffinityPrefersAsTheRealRequestFinds) {
  load_affinity();
  for (int i = 0; i < 8; ++i) {
    const std::string value = "user-" + std::to_string(i);
    asked.headers = {{"x-user", value}};
    const RequestExplained result = explained();
    const select::Explanation& selection = selection_of(result);
    ASSERT_TRUE(selection.affinity);
    EXPECT_EQ(selection.reason, select::PickReason::affinity);
    EXPECT_EQ(selection.affinity->home, selection.likeliest);
    ASSERT_EQ(selection.affinity->order.size(), 2u);
    EXPECT_EQ(selection.affinity->order[0].index, selection.likeliest);
    EXPECT_TRUE(selection.affinity->order[0].has_room);
    const std::string name = result.backends[0].plan->endpoints[*selection.likeliest].name;
    EXPECT_THAT(text(), HasSubstr("affinity: prefers '" + name + "'; '" + name +
                                  "' has a load under the bound"));
    EXPECT_THAT(json(),
                HasSubstr(R"("affinity":{"prefers":")" + name + R"(","order":[{"endpoint":")" +
                          name + R"(","underBound":true})"));
    EXPECT_THAT(text(), Not(HasSubstr("has affinity")));
    EXPECT_EQ(ask_for(post(kChatBody, "x-user: " + value + "\r\n")).header("x-headgate-provider"),
              name);
    // The same value in another place is the same.
    for (const auto& [headers, target, body] :
         {std::tuple<std::pair<std::string, std::string>, std::string, std::string>{
              {"cookie", "a=b; c=" + value}, "", ""},
          {{"x", "y"}, "?u=" + value, ""},
          {{"x", "y"}, "", R"({"user":")" + value + R"("})"}}) {
      AskedRequest other = asked;
      other.headers = {headers};
      other.target += target;
      other.body = body;
      const RequestExplained again =
          explain_request(*context->snapshot, other, clock.now(), *rng, on_worker);
      EXPECT_EQ(selection_of(again).likeliest, selection.likeliest) << target << body;
      EXPECT_EQ(selection_of(again).reason, select::PickReason::affinity) << target << body;
    }
  }
}

TEST_F(ExplainRequest, SaysWhenThePreferredOneIsOutOrBusy) {
  load_affinity();
  asked.headers = {{"x-user", "somebody"}};
  const std::uint16_t home = *selection_of(explained()).likeliest;
  const BackendPlan& backend = context->snapshot->plans[0].backends[0];
  select::Cell& cell = backend.set->endpoint(home).base_cell();
  select::Load::Word& counted = cell.load.add(100'000, select::to_stamp(clock.now()));
  RequestExplained result = explained();
  ASSERT_EQ(selection_of(result).affinity->order.size(), 2u);
  EXPECT_FALSE(selection_of(result).affinity->order[0].has_room);
  EXPECT_EQ(selection_of(result).affinity->home, home);
  EXPECT_NE(selection_of(result).likeliest, home);
  EXPECT_EQ(selection_of(result).reason, select::PickReason::affinity);
  EXPECT_THAT(text(), HasSubstr("has a load over the bound; '"));
  EXPECT_THAT(json(), HasSubstr(R"("underBound":false)"));
  select::Load::remove(counted, 100'000);
  select::evict(cell, select::Scope::endpoint, clock.now() + std::chrono::seconds(9), clock.now());
  result = explained();
  EXPECT_EQ(selection_of(result).affinity->home, home);
  EXPECT_EQ(selection_of(result).affinity->order.size(), 1u);
  EXPECT_THAT(text(), HasSubstr("', which is out or fails too often; '"));
}

TEST_F(ExplainRequest, TakesTheModelOfTheBodyWhereNoneWasGiven) {
  load(two_groups());
  asked.body = R"({"model":"m3"})";
  EXPECT_EQ(explained().model, "m3");
  asked.model = "m4";
  EXPECT_EQ(explained().model, "m4");
  asked.body = "[]";
  EXPECT_EQ(explained().refusal->code, "invalid_json");
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
