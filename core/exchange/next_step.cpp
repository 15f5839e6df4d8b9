#include "core/exchange/next_step.hpp"

#include <algorithm>

namespace headgate::exchange {
namespace {

// Attempts at one endpoint within one request: the first and one more.
constexpr std::uint32_t kAttemptsHereMax = 2;
constexpr milliseconds kBackoffMax{2000};
// A wait that the upstream asked for is stretched by up to this share, so that everybody who waits
// for the same quota does not come back in the same instant.
constexpr double kWaitJitter = 0.2;

NextStep elsewhere(const RetryState& state) {
  if (!state.others) return {};
  // The first move to a healthy endpoint is what a gateway is for; only further ones are rationed.
  const bool spends = state.failovers > 0;
  if (!spends || state.budget) return {Step::elsewhere, milliseconds{0}, spends};
  // The budget is there to spare endpoints that fail; one that does not is asked all the same.
  if (state.sound_others) return {Step::elsewhere, milliseconds{0}, false, false, true};
  return {};
}

NextStep again_here(const RetryState& state, milliseconds delay) {
  if (!state.budget || delay >= state.time_left) return {};
  return {Step::again_here, delay, true};
}

milliseconds stretched(milliseconds delay, double share) {
  return delay +
         milliseconds(static_cast<milliseconds::rep>(static_cast<double>(delay.count()) * share));
}

}  // namespace

NextStep next_step(const Verdict& verdict, const RetryState& state, const RetrySettings& settings) {
  if (verdict.next == Next::never) return {};
  // Who cannot express the request was not sent it, which spends nothing.
  if (!state.asked) return {state.others ? Step::elsewhere : Step::give_up};
  if (state.attempts >= settings.attempts_max) return {};

  if (verdict.next == Next::here && !verdict.exclude && state.here < kAttemptsHereMax) {
    // Half of the backoff is fixed, half is drawn, growing with the attempts made.
    const milliseconds backoff =
        std::min(settings.backoff * (1u << std::min(state.attempts - 1, 8u)), kBackoffMax);
    const NextStep step = again_here(state, stretched(backoff / 2, state.jitter));
    if (step.step != Step::give_up) return step;
  }

  // Once; then the next group, if there is one.
  const bool may_wait = state.may_wait && (state.here < kAttemptsHereMax || !state.others);
  if (verdict.next == Next::wait && may_wait && !verdict.exclude && !state.others_in_group &&
      verdict.retry_after && *verdict.retry_after <= settings.wait_for_retry_after) {
    NextStep step = again_here(state, stretched(*verdict.retry_after, kWaitJitter * state.jitter));
    step.waits = true;
    if (step.step != Step::give_up) return step;
  }

  return elsewhere(state);
}

}  // namespace headgate::exchange
