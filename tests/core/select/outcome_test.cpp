#include "core/select/outcome.hpp"

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

class OutcomeTest : public testing::Test {
 protected:
  Permit permit() { return std::move(pick(*set_, world_.query(), *rng_).permit); }
  OutcomeFacts give(AttemptOutcome outcome) {
    Permit permit_of_one = permit();
    return record(permit_of_one, outcome, world_.clock.now());
  }
  OutcomeFacts give(OutcomeKind kind) {
    AttemptOutcome outcome;
    outcome.kind = kind;
    return give(outcome);
  }
  Cell& cell() { return cell_of(*set_, 0); }
  std::uint32_t stamp() const { return to_stamp(world_.clock.now()); }

  World world_;
  std::shared_ptr<const EndpointSet> set_ = world_.equal(1);
  std::unique_ptr<Rng> rng_ = make_rng(1);
};

AttemptOutcome success() {
  AttemptOutcome outcome;
  outcome.kind = OutcomeKind::success;
  return outcome;
}

TEST_F(OutcomeTest, OneFailureOfANewEndpointIsTwoThirds) {
  const OutcomeFacts facts = give(OutcomeKind::failure);
  EXPECT_NEAR(facts.health, 2.0 / 3, 1e-6);
  EXPECT_EQ(facts.consecutive_failures, 1u);
  EXPECT_TRUE(facts.counted);
  EXPECT_FALSE(facts.probe);
}

TEST_F(OutcomeTest, SilenceHeals) {
  give(OutcomeKind::failure);
  const double before = cell().health_at(stamp());
  world_.clock.advance(seconds(30));
  EXPECT_NEAR(cell().health_at(stamp()), 2 / 2.5, 1e-6);
  world_.clock.advance(seconds(300));
  EXPECT_GT(cell().health_at(stamp()), 0.999);
  EXPECT_GT(cell().health_at(stamp()), before);
}

TEST_F(OutcomeTest, ASuccessEndsTheFailuresInARowButIsNotForgetful) {
  give(OutcomeKind::failure);
  EXPECT_EQ(give(OutcomeKind::failure).consecutive_failures, 2u);
  const OutcomeFacts facts = give(OutcomeKind::success);
  EXPECT_EQ(facts.consecutive_failures, 0u);
  EXPECT_NEAR(facts.health, 3.0 / 5, 1e-6);
}

TEST_F(OutcomeTest, NeutralChangesNoHealth) {
  give(OutcomeKind::failure);
  const OutcomeFacts facts = give(OutcomeKind::neutral);
  EXPECT_FALSE(facts.counted);
  EXPECT_EQ(facts.consecutive_failures, 1u);
  EXPECT_NEAR(facts.health, 2.0 / 3, 1e-6);
}

