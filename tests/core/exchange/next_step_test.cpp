#include "core/exchange/next_step.hpp"

#include <gtest/gtest.h>
#include <headgate/endpoints.h>

namespace headgate::exchange {
namespace {

Failure status(int code) {
  Failure failure;
  failure.kind = FailureKind::status;
  failure.status = code;
  return failure;
}

Verdict next(Next what) {
  Verdict verdict;
  verdict.next = what;
  return verdict;
}

RetryState with_others() {
  RetryState state;
  state.others = state.others_in_group = true;
  return state;
}

TEST(DefaultVerdict, TriesServerErrorsHereAndOverloadElsewhere) {
  EXPECT_EQ(default_verdict(status(500)).next, Next::here);
  EXPECT_EQ(default_verdict(status(502)).next, Next::here);
  EXPECT_EQ(default_verdict(status(503)).next, Next::elsewhere);
  EXPECT_EQ(default_verdict(status(529)).next, Next::elsewhere);
  EXPECT_EQ(default_verdict(status(429)).next, Next::wait);
}

TEST(DefaultVerdict, HoldsNothingAgainstAnEndpointForAClientsMistake) {
  for (const int code : {400, 404, 413, 422}) {
    const Verdict verdict = default_verdict(status(code));
    EXPECT_EQ(verdict.next, Next::never) << code;
    EXPECT_EQ(verdict.health, Health::neutral) << code;
    EXPECT_EQ(verdict.status, code);
  }
}

TEST(DefaultVerdict, NamesWhatIsOut) {
  EXPECT_EQ(default_verdict(status(401)).scope, std::uint32_t{HG_SCOPE_KEY});
  EXPECT_EQ(default_verdict(status(429)).scope, std::uint32_t{HG_SCOPE_KEY_MODEL});
  EXPECT_EQ(default_verdict(status(503)).scope, std::uint32_t{HG_SCOPE_ENDPOINT});
  EXPECT_EQ(default_verdict(status(500)).scope, std::uint32_t{HG_SCOPE_NONE});
}

TEST(DefaultVerdict, TakesNothingOutForARateLimitOfWhatPasses) {
  const Verdict passing = default_verdict(status(429), true);
  EXPECT_EQ(passing.next, Next::wait);
  EXPECT_EQ(passing.health, Health::neutral);
  EXPECT_EQ(passing.scope, std::uint32_t{HG_SCOPE_NONE});
  EXPECT_EQ(default_verdict(status(401), true).scope, std::uint32_t{HG_SCOPE_KEY});
}

TEST(DefaultVerdict, NeverAsksASilentEndpointAgain) {
  Failure failure;
  failure.kind = FailureKind::timeout;
  EXPECT_TRUE(default_verdict(failure).exclude);
}

TEST(NextStep, GivesUpWhenTheAttemptsAreSpent) {
  RetryState state = with_others();
  state.attempts = 3;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::give_up);
  state.attempts = 2;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::elsewhere);
}

TEST(NextStep, SpendsNothingOnWhoWasNotSentTheRequest) {
  RetryState state = with_others();
  state.asked = false;
  state.attempts = 3;
  state.failovers = 1;
  state.budget = false;
  const NextStep step = next_step(next(Next::elsewhere), state, {});
  EXPECT_EQ(step.step, Step::elsewhere);
  EXPECT_FALSE(step.spends_budget);
  state.others = false;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::give_up);
  state.others = true;
  EXPECT_EQ(next_step(next(Next::never), state, {}).step, Step::give_up);
}

TEST(NextStep, NeverRetriesWhatIsTheClientsToMend) {
  EXPECT_EQ(next_step(next(Next::never), with_others(), {}).step, Step::give_up);
}

