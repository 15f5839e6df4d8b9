#pragma once
// Time is injected: whoever needs it is given a Clock, so tests decide what time it is.

#include <chrono>

namespace headgate {

// Monotonic; for durations and deadlines.
using TimePoint = std::chrono::steady_clock::time_point;
// Civil time; for logs and for dates that upstreams send.
using WallTime = std::chrono::system_clock::time_point;
using std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // [any]
  virtual WallTime wall() const = 0;  // [any]
};

class RealClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace headgate