TEST_F(OutcomeTest, TheFirstTokenIsNormalisedByThePrompt) {
  Permit one = permit();
  note_first_token(one, Millis(2'000), 12'000, world_.clock.now());
  EXPECT_NEAR(cell().ttft.value(), 500, 1e-3);
}

TEST_F(OutcomeTest, AStreamGivesTheTimePerToken) {
  AttemptOutcome outcome = success();
  outcome.first_token = Millis(300);
  outcome.streaming = Millis(1'000);
  outcome.output_tokens = 101;
  give(outcome);
  EXPECT_NEAR(cell().ttft.value(), 300, 1e-3);
  EXPECT_NEAR(cell().tpot.value(), 10, 1e-3);
  EXPECT_NEAR(cell().output_tokens.value(), 101, 1e-3);
}

TEST_F(OutcomeTest, AFewTokensSayNothingOfThePace) {
  AttemptOutcome outcome = success();
  outcome.streaming = Millis(0.1);
  outcome.output_tokens = 7;
  give(outcome);
  EXPECT_TRUE(cell().tpot.empty());
}

TEST_F(OutcomeTest, AWholeAnswerSaysNothingOfTheFirstToken) {
  AttemptOutcome outcome = success();
  outcome.whole_answer = Millis(4'000);
  outcome.output_tokens = 400;
  give(outcome);
  EXPECT_TRUE(cell().ttft.empty());
  EXPECT_NEAR(cell().tpot.value(), 10, 1e-3);
}

TEST_F(OutcomeTest, AShortOrUncountedWholeAnswerIsTakenOverTheExpectedTokens) {
  AttemptOutcome outcome = success();
  outcome.whole_answer = Millis(600);
  outcome.output_tokens = 1;
  give(outcome);  // the query expects 100
  EXPECT_NEAR(cell().tpot.value(), 6, 1e-3);
  outcome.output_tokens = 0;
  outcome.whole_answer = Millis(700);
  give(outcome);
  EXPECT_NEAR(cell().tpot.value(), 7, 1e-3);
}

TEST_F(OutcomeTest, AWholeAnswerLowersAFirstTokenThatIsTooHigh) {
  world_.sample(cell(), 60'000);
  world_.clock.advance(std::chrono::milliseconds(static_cast<int>(kLatencyHalfLifeMs)));
  AttemptOutcome outcome = success();
  outcome.whole_answer = Millis(1'000);
  give(outcome);
  EXPECT_NEAR(cell().ttft.value(), 30'500, 1);
}

TEST_F(OutcomeTest, AFailedWholeAnswerIsNoSampleOfSpeed) {
  AttemptOutcome outcome;
  outcome.kind = OutcomeKind::failure;
  outcome.whole_answer = Millis(3);
  outcome.waited = Millis(3);
  outcome.output_tokens = 9;
  give(outcome);
  EXPECT_TRUE(cell().ttft.empty());
  EXPECT_TRUE(cell().tpot.empty());
  EXPECT_TRUE(cell().output_tokens.empty());
}

TEST_F(OutcomeTest, ACancelledAttemptCountsWhenItTookLongerThanTheEstimate) {
  world_.sample(cell(), 400);
  AttemptOutcome outcome;
  outcome.waited = Millis(390);
  give(outcome);
  EXPECT_NEAR(cell().ttft.value(), 400, 1e-3);
  outcome.waited = Millis(900);
  give(outcome);
  EXPECT_NEAR(cell().ttft.value(), 900, 1e-3);
  outcome.waited = Millis(1'200);
  outcome.prompt_tokens = 4'000;  // 600 for an empty prompt
  give(outcome);
  EXPECT_NEAR(cell().ttft.value(), 900, 1e-3);
}

TEST_F(OutcomeTest, AWholeAnswerThatWasGivenUpCountsByItsTokensAndOnlyBeyondTheEstimate) {
  world_.sample(cell(), 100, 5);
  AttemptOutcome outcome;
  outcome.waited_for_whole = true;
  outcome.waited = Millis(590);  // of 100 + 100 * 5
  give(outcome);
  EXPECT_NEAR(cell().tpot.value(), 5, 1e-3);
  EXPECT_EQ(cell().times().whole_answer.p95(stamp()), std::nullopt);
  outcome.waited = Millis(1'090);
  outcome.prompt_tokens = 20'000;  // 600 + 500
  give(outcome);
  EXPECT_NEAR(cell().tpot.value(), 5, 1e-3);
  outcome.waited = Millis(1'600);
  give(outcome);
  EXPECT_NEAR(cell().tpot.value(), 10, 1e-3);
  EXPECT_NEAR(cell().ttft.value(), 100, 1e-3);
}

TEST_F(OutcomeTest, RequestsOfKnownSizeMakeTheMean) {
  give(OutcomeKind::success);
  EXPECT_NEAR(cell().estimated_tokens.value(), 100, 1e-3);
}

TEST_F(OutcomeTest, TheClientsOwnCredentialChangesNothing) {
  world_.sample(cell(), 400);
  const TimePoint now = world_.clock.now();
  evict(cell(), Scope::endpoint, now + seconds(1), now);
  world_.clock.advance(seconds(1));
  const std::uint32_t last_sample = cell().last_sample;

  for (const OutcomeKind kind : {OutcomeKind::success, OutcomeKind::failure}) {
    AttemptOutcome outcome;
    outcome.kind = kind;
    outcome.caller_credential = true;
    outcome.first_token = outcome.streaming = outcome.waited = Millis(90'000);
    outcome.output_tokens = 500;
    const OutcomeFacts facts = give(outcome);
    EXPECT_FALSE(facts.counted);
    EXPECT_FALSE(facts.probe_failed);
  }
  Permit one = permit();
  one.use_caller_credential();
  note_first_token(one, Millis(5), 0, world_.clock.now());
  record(one, success(), world_.clock.now());
  one.release();

  EXPECT_NEAR(cell().ttft.value(), 400, 1e-3);
  EXPECT_TRUE(cell().output_tokens.empty());
  EXPECT_TRUE(cell().successes.zero());
  EXPECT_TRUE(cell().failures.zero());
  EXPECT_EQ(cell().consecutive_failures, 0u);
  EXPECT_EQ(cell().last_sample, last_sample);
  EXPECT_EQ(cell().state(world_.clock.now()), ServiceState::half_open);
  EXPECT_EQ(cell().load.requests(), 0);
  EXPECT_TRUE(permit().probe());  // the lease came back
}

class ProbeTest : public OutcomeTest {
 protected:
  void SetUp() override {
    cell().failures.add(4, stamp(), 30'000);
    const TimePoint now = world_.clock.now();
    evict(cell(), Scope::endpoint, now + seconds(5), now);
    world_.clock.advance(seconds(5));
  }
  ServiceState state() { return cell().state(world_.clock.now()); }
};

TEST_F(ProbeTest, IsDecidedByTheFirstMeaningfulEvent) {
  Permit probe = permit();
  ASSERT_TRUE(probe.probe());
  note_first_token(probe, Millis(300), 0, world_.clock.now());
  EXPECT_EQ(state(), ServiceState::in_service);
  EXPECT_EQ(cell().health_at(stamp()), 1);
  EXPECT_EQ(cell().slow_start(stamp(), 10'000, 0.1), 0.1);

  AttemptOutcome broken;
  broken.kind = OutcomeKind::failure;
  const OutcomeFacts facts = record(probe, broken, world_.clock.now());
  EXPECT_TRUE(facts.probe);
  EXPECT_FALSE(facts.probe_failed);  // it was decided; this is an ordinary failure
  EXPECT_EQ(state(), ServiceState::in_service);
  EXPECT_NEAR(facts.health, 2.0 / 3, 1e-6);
}

TEST_F(ProbeTest, IsNotDecidedByTheClientsOwnCredential) {
  Permit probe = permit();
  probe.use_caller_credential();
  probe.decide_probe(true, world_.clock.now());
  EXPECT_EQ(state(), ServiceState::half_open);
  probe.decide_probe(false, world_.clock.now());
  EXPECT_EQ(state(), ServiceState::half_open);
}

TEST_F(ProbeTest, ASuccessfulAnswerRestores) {
  EXPECT_TRUE(give(OutcomeKind::success).probe);
  EXPECT_EQ(state(), ServiceState::in_service);
}

TEST_F(ProbeTest, AFailurePutsItOutAgainAndSaysSo) {
  const OutcomeFacts facts = give(OutcomeKind::failure);
  EXPECT_TRUE(facts.probe_failed);
  EXPECT_EQ(facts.evictions_in_a_row, 1u);
  EXPECT_EQ(state(), ServiceState::out);
  EXPECT_EQ(cell().returns_at(), world_.clock.now() + seconds(5));
  EXPECT_EQ(cell().load.requests(), 0);
}

TEST_F(ProbeTest, NeutralLeavesItUndecidedAndReturnsTheLease) {
  EXPECT_FALSE(give(OutcomeKind::neutral).probe_failed);
  EXPECT_EQ(state(), ServiceState::half_open);
  EXPECT_TRUE(permit().probe());
}

TEST_F(ProbeTest, ASuccessOfARequestFromBeforeRestoresNothing) {
  const auto other = world_.equal(1);  // the same cell
  const TimePoint now = world_.clock.now();
  cell().eviction(Scope::endpoint).restore(now);
  Permit before = permit();
  evict(cell(), Scope::endpoint, now + seconds(5), now);
  record(before, success(), now);
  EXPECT_EQ(state(), ServiceState::out);
}

TEST_F(OutcomeTest, ALastResortThatAnswersIsBackInService) {
  const TimePoint now = world_.clock.now();
  evict(cell(), Scope::endpoint, now + seconds(60), now);
  evict(cell(), Scope::key_model, now + seconds(60), now);
  PickQuery query = world_.query();
  query.last_resort = true;
  PickResult failed = pick(*set_, query, *rng_);
  AttemptOutcome failure;
  failure.kind = OutcomeKind::failure;
  record(failed.permit, failure, now);
  EXPECT_EQ(cell().state(now), ServiceState::out);
  PickResult answered = pick(*set_, query, *rng_);
  record(answered.permit, success(), now);
  EXPECT_EQ(cell().state(now), ServiceState::in_service);
}

TEST_F(OutcomeTest, ASuccessTeachesAModelThatTheEndpointLeavesToTheRequest) {
  EndpointSpec spec{"a", 1, 0,
                    world_.table.find_or_make({"p", "a", "", "k", ""}, world_.clock.now())};
  set_ = world_.set({{std::move(spec)}});
  AttemptOutcome outcome;
  outcome.model = "m1";
  outcome.kind = OutcomeKind::failure;
  give(outcome);
  outcome.kind = OutcomeKind::neutral;
  give(outcome);
  EXPECT_EQ(cell().models->size(), 0u);
  outcome.kind = OutcomeKind::success;
  outcome.first_token = Millis(50);
  give(outcome);
  Cell* const learned = cell().models->find(model_hash("m1"));
  ASSERT_NE(learned, nullptr);
  EXPECT_EQ(learned->ttft.value(), 50);
  EXPECT_TRUE(cell().ttft.empty());
  EXPECT_EQ(cell().consecutive_failures, 0u);
  EXPECT_EQ(cell().load.requests(), 0);
}

TEST_F(OutcomeTest, ASuccessThatBeganBeforeItsModelWasKnownCountsForTheModel) {
  EndpointSpec spec{"a", 1, 0,
                    world_.table.find_or_make({"p", "a", "", "k", ""}, world_.clock.now())};
  set_ = world_.set({{std::move(spec)}});
  Permit early = permit();
  Cell& learned = learn_model(cell(), "m1", world_.clock.now());
  learned.consecutive_failures = 2;
  AttemptOutcome outcome = success();
  outcome.model = "m1";
  EXPECT_EQ(record(early, outcome, world_.clock.now()).consecutive_failures, 0u);
  EXPECT_EQ(learned.consecutive_failures, 0u);
}

TEST_F(OutcomeTest, APermitOfNothingRecordsNothing) {
  Permit nothing;
  note_first_token(nothing, Millis(1), 0, world_.clock.now());
  EXPECT_FALSE(record(nothing, success(), world_.clock.now()).counted);
  nothing.release();
}

}  // namespace
}  // namespace headgate::select
