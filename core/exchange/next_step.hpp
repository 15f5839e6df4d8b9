#pragma once
// After a failed attempt: again here, somewhere else, or give up. A rule, not a reflex: what the
// failure means (Verdict) and what was tried already decide. Pure.

#include <cstdint>

#include "core/base/clock.hpp"
#include "core/exchange/failure.hpp"

namespace headgate::exchange {

struct RetrySettings {
  std::uint32_t attempts_max = 3;  // the first included
  milliseconds backoff{100};       // before the second attempt at the same endpoint
  milliseconds wait_for_retry_after{3000};
  bool ask_when_all_out = true;  // rather than refuse at once
};

// What the request has behind it.
struct RetryState {
  std::uint32_t attempts = 1;                   // made so far
  std::uint32_t here = 1;                       // of them, at the endpoint that failed last
  std::uint32_t failovers = 0;                  // moves to another endpoint so far
  bool asked = true;                            // who failed last was sent the request
  bool others_in_group = false;                 // another endpoint of the same group could be asked
  bool others = false;                          // another endpoint of any group could be asked
  bool sound_others = false;                    // another endpoint that is not failing, likewise
  bool may_wait = true;                         // there is a place among those who wait
  bool budget = true;                           // the process-wide retry budget has something left
  milliseconds time_left{milliseconds::max()};  // until the request's own deadline
  double jitter = 0;                            // a draw from [0, 1)
};

enum class Step : std::uint8_t { again_here, elsewhere, give_up };

struct NextStep {
  Step step = Step::give_up;
  milliseconds delay{0};
  bool spends_budget = false;
  bool waits = false;       // the delay is what the upstream asked for
  bool sound_only = false;  // elsewhere, but only where nothing has failed since the last success
};

NextStep next_step(const Verdict& verdict, const RetryState& state, const RetrySettings& settings);

}  // namespace headgate::exchange
