#pragma once
// Finds callbacks that hold up a worker: a plugin that computes or blocks for longer than 10 ms
// stops every other request of that worker meanwhile. The control thread calls check() every few
// milliseconds; a callback costs no clock read for it. [main]

#include <chrono>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plugin/running.hpp"

namespace headgate::plugin {

struct StuckCallback {
  std::uint32_t worker = 0;
  const char* plugin_id = nullptr;
  const char* callback = nullptr;
  std::chrono::milliseconds at_least{0};  // since when it is known to run
};

class Watchdog {
 public:
  // From when on a callback is reported.
  static constexpr std::chrono::milliseconds kTooLong{10};
  // One that goes on is reported again when it has taken this many times as long as last time.
  static constexpr int kAgainFactor = 10;

  // `slots` must outlive the watchdog.
  explicit Watchdog(const RunningSlots& slots) : slots_(slots), seen_(slots.slots().size()) {}

  // What has been running for too long as of `now` and was not reported yet.
  std::vector<StuckCallback> check(TimePoint now);

 private:
  struct Seen {
    std::uint64_t sequence = 0;
    TimePoint since;
    std::chrono::milliseconds report_after = kTooLong;
  };

  const RunningSlots& slots_;
  std::vector<Seen> seen_;
};

// One line for the log.
std::string describe(const StuckCallback& stuck);

}  // namespace headgate::plugin
