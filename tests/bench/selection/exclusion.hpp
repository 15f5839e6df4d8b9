#pragma once
// When a server that failed is left out for a while: the rules that come with the formulas of
// others by default, and the engine's, which can be lent to them so that only formulas differ.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/bench/selection/chooser.hpp"

namespace headgate::simulation {

struct ExclusionRule {
  std::uint32_t failures_in_a_row = 0;  // 0: a server is never left out
  double first_ms = 0;
  double longest_ms = 0;    // doubles from the first to this
  bool limits_fail = true;  // a 429 is a failure
  bool heeds_retry_after = false;
};

constexpr ExclusionRule kNoExclusion{};
// nginx: max_fails=1 fail_timeout=10s, with errors and 429 in proxy_next_upstream.
constexpr ExclusionRule kNginxExclusion{1, 10'000, 10'000, true, false};
// Finagle: five failures in a row, then 5 s up to 300 s; its default classes take no 429.
constexpr ExclusionRule kFinagleExclusion{5, 5'000, 300'000, false, false};
// A cooldown of 5 s, at once after a 429.
constexpr ExclusionRule kCooldownExclusion{1, 5'000, 5'000, true, false};
// As the engine's default health policy.
constexpr ExclusionRule kEngineExclusion{3, 5'000, 60'000, true, true};

class Exclusion {
 public:
  Exclusion(std::size_t servers, const ExclusionRule& rule) : rule_(rule), states_(servers) {}

  bool out(std::size_t server, double now_ms) const {
    const State& state = states_[server];
    // When its time is over, one request at a time may try.
    return now_ms < state.until_ms || (state.in_a_row > 0 && state.probing);
  }
  void sent(std::size_t server) {
    if (states_[server].in_a_row > 0) states_[server].probing = true;
  }
  void ended(std::size_t server, Status status, double retry_after_ms, double now_ms) {
    State& state = states_[server];
    state.probing = false;
    const bool failed = status == Status::error || (status == Status::limited && rule_.limits_fail);
    if (!failed) {
      if (now_ms >= state.until_ms) state = {};
      return;
    }
    ++state.failures;
    if (status == Status::limited && rule_.heeds_retry_after)
      return put_out(state, retry_after_ms, now_ms);
    if (rule_.failures_in_a_row == 0) return;
    if (state.in_a_row == 0 && state.failures < rule_.failures_in_a_row) return;
    if (now_ms < state.until_ms) return;
    const double length_ms = rule_.first_ms * std::pow(2, std::min(state.in_a_row, 20u));
    put_out(state, std::min(length_ms, rule_.longest_ms), now_ms);
  }

 private:
  struct State {
    std::uint32_t failures = 0;  // in a row
    std::uint32_t in_a_row = 0;  // times that it was left out
    double until_ms = 0;
    bool probing = false;
  };
  static void put_out(State& state, double length_ms, double now_ms) {
    state.until_ms = std::max(state.until_ms, now_ms + length_ms);
    ++state.in_a_row;
  }

  ExclusionRule rule_;
  std::vector<State> states_;
};

}  // namespace headgate::simulation
