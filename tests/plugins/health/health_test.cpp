#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::Evicted;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::PolicyRun;

constexpr std::string_view kId = "headgate.policy.health";

struct Seen {
  std::uint32_t health = HG_HEALTH_FAILURE;
  std::uint32_t scope = HG_SCOPE_ENDPOINT;
  std::uint32_t failures = 1;
  std::uint32_t evictions = 0;
  std::uint64_t retry_after = HG_UNKNOWN_COUNT;
  double score = 1;
};

const hg_policy_api& api_of(const Instance& policy) {
  return *static_cast<const hg_policy_api*>(policy.plugin().api);
}

class Health : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("health"))) << host.why(); }

  // What is evicted after this outcome, or nothing.
  std::optional<Evicted> after(const Seen& seen, std::string_view config = "{}") {
    Instance policy(host, kId, config);
    EXPECT_TRUE(policy.ok()) << config;
    hg_call call;
    PolicyRun run(policy, call);
    hg_outcome outcome{};
    outcome.size = HG_END_OF(hg_outcome, code);
    outcome.health = seen.health;
    outcome.endpoint = 42;
    outcome.scope = seen.scope;
    outcome.retry_after = seen.retry_after;
    outcome.consecutive_failures = seen.failures;
    outcome.evictions_in_row = seen.evictions;
    outcome.health_score = seen.score;
    host.evictions.clear();
    run.on_outcome(outcome);
    EXPECT_LE(host.evictions.size(), 1u);
    return host.evictions.empty() ? std::nullopt : std::optional<Evicted>(host.evictions[0]);
  }
  FakeHost host;
};

TEST_F(Health, EvictsAtTheThirdFailureInARow) {
  EXPECT_FALSE(after({.failures = 2}));
  const auto evicted = after({.failures = 3});
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->endpoint, 42u);
  EXPECT_EQ(evicted->scope, static_cast<std::uint32_t>(HG_SCOPE_ENDPOINT));
  EXPECT_EQ(evicted->milliseconds, 5000u);
  EXPECT_EQ(evicted->max_percent, 100u);
  EXPECT_TRUE(after({.failures = 4}));
}

TEST_F(Health, DoublesWithEachEvictionInARowUpToAMinute) {
  EXPECT_EQ(after({.failures = 3, .evictions = 1})->milliseconds, 10'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 3})->milliseconds, 40'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 4})->milliseconds, 60'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 4'000'000'000})->milliseconds, 60'000u);
}

TEST_F(Health, KeepsALongerDurationOfTheUsers) {
  constexpr std::string_view kConfig = R"({"eviction":{"duration":"2m"}})";
  EXPECT_EQ(after({.failures = 3}, kConfig)->milliseconds, 120'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 5}, kConfig)->milliseconds, 120'000u);
}

