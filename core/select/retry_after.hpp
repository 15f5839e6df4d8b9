#pragma once
// When an upstream wants to be asked again, as it says in the headers of its answer. Pure; the wall
// clock is given because some upstreams send dates. [any]
//
//   retry-after: 2            seconds, fractions too
//   retry-after: Sun, 06 Nov 1994 08:49:37 GMT      RFC 9110, 5.6.7, all three forms of dates
//   retry-after-ms: 1500
//   x-ratelimit-reset...: 12 | 0.5 | 6m0s | 20ms | 1735689600 | 2025-01-01T00:00:00Z
//   x-ratelimit-remaining...: 0

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/base/clock.hpp"

namespace headgate::select {

// What is longer is taken as this: an upstream's mistake must not evict for a year.
inline constexpr std::chrono::milliseconds kRetryAfterMax = std::chrono::hours(1);

// A limit that is learned of before it was hit. Such limits are counted by the minute; what is
// longer (the limit of a day) is asked again after this, and then says itself when to come back.
inline constexpr std::chrono::milliseconds kHoldMax = std::chrono::seconds(60);

// Each returns nothing for what it cannot read, and 0 for a moment that has passed.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, WallTime now);
std::optional<std::chrono::milliseconds> parse_retry_after_ms(std::string_view value);
// Seconds, a duration with units, a Unix time in seconds or milliseconds, or an RFC 3339 date.
std::optional<std::chrono::milliseconds> parse_reset(std::string_view value, WallTime now);

// How long what is left of a limit makes others go first: until its reset when nothing is left, at
// most kHoldMax. Nothing when some is left, or when either header says nothing that can be read.
std::optional<std::chrono::milliseconds> hold_time(std::string_view remaining,
                                                   std::string_view reset, WallTime now);

// Is shown each header of an answer, in any order; then knows how long to wait.
// The headers shown must live as long as the hint.
class RetryHint {
 public:
  explicit RetryHint(WallTime now) : now_(now) {}

  // Header names are compared without case; whatever stands before "ratelimit-" is not looked at.
  void see(std::string_view name, std::string_view value);

  // What the upstream asks for: retry-after-ms, else retry-after, else the reset of a limit that
  // is used up, else the nearest reset. For an answer that says "not now".
  std::optional<std::chrono::milliseconds> wait() const;

  // A limit is used up although this answer was good: hold back for so long.
  std::optional<std::chrono::milliseconds> exhausted() const;

 private:
  struct Limit {  // by what else is in the header's name, such as "tokens"
    std::string_view name;
    std::optional<std::chrono::milliseconds> reset;
    std::optional<double> remaining;
  };
  Limit* limit(std::string_view name);
  void see_limit(std::string_view name, std::string_view value);

  static constexpr std::size_t kLimitsMax = 6;  // others are ignored
  WallTime now_;
  std::optional<std::chrono::milliseconds> retry_after_;
  std::optional<std::chrono::milliseconds> retry_after_ms_;
  Limit limits_[kLimitsMax];
  std::size_t limits_used_ = 0;
};

}  // namespace headgate::select
