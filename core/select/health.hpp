#pragma once
// How far an endpoint can be trusted: the share of its recent attempts that did not fail, over a
// prior of two successes. The prior does not fade while the counts do: one failure of an endpoint
// that nothing is known of makes it 2/3, not 0, and silence heals.

namespace headgate::select {

// Half-life of the counts of successes and failures, in milliseconds.
inline constexpr double kHealthHalfLifeMs = 30'000;
inline constexpr double kHealthPrior = 2.0;

// Failures to be expected for one success: (1 - h) / h of the health h.
constexpr double failures_per_success(double successes, double failures) {
  return failures / (successes + kHealthPrior);
}

// In (0, 1]; 1 is faultless.
constexpr double health(double successes, double failures) {
  return (successes + kHealthPrior) / (successes + failures + kHealthPrior);
}

// The failures that, with no successes, make this health: to say what an endpoint returns with.
// A health of 0 or less is taken as the worst that the prior leaves room for.
constexpr double failures_for_health(double wanted) {
  constexpr double kLeast = 0.01;
  if (wanted >= 1) return 0;
  return kHealthPrior / (wanted < kLeast ? kLeast : wanted) - kHealthPrior;
}

}  // namespace headgate::select