TEST_F(Health, DoublesUpToTheLongestTimeOfTheUsers) {
  constexpr std::string_view kConfig = R"({"eviction":{"duration":"5s","maxDuration":"15s"}})";
  EXPECT_EQ(after({.failures = 3, .evictions = 1}, kConfig)->milliseconds, 10'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 2}, kConfig)->milliseconds, 15'000u);
  EXPECT_EQ(after({.failures = 3, .evictions = 9}, kConfig)->milliseconds, 15'000u);
  // The first eviction is as long as it was asked to be.
  constexpr std::string_view kShort = R"({"eviction":{"duration":"30s","maxDuration":"15s"}})";
  EXPECT_EQ(after({.failures = 3}, kShort)->milliseconds, 30'000u);
}

TEST_F(Health, BlamesNobodyForSuccessesAndClientsMistakes) {
  EXPECT_FALSE(after({.health = HG_HEALTH_SUCCESS, .failures = 9, .score = 0.1}));
  EXPECT_FALSE(after({.health = HG_HEALTH_NEUTRAL, .failures = 9, .score = 0.1},
                     R"({"eviction":{"healthThreshold":0.5}})"));
  EXPECT_FALSE(after({.health = HG_HEALTH_SUCCESS, .scope = HG_SCOPE_MODEL, .failures = 9}));
}

TEST_F(Health, EvictsTheKeyForTheModelUntilTheProviderSays) {
  const auto evicted = after({.scope = HG_SCOPE_KEY_MODEL, .failures = 1, .retry_after = 2000});
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->scope, static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  EXPECT_EQ(evicted->milliseconds, 2000u);
}

TEST_F(Health, WaitsForRepeatedFailuresWhenARateLimitSaysNoTime) {
  EXPECT_FALSE(after({.scope = HG_SCOPE_KEY_MODEL, .failures = 2}));
  EXPECT_FALSE(after({.scope = HG_SCOPE_KEY_MODEL, .failures = 2, .retry_after = 0}));
  EXPECT_TRUE(after({.scope = HG_SCOPE_KEY_MODEL, .failures = 3}));
}

TEST_F(Health, NeverKeepsAnEndpointOutForMoreThanAnHour) {
  EXPECT_EQ(after({.failures = 1, .retry_after = 86'400'000})->milliseconds, 3'600'000u);
}

TEST_F(Health, EvictsARefusedKeyAndAMissingModelAtOnce) {
  const auto key = after({.scope = HG_SCOPE_KEY, .failures = 1});
  ASSERT_TRUE(key);
  EXPECT_EQ(key->scope, static_cast<std::uint32_t>(HG_SCOPE_KEY));
  EXPECT_EQ(key->milliseconds, 5000u);
  const auto model = after({.health = HG_HEALTH_NEUTRAL, .scope = HG_SCOPE_MODEL, .failures = 0});
  ASSERT_TRUE(model);
  EXPECT_EQ(model->scope, static_cast<std::uint32_t>(HG_SCOPE_MODEL));
}

TEST_F(Health, CountsAFailureOfNoScopeAgainstTheEndpoint) {
  const auto evicted = after({.scope = HG_SCOPE_NONE, .failures = 3});
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->scope, static_cast<std::uint32_t>(HG_SCOPE_ENDPOINT));
}

TEST_F(Health, EvictsBelowTheThresholdWhereOneIsSet) {
  EXPECT_FALSE(after({.failures = 1, .score = 0.2}));
  constexpr std::string_view kConfig = R"({"eviction":{"healthThreshold":0.5}})";
  EXPECT_TRUE(after({.failures = 1, .score = 0.49}, kConfig));
  EXPECT_FALSE(after({.failures = 1, .score = 0.5}, kConfig));
}

TEST_F(Health, CountsFailuresInARowBesideAThresholdOnlyWhereBothAreSet) {
  EXPECT_FALSE(after({.failures = 50, .score = 0.6}, R"({"eviction":{"healthThreshold":0.5}})"));
  constexpr std::string_view kBoth =
      R"({"eviction":{"healthThreshold":0.5,"consecutiveFailures":2}})";
  EXPECT_TRUE(after({.failures = 2, .score = 0.6}, kBoth));
  EXPECT_TRUE(after({.failures = 1, .score = 0.4}, kBoth));
  EXPECT_FALSE(after({.failures = 1, .score = 0.6}, kBoth));
}

TEST_F(Health, CountsNoFailuresInARowWhereTheirNumberIsZero) {
  constexpr std::string_view kConfig = R"({"eviction":{"consecutiveFailures":0}})";
  EXPECT_FALSE(after({.failures = 1000, .score = 0.01}, kConfig));
  EXPECT_TRUE(after({.failures = 1, .retry_after = 2000}, kConfig));
  EXPECT_TRUE(after({.scope = HG_SCOPE_KEY, .failures = 1}, kConfig));
}

TEST_F(Health, SaysWithWhichHealthAnEndpointReturns) {
  EXPECT_EQ(after({.failures = 3})->restore_health, -1) << "its failures are forgotten";
  EXPECT_EQ(after({.failures = 3}, R"({"eviction":{"restoreHealth":0.25}})")->restore_health, 0.25);
  constexpr std::string_view kWorst = R"({"eviction":{"restoreHealth":0}})";
  EXPECT_EQ(after({.failures = 3}, kWorst)->restore_health, 0);
  EXPECT_EQ(after({.scope = HG_SCOPE_KEY}, kWorst)->restore_health, 0) << "whatever is out";
}

TEST_F(Health, SaysWhy) {
  constexpr std::string_view kIll = R"({"eviction":{"healthThreshold":0.5}})";
  EXPECT_EQ(after({.failures = 3})->cause, std::uint32_t{HG_CAUSE_FAILURES});
  EXPECT_EQ(after({.failures = 1, .score = 0.4}, kIll)->cause, std::uint32_t{HG_CAUSE_HEALTH});
  EXPECT_EQ(after({.failures = 3, .retry_after = 2000})->cause,
            std::uint32_t{HG_CAUSE_RETRY_AFTER});
  EXPECT_EQ(after({.scope = HG_SCOPE_KEY})->cause, std::uint32_t{HG_CAUSE_KEY});
  EXPECT_EQ(after({.scope = HG_SCOPE_MODEL})->cause, std::uint32_t{HG_CAUSE_MODEL});
}

TEST_F(Health, EvictsWithoutACauseWhereTheGatewayKnowsNone) {
  host.without_causes = true;
  ASSERT_TRUE(host.load(plugin_path("health"))) << "the tables are fetched when it is loaded";
  const auto evicted = after({.failures = 3});
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->endpoint, 42u);
  EXPECT_EQ(evicted->milliseconds, 5000u);
  EXPECT_EQ(evicted->cause, std::uint32_t{HG_CAUSE_OTHER});
}

TEST_F(Health, TakesItsFiguresFromTheConfiguration) {
  constexpr std::string_view kConfig =
      R"({"eviction":{"duration":"1s","consecutiveFailures":1},"maxEvictionPercent":50})";
  const auto evicted = after({.failures = 1}, kConfig);
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->milliseconds, 1000u);
  EXPECT_EQ(evicted->max_percent, 50u);
}

