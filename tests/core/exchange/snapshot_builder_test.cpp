// From a file to a snapshot: what is refused, with its place, and what is found to be the same.

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class SnapshotBuilder : public ExchangeTest {
 protected:
  const BackendPlan& backend(std::size_t route = 0) const {
    return context->snapshot->plans.at(route).backends.at(0);
  }
};

TEST_F(SnapshotBuilder, SaysEverythingThatIsWrongInOrder) {
  const std::string faults = faults_of(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          provider: {openAI: {moderation: {}}}
          policies: {apiKey: {keys: [{key: a}]}}
    - backends:
      - ai:
          provider: {openAI: {moderation: {}}}
)");
  EXPECT_EQ(faults,
            "test.yaml:8:43: moderation is not supported yet; remove it\n"
            "test.yaml:9:30: policy 'apiKey' cannot stand at the provider level\n"
            "test.yaml:12:43: moderation is not supported yet; remove it");
}

TEST_F(SnapshotBuilder, ForwardsNoHeaderThatCanHoldACredential) {
  const std::string faults = faults_of(
      "frontendPolicies: {http: {forwardHeaders: [x-tenant, Cookie, X-Goog-Api-Key, X-Api-Key]}}\n"
      "binds: [{port: 3000, listeners: [{}]}]\n");
  EXPECT_EQ(faults,
            "test.yaml:1:54: header 'cookie' can hold a client's credential, which goes to no "
            "provider this way; leave it out\n"
            "test.yaml:1:62: header 'x-goog-api-key' can hold a client's credential, which goes to "
            "no provider this way; leave it out\n"
            "test.yaml:1:78: header 'x-api-key' can hold a client's credential, which goes to no "
            "provider this way; leave it out");
}

TEST_F(SnapshotBuilder, RefusesPoliciesAtALevelThatTheyAreNotFor) {
  const std::string faults = faults_of(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          provider: {openAI: {}}
          policies:
            apiKey: {keys: [{key: a}]}
)");
  EXPECT_EQ(faults, "test.yaml:10:21: policy 'apiKey' cannot stand at the provider level");
}

TEST_F(SnapshotBuilder, GivesAGroupItsOwnSelectionOrThatOfTheBackend) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          selection: {slowStart: off, slowStartShare: 0.5, keepRatio: 0.8, outOfTurnAfter: 7s}
          groups:
          - providers: [{name: one, provider: {openAI: {}}}]
          - providers: [{name: two, provider: {openAI: {}}}]
            selection: {slowStart: 3s}
)");
  const select::Settings& common = backend().set->group(0).settings();
  EXPECT_EQ(common.slow_start.count(), 0);
  EXPECT_EQ(common.slow_start_least, 0.5);
  EXPECT_EQ(common.keep_ratio, 0.8);
  EXPECT_EQ(common.out_of_turn_after, std::chrono::seconds(7));
  const select::Settings& own = backend().set->group(1).settings();
  EXPECT_EQ(own.slow_start, std::chrono::seconds(3));
  EXPECT_EQ(own.keep_ratio, 1);
}

TEST_F(SnapshotBuilder, RefusesARequestTimeoutAtAProvider) {
  const std::string faults = faults_of(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          provider: {openAI: {}}
          timeout: {requestTimeout: 1s}
)");
  EXPECT_NE(faults.find("'requestTimeout'"), std::string::npos) << faults;
  EXPECT_EQ(faults.substr(0, 12), "test.yaml:8:") << faults;
}

TEST_F(SnapshotBuilder, SaysWhatAPluginSaysOfItsConfiguration) {
  const std::string faults = faults_of(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          provider:
            openAI:
              moderation: {}
)");
  EXPECT_EQ(faults, "test.yaml:10:27: moderation is not supported yet; remove it");
}

