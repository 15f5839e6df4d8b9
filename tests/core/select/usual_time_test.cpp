#include "core/select/usual_time.hpp"

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

class UsualTime : public testing::Test {
 protected:
  Permit permit() { return std::move(pick(*set_, world_.query(), *rng_).permit); }
  void stream(Millis first_token, double prompt_tokens, OutcomeKind kind = OutcomeKind::success) {
    Permit one = permit();
    note_first_token(one, first_token, prompt_tokens, world_.clock.now());
    AttemptOutcome outcome;
    outcome.kind = kind;
    record(one, outcome, world_.clock.now());
  }
  std::optional<Millis> first_token(double prompt_tokens = 0) {
    return usual_first_token(permit(), prompt_tokens, world_.clock.now());
  }

  World world_;
  std::shared_ptr<const EndpointSet> set_ = world_.equal(1);
  std::unique_ptr<Rng> rng_ = make_rng(1);
};

TEST_F(UsualTime, IsNotKnownFromFewAnswers) {
  EXPECT_FALSE(first_token());
  for (int i = 0; i < 19; ++i) stream(Millis(800), 0);
  EXPECT_FALSE(first_token());
  EXPECT_FALSE(usual_first_token(Permit(), 0, world_.clock.now()));
  EXPECT_FALSE(usual_whole_answer(Permit(), About::model, world_.clock.now()));
}

TEST_F(UsualTime, GrowsWithThePrompt) {
  for (int i = 0; i < 20; ++i) stream(Millis(1'000), kPromptTokensToDouble);
  EXPECT_NEAR(first_token()->count(), 500, 130);
  EXPECT_NEAR(first_token(3 * kPromptTokensToDouble)->count(), 4 * first_token()->count(), 1);
}

TEST_F(UsualTime, CountsWhatWasWaitedForInVain) {
  for (int i = 0; i < 18; ++i) stream(Millis(100), 0);
  for (int i = 0; i < 2; ++i) {
    Permit one = permit();
    AttemptOutcome outcome;
    outcome.waited = Millis(9'000);
    record(one, outcome, world_.clock.now());
  }
  EXPECT_GE(first_token()->count(), 9'000);
}

TEST_F(UsualTime, DoesNotCountWhatACallersKeyGot) {
  for (int i = 0; i < 40; ++i) {
    Permit one = permit();
    one.use_caller_credential();
    note_first_token(one, Millis(10), 0, world_.clock.now());
  }
  EXPECT_FALSE(first_token());
}

TEST_F(UsualTime, OfWholeAnswersIsKeptApart) {
  AttemptOutcome whole;
  whole.kind = OutcomeKind::success;
  whole.whole_answer = Millis(3'000);
  for (int i = 0; i < 20; ++i) {
    Permit one = permit();
    record(one, whole, world_.clock.now());
  }
  EXPECT_FALSE(first_token());
  const auto found = usual_whole_answer(permit(), About::model, world_.clock.now());
  EXPECT_GE(found.value().count(), 2'999);
  EXPECT_LE(found.value().count(), 3'751);
  whole.kind = OutcomeKind::failure;
  whole.whole_answer = Millis(60'000);
  world_.clock.advance(std::chrono::seconds(1));
  for (int i = 0; i < 20; ++i) {
    Permit one = permit();
    record(one, whole, world_.clock.now());
  }
  EXPECT_LE(usual_whole_answer(permit(), About::model, world_.clock.now()).value().count(), 3'751);
}

TEST_F(UsualTime, OfAnotherModelIsKeptApartAndSaysNothingOfTheEndpointsPace) {
  AttemptOutcome quick;
  quick.kind = OutcomeKind::success;
  quick.whole_answer = Millis(30);
  quick.about = About::another;
  for (int i = 0; i < 20; ++i) {
    Permit one = permit();
    record(one, quick, world_.clock.now());
    EXPECT_TRUE(one.cell()->tpot.empty());
  }
  EXPECT_FALSE(usual_whole_answer(permit(), About::model, world_.clock.now()));
  EXPECT_NEAR(usual_whole_answer(permit(), About::another, world_.clock.now())->count(), 34, 5);
  quick.kind = OutcomeKind::failure;
  quick.whole_answer = Millis(60'000);
  world_.clock.advance(std::chrono::seconds(1));
  for (int i = 0; i < 20; ++i) {
    Permit one = permit();
    record(one, quick, world_.clock.now());
  }
  EXPECT_NEAR(usual_whole_answer(permit(), About::another, world_.clock.now())->count(), 34, 5);
}

TEST_F(UsualTime, IsNotLearnedFromBytesThatNobodyRead) {
  AttemptOutcome bytes;
  bytes.kind = OutcomeKind::success;
  bytes.whole_answer = Millis(30);
  bytes.about = About::unread;
  for (int i = 0; i < 40; ++i) {
    Permit one = permit();
    record(one, bytes, world_.clock.now());
  }
  for (const About about : {About::model, About::another, About::unread})
    EXPECT_FALSE(usual_whole_answer(permit(), about, world_.clock.now()));
}

}  // namespace
}  // namespace headgate::select
