#include "eviction.hpp"

#include <algorithm>

namespace headgate_health {
namespace {

std::chrono::milliseconds backoff(const Settings& settings, std::uint32_t evictions_in_row) {
  const std::chrono::milliseconds longest = std::max(settings.max_duration, settings.duration);
  std::chrono::milliseconds time = settings.duration;
  for (std::uint32_t i = 0; i < evictions_in_row && time < longest; ++i) time *= 2;
  return std::min(time, longest);
}

}  // namespace

std::optional<Eviction> decide(const Settings& settings, const hg::Outcome& outcome) {
  const bool failed = outcome.health == hg::Health::failure;
  const std::chrono::milliseconds time = backoff(settings, outcome.evictions_in_row);

  // A key that is refused or a model that is not there stays so: no need to see it three times.
  if (outcome.scope == hg::Scope::key && failed) {
    return Eviction{hg::Scope::key, time, hg::Cause::key};
  }
  if (outcome.scope == hg::Scope::model && outcome.health != hg::Health::success) {
    return Eviction{hg::Scope::model, time, hg::Cause::model};
  }
  if (!failed) return std::nullopt;

  const hg::Scope scope = outcome.scope == hg::Scope::none ? hg::Scope::endpoint : outcome.scope;
  if (outcome.retry_after && outcome.retry_after->count() > 0) {
    // The provider said when it will be back.
    return Eviction{scope, std::min(*outcome.retry_after, kLongestRetryAfter),
                    hg::Cause::retry_after};
  }
  const bool too_many = settings.consecutive_failures > 0 &&
                        outcome.consecutive_failures >= settings.consecutive_failures;
  const bool too_ill =
      settings.health_threshold && outcome.health_score < *settings.health_threshold;
  if (too_many) return Eviction{scope, time, hg::Cause::failures};
  if (too_ill) return Eviction{scope, time, hg::Cause::health};
  return std::nullopt;
}

}  // namespace headgate_health