TEST_F(SnapshotBuilder, ResolvesWhatAProviderDeclaresOfEveryRoute) {
  load(two_groups());
  const EndpointPlan& endpoint = backend().endpoints[0];
  const plugin::ProviderManifest& declares = endpoint.provider->declares();
  std::size_t done = 0;
  std::size_t number = 0;
  for (const auto& dialect : context->snapshot->dialects.dialects()) {
    for (const plugin::DialectRoute& route : dialect->declares().routes) {
      const plugin::DialectMatch match{dialect.get(), &route, number++, 0, {}};
      EXPECT_EQ(endpoint.has_operation(match), declares.has_operation(route.operation));
      EXPECT_EQ(endpoint.accepts_format(match), declares.accepts_dialect(dialect->id()));
      if (endpoint.has_operation(match)) ++done;
    }
  }
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, number) << "one of them at least is not the provider's";
}

TEST_F(SnapshotBuilder, MakesNothingOfAFileWithAFault) {
  load(two_groups());
  const Snapshot* const before = context->snapshot.get();
  EXPECT_NE(faults_of("binds: [{port: 3000, listeners: [{routes: [{backends: [{ai: {provider: "
                      "{openAI: {}}, policies: {apiKey: {keys: [{key: a}]}}}}]}]}]}]"),
            "");
  EXPECT_EQ(context->snapshot.get(), before);
}

TEST_F(SnapshotBuilder, AttachesDefaultPoliciesOnlyWhereNoneIsConfigured) {
  load(two_groups());
  ASSERT_EQ(backend().endpoints[0].on_outcome.size(), 1u);
  const PolicyUse defaulted = backend().endpoints[0].on_outcome[0];
  EXPECT_EQ(backend().endpoints[1].on_outcome[0].instance, defaulted.instance);
  load(two_groups("{health: {eviction: {duration: 9s}}}"));
  ASSERT_EQ(backend().endpoints[0].on_outcome.size(), 1u);
  EXPECT_NE(backend().endpoints[0].on_outcome[0].instance, defaulted.instance);
}

TEST_F(SnapshotBuilder, FindsWhatItKnewInTheNextFile) {
  load(two_groups());
  const auto target = backend().endpoints[0].target;
  const auto provider = backend().endpoints[0].provider;
  const select::Cell* const cell = &backend().set->endpoint(0).base_cell();
  load(two_groups("{retry: {attempts: 5}}"));
  EXPECT_EQ(backend().endpoints[0].target, target);
  EXPECT_EQ(backend().endpoints[0].provider, provider);
  EXPECT_EQ(&backend().set->endpoint(0).base_cell(), cell);
  EXPECT_EQ(backend().endpoints[0].retry.attempts_max, 5u);
}

TEST_F(SnapshotBuilder, TellsEndpointsApartByTheirKeys) {
  load(two_groups());
  const select::Cell* const cell = &backend().set->endpoint(0).base_cell();
  std::string other = two_groups();
  other.replace(other.find("key-of-one"), 10, "key-of-two");
  load(other);
  EXPECT_NE(&backend().set->endpoint(0).base_cell(), cell);
}

TEST_F(SnapshotBuilder, MakesOneTlsContextForEqualOptions) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}}
            - {name: two, provider: {openAI: {}}, hostOverride: "localhost:1", backendTLS: {}}
            - {name: three, provider: {openAI: {}}, backendTLS: {insecure: true}}
)");
  const auto& endpoints = backend().endpoints;
  EXPECT_EQ(endpoints[0].target->tls(), endpoints[1].target->tls());
  EXPECT_NE(endpoints[0].target->tls(), endpoints[2].target->tls());
  EXPECT_EQ(endpoints[0].authority, "api.openai.com");
  EXPECT_EQ(endpoints[1].authority, "localhost:1");
}

TEST_F(SnapshotBuilder, TakesAProvidersOwnRetryForItsAttempts) {
  load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {retry: {attempts: 4, codes: [418]}}
      backends:
      - ai:
          groups:
          - providers:
            - {name: one, provider: {openAI: {}}, policies: {retry: {attempts: 2}}}
            - {name: two, provider: {openAI: {}}}
)");
  EXPECT_EQ(backend().endpoints[0].retry.attempts_max, 2u);
  EXPECT_EQ(backend().endpoints[1].retry.attempts_max, 4u);
  EXPECT_EQ(backend().endpoints[0].retry_codes, std::vector<int>{});
  EXPECT_EQ(backend().endpoints[1].retry_codes, std::vector<int>{418});
}

}  // namespace
}  // namespace headgate::exchange