TEST(NextStep, TriesOnceMoreHereAfterABackoffWithJitterThenElsewhere) {
  RetryState state = with_others();
  const NextStep first = next_step(next(Next::here), state, {});
  EXPECT_EQ(first.step, Step::again_here);
  EXPECT_EQ(first.delay, milliseconds(50));
  state.jitter = 0.5;
  EXPECT_EQ(next_step(next(Next::here), state, {}).delay, milliseconds(75));
  state.attempts = state.here = 2;
  EXPECT_EQ(next_step(next(Next::here), state, {}).step, Step::elsewhere);
}

TEST(NextStep, GoesElsewhereWhenTheBudgetForRetriesHereIsSpent) {
  RetryState state = with_others();
  state.budget = false;
  const NextStep step = next_step(next(Next::here), state, {});
  EXPECT_EQ(step.step, Step::elsewhere);
  EXPECT_FALSE(step.spends_budget);  // the first failover is free
  state.failovers = 1;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::give_up);
}

TEST(NextStep, MovesOnWithoutBudgetOnlyToWhereNothingFails) {
  RetryState state = with_others();
  state.failovers = 1;
  NextStep step = next_step(next(Next::elsewhere), state, {});
  EXPECT_TRUE(step.spends_budget);
  EXPECT_FALSE(step.sound_only);  // while there is budget, anybody may be asked
  state.budget = false;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::give_up);
  state.sound_others = true;
  step = next_step(next(Next::elsewhere), state, {});
  EXPECT_EQ(step.step, Step::elsewhere);
  EXPECT_TRUE(step.sound_only);
  EXPECT_FALSE(step.spends_budget);
  state.attempts = 3;
  EXPECT_EQ(next_step(next(Next::elsewhere), state, {}).step, Step::give_up);
}

TEST(NextStep, WaitsForTheQuotaOnlyWhereNobodyElseCanServe) {
  Verdict verdict = next(Next::wait);
  verdict.retry_after = milliseconds(2000);
  RetryState alone;
  NextStep step = next_step(verdict, alone, {});
  EXPECT_EQ(step.step, Step::again_here);
  EXPECT_EQ(step.delay, milliseconds(2000));
  alone.jitter = 0.5;
  EXPECT_EQ(next_step(verdict, alone, {}).delay, milliseconds(2200));
  EXPECT_EQ(next_step(verdict, with_others(), {}).step, Step::elsewhere);
}

TEST(NextStep, DoesNotWaitLongerThanAllowedOrThanTheRequestHas) {
  Verdict verdict = next(Next::wait);
  verdict.retry_after = milliseconds(3001);
  EXPECT_EQ(next_step(verdict, RetryState{}, {}).step, Step::give_up);
  verdict.retry_after = milliseconds(2000);
  RetryState hurried;
  hurried.time_left = milliseconds(1500);
  EXPECT_EQ(next_step(verdict, hurried, {}).step, Step::give_up);
  verdict.retry_after.reset();
  EXPECT_EQ(next_step(verdict, RetryState{}, {}).step, Step::give_up);
}

TEST(NextStep, WaitsForTheQuotaBeforeItFallsBackToTheNextGroup) {
  Verdict verdict = next(Next::wait);
  verdict.retry_after = milliseconds(1000);
  RetryState state;
  state.others = true;  // but only in the next group
  EXPECT_EQ(next_step(verdict, state, {}).step, Step::again_here);
  state.attempts = state.here = 2;
  EXPECT_EQ(next_step(verdict, state, {}).step, Step::elsewhere);
}

TEST(NextStep, WaitsForNoQuotaWhereThereIsNoPlaceToWait) {
  Verdict verdict = next(Next::wait);
  verdict.retry_after = milliseconds(2000);
  RetryState state;
  EXPECT_TRUE(next_step(verdict, state, {}).waits);
  state.may_wait = false;
  EXPECT_EQ(next_step(verdict, state, {}).step, Step::give_up);
  state.others = true;
  EXPECT_EQ(next_step(verdict, state, {}).step, Step::elsewhere);
  EXPECT_FALSE(next_step(next(Next::here), state, {}).waits);  // a backoff takes no place
}

}  // namespace
}  // namespace headgate::exchange
