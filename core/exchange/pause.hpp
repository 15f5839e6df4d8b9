#pragma once
// Waiting inside a request: until a time, until somebody wakes it, or until the client leaves,
// whatever comes first. [worker]

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/base/clock.hpp"
#include "core/exchange/client_link.hpp"
#include "core/net/deadline.hpp"
#include "core/net/signal.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

class SideCalls;

// A pause of a plugin's without a timer of its own does not outlive this.
inline constexpr std::chrono::seconds kPauseMax{600};

// What ended a plugin's pause, as it is told (HG_ASYNC_*). A call that is over is at hand from now
// on; all calls are cancelled where the deadline came. `calls` may be null.
std::uint32_t end_of_pause(bool woken, SideCalls* calls, bool timer_came);

class Pause {
 public:
  Pause(WorkerContext& worker, ClientLink& client);
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

  // True when the time came or somebody woke it; false when the client left.
  net::Task<bool> until(TimePoint time);

  // Ends the wait, or the next one if none goes on. [worker]
  void wake();
  // The same for something else than a wake-up.
  void end() { signal_.notify(); }
  bool woken() const { return woken_; }

 private:
  ClientLink& client_;
  net::Signal signal_;
  net::Deadline deadline_;
  ClientLink::Watch watch_;
  bool woken_ = false;
};

}  // namespace headgate::exchange
