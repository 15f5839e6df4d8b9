#pragma once
// Time as the statistics keep it: whole milliseconds of the monotonic clock. 32 bits where a word
// must also hold a value (they wrap after 49.7 days, which the age below takes into account), 64
// bits for deadlines. [any]

#include <chrono>
#include <cstdint>

#include "core/base/clock.hpp"

namespace headgate::select {

// A length of time with fractions of a millisecond: what latencies are measured in.
using Millis = std::chrono::duration<double, std::milli>;

inline std::int64_t to_ms(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Never 0, because 0 stands for "never".
inline std::uint32_t to_stamp(TimePoint time) {
  const auto stamp = static_cast<std::uint32_t>(to_ms(time));
  return stamp == 0 ? 1 : stamp;
}

// How long before `now` the stamp was made. A stamp up to a minute ahead counts as now: workers
// read the clock at slightly different moments.
inline std::uint32_t age_ms(std::uint32_t now, std::uint32_t stamp) {
  constexpr std::uint32_t kAheadMax = 60'000;
  const std::uint32_t age = now - stamp;
  return age > UINT32_MAX - kAheadMax ? 0 : age;
}

}  // namespace headgate::select