TEST_F(Health, RefusesWhatItCannotDoNamingEachPlace) {
  EXPECT_FALSE(Instance(host, kId,
                        R"({"unhealthyExpression":"code > 1",)"
                        R"("eviction":{"duration":"0s"}})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) pointers.push_back(fault.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/unhealthyExpression", "/eviction/duration"}));
}

TEST_F(Health, HasNoProbeWhereNoneIsConfigured) {
  Instance policy(host, kId, "{}");
  hg_probe out{};
  out.size = HG_END_OF(hg_probe, timeout);
  EXPECT_EQ(api_of(policy).probe(policy.get(), &out), HG_STOP);
}

TEST_F(Health, SaysHowToAskForAPath) {
  Instance policy(host, kId,
                  R"({"probe":{"path":"/v1/models","method":"HEAD","interval":"2s",)"
                  R"("timeout":"500ms","expect":[200,401]}})");
  hg_probe out{};
  out.size = HG_END_OF(hg_probe, timeout);
  ASSERT_EQ(api_of(policy).probe(policy.get(), &out), HG_CONTINUE);
  EXPECT_EQ(hg::view(out.path), "/v1/models");
  EXPECT_EQ(hg::view(out.method), "HEAD");
  EXPECT_EQ(hg::view(out.body), "");
  EXPECT_EQ(out.interval, 2000u);
  EXPECT_EQ(out.timeout, 500u);
  ASSERT_EQ(out.status_count, 2u);
  EXPECT_EQ(out.statuses[1], 401u);
}

TEST_F(Health, SaysHowToAskARequest) {
  Instance policy(host, kId, R"({"probe":{"path":"/p","body":{"model":"m"}}})");
  hg_probe out{};
  out.size = HG_END_OF(hg_probe, timeout);
  ASSERT_EQ(api_of(policy).probe(policy.get(), &out), HG_CONTINUE);
  EXPECT_EQ(hg::view(out.body), R"({"model":"m"})");
  EXPECT_EQ(out.interval, 5000u);
  EXPECT_EQ(out.timeout, 5000u);
  EXPECT_EQ(out.status_count, 0u);
}

TEST_F(Health, RefusesAProbeThatMakesNoSense) {
  EXPECT_FALSE(Instance(host, kId,
                        R"({"probe":{"path":"/p","body":{},"expect":[200],"method":"GET",)"
                        R"("interval":"10ms","timeout":"2h"}})")
                   .ok());
  std::vector<std::string> pointers;
  for (const auto& fault : host.faults) pointers.push_back(fault.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/probe/interval", "/probe/timeout",
                                                "/probe/expect", "/probe/method"}));
}

// What becomes of a verdict about an answer of this status.
class Judged : public Health {
 protected:
  std::uint32_t judged(std::uint32_t health, std::uint32_t status, std::string_view expression) {
    std::string config = "{\"unhealthyExpression\":\"" + std::string(expression) + "\"}";
    Instance policy(host, kId, config);
    EXPECT_TRUE(policy.ok()) << config;
    hg_call call;
    call.request().target = "/v1/chat?x=1";
    call.response().headers.emplace_back("x-degraded", "true");
    PolicyRun run(policy, call);
    hg_outcome outcome{};
    outcome.size = HG_END_OF(hg_outcome, code);
    outcome.health = health;
    outcome.status = status;
    return run.judge(outcome);
  }
  static constexpr std::uint32_t kFailure = HG_HEALTH_FAILURE;
  static constexpr std::uint32_t kNeutral = HG_HEALTH_NEUTRAL;
  static constexpr std::uint32_t kSuccess = HG_HEALTH_SUCCESS;
};

TEST_F(Judged, IsAFailureWhereTheExpressionIsTrue) {
  for (const std::uint32_t health : {kFailure, kNeutral, kSuccess}) {
    EXPECT_EQ(judged(health, 404, "response.code == 404"), kFailure);
    EXPECT_EQ(judged(health, 200, "response.headers['X-Degraded'] == 'true'"), kFailure);
    EXPECT_EQ(judged(health, 200, "request.path == '/v1/chat' && has(response)"), kFailure);
  }
}

TEST_F(Judged, IsNoFailureWhereTheExpressionIsFalse) {
  EXPECT_EQ(judged(kFailure, 503, "response.code == 500"), kNeutral);
  EXPECT_EQ(judged(kNeutral, 400, "response.code == 500"), kNeutral);
  EXPECT_EQ(judged(kSuccess, 200, "response.code == 500"), kSuccess);
}

TEST_F(Judged, IsWhatTheProviderSaysWhereTheExpressionFails) {
  for (const std::uint32_t health : {kFailure, kNeutral, kSuccess}) {
    EXPECT_EQ(judged(health, 500, "response.headers['x-none'] == ''"), health);
  }
}

TEST_F(Health, RefusesADurationThatIsNone) {
  EXPECT_FALSE(Instance(host, kId, R"({"eviction":{"duration":"soon"}})").ok());
  ASSERT_EQ(host.faults.size(), 1u);
  EXPECT_EQ(host.faults[0].pointer, "/eviction/duration");
}

}  // namespace
