#pragma once
// When a failing endpoint is taken out and for how long: a pure function.

#include <headgate/policy.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace headgate_health {

struct Settings {
  // The first eviction; each further one in a row is twice as long ...
  std::chrono::milliseconds duration = std::chrono::seconds(5);
  // ... up to this, or to `duration` where that is longer.
  std::chrono::milliseconds max_duration = std::chrono::seconds(60);
  // So many failures in a row; 0: they do not count.
  std::uint32_t consecutive_failures = 3;
  // Or a health score (0 to 1) below this; none: the score does not count.
  std::optional<double> health_threshold;
  // The health that it returns with; none: its failures are forgotten.
  std::optional<double> restore_health;
  // Of the endpoints of a group at most so many are out.
  std::uint32_t max_eviction_percent = 100;
};

// A provider that asks for more is asked again after this anyway.
constexpr std::chrono::milliseconds kLongestRetryAfter = std::chrono::hours(1);

struct Eviction {
  hg::Scope scope = hg::Scope::endpoint;
  std::chrono::milliseconds time{0};
  hg::Cause cause = hg::Cause::other;
};

// What this outcome asks for, or nothing.
std::optional<Eviction> decide(const Settings& settings, const hg::Outcome& outcome);

}  // namespace headgate_health
